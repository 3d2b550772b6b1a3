"""The program that reads files, globs and the output of commands, all in one round trip, and writes nothing."""

from __future__ import annotations

from . import COMMON

PROGRAM = (
    COMMON
    + r"""
file() {
    if [ -f "$1" ]; then
        if [ -r "$1" ]; then
            printf "F file %s\n" "$(stat -L -c "%a %U %G" -- "$1")"
            hex <"$1"
        else
            echo "F unreadable"
        fi
    elif [ -h "$1" ] && [ ! -e "$1" ]; then
        echo "F dangling"
    elif [ -e "$1" ]; then
        echo "F other"
    else
        echo "F absent"
    fi
}
glob() {
    echo "G"
    IFS=
    set +f
    for path in $1; do
        if [ -e "$path" ] || [ -h "$path" ]; then
            printf "N %s\n" "$path"
            file "$path"
        fi
    done
    set -f
    unset IFS
    echo "H"
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
    output=$("$@" 2>&1 <<DATA
$text
DATA
)
    printf "C %s\n" "$?"
    hex <<DATA
$output
DATA
}
while IFS= read -r word; do
    case $word in
        F) IFS= read -r argument; file "$argument" ;;
        G) IFS= read -r argument; glob "$argument" ;;
        C) IFS= read -r count; IFS= read -r lines; command ;;
    esac
done
if [ -s "$state/pending" ]; then
    echo "P"
    hex <"$state/pending"
fi
printf "MAILHOST-END %s\n" "$nonce"
"""
)
