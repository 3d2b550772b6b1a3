"""Which mail transfer agent is the host's own: alternatives, the others stopped,
and what still waits in their queues."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.errors import BadConfiguration
from ..core.host import Request, Seen
from ..core.operations import Plan, Run
from ..core.word import OPTIONS, Planned
from ..products import standing, switch
from ..products.table import PRODUCTS, choices

ARGUMENT_SPEC: "dict[str, Any]" = {
    "name": {"type": "str", "choices": choices("mta"), "required": True},
    **OPTIONS,
}


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    queues = (asked for other in _others(params) for asked in standing.queue(other))
    yield from (standing.STANDS, standing.ALTERNATIVE, *queues, *switch.reads(params["name"]))


def _others(params: Mapping[str, Any]) -> "list[str]":
    return [name for name in choices("mta") if name != params["name"]]


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    name = params["name"]
    if not standing.installed(seen, name):
        raise BadConfiguration("/usr/sbin", f"no {name} is installed", "Install it (mail_packages)")
    waiting = {other: standing.waiting(seen, other) for other in _others(params)}
    plan = Plan(services=(PRODUCTS[name].unit,), facts={"mta": name, "waiting": sum(waiting.values())})
    stands, wanted = standing.alternative(seen), f"/usr/sbin/sendmail.{name}"
    points: "list[Run]" = []
    if stands and stands != wanted:
        about = f"make {name} the host's MTA (alternatives --set mta {wanted})"
        points.append(
            Run(about, ("alternatives", "--set", "mta", wanted), undo=("alternatives", "--set", "mta", stands))
        )
    switch.take_over(plan, seen, name, points)
    if plan.changed:
        plan.warnings += [
            f"{count} messages wait in the queue of {other}; they stay there until it is the MTA again "
            f"or its queue is run ({row.flush})"
            for other, count in waiting.items()
            for row in [PRODUCTS[other].queue]
            if row and count
        ]
    return plan


WORD = Planned(ARGUMENT_SPEC, reads, plan)
