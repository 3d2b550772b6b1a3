"""What works for somebody on a host and would not after a run, though the inventory does not say so: named before the
first write, refused unless it is accepted with a reason, and shown wherever the run is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Iterable, Mapping, Sequence

from .errors import BadInput, MailhostError

#: what can be lost, by the first word of a loss's rule: its name for people
KINDS = {
    "loss.mail_location": "where mail lies",
    "loss.delivery": "where mail is delivered",
    "loss.address": "an address that is delivered",
    "loss.database": "a database of accounts",
    "loss.login": "who may log in",
    "loss.certificate": "a certificate that is served",
    "loss.listener": "an address that is listened on",
    "loss.route": "where mail for elsewhere goes",
    "loss.configuration": "what is configured by hand",
}

#: the option of every word that changes something, which ``mailhost_accept`` and ``mailhost_relay_accept`` fill
ACCEPT: "dict[str, Any]" = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {"rule": {"type": "str", "required": True}, "reason": {"type": "str", "required": True}},
}


@dataclass(frozen=True)
class Loss:
    """``rule``: the kind and, behind a blank, what exactly (``loss.address old@example.test``); either is accepted.
    ``place``: file:line; ``what``: what would be lost, with the number of users or messages concerned;
    ``way_out``: how the inventory keeps it."""

    rule: str
    place: str
    what: str
    way_out: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.rule}: no kind of loss")

    @property
    def kind(self) -> str:
        return self.rule.partition(" ")[0]

    def data(self) -> "dict[str, str]":
        return asdict(self)


class WouldLose(MailhostError):
    """A run would take away what works; the word that says so changed nothing. All of it is named, not the first."""

    def __init__(self, losses: "Sequence[Loss]", besides: str = "") -> None:
        told = [f"{loss.place}: {loss.what} (rule {loss.rule!r}). {loss.way_out}".rstrip(". ") for loss in losses]
        super().__init__(
            "what works would be lost",
            ". ".join([*told, *([besides.rstrip(". ")] if besides else [])]),
            "Have the inventory say it, or accept each rule with a reason in mailhost_accept",
        )
        self.losses = list(losses)
        self.codes = {"losses": [loss.data() for loss in losses]}


def accepted(accept: "Iterable[Mapping[str, str]]", place: str = "accept") -> "dict[str, str]":
    """Reasons by rule; refuses one without a reason."""
    reasons = {}
    for number, entry in enumerate(accept):
        rule, reason = entry["rule"].strip(), entry["reason"].strip()
        if not rule or not reason:
            raise BadInput(
                f"{place}[{number}]",
                f"rule {rule[:60]!r} is accepted without a reason",
                "Say why, every report shows it",
            )
        reasons[rule] = reason
    return reasons


def settle(
    losses: "Iterable[Loss]", accept: "Iterable[Mapping[str, str]]"
) -> "tuple[list[Loss], list[tuple[Loss, str]]]":
    """The losses that nobody accepted, and those that somebody did, each with the reason."""
    reasons = accepted(accept)
    lost: "list[Loss]" = []
    let_through: "list[tuple[Loss, str]]" = []
    for loss in losses:
        reason = reasons.get(loss.rule) or reasons.get(loss.kind)
        if reason:
            let_through.append((loss, reason))
        else:
            lost.append(loss)
    return lost, let_through
