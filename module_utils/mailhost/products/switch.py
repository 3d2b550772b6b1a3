"""Of several daemons for one job, the one that is to do it:
the others stopped and disabled, this one started; and the same back."""

from __future__ import annotations

from typing import Iterable, Sequence

from ..core.host import Command, Request, Seen
from ..core.operations import Operation, Plan, Run
from ..core.shell.look import COUNTED
from ..core.shell.switch import GIVE, LEAVE, LOOK, RETURN, TAKE
from .standing import counted
from .table import PRODUCTS, Product, of_kind


def question(kind: str) -> Command:
    """Which of the kind's services run, and which begin at boot."""
    return Command(LOOK.argv(*(row.unit for row in of_kind(kind))), LOOK)


def count(row: Product) -> "Sequence[Command]":
    """The question how many folders of mail a product would leave behind;
    none for one whose mail is there in any case."""
    return [Command(COUNTED.argv(*row.mail.folders))] if row.mail and row.mail.folders else []


def reads(name: str) -> "Iterable[Request]":
    """What is to be known before a product takes the place of the others of its kind."""
    rows = of_kind(PRODUCTS[name].kind)
    return (question(PRODUCTS[name].kind), *(asked for row in rows if row.name != name for asked in count(row)))


def take_over(plan: Plan, seen: Seen, name: str, between: "Sequence[Operation]" = ()) -> None:
    """The steps from the others of its kind to a product, if any of them runs or begins at boot; what becomes of their
    mail is warned of. ``between`` is what must be so before a daemon starts, this one and, on the way back, the others:
    Red Hat's script of Sendmail starts whatever the alternative ``mta`` points to."""
    row = PRODUCTS[name]
    states = seen.output(*question(row.kind).argv).text.splitlines()
    others = [
        other for other in of_kind(row.kind) if other is not row and {f"{s} {other.unit}" for s in _ON} & set(states)
    ]
    if not others:
        plan.operations += between
        return
    units = [other.unit for other in others]
    before = " ".join(line for line in states if line.split()[-1] in (row.unit, *units))
    leave = Run(
        f"stop {', '.join(units)} and disable it in all runlevels",
        LEAVE.argv(*units),
        LEAVE.stdin,
        undo=RETURN.argv(before, *units),
        undo_stdin=RETURN.stdin,
    )
    take = Run(
        f"start {row.unit} in its place",
        TAKE.argv(row.unit),
        TAKE.stdin,
        undo=GIVE.argv(before, row.unit),
        undo_stdin=GIVE.stdin,
    )
    plan.operations += [leave, *between, take]
    for other in others:
        waiting = counted(seen, count(other))
        if other.mail and (waiting or not count(other)):
            plan.warnings.append(other.mail.stays.format(count=waiting, title=row.title))


_ON = ("active", "enabled")
