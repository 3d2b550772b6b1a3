#!/bin/sh
# Whether all that failed in a scenario is listed as a difference, with the reason, in its file `differences`:
# differences.sh SCENARIO LOG. Prints the reasons that count. Exit status: 0 if nothing else failed.
set -eu
list="$(dirname "$0")/../molecule/$1/differences"
[ -e "$list" ] || exit 1
# grep exits with 1 where no line is left, which is no fault here
failed=$(grep -a -e '^FAILED ' -e '^ERROR ' -e 'fatal: ' -e 'failed: ' "$2" | grep -a -v 'failed=0' || true)
[ "$failed" ] || exit 1
tab=$(printf '\t')
while IFS="$tab" read -r like reason; do
    case $like in '' | '#'*) continue ;; esac
    if printf '%s\n' "$failed" | grep -q -e "$like"; then
        echo "molecule test: $1 differs as listed: $reason"
        failed=$(printf '%s\n' "$failed" | grep -v -e "$like" || true)
    fi
done <"$list"
[ -z "$failed" ]
