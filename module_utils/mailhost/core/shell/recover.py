"""The program that finishes what a killed run or a reboot left, before anything else is read; or, given a reason, takes
back at once what a failing run had applied and not confirmed (unless another run has applied something too)."""

from __future__ import annotations

from . import COMMON, Program
from .confirm import PROGRAM as CONFIRM
from .journal import PROGRAM as JOURNAL
from .lock import PROGRAM as LOCK
from .services import PROGRAM as SERVICES

PROGRAM = Program(
    COMMON
    + LOCK
    + JOURNAL
    + SERVICES
    + CONFIRM
    + r"""
IFS= read -r who
IFS= read -r wait
IFS= read -r why
if [ -n "$why" ] && [ ! -s "$state/pending" ] && [ ! -s "$state/confirm" ]; then # nothing applied: touch nothing
    echo "A"
    printf "MAILHOST-END %s\n" "$nonce"
    exit 0
fi
lock "$wait" "$who"
trap "unlock" EXIT
trap "exit 1" HUP INT PIPE TERM
recover
echo "A"
if [ -n "$why" ]; then
    others=
    folders "$state/journal"
    for one in $ops; do
        line word "$one/state"
        line by "$one/who"
        [ "$word" != applied ] || [ "$by" = "$who" ] || others=1
    done
    if [ -z "$others" ]; then
        disarm
        take_back "$why"
        for one in $taken; do
            case " $partial " in *" $one "*) echo "X $one" ;; *) echo "T $one" ;; esac
        done
        rm -f "$state/undone"
    fi
fi
printf "MAILHOST-END %s\n" "$nonce"
"""
)
