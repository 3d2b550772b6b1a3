"""Files of a key and its value on each line, as makemap and postmap read them,
and class files of one name a line; lossless.

Source: makemap(8) and cf/README, access: the key ends at the first white space, ``#`` in the first column begins a
comment; keys are folded to lower case. Class files (``Fw``, ``FR``): a name a line, behind ``#`` nothing counts.
"""

from __future__ import annotations

from typing import Iterable, List, Optional

from ..core.errors import BadInput
from .lines import Entry, drop, ending, insert, scalar, split


class Row(Entry):
    """A line with a key; ``value`` is empty in a class file."""

    def __init__(self, raw: str, line: int, key: str, value: str) -> None:
        super().__init__(raw, line)
        self.key, self.value = key, value


class Keyed:
    """An access map, a virtusertable, a mailertable: ``KEY<white space>VALUE``."""

    def __init__(self, text: str = "", name: str = "access") -> None:
        self.name = name
        self.entries: "List[Entry]" = [self._entry(raw, number) for number, raw in split(text)]

    def _entry(self, raw: str, number: int) -> Entry:
        if not raw.strip() or raw[0] in "# \t":
            return Entry(raw, number)
        key, _, value = raw.strip().replace("\t", " ").partition(" ")
        return Row(raw, number, key, value.strip())

    def render(self) -> str:
        return "".join(entry.raw for entry in self.entries)

    def rows(self) -> "List[Row]":
        return [entry for entry in self.entries if isinstance(entry, Row)]

    def get(self, key: str) -> Optional[str]:
        """The value of a key; of two rows the last (makemap -r) or the first counts, so none may be there twice."""
        values = [row.value for row in self.rows() if row.key.lower() == key.lower()]
        return values[0] if values else None

    def set(self, key: str, value: str) -> None:
        """In place if the key is there, else at the end."""
        scalar(key, value)
        if not key or any(character.isspace() or character == "\0" for character in key) or key.startswith("#"):
            raise BadInput(self.name, f"{key[:60]!r} cannot be a key", "Leave out white space and #")
        for row in self.rows():
            if row.key.lower() == key.lower():
                if row.value != value:
                    row.raw, row.value = (
                        f"{row.key}\t{value}" + (ending(row.raw) if row.raw.endswith("\n") else ""),
                        value,
                    )
                return
        newline = ending(self.entries[0].raw) if self.entries else "\n"
        insert(self.entries, len(self.entries), Row(f"{key}\t{value}".rstrip() + newline, 0, key, value))

    def unset(self, *keys: str) -> None:
        gone = {key.lower() for key in keys}
        for at in reversed(range(len(self.entries))):
            entry = self.entries[at]
            if isinstance(entry, Row) and entry.key.lower() in gone:
                drop(self.entries, at)

    def settings(self) -> "list[str]":
        """What a diff compares."""
        return [f"{row.key} {row.value}".rstrip() for row in self.rows()]


class Names(Keyed):
    """A class file: local-host-names, relay-domains, trusted-users."""

    def _entry(self, raw: str, number: int) -> Entry:
        name = raw.partition("#")[0].strip()
        return Row(raw, number, name, "") if name else Entry(raw, number)

    def names(self) -> "list[str]":
        return [row.key for row in self.rows()]

    def set_names(self, names: "Iterable[str]") -> None:
        """Exactly these names; comments stay, and so does the line of a name that stays."""
        wanted = list(dict.fromkeys(name.lower() for name in names))
        self.unset(*(name for name in self.names() if name.lower() not in wanted))
        for name in wanted:
            self.set(name, "")
