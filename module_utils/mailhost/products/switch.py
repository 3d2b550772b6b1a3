"""Of several daemons for one job, the one that is to do it: the others stopped and disabled, this one started; undone as one step."""

from __future__ import annotations

from typing import Iterable, Sequence

from ..core.host import Command, Request, Seen, encode
from ..core.operations import Plan, Run
from ..core.shell.services import PROGRAM as SERVICES
from .table import PRODUCTS, Product, of_kind

LOOK = (
    SERVICES
    + """
installed= # the states matter only where several are
for unit in "$@"; do
    for file in /lib/systemd/system/$unit.service /etc/systemd/system/$unit.service /etc/init.d/$unit; do
        [ ! -e "$file" ] || { installed="$installed $unit"; break; }
    done
done
set -- $installed
[ "$#" -gt 1 ] || exit 0
for unit in "$@"; do
    ! is_active "$unit" || echo "active $unit"
    ! begins "$unit" || echo "enabled $unit"
done
"""
)
#: enable and start the first, stop and disable the others before; a start that fails is a failure
SWITCH = (
    SERVICES
    + """
wanted=$1
shift
for other in "$@"; do
    stop "$other"
    disable "$other"
done
enable "$wanted" || exit 1
output=$(restart "$wanted" 2>&1) || { printf "%s\\n" "$output"; exit 1; }
"""
)
#: the same back: what ran and what began at boot before ($2) does so again, and nothing else
BACK = (
    SERVICES
    + """
wanted=$1 before=$2
shift 2
case " $before " in *" active $wanted "*) ;; *) stop "$wanted" ;; esac
case " $before " in *" enabled $wanted "*) ;; *) disable "$wanted" ;; esac
for other in "$@"; do
    case " $before " in *" enabled $other "*) enable "$other" ;; esac
    case " $before " in *" active $other "*) restart "$other" ;; esac
done
"""
)
COUNT = "ls -d $* 2>/dev/null | wc -l"


def question(kind: str) -> Command:
    """Which of the kind's services run, and which begin at boot."""
    return Command(("sh", "-s", *(row.unit for row in of_kind(kind))), LOOK)


def count(row: Product) -> "Sequence[Command]":
    """The question how many folders of mail a product would leave behind; none for one whose mail is there in any case."""
    return [Command(("sh", "-c", COUNT, "count", *row.mail.folders))] if row.mail and row.mail.folders else []


def reads(name: str) -> "Iterable[Request]":
    """What is to be known before a product takes the place of the others of its kind."""
    rows = of_kind(PRODUCTS[name].kind)
    return (question(PRODUCTS[name].kind), *(asked for row in rows if row.name != name for asked in count(row)))


def take_over(plan: Plan, seen: Seen, name: str) -> None:
    """The step from the others of its kind to a product, if any of them runs or begins at boot; what becomes of their mail is warned of."""
    row = PRODUCTS[name]
    states = seen.output(*question(row.kind).argv).text.splitlines()
    others = [
        other for other in of_kind(row.kind) if other is not row and {f"{s} {other.unit}" for s in _ON} & set(states)
    ]
    if not others:
        return
    units = [other.unit for other in others]
    before = " ".join(line for line in states if line.split()[-1] in (row.unit, *units))
    plan.operations.append(
        Run(
            f"stop {', '.join(units)} and disable it in all runlevels, start {row.unit}",
            ("sh", "-s", row.unit, *units),
            encode(SWITCH),
            undo=("sh", "-s", row.unit, before, *units),
            undo_stdin=encode(BACK),
        )
    )
    for other in others:
        left = [int(seen.output(*asked.argv).text.strip() or 0) for asked in count(other)]
        if other.mail and left != [0]:
            plan.warnings.append(other.mail.stays.format(count=sum(left), title=row.title))


_ON = ("active", "enabled")
