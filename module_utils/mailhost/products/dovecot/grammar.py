"""Dovecot's configuration, 1.0 to 2.4, as a tree that loses nothing.

Source: Dovecot's manual, "Settings syntax": one setting a line, ``name [name] {`` opens a section and ``}`` closes it,
each alone on its line; ``#`` begins a comment at the start of a line or after white space outside quotes; a line that
ends in ``\\`` goes on in the next; ``!include`` and ``!include_try`` name files relative to the including one.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Optional, Sequence, Tuple

from ...core.errors import BadConfiguration
from ...formats.lines import Entry, drop, ending, insert, scalar, split, stripped

Path = Tuple[str, ...]
#: what a boolean setting may say for yes (the manual's "Settings types")
YES = ("yes", "y", "1", "true", "on")

_SECTION = re.compile(r"^(?P<name>[^=#]*?)\s*\{\s*(?:#.*)?$", re.S)
_CLOSE = re.compile(r"^\}\s*(?:#.*)?$", re.S)
_SETTING = re.compile(r"^(?P<key>[^\s={}]+)\s*=\s*(?P<value>.*)$", re.S)
_INCLUDE = re.compile(r"^!(?P<how>include|include_try)\s+(?P<what>.+)$", re.S)
_JOIN = re.compile(r"\s*\\\r?\n\s*")


class Setting(Entry):
    def __init__(self, raw: str, line: int, key: str, value: str) -> None:
        super().__init__(raw, line)
        self.key, self.value = key, value


class Include(Entry):
    def __init__(self, raw: str, line: int, pattern: str, optional: bool) -> None:
        super().__init__(raw, line)
        self.pattern, self.optional = pattern, optional


class Section(Entry):
    """``key`` is type and name in one, as in ``passdb pam``; ``raw`` its first line, ``close`` its last."""

    def __init__(self, raw: str, line: int, key: str) -> None:
        super().__init__(raw, line)
        self.key = key
        self.entries: List[Entry] = []
        self.close = ""

    def render(self) -> str:
        return self.raw + "".join(entry.render() for entry in self.entries) + self.close

    def strip(self, newline: str) -> None:
        self.close = stripped(self.close, newline)


def _uncommented(text: str) -> "tuple[str, str]":
    """A logical line without its comment, and the comment with the space before it."""
    quote = ""
    for at, character in enumerate(text):
        if quote:
            if character == quote and text[at - 1] != "\\":
                quote = ""
        elif character in "\"'":
            quote = character
        elif character == "#" and at > 0 and text[at - 1] in " \t":
            body = text[:at].rstrip()
            return body, text[len(body) :]
    return text.rstrip(), ""


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        inner = value[1:-1]
        return inner.replace('\\"', '"').replace("\\\\", "\\") if value[0] == '"' else inner
    return value


def quoted(value: str) -> str:
    """A value as it must stand in the file: in quotes where it would otherwise be read as something else."""
    if value and (value != value.strip() or " #" in value or "\t#" in value or value[0] in "\"'#" or value[-1] == "\\"):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value


class Tree:
    """One file. Paths are tuples of section keys and, last, a setting's key: ``("auth default", "mechanisms")``."""

    def __init__(self, text: str = "", name: str = "dovecot.conf") -> None:
        self.name = name
        self.entries: List[Entry] = []
        self._newline = "\r\n" if "\r\n" in text[:2000] else "\n"
        self._parse(text)

    def render(self) -> str:
        return "".join(entry.render() for entry in self.entries)

    # reading

    def _parse(self, text: str) -> None:
        stack: List[Section] = []
        for number, raw in _logical(text):
            entries = stack[-1].entries if stack else self.entries
            line = raw.strip().lstrip("\ufeff") if number == 1 else raw.strip()
            if not line or line.startswith("#"):
                entries.append(Entry(raw, number))
                continue
            body, _ = _uncommented(_JOIN.sub(" ", line))
            if _CLOSE.match(body):
                if not stack:
                    raise BadConfiguration(f"{self.name}:{number}", "a } that closes nothing", "Remove it")
                stack.pop().close = raw
                continue
            include, setting = _INCLUDE.match(body), _SETTING.match(body)
            opened = None if setting else _SECTION.match(body)
            if opened and opened["name"]:
                section = Section(raw, number, " ".join(map(_unquoted, opened["name"].split())))
                entries.append(section)
                stack.append(section)
            elif include:
                entries.append(
                    Include(raw, number, _unquoted(include["what"].strip()), include["how"] == "include_try")
                )
            elif setting:
                entries.append(Setting(raw, number, setting["key"], _unquoted(setting["value"].strip())))
            else:
                raise BadConfiguration(
                    f"{self.name}:{number}",
                    "neither a setting (name = value) nor a section (name {)",
                    "Correct the line",
                )
        if stack:
            raise BadConfiguration(
                f"{self.name}:{stack[-1].line}", f"section {stack[-1].key} is never closed", "Add its }"
            )

    def walk(self) -> "Iterator[tuple[Path, Entry]]":
        """Every setting, include and section in order, with its path (an include's last word is ``!include``)."""
        yield from _walk((), self.entries)

    def get(self, path: Path) -> Optional[str]:
        """The value that counts, the last one; None if there is none."""
        value: Optional[str] = None
        for at, entry in self.walk():
            if at == path and isinstance(entry, Setting):
                value = entry.value
        return value

    def settings(self) -> "list[str]":
        """The tree as lines that name each setting in full: what a diff compares."""
        lines = []
        for path, entry in self.walk():
            if isinstance(entry, Setting):
                lines.append(" / ".join(path) + " = " + entry.value)
            elif isinstance(entry, Include):
                lines.append(" / ".join((*path[:-1], entry.raw.strip())))
            elif isinstance(entry, Section) and not entry.entries:
                lines.append(" / ".join(path) + " {}")
        return lines

    # editing

    def set(self, path: Path, value: str) -> None:
        """Give a setting a value: in place if it is there (its last occurrence), else behind a comment that names it,
        else at the end of its section; missing sections are made."""
        scalar(" / ".join(path), value)
        entries = self._entries(path[:-1])
        for entry in reversed(entries):
            if isinstance(entry, Setting) and entry.key == path[-1]:
                if entry.value != value:
                    self._rewrite(entry, value)
                return
        at = _commented(entries, path[-1])
        indent = "  " * (len(path) - 1)
        line = Setting(f"{indent}{path[-1]} = {quoted(value)}{self._newline}", 0, path[-1], value)
        insert(entries, len(entries) if at is None else at, line)

    def unset(self, path: Path) -> None:
        """Remove every occurrence of a setting."""
        entries = self._entries(path[:-1], make=False)
        for at in range(len(entries) - 1, -1, -1):
            entry = entries[at]
            if isinstance(entry, Setting) and entry.key == path[-1]:
                drop(entries, at)

    def section(self, path: Path) -> bool:
        """See that a section is there; True if it was made."""
        before = self.render()
        self._entries(path)
        return self.render() != before

    def add_section(self, path: Path) -> None:
        """One section more with this path, behind all that stand; ``set`` then means this one."""
        entries, indent = self._entries(path[:-1]), "  " * (len(path) - 1)
        section = Section(f"{indent}{path[-1]} {{{self._newline}", 0, path[-1])
        section.close = f"{indent}}}{self._newline}"
        if entries and not entries[-1].render().endswith("\n"):
            section.raw = self._newline + section.raw
        entries.append(section)

    def drop_section(self, path: Path) -> None:
        """Remove every section with this path."""
        entries = self._entries(path[:-1], make=False)
        for at in range(len(entries) - 1, -1, -1):
            entry = entries[at]
            if isinstance(entry, Section) and entry.key == path[-1]:
                entries.pop(at)

    def include(self, pattern: str, optional: bool = False) -> None:
        """See that the file ends with this include: it then has the last word."""
        word = "!include_try" if optional else "!include"
        last = [entry for _, entry in self.walk() if not entry.plain]
        if last and isinstance(last[-1], Include) and last[-1].pattern == pattern:
            return
        for at in range(len(self.entries) - 1, -1, -1):
            entry = self.entries[at]
            if isinstance(entry, Include) and entry.pattern == pattern:
                drop(self.entries, at)
        insert(self.entries, len(self.entries), Include(f"{word} {pattern}{self._newline}", 0, pattern, optional))

    def comment_out(self, gone: Entry) -> None:
        """Turn an entry into a comment: every line of it begins with ``#`` from now on."""
        text = "".join("#" + line for _, line in split(gone.render()))
        _replace(self.entries, gone, [Entry(text, gone.line)])

    def take_out(self, gone: Entry) -> None:
        """Remove one entry, whatever others are called as it is."""
        _replace(self.entries, gone, [])

    def _rewrite(self, entry: Setting, value: str) -> None:
        lead = re.match(r"^\ufeff?\s*", entry.raw)
        head = (lead.group() if lead else "") + entry.key + " = "
        newline = ending(entry.raw) if entry.raw.endswith("\n") else ""
        _, comment = _uncommented(_JOIN.sub(" ", entry.raw.strip()))
        entry.raw = head + quoted(value) + comment + newline
        entry.value = value

    def _entries(self, path: Path, make: bool = True) -> List[Entry]:
        entries = self.entries
        for depth, key in enumerate(path):
            sections = [entry for entry in entries if isinstance(entry, Section) and entry.key == key]
            if not sections:
                if not make:
                    return []
                indent = "  " * depth
                section = Section(f"{indent}{key} {{{self._newline}", 0, key)
                section.close = f"{indent}}}{self._newline}"
                if depth == 0 and entries and not entries[-1].render().endswith("\n"):
                    section.raw = self._newline + section.raw
                entries.append(section)
                sections = [section]
            entries = sections[-1].entries
        return entries


