"""What the line-based grammars share: a file as entries that keep every byte,
and the two ways to add and to drop one."""

from __future__ import annotations

from typing import Iterator, List, TypeVar

from ..core.errors import BadInput


class Entry:
    """A piece of a file: its text, and the number of its first line (1 is the first)."""

    def __init__(self, raw: str, line: int) -> None:
        self.raw = raw
        self.line = line

    @property
    def plain(self) -> bool:
        """Whether its grammar knows no more of it than its text: it is of no subclass."""
        return self.__class__ is Entry

    def render(self) -> str:
        return self.raw

    def strip(self, newline: str) -> None:
        """Take that newline off the end."""
        self.raw = stripped(self.raw, newline)


def stripped(text: str, newline: str) -> str:
    return text[: -len(newline)] if text.endswith(newline) else text


E = TypeVar("E", bound=Entry)


def split(text: str) -> Iterator["tuple[int, str]"]:
    """Numbered physical lines, each with its newline; only LF ends a line, as in the daemons."""
    start, number = 0, 1
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield number, text[start:end]
        start, number = end, number + 1


def ending(text: str) -> str:
    """The line ending a new line of this text should have."""
    return "\r\n" if text.endswith("\r\n") else "\n"


def insert(entries: List[E], at: int, entry: E) -> None:
    """Put an entry (a whole line) in place. At the end of a file without a final newline, the newline goes before it,
    so that the file still has none."""
    if at == len(entries) and entries and not entries[-1].render().endswith("\n"):
        entry.raw = ending(entries[0].raw) + entry.raw.rstrip("\r\n")
    entries.insert(at, entry)


def drop(entries: List[E], at: int) -> None:
    """Take an entry out: the reverse of ``insert``, also at the end of a file without a final newline."""
    gone = entries.pop(at)
    if at == len(entries) and entries and not gone.raw.endswith("\n") and not gone.raw.startswith(("\n", "\r\n")):
        alone = (
            len(entries) == 1 and entries[0].render() == entries[0].raw
        )  # it had no newline then, whatever it ends in
        entries[-1].strip("\n" if alone else ending(entries[0].raw))


def scalar(place: str, value: str) -> str:
    """A value that stays on its line: refuses CR, LF and NUL."""
    for name, character in (("newline", "\n"), ("carriage return", "\r"), ("NUL", "\0")):
        if character in value:
            raise BadInput(place, f"a {name} in the value", "Give one line")
    return value
