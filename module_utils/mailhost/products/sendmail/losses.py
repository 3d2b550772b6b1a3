"""What a change of Sendmail's configuration would take away from somebody, by effect."""

from __future__ import annotations

from typing import Iterable, List

from ...core.loss import Loss
from ...formats.keyed import Names


def domains(path: str, text: str, stands: "Iterable[str]", wanted: "Iterable[str]") -> "List[Loss]":
    """Domains that mail is taken for (local-host-names), and that would be none of the host's any more; a name without
    a dot is no address of the Internet."""
    kept = {name.lower() for name in wanted}
    lines = {row.key: row.line for row in Names(text, path).rows()}
    return [
        Loss(
            f"loss.address @{name.lower()}",
            f"{path}:{lines[name]}",
            f"mail for {name} is delivered here, and would not be any more",
            "Name it in mailhost_domains",
        )
        for name in stands
        if name.lower() not in kept and "." in name and not name.lower().startswith("localhost")
    ]


def by_hand(path: str, stands: str, built: str) -> "List[Loss]":
    """Lines of a sendmail.cf that m4 does not make of the sendmail.mc beside it: somebody wrote them by hand."""
    made = set(_lines(built))
    extra = [(number, line) for number, line in enumerate(stands.split("\n"), 1) if _counts(line) and line not in made]
    if not extra:
        return []
    number, first = extra[0]
    return [
        Loss(
            "loss.configuration sendmail.cf",
            f"{path}:{number}",
            f"{len(extra)} lines are not what m4 makes of sendmail.mc (the first: {first[:60]}), and would be lost",
            "Put them into sendmail.mc (LOCAL_CONFIG, LOCAL_RULESETS)",
        )
    ]


def _counts(line: str) -> bool:
    """Comments, and the version and date that m4 notes, are nobody's configuration."""
    return bool(line.strip()) and line[0] not in "#\t " and line[:2] not in ("DZ", "V1", "V9")


def _lines(text: str) -> "List[str]":
    return [line for line in text.split("\n") if _counts(line)]
