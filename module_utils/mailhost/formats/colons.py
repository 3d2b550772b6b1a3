"""Files of one record a line, fields parted by colons: passwd(5), shadow(5),
group(5) and Dovecot's passwd-file. Lossless."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence

from ..core.errors import BadInput
from .lines import Entry, drop, insert, scalar, split


class Record(Entry):
    def __init__(self, raw: str, line: int, fields: "list[str]") -> None:
        super().__init__(raw, line)
        self.fields = fields


class Colons:
    """Records by their first field. Dovecot ignores lines that begin with ``#``, white space or ``:``; they are kept.
    Of two records with one name the first counts, for the C library and for Dovecot."""

    def __init__(self, text: str = "", name: str = "passwd") -> None:
        self.name = name
        self.entries: List[Entry] = []
        self._index: Dict[str, Record] = {}
        for number, raw in split(text):
            line = raw.rstrip("\r\n")
            if not line.strip() or line[0] in "#: \t":
                self.entries.append(Entry(raw, number))
                continue
            record = Record(raw, number, line.split(":"))
            self.entries.append(record)
            self._index.setdefault(record.fields[0], record)

    def render(self) -> str:
        return "".join(entry.raw for entry in self.entries)

    def __contains__(self, name: str) -> bool:
        return name in self._index

    def names(self) -> "list[str]":
        return list(self._index)

    def get(self, name: str) -> "Optional[list[str]]":
        record = self._index.get(name)
        return record.fields if record else None

    def set(self, fields: Sequence[str]) -> None:
        """Write a record: in place, else at the end. Bad fields are refused; their values are not named."""
        for at, field in enumerate(fields):
            if ":" in field:
                raise BadInput(f"{self.name}, {fields[0]!r}", f"a colon in field {at + 1}", "Remove it")
            scalar(f"{self.name}, {fields[0]!r}, field {at + 1}", field)
        line = ":".join(fields) + "\n"
        record = self._index.get(fields[0])
        if record is None:
            record = Record(line, 0, list(fields))
            insert(self.entries, len(self.entries), record)
            self._index[fields[0]] = record
        elif record.fields != list(fields):
            record.raw = line if record.raw.endswith("\n") else line[:-1]
            record.fields = list(fields)

    def unset(self, *names: str) -> None:
        """Remove every record of these names, in one pass."""
        gone = {name for name in names if name in self._index}
        if not gone:
            return
        for at in range(len(self.entries) - 1, -1, -1):
            entry = self.entries[at]
            if isinstance(entry, Record) and entry.fields[0] in gone:
                drop(self.entries, at)
        for name in gone:
            del self._index[name]
