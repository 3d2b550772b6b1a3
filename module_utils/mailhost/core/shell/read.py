"""The program that reads files, globs and the output of commands, all in one round trip, and writes nothing.

Files are told by their kind first; one ``stat`` and one ``od`` at the end give what they hold, in the same order: a
process for each file would be most of what a run that changes nothing costs.
"""

from __future__ import annotations

from . import COMMON, Program
from .confirm import PROGRAM as CONFIRM
from .lock import PROGRAM as LOCK

PROGRAM = Program(
    COMMON
    + LOCK
    + CONFIRM
    + r"""
kind() {
    if [ -f "$1" ]; then
        if [ -r "$1" ]; then kind="file"; else kind="unreadable"; fi
    elif [ -h "$1" ] && [ ! -e "$1" ]; then kind="dangling"
    elif [ -e "$1" ]; then kind="other"
    else kind="absent"
    fi
    printf "F %s\n" "$kind"
}
command() {
    set --
    while [ "$count" -gt 0 ]; do
        IFS= read -r argument
        set -- ${1+"$@"} "$argument"
        count=$((count - 1))
    done
    text=
    while [ "$lines" -gt 0 ]; do
        IFS= read -r line
        text="$text$line
"
        lines=$((lines - 1))
    done
    exec 5<<DATA
$text
DATA
    output=$("$@" 2>&1 <&5 5<&-)
    printf "C %s\n" "$?"
    exec 5<&-
    hex <<DATA
$output
DATA
}
unfinished() { # U: a run was killed in the middle, or the host started anew before a change was confirmed
    found=
    set +f
    for journal in "$state"/journal/*/state; do
        [ -r "$journal" ] && IFS= read -r word <"$journal" && case $word in staged | swapping) found=1 ;; esac
    done
    set -f
    if [ -n "$found" ] && ! alive "$(readlink "$state/lock")"; then
        echo "U"
        return 0
    fi
    if [ -s "$state/confirm" ] && unconfirmed && ! ticking; then echo "U"; fi
}
set --
while IFS= read -r word; do
    case $word in
        F)
            IFS= read -r path
            kind "$path"
            [ "$kind" != file ] || set -- ${1+"$@"} "$path" ;;
        G)
            IFS= read -r pattern
            echo "G"
            IFS=
            set +f
            for path in $pattern; do
                unset IFS # posh joins the words of "$@" by it
                if [ -e "$path" ] || [ -h "$path" ]; then
                    printf "N %s\n" "$path"
                    kind "$path"
                    [ "$kind" != file ] || set -- ${1+"$@"} "$path"
                fi
            done
            set -f
            unset IFS
            echo "H" ;;
        C) IFS= read -r count; IFS= read -r lines; command ;;
    esac
done
if [ -s "$state/pending" ]; then
    echo "P"
    hex <"$state/pending"
fi
unfinished
if [ "$#" -gt 0 ]; then
    echo "S"
    stat -L -c "%s %a %U %G" -- "$@" 2>/dev/null
    echo "D"
    od -An -v -tx1 -- "$@" 2>/dev/null
fi
printf "MAILHOST-END %s\n" "$nonce"
"""
)
