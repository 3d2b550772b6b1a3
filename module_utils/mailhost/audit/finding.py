"""What a probe found, as data: one finding for each question,
with a stable id, a verdict, and the dialogue that shows it.

Verdicts: ``pass``; ``warn`` (it holds, but not as it should); ``fail``; ``invalid`` (the question could not be asked,
which never counts as passed); ``none`` (there was nothing to ask).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Iterable

VERDICTS = ("none", "pass", "warn", "invalid", "fail")


@dataclass(frozen=True)
class Finding:
    """``id`` is stable (``relay.R12``) and in the catalogue, whose ``title`` it has unless it has one of its own;
    ``where`` is the endpoint (``25``, ``993 imap``) or a file:line of the host.

    ``reason`` of one that is invalid is a kind of ``wire.Invalid``, or ``names``: the host could not ask
    who we are. ``accepted``: the host took what is asked about; ``rule``: the rule of its own
    configuration that the question was made of.
    """

    id: str
    verdict: str
    title: str = ""
    detail: str = ""
    where: str = ""
    way_out: str = ""
    dialogue: "tuple[str, ...]" = ()
    reason: str = ""
    accepted: bool = False
    rule: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"{self.id}: {self.verdict!r} is no verdict")

    def data(self) -> "dict[str, Any]":
        data = asdict(self)
        data["battery"] = self.id.split(".")[0]
        data["dialogue"] = list(self.dialogue)
        return data


@dataclass(frozen=True)
class Question:
    """What is asked, and of which endpoint; ``answer`` makes the finding of it."""

    id: str
    where: str = ""
    title: str = ""
    rule: str = ""

    def answer(
        self,
        verdict: str,
        detail: str = "",
        dialogue: "Iterable[str]" = (),
        way_out: str = "",
        reason: str = "",
        accepted: bool = False,
    ) -> Finding:
        return Finding(
            self.id, verdict, self.title, detail, self.where, way_out, tuple(dialogue), reason, accepted, self.rule
        )


def worst(verdicts: "Iterable[str]") -> str:
    """The verdict of many: the worst of them."""
    return max(verdicts, key=VERDICTS.index, default="none")
