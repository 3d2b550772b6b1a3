"""The packages a host needs, by product."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.errors import BadConfiguration, BadInput
from ..core.host import Request, Seen
from ..core.operations import Plan, Run
from ..core.shell.switch import RESTART, STOP
from ..core.word import OPTIONS, Planned
from ..products import standing
from ..products.table import PRODUCTS, Product, choices
from ..systems.families import INSTALLED, PACKAGED, REQUESTS, Family, system
from ..systems.packages import MANAGERS, WHICH

ARGUMENT_SPEC: "dict[str, Any]" = {
    "products": {"type": "list", "elements": "str", "required": True},
    **OPTIONS,
}


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    for number, product in enumerate(params["products"]):
        if product not in PACKAGED:
            raise BadInput(
                f"products[{number}]",
                f"{product!r} is not a product mailhost knows",
                f"Choose from {', '.join(PACKAGED)}",
            )
    yield from (*REQUESTS, WHICH, *INSTALLED, standing.STANDS)
    family = system(seen).family
    # a second question, only where a package is about to take another's place
    for _, _, row in _displaced(_wanted(params, family), family.installed(seen), family):
        yield from standing.queue(row.name)


def _wanted(params: Mapping[str, Any], family: Family) -> "list[str]":
    return [name for product in params["products"] for name in family.packages.get(product, ())]


def _displaced(wanted: "list[str]", have: "set[str]", family: Family) -> "list[tuple[str, str, Product]]":
    """The packages wanted that take another's place, each with the one that goes and its product."""
    return [
        (name, other, row)
        for name in wanted
        for other in family.displaces.get(name, ())
        for row in PRODUCTS.values()
        if name not in have and other in have and other in family.packages[row.name]
    ]


def _refuse_to_lose_mail(package: str, other: str, row: Product, seen: Seen) -> None:
    count = standing.waiting(seen, row.name)
    if count:
        raise BadConfiguration(
            f"the queue of {row.name}",
            f"{count} messages wait there, and {package} takes {other} away",
            "Let them go out (mailq shows them), or delete what cannot be delivered, and run again",
        )


def _stopped(service: str) -> Run:
    """The daemon that a package takes away, stopped first:
    it would run on without its files and hold the ports of the new one."""
    return Run(f"stop {service}", STOP.argv(service), STOP.stdin, undo=RESTART.argv(service), undo_stdin=RESTART.stdin)


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    family = system(seen).family
    if not family.packages:
        raise BadConfiguration(
            "/etc/os-release", "an unknown distribution", "Install the packages by hand and leave mail_packages out"
        )
    wanted, have = _wanted(params, family), family.installed(seen)
    missing = [name for name in wanted if name not in have]
    mtas = [name for name in choices("mta") if standing.installed(seen, name)]
    tunnels = any(standing.installed(seen, name) for name in choices("tunnel"))
    plan = Plan(facts={"packages": wanted, "installed": missing, "mtas": mtas, "tunnels": tunnels})
    if missing:
        displaced = _displaced(wanted, have, family)
        for package, other, row in displaced:
            _refuse_to_lose_mail(package, other, row, seen)
        tool = family.manager(seen)
        if tool is None:
            raise BadConfiguration(
                "the host",
                f"has no {', '.join(missing)}, and no {' or '.join(family.managers)} to install them",
                "Install them by hand",
            )
        plan.operations += [_stopped(unit) for unit in dict.fromkeys(row.unit for _, _, row in displaced)]
        about = ", ".join(missing)
        going = [other for name in missing for other in family.removes.get(name, ()) if other in have]
        gone = [MANAGERS[tool].removed.format(name) for name in going]
        plan.operations.append(Run(f"install {about} with {tool}", (*MANAGERS[tool].install, *missing, *gone)))
        came = (*family.database.confirm, *missing)
        plan.operations.append(Run(f"see that {about} came", came, undo=("true",)))  # it looks, and nothing else
        plan.new_services = tuple(
            PRODUCTS[name].unit
            for name in params["products"]
            if name in PRODUCTS and set(missing).intersection(family.packages.get(name, ()))
        )
    return plan


WORD = Planned(ARGUMENT_SPEC, reads, plan)
