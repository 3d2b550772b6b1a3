"""Whoever is left when the run, its program and the timer were all killed, or the host started anew: the host itself.

Before anything is swapped, the program of a change that waits for its confirmation puts what finishes its work into
the state directory, ``guard``, and has it called each minute and after a reboot: by cron where it runs, else by
systemd, else once by at, when the change should have been confirmed. A guard goes with its
change. A host that has none of the three is mended by the next run, as before.
"""

from __future__ import annotations

from .confirm import PROGRAM as CONFIRM
from .journal import PROGRAM as JOURNAL
from .lock import PROGRAM as LOCK
from .services import PROGRAM as SERVICES

#: what the host calls: it waits for nobody, and leaves alone what a run that lives is working on
SCRIPT = (
    r"""#!/bin/sh
set -u
set -f
umask 077
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
export LC_ALL PATH
state=${0%/*}
nonce=
hex() { cat >/dev/null; }
exec </dev/null >/dev/null 2>&1
cd /
"""
    + LOCK
    + JOURNAL
    + SERVICES
    + CONFIRM
    + r"""
lock 0 "the guard"
trap "unlock" EXIT
trap "exit 1" HUP INT TERM
recover
[ -s "$state/confirm" ] || disband
"""
)
PROGRAM = (
    r"""
guard_text() {
    cat <<\GUARD
"""
    + SCRIPT
    + r"""
GUARD
}
runs() { # files: does one of them name a process that lives?
    for file in "$@"; do
        [ -r "$file" ] && IFS= read -r pid <"$file" && [ -d "/proc/${pid:-none}" ] && return 0
    done
    return 1
}
guard() { # a host on which it cannot be set up is left to the next run
    [ ! -e "$state/guard" ] || return 0
    guard_text >"$state/guard.new" 2>/dev/null && mv -f "$state/guard.new" "$state/guard" || {
        rm -f "$state/guard.new"
        return 0
    }
    if [ -d "${crontab%/*}" ] && runs /var/run/crond.pid /var/run/cron.pid; then
        (umask 022; printf "* * * * * root /bin/sh %s/guard\n" "$state" >"$crontab") 2>/dev/null
    elif systemd; then
        (
            umask 022
            printf "[Service]\nType=oneshot\nKillMode=process\nExecStart=/bin/sh %s/guard\n" "$state" \
                >"$units_of/mailhost-guard.service"
            printf "[Timer]\nOnBootSec=30\nOnActiveSec=60\nOnUnitInactiveSec=60\n" >"$units_of/mailhost-guard.timer"
            printf "\n[Install]\nWantedBy=timers.target\n" >>"$units_of/mailhost-guard.timer"
        ) 2>/dev/null
        systemctl daemon-reload 2>/dev/null
        systemctl enable --quiet mailhost-guard.timer 2>/dev/null
        systemctl start mailhost-guard.timer 2>/dev/null
    elif command -v at >/dev/null; then
        echo "/bin/sh $state/guard" | at now + "$(((confirm + 119) / 60))" minutes >/dev/null 2>&1
    fi
    return 0
}
"""
)
