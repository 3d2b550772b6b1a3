"""Postfix' lookup tables: the rows of a text, and what kinds there are.

Sources: postmap(1) (a line that begins with white space continues the one before), cidr_table(5), regexp_table(5),
pcre_table(5) (``if`` and ``endif``, ``!``), DATABASE_README.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List, Optional, Tuple

from .expand import closing

#: tables of a key on each line, those of patterns, and those that are asked for at run time
PLAIN = ("hash", "btree", "lmdb", "dbm", "cdb", "texthash", "sdbm")
PATTERNS = ("regexp", "pcre", "cidr")
TEXT = (*PLAIN, *PATTERNS)
_PATTERN = re.compile(
    r"^!?(?P<mark>[^\w\s{])(?P<pattern>(?:\\.|(?!(?P=mark)).)*)(?P=mark)(?P<flags>\w*)\s*(?P<value>.*)$", re.S
)


@dataclass(frozen=True)
class TableRow:
    """``key`` of a pattern is what stands between its marks; ``negated`` turns it round."""

    line: int
    key: str
    value: str
    negated: bool = False


@dataclass(frozen=True)
class Table:
    """``word`` as it stands, its type (``proxy:`` and the like taken off), and what is behind it."""

    word: str
    kind: str
    name: str

    @property
    def path(self) -> "Optional[str]":
        return self.name if self.kind in TEXT and self.name.startswith("/") else None


def table_of(word: str) -> Table:
    rest = word
    kind, separator, name = rest.partition(":")
    while kind == "proxy" and separator:
        kind, separator, name = name.partition(":")
    return Table(word, kind if separator else "", name)


def words(value: str, commas: bool = True) -> "List[str]":
    """The words of a list; what stands in braces is one, with them."""
    found, at, word = [], 0, ""
    while at < len(value):
        if value[at] == "{":
            end = closing(value, at)
            end = len(value) - 1 if end < 0 else end
            word, at = word + value[at : end + 1], end + 1
        elif value[at].isspace() or (commas and value[at] == ","):
            found.append(word)
            word, at = "", at + 1
        else:
            word, at = word + value[at], at + 1
    return [text for text in (*found, word) if text]


def logical_lines(text: str) -> "List[Tuple[int, str]]":
    lines: "List[Tuple[int, str]]" = []
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip() or raw.lstrip().startswith("#"):
            continue
        if raw[0].isspace() and lines:
            lines[-1] = (lines[-1][0], f"{lines[-1][1]} {raw.strip()}")
        else:
            lines.append((number, raw.strip()))
    return lines


def rows(text: str, kind: str) -> "List[TableRow]":
    """All rows; in a table of patterns the ``if`` around one is not looked at, which makes it match more."""
    found = []
    for number, line in logical_lines(text):
        if kind in PATTERNS and re.match(r"(?i)(if|endif)\b", line):
            continue
        match = _PATTERN.match(line) if kind in ("regexp", "pcre") else None
        if match:
            found.append(TableRow(number, match["pattern"], match["value"].strip(), line.startswith("!")))
            continue
        key, _, value = line.replace("\t", " ").partition(" ")
        found.append(TableRow(number, key.lstrip("!"), value.strip(), key.startswith("!") and kind == "cidr"))
    return found


def inline_rows(name: str) -> "Optional[List[Tuple[str, str]]]":
    """``inline:{ key=value, { key = value } }`` (DATABASE_README); None for what is not of that form."""
    if not (name.startswith("{") and closing(name, 0) == len(name) - 1):
        return None
    pairs = []
    for word in words(name[1:-1]):
        text = word[1:-1] if word.startswith("{") and word.endswith("}") else word
        key, separator, value = text.partition("=")
        if not separator:
            return None
        pairs.append((key.strip(), value.strip()))
    return pairs
