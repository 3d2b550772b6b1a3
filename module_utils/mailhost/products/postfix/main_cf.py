"""Postfix' main.cf, lossless.

Source: postconf(5): ``name = value``; a line that begins with white space continues the one before it (comments and
empty lines between do not end it); ``#`` begins a comment only as first character; the last setting counts.
"""

from __future__ import annotations

import re
from typing import List, Optional

from ...core.errors import BadConfiguration
from ...formats.lines import Entry, drop, ending, insert, scalar, split

_SETTING = re.compile(r"^(?P<name>[^\s=#][^\s=]*)\s*=(?P<value>.*)$", re.S)


class Parameter(Entry):
    def __init__(self, raw: str, line: int, name: str, value: str) -> None:
        super().__init__(raw, line)
        self.name, self.value = name, value


class MainCf:
    """A main.cf. ``get`` returns the value with its lines joined by a space; None if it is not set."""

    def __init__(self, text: str = "", name: str = "main.cf") -> None:
        self.name = name
        self.entries: List[Entry] = []
        self._newline = "\r\n" if "\r\n" in text[:2000] else "\n"
        current: Optional[Parameter] = None
        held: List[Entry] = []
        for number, raw in split(text):
            if not raw.strip() or raw.lstrip().startswith("#"):
                held.append(Entry(raw, number))
            elif raw[0] in " \t" and current is not None:
                current.raw += "".join(entry.raw for entry in held) + raw
                current.value = f"{current.value} {raw.strip()}".strip()
                held = []
            else:
                self.entries += held
                held = []
                current = self._parameter(number, raw)
                self.entries.append(current)
        self.entries += held

    def _parameter(self, number: int, raw: str) -> Parameter:
        match = _SETTING.match(raw.strip())
        if not match:
            raise BadConfiguration(f"{self.name}:{number}", "not of the form name = value", "Correct the line")
        return Parameter(raw, number, match["name"], match["value"].strip())

    def render(self) -> str:
        return "".join(entry.raw for entry in self.entries)

    def _places(self, name: str) -> "list[int]":
        return [at for at, entry in enumerate(self.entries) if isinstance(entry, Parameter) and entry.name == name]

    def parameter(self, name: str) -> Optional[Parameter]:
        """The occurrence that counts, the last one."""
        places = self._places(name)
        entry = self.entries[places[-1]] if places else None
        return entry if isinstance(entry, Parameter) else None

    def get(self, name: str) -> Optional[str]:
        parameter = self.parameter(name)
        return parameter.value if parameter else None

    def filled(self, value: str, depth: int = 0) -> str:
        """A value with ``$name``, ``${name}`` and ``$(name)`` filled in,
        as far as this file says them; what it does not say stays."""
        if depth > 8:
            return value

        def fill(match: "re.Match[str]") -> str:
            replacement = self.get(match[1] or match[2] or match[3])
            return match[0] if replacement is None else self.filled(replacement, depth + 1)

        return re.sub(r"\$(?:(\w+)|\{(\w+)\}|\((\w+)\))", fill, value)

    def set(self, name: str, value: str) -> None:
        """In place if it is set, else behind the last comment that shows it, else at the end."""
        scalar(name, value)
        parameter = self.parameter(name)
        text = f"{name} = {value}".rstrip()
        if parameter is not None:
            if parameter.value != value:
                self._rewrite(parameter, text, value)
            return
        shown = re.compile(rf"^#\s*{re.escape(name)}\s*=")
        places = [at for at, entry in enumerate(self.entries) if entry.plain and shown.match(entry.raw)]
        at = places[-1] + 1 if places and self.entries[places[-1]].raw.endswith("\n") else len(self.entries)
        insert(self.entries, at, Parameter(text + self._newline, 0, name, value))

    def _rewrite(self, parameter: Parameter, text: str, value: str) -> None:
        """Another value; comments that stood between its lines stand behind it."""
        lines = [raw for _, raw in split(parameter.raw)]
        comments = [raw for raw in lines[1:] if raw.lstrip().startswith("#")]
        parameter.raw = text + (ending(parameter.raw) if parameter.raw.endswith("\n") or comments else "")
        parameter.value = value
        at = self.entries.index(parameter) + 1
        self.entries[at:at] = [Entry(raw, parameter.line) for raw in comments]

    def unset(self, name: str) -> None:
        """Remove every occurrence."""
        for at in reversed(self._places(name)):
            drop(self.entries, at)

    def settings(self) -> "list[str]":
        """What a diff compares."""
        return [f"{entry.name} = {entry.value}" for entry in self.entries if isinstance(entry, Parameter)]
