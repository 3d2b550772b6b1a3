"""The journals of a host: what was changed, when, by which run, and what became of it."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.host import Request, Seen
from ..core.journals import SHOW, journals
from ..core.operations import Plan
from ..core.word import Planned

ARGUMENT_SPEC: "dict[str, Any]" = {}


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    return (SHOW,)


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    return Plan(facts={"history": [journal.told() for journal in journals(seen.output(*SHOW.argv).text)]})


WORD = Planned(ARGUMENT_SPEC, reads, plan)
