"""Versions as tuples, and rows of data that hold from one version on up to another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, Optional, Sequence, Tuple, TypeVar

Version = Tuple[int, ...]
T = TypeVar("T")


def version(text: str) -> Optional[Version]:
    """The first dotted number in a text: ``2.3.19.1 (9b53102964)`` is (2, 3, 19, 1); None if there is none."""
    match = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(part) for part in match.group().split(".")) if match else None


def dotted(number: Sequence[int]) -> str:
    return ".".join(map(str, number))


@dataclass(frozen=True)
class Row(Generic[T]):
    """``value`` holds from ``since`` (inclusive) up to ``before`` (exclusive; None: still)."""

    since: Version
    before: Optional[Version]
    value: T

    def holds(self, number: Version) -> bool:
        return self.since <= number and (self.before is None or number < self.before)


class Rows(Generic[T]):
    """Rows of one concept. They refuse to be wrong: no gap, no overlap, in order, the last one open."""

    def __init__(self, concept: str, *rows: Row[T]) -> None:
        self.concept = concept
        self.rows = rows
        if not rows:
            raise ValueError(f"{concept}: no rows")
        for earlier, later in zip(rows, rows[1:]):
            if earlier.before != later.since:
                raise ValueError(f"{concept}: {earlier.before} is followed by {later.since}: a gap or an overlap")
        if rows[-1].before is not None:
            raise ValueError(f"{concept}: the last row ends at {rows[-1].before}")
        for row in rows:
            if row.before is not None and row.since >= row.before:
                raise ValueError(f"{concept}: row {row.since} to {row.before} is empty")

    def at(self, number: Version) -> Optional[T]:
        """The value for a version; None for one older than the first row."""
        for row in self.rows:
            if row.holds(number):
                return row.value
        return None

    def nearest(self, number: Version) -> T:
        """The value for a version; the first row's for one that is older."""
        return next((row.value for row in reversed(self.rows) if row.since <= number), self.rows[0].value)
