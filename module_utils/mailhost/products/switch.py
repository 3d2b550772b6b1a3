"""Of two daemons for one job, the one that is to do it: the other stopped and disabled, this one started; undone as one step."""

from __future__ import annotations

from typing import Optional

from ..core.host import Command, Seen, encode
from ..core.operations import Run
from ..core.shell.services import PROGRAM as SERVICES

LOOK = (
    SERVICES
    + """
installed=0 # the states matter only where both are
for unit in "$@"; do
    for file in /lib/systemd/system/$unit.service /etc/systemd/system/$unit.service /etc/init.d/$unit; do
        [ ! -e "$file" ] || { installed=$((installed + 1)); break; }
    done
done
[ "$installed" = "$#" ] || exit 0
for unit in "$@"; do
    ! is_active "$unit" || echo "active $unit"
    ! begins "$unit" || echo "enabled $unit"
done
"""
)
#: stop and disable the first, enable and start the second; a start that fails is a failure
SWITCH = (
    SERVICES
    + """
stop "$1"
disable "$1"
enable "$2" || exit 1
output=$(restart "$2" 2>&1) || { printf "%s\\n" "$output"; exit 1; }
"""
)
#: the same back: what ran and what began at boot before does so again, and nothing else
BACK = (
    SERVICES
    + """
case " $3 " in *" active $2 "*) ;; *) stop "$2" ;; esac
case " $3 " in *" enabled $2 "*) ;; *) disable "$2" ;; esac
case " $3 " in *" enabled $1 "*) enable "$1" ;; esac
case " $3 " in *" active $1 "*) restart "$1" ;; esac
"""
)


def question(*units: str) -> Command:
    """Which of the services run, and which begin at boot."""
    return Command(("sh", "-s", *units), LOOK)


def switch(seen: Seen, other: str, wanted: str, units: "tuple[str, ...]") -> Optional[Run]:
    """The step from one service to the other; None if the other neither runs nor begins at boot."""
    said = seen.output(*question(*units).argv).text.splitlines()
    if f"active {other}" not in said and f"enabled {other}" not in said:
        return None
    before = " ".join(line for line in said if line.split()[-1] in (other, wanted))
    return Run(
        f"stop {other} and disable it in all runlevels, start {wanted}",
        ("sh", "-s", other, wanted),
        encode(SWITCH),
        undo=("sh", "-s", other, wanted, before),
        undo_stdin=encode(BACK),
    )
