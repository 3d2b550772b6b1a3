"""Files of one setting a line, ``NAME: VALUE`` (imapd.conf) or ``NAME = VALUE``
(stunnel.conf, default files); lossless.

Sources: imapd.conf(5): ``#`` begins a comment line, a backslash at the end continues a line, a name given twice is
fatal; stunnel(8): ``;`` and ``#`` begin comment lines, names do not mind case, ``[NAME]`` begins a service, what stands
before counts for all; sh: ``NAME=VALUE``.
"""

from __future__ import annotations

import re
from typing import List, Optional

from ..core.errors import BadInput
from .lines import Entry, drop, ending, insert, scalar, split


class Setting(Entry):
    """A setting; ``section`` is the service it belongs to, empty before the first."""

    def __init__(self, raw: str, line: int, name: str, value: str, section: str) -> None:
        super().__init__(raw, line)
        self.name, self.value, self.section = name, value, section


class Settings:
    """A file of settings; ``separator`` is how it parts name and value, ``comments`` what begins a comment line."""

    def __init__(self, text: str = "", name: str = "imapd.conf", separator: str = ": ", comments: str = "#") -> None:
        self.name, self.separator, self._comments = name, separator, comments
        self.entries: "List[Entry]" = []
        self.sections: "List[str]" = []
        section, held = "", ""
        mark = separator.strip()
        for number, raw in split(text):
            line = raw.strip()
            if held or (line.endswith("\\") and mark == ":" and line[0] not in comments):
                held += raw
                if line.endswith("\\"):
                    continue
                raw, line, held = held, " ".join(part.strip() for part in held.split("\\\n")), ""
            head = re.match(r"^\[(.*)\]$", line) if mark == "=" else None
            if head:
                section = head.group(1)
                self.sections.append(section)
            if not line or line[0] in comments or head or mark not in line:
                self.entries.append(Entry(raw, number))
                continue
            key, _, value = line.partition(mark)
            self.entries.append(Setting(raw, number, key.strip(), value.strip(), section))
        if held:
            self.entries.append(Entry(held, 0))

    def render(self) -> str:
        return "".join(entry.raw for entry in self.entries)

    def _find(self, name: str, section: str) -> "List[Setting]":
        same = [entry for entry in self.entries if isinstance(entry, Setting) and entry.section == section]
        return [entry for entry in same if entry.name.lower() == name.lower()]

    def get(self, name: str, section: str = "") -> Optional[str]:
        settings = self._find(name, section)
        return settings[-1].value if settings else None

    def set(self, name: str, value: str, section: str = "") -> None:
        """In place if it is set, else behind the last setting of its section, else at the end."""
        scalar(name, value)
        if value.endswith("\\") or value != value.strip():
            raise BadInput(name, "a backslash or white space at the end of the value", "Leave it out")
        text = f"{name}{self.separator}{value}".rstrip() if self.separator != ": " or value else f"{name}:"
        settings = self._find(name, section)
        if settings:
            if settings[-1].value != value:
                settings[-1].raw = text + (ending(settings[-1].raw) if settings[-1].raw.endswith("\n") else "")
                settings[-1].value = value
            return
        places = [
            at for at, entry in enumerate(self.entries) if isinstance(entry, Setting) and entry.section == section
        ]
        heads = [at for at, entry in enumerate(self.entries) if entry.plain and entry.raw.strip() == f"[{section}]"]
        first = [at for at, entry in enumerate(self.entries) if re.match(r"^\[.*\]$", entry.raw.strip())][:1]
        at = (places or heads or ([first[0] - 1] if not section and first else [len(self.entries) - 1]))[-1] + 1
        newline = ending(self.entries[0].raw) if self.entries else "\n"
        insert(self.entries, at, Setting(text + newline, 0, name, value, section))

    def unset(self, name: str, section: str = "") -> None:
        for entry in self._find(name, section):
            drop(self.entries, self.entries.index(entry))

    def add_section(self, section: str) -> None:
        """A section at the end, unless it is there."""
        if section not in self.sections:
            insert(self.entries, len(self.entries), Entry(f"[{section}]\n", 0))
            self.sections.append(section)

    def drop_section(self, section: str) -> None:
        """A section with its settings and comments up to the next."""
        gone, inside = [], False
        for entry in self.entries:
            head = re.match(r"^\[(.*)\]$", entry.raw.strip())
            inside = head.group(1) == section if head else inside
            if inside:
                gone.append(entry)
        for entry in reversed(gone):
            drop(self.entries, self.entries.index(entry))
        self.sections = [name for name in self.sections if name != section]

    def settings(self) -> "list[str]":
        """What a diff compares."""
        settings = [entry for entry in self.entries if isinstance(entry, Setting)]
        return [
            f"[{entry.section}] " * bool(entry.section) + f"{entry.name}{self.separator}{entry.value}"
            for entry in settings
        ]
