"""Why a host is not safe, as its own configuration says it: a rule by name, its place,
and what would get through by it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Iterable, Mapping, Sequence

from ..core.loss import accepted

#: what each kind of cause means, and the verdict it comes to
KINDS = {
    "open": "fail",  # a stranger is relayed for
    "wide": "fail",  # more is trusted than can be meant
    "clear": "fail",  # a password can go in clear, or nobody needs one
    "dead": "fail",  # the daemon will not serve like this
    "login": "warn",  # somebody may log in who is no mailbox
    "forged": "fail",  # a stranger's message comes as another's
    "foreign": "fail",  # what runs or is written as root is somebody else's to change
    "secret": "fail",  # somebody can read what they must not
    "stale": "fail",  # what is in force is not what stands in the file
    "abuse": "warn",  # strangers may make more of the host than it means to give
    "unknown": "warn",  # somebody else decides, at run time
}


@dataclass(frozen=True)
class Cause:
    """``rule`` is the stable name by which ``mailhost_accept`` accepts it; ``place`` is file:line; ``witness``
    what a prober can try to see it on the wire (keys helo, sender, recipient; empty if it cannot be seen from outside);
    ``service`` a port or name; ``option`` the option of the inventory that asks for just this, if there is one."""

    rule: str
    kind: str
    place: str
    what: str
    way_out: str = ""
    witness: "Mapping[str, str]" = field(default_factory=dict)
    service: str = ""
    option: str = ""
    #: the host's own program, asked as a stranger, can tell whether it lets one by
    asked: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.rule}: {self.kind!r} is no kind of cause")

    @property
    def is_relay(self) -> bool:
        return self.kind in ("open", "wide")

    def data(self) -> "dict[str, Any]":
        data = {**asdict(self), "witness": dict(self.witness)}
        del data["asked"]
        return data


def refuse(causes: "Sequence[Cause]", accept: "Iterable[Mapping[str, str]]", error: "type[Exception]") -> "list[str]":
    """Raise the first cause of relaying, or that cannot be judged, or for which the daemon would not serve, that
    nobody accepted;
    a warning for each that somebody did."""
    reasons = accepted(accept)
    for cause in causes:
        if cause.kind == "dead" and cause.rule not in reasons:
            raise error(cause.place, f"{cause.what} (rule {cause.rule!r})", cause.way_out or "Correct it")
        if (cause.is_relay or cause.kind == "unknown") and cause.rule not in reasons:
            raise error(
                cause.place,
                f"{cause.what} (rule {cause.rule!r})",
                (cause.way_out or "Take it out") + ", or accept that rule with a reason in mailhost_accept",
            )
    return [
        f"{cause.place}: {cause.what}: accepted, {reasons[cause.rule]}" for cause in causes if cause.rule in reasons
    ]
