"""The journals of a host, as they are read: what was changed, when, by which run, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .host import Command
from .shell import history

SHOW = Command(history.SHOW.argv(), history.SHOW)


@dataclass
class Step:
    """An operation of a journal: ``said`` has its lines by letter (k kind, p path, a about, m digest, g argv, u undo, ...)."""

    folder: str
    said: "dict[str, list[str]]" = field(default_factory=dict)

    def one(self, letter: str) -> str:
        return (self.said.get(letter) or [""])[0]

    @property
    def has_old(self) -> bool:
        return "o" in self.said

    @property
    def begun(self) -> bool:
        return "b" in self.said


@dataclass
class Journal:
    """A change: ``said`` has its lines by letter (t state, d epoch seconds, w who, s services, r what it took back, v served)."""

    folder: str
    said: "dict[str, list[str]]" = field(default_factory=dict)
    steps: "list[Step]" = field(default_factory=list)

    @property
    def identity(self) -> str:
        return self.folder.rsplit("/", 1)[-1]

    @property
    def state(self) -> str:
        return (self.said.get("t") or ["?"])[0]

    @property
    def reverts(self) -> "list[str]":
        return " ".join(self.said.get("r", [])).split()

    def told(self) -> "dict[str, Any]":
        when = (self.said.get("d") or ["0"])[0]
        return {
            "id": self.identity,
            "state": self.state,
            "when": int(when) if when.isdigit() else 0,
            "who": (self.said.get("w") or [""])[0],
            "services": self.said.get("s", []),
            "reverts": self.reverts,
            "changes": [step.one("p") or step.one("a") for step in self.steps if step.one("k") in ("W", "D", "R")],
        }


def journals(text: str) -> "list[Journal]":
    """What SHOW printed, the oldest first."""
    found: "list[Journal]" = []
    for line in text.splitlines():
        letter, _, rest = line.partition(" ")
        if letter == "J":
            found.append(Journal(rest))
        elif letter == "O" and found:
            found[-1].steps.append(Step(f"{found[-1].folder.rsplit('/', 1)[0]}/{rest}"))
        elif found:
            said = found[-1].steps[-1].said if found[-1].steps else found[-1].said
            said.setdefault(letter, []).append(rest)
    return found
