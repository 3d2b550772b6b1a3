"""The journals of a host, by run: what was changed, when, by whom, and what became of it."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.host import Request, Seen
from ..core.journals import SHOW, Journal, by_run, journals, reverted
from ..core.operations import Plan
from ..core.word import Planned

ARGUMENT_SPEC: "dict[str, Any]" = {}


def _of_run(run: "list[Journal]", data: "Mapping[str, dict[str, Any]]") -> "dict[str, Any]":
    entries = [data[journal.identity] for journal in run]
    return {"run": run[0].run, "who": run[0].who, "when": run[-1].when, "journals": entries}


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    return (SHOW,)


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    every = journals(seen.output(*SHOW.argv).text)
    undoing = reverted(every)
    data = {
        journal.identity: journal.data(undoing[journal.identity].run if journal.identity in undoing else "")
        for journal in every
    }
    return Plan(facts={"history": list(data.values()), "runs": [_of_run(run, data) for run in by_run(every)]})


WORD = Planned(ARGUMENT_SPEC, reads, plan)
