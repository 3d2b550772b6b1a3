"""Services stopped, started and put in another's place, as steps of a plan."""

from __future__ import annotations

from . import Inline, Program
from .services import PROGRAM as SERVICES

STOP = Program(SERVICES + """stop "$1"\n""")
RESTART = Program(SERVICES + """restart "$1"\n""")
#: a service ended for good, and the way back from there
END = Program(SERVICES + """stop "$1"\nturn_off "$1"\ntrue\n""")
BEGIN = Program(SERVICES + """turn_on "$1"\nrestart "$1"\ntrue\n""")
#: a script of SysV init that is new is started at boot from now on, and the way back
ADD = Inline("""
if command -v chkconfig >/dev/null; then chkconfig --add "$1"; else update-rc.d "$1" defaults >/dev/null; fi
""")
UNADD = Inline("""
"/etc/init.d/$1" stop;
if command -v chkconfig >/dev/null; then chkconfig --del "$1"; else update-rc.d -f "$1" remove >/dev/null; fi
""")
#: services: which of them run, and which begin at boot; the states matter only where several are installed
LOOK = Program(
    SERVICES
    + """
installed=
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
#: services: stopped and disabled, for another to take their place
LEAVE = Program(
    SERVICES
    + """
for unit in "$@"; do
    stop "$unit"
    turn_off "$unit"
done
"""
)
#: states, services: the way back: what ran and what began at boot before does so again, and nothing else
RETURN = Program(
    SERVICES
    + """
before=$1
shift
for unit in "$@"; do
    case " $before " in *" enabled $unit "*) turn_on "$unit" ;; esac
    case " $before " in *" active $unit "*) restart "$unit" ;; esac
done
"""
)
#: a service enabled and started in the others' place; a start that fails is a failure
TAKE = Program(
    SERVICES
    + """
turn_on "$1" || exit 1
output=$(restart "$1" 2>&1) || { printf "%s\\n" "$output"; exit 1; }
"""
)
#: states, service: the way back: it is stopped or disabled where it was so before
GIVE = Program(
    SERVICES
    + """
case " $1 " in *" active $2 "*) ;; *) stop "$2" ;; esac
case " $1 " in *" enabled $2 "*) ;; *) turn_off "$2" ;; esac
"""
)