def _logical(text: str) -> "Iterator[tuple[int, str]]":
    held, first = "", 0
    for number, raw in split(text):
        first = first or number
        held += raw
        comment = held.lstrip().startswith("#")
        if raw.rstrip("\r\n").endswith("\\") and raw.endswith("\n") and not comment:
            continue
        yield first, held
        held, first = "", 0
    if held:
        yield first, held


def _walk(path: Path, entries: Sequence[Entry]) -> "Iterator[tuple[Path, Entry]]":
    for entry in entries:
        if isinstance(entry, Section):
            yield (*path, entry.key), entry
            yield from _walk((*path, entry.key), entry.entries)
        elif isinstance(entry, Setting):
            yield (*path, entry.key), entry
        elif isinstance(entry, Include):
            yield (*path, "!include"), entry


def _commented(entries: Sequence[Entry], key: str) -> Optional[int]:
    """Where a setting belongs that stands there as a comment: right behind its last such line."""
    pattern = re.compile(rf"^\s*#\s*{re.escape(key)}\s*=")
    places = [at for at, entry in enumerate(entries) if entry.plain and pattern.match(entry.raw)]
    return places[-1] + 1 if places and entries[places[-1]].raw.endswith("\n") else None


def _replace(entries: List[Entry], gone: Entry, new: List[Entry]) -> bool:
    for at, entry in enumerate(entries):
        if entry is gone:
            entries[at : at + 1] = new
            return True
        if isinstance(entry, Section) and _replace(entry.entries, gone, new):
            return True
    return False
