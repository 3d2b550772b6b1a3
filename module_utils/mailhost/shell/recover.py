"""The program that finishes what a killed run or a reboot left, before anything else is read."""

from __future__ import annotations

from . import COMMON
from .confirm import PROGRAM as CONFIRM
from .journal import PROGRAM as JOURNAL
from .lock import PROGRAM as LOCK
from .services import PROGRAM as SERVICES

PROGRAM = (
    COMMON
    + LOCK
    + JOURNAL
    + SERVICES
    + CONFIRM
    + r"""
IFS= read -r who
IFS= read -r wait
lock "$wait" "$who"
trap "unlock" 0
trap "exit 1" 1 2 13 15
recover
echo "A"
printf "MAILHOST-END %s\n" "$nonce"
"""
)
