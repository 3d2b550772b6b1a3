"""What a change of Sendmail's configuration would take away from somebody, by effect."""

from __future__ import annotations

import re
from typing import Container, Iterable, List

from ...core.loss import Loss
from ...formats.keyed import Keyed, Names, Row

_TAGS = ("connect:", "to:", "from:")
_NETWORK = re.compile(r"^(IPv6:)?[0-9a-fA-F.:]+$")
_NOBODY = re.compile(r"(?i)^(localhost(\..*)?|127(\..*)?|IPv6:0*:.*|[^.:]*)$")


def domains(stands: Names, wanted: "Iterable[str]") -> "List[Loss]":
    """Domains that mail is taken for (local-host-names), and that would be none of the host's any more; a name without
    a dot is no address of the Internet."""
    kept = {name.lower() for name in wanted}
    return [
        Loss(
            f"loss.address @{row.key.lower()}",
            f"{stands.name}:{row.line}",
            f"mail for {row.key} is delivered here, and would not be any more",
            "Name it in mailhost_domains",
        )
        for row in stands.rows()
        if row.key.lower() not in kept and "." in row.key and not row.key.lower().startswith("localhost")
    ]


def relayed(stands: Keyed, stay: "Iterable[str]", wanted: "Container[str]") -> "List[Loss]":
    """Rows of the access map that relay, or names of relay-domains, that are not in what stays; ``wanted`` are the keys
    of the access map that the inventory asks for (lower case), by which a name may stay under its tag. Loopback is
    nobody's, and one label names no host."""
    kept = set(stay)
    return [
        _relayed(stands.name, row)
        for row in stands.rows()
        if (row.value or "RELAY").upper() == "RELAY"
        and f"{row.key} {row.value}".rstrip() not in kept
        and not any(tag + _name(row).lower() in wanted for tag in _TAGS)
        and not _NOBODY.match(_name(row))
    ]


def _name(row: Row) -> str:
    tag = next((tag for tag in _TAGS if row.key.lower().startswith(tag)), "")
    return row.key[len(tag) :]


def _relayed(path: str, row: Row) -> Loss:
    name = _name(row)
    is_network = bool(_NETWORK.match(name)) and not row.key.lower().startswith("to:")
    return Loss(
        f"loss.route {name}" if is_network else f"loss.address @{name.lower()}",
        f"{path}:{row.line}",
        f"mail {'from' if is_network else 'for'} {name} is relayed ({row.key}), and would be refused",
        f"Name it in mailhost_relay_{'networks' if is_network else 'domains'}",
    )


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
