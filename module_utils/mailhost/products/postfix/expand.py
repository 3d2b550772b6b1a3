"""Values of Postfix' parameters with what they refer to filled in.

Source: postconf(5) (``$name``, ``${name}``, ``$(name)``, ``${name?value}``, ``${name:value}``, since 3.0 also
``${name?{value}:{value}}`` and ``${{a} == {b} ? {value} : {value}}``), mac_parse.c, mac_expand.c.
"""

from __future__ import annotations

import operator
import re
from typing import Callable, Dict, List, Optional, Tuple

#: what a parameter is, or None for one that is not known here
Lookup = Callable[[str], Optional[str]]
_NAME = re.compile(r"[A-Za-z0-9_]+")
_RELATION = re.compile(r"^\s*(==|!=|<=|>=|<|>)(?:level)?\s*")
_COMPARES: "Dict[str, Callable[[str, str], bool]]" = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def closing(text: str, at: int) -> int:
    """Where the bracket that opens at ``at`` is closed; -1 if it is not."""
    opens, closes = text[at], {"{": "}", "(": ")"}[text[at]]
    depth = 0
    for place in range(at, len(text)):
        depth += {opens: 1, closes: -1}.get(text[place], 0)
        if not depth:
            return place
    return -1


class Expansion:
    """A value filled in. ``unread`` are its parts that could not be: what such a part may come to, each of its
    alternatives, stands in ``text``."""

    def __init__(self, value: str, lookup: Lookup) -> None:
        self._lookup = lookup
        self.unread: "List[str]" = []
        self.text = self._filled(value, 0)

    def _filled(self, value: str, depth: int) -> str:
        if depth > 16:
            self.unread.append(value)
            return value
        done, at = "", 0
        while at < len(value):
            start = value.find("$", at)
            if start < 0:
                return done + value[at:]
            done += value[at:start]
            text, at = self._reference(value, start, depth)
            done += text
        return done

    def _reference(self, value: str, start: int, depth: int) -> "Tuple[str, int]":
        rest = value[start + 1 : start + 2]
        if rest == "$":
            return "$", start + 2
        if rest in ("{", "("):
            end = closing(value, start + 1)
            if end < 0:
                self.unread.append(value[start:])
                return value[start:], len(value)
            return self._braced(value[start + 2 : end], depth), end + 1
        match = _NAME.match(value, start + 1)
        if not match:
            self.unread.append(value[start:])
            return "$", start + 1
        return self._named(match[0], depth), match.end()

    def _named(self, name: str, depth: int) -> str:
        value = self._lookup(name)
        if value is None:
            self.unread.append(f"${name}")
            return f"${name}"
        return self._filled(value, depth + 1)

    def _braced(self, inner: str, depth: int) -> str:
        if inner.lstrip().startswith("{"):
            return self._compared(inner, depth)
        match = _NAME.match(inner.lstrip())
        if not match:
            self.unread.append(f"${{{inner}}}")
            return inner
        rest = inner.lstrip()[match.end() :].strip()
        if not rest:
            return self._named(match[0], depth)
        stands = self._lookup(match[0])
        holds = None if stands is None else bool(self._filled(stands, depth + 1))
        return self._chosen(inner, rest, holds, depth)

    def _compared(self, inner: str, depth: int) -> str:
        """``{a} == {b} ? {value} : {value}``; numbers are compared as numbers."""
        inner = inner.strip()
        sides, rest, relation = [], inner, ""
        for _ in range(2):
            end = closing(rest, 0) if rest.startswith("{") else -1
            if end < 0:
                self.unread.append(f"${{{inner}}}")
                return inner
            before = len(self.unread)
            sides.append(self._filled(rest[1:end].strip(), depth + 1))
            known = len(self.unread) == before
            rest = rest[end + 1 :]
            match = _RELATION.match(rest)
            if match and not relation:
                relation, rest = match[1], rest[match.end() :]
            if not known:
                relation = relation or "?"
        if relation not in _COMPARES or any("$" in side for side in sides):
            return self._chosen(inner, rest.strip(), None, depth)
        if all(re.match(r"^[0-9]+(\.[0-9]+)*$", side) for side in sides):  # numbers, and levels of compatibility
            sides = [".".join(part.zfill(12) for part in side.split(".")) for side in sides]
        return self._chosen(inner, rest.strip(), _COMPARES[relation](sides[0], sides[1]), depth)

    def _chosen(self, inner: str, rest: str, holds: "Optional[bool]", depth: int) -> str:
        """``?value``, ``:value`` or ``?{value}:{value}``; both values where it is not known which."""
        values = _alternatives(rest)
        if values is None:
            self.unread.append(f"${{{inner}}}")
            return rest
        if holds is None:
            self.unread.append(f"${{{inner}}}")
            return " ".join(self._filled(value, depth + 1) for value in values)
        return self._filled(values[0 if holds else 1], depth + 1)


def _alternatives(rest: str) -> "Optional[Tuple[str, str]]":
    """The values if it is set and if it is not."""
    if rest.startswith("?"):
        value, behind = _operand(rest[1:])
        behind = behind.strip()
        if not behind:
            return value, ""
        return (value, _operand(behind[1:])[0]) if behind.startswith(":") else None
    if rest.startswith(":"):
        value, behind = _operand(rest[1:])
        return None if behind.strip() else ("", value)
    return None


def _operand(text: str) -> "Tuple[str, str]":
    """A value in braces, or all that follows."""
    lead = text.lstrip()
    end = closing(lead, 0) if lead.startswith("{") else -1
    return (text, "") if end < 0 else (lead[1:end].strip(), lead[end + 1 :])
