"""The journals of a host, as they are read: what was changed, when, by which run, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .host import Command
from .shell import history

SHOW = Command(history.SHOW.argv(), history.SHOW)


@dataclass
class Entry:
    """What SHOW printed of a journal or an operation: its folder, and its lines by letter."""

    folder: str
    lines: "dict[str, list[str]]" = field(default_factory=dict)

    def first(self, letter: str) -> str:
        return (self.lines.get(letter) or [""])[0]


@dataclass
class Step(Entry):
    """An operation of a journal (k kind, p path, a about, m digest, T tree, g argv, u undo, f what follows an undo)."""

    @property
    def has_old(self) -> bool:
        return "o" in self.lines

    @property
    def begun(self) -> bool:
        return "b" in self.lines


@dataclass
class Journal(Entry):
    """A change (t state, d epoch seconds, w who, i run, s services,
    b what they were before, r what it took back, v served, l losses that were accepted)."""

    steps: "list[Step]" = field(default_factory=list)

    @property
    def identity(self) -> str:
        return self.folder.rsplit("/", 1)[-1]

    @property
    def run(self) -> str:
        """The id that all journals of a run have in common; one that carries none is a run of its own."""
        return self.first("i") or self.identity

    @property
    def who(self) -> str:
        return self.first("w")

    @property
    def state(self) -> str:
        return self.first("t") or "?"

    @property
    def when(self) -> int:
        """Seconds since 1970, by the host's clock."""
        return int(self.first("d")) if self.first("d").isdigit() else 0

    @property
    def reverts(self) -> "list[str]":
        return " ".join(self.lines.get("r", [])).split()

    @property
    def changes(self) -> "list[str]":
        return [step.first("p") or step.first("a") for step in self.steps if step.first("k") in ("W", "D", "R")]

    def data(self, undone_by: str = "") -> "dict[str, Any]":
        return {
            "id": self.identity,
            "run": self.run,
            "state": self.state,
            "when": self.when,
            "who": self.who,
            "services": self.lines.get("s", []),
            "reverts": self.reverts,
            "undone_by": undone_by,
            "changes": self.changes,
            "accepted": self.lines.get("l", []),
        }


def journals(text: str) -> "list[Journal]":
    """What SHOW printed, the oldest first."""
    every: "list[Journal]" = []
    for line in text.splitlines():
        letter, _, rest = line.partition(" ")
        if letter == "J":
            every.append(Journal(rest))
        elif letter == "O" and every:
            every[-1].steps.append(Step(f"{every[-1].folder.rsplit('/', 1)[0]}/{rest}"))
        elif every:
            entry: Entry = every[-1].steps[-1] if every[-1].steps else every[-1]
            entry.lines.setdefault(letter, []).append(rest)
    return every


def reverted(every: "list[Journal]") -> "dict[str, Journal]":
    """The journals that were taken back, each with the one that did it."""
    return {identity: journal for journal in every if journal.state != "undone" for identity in journal.reverts}


def by_run(every: "list[Journal]") -> "list[list[Journal]]":
    """The journals of each run, the newest first, both of the runs and in each."""
    runs: "dict[str, list[Journal]]" = {}
    for journal in reversed(every):
        runs.setdefault(journal.run, []).append(journal)
    return list(runs.values())
