#!/bin/sh
# Runs the whole Molecule sequence of each scenario named, two at a time; what a scenario said is printed when it has
# ended. Exit status: 0 if all passed. Its state is kept in this checkout: by itself Molecule keeps it in the user's
# home, by the name of the checkout's directory alone.
set -eu
work=$(mktemp -d)
state=$(cd "$(dirname "$0")/.." && pwd)/.ansible/molecule
export work state
# shellcheck disable=SC2016 # expanded by the inner sh
printf '%s\n' "$@" | xargs -P 2 -n 1 sh -c '
    echo "molecule test: $1"
    export MOLECULE_EPHEMERAL_DIRECTORY="$state/$1"
    if molecule test -s "$1" >"$work/$1" 2>&1; then code=0; else code=1; fi
    if [ "$code" = 0 ]; then grep -a -e "passed" -e "Molecule executed" "$work/$1"
    else
        cat "$work/$1"
        echo "molecule test: $1 failed by"
        grep -a -e "\(^\|m \)E   " -e "fatal:" -e "failed:" -e "stderr:" -e "Run make" -e "setup/" "$work/$1" | cut -c 1-500 | tail -n 30
    fi
    echo "molecule test: $1 ended with status $code"
    exit "$code"
' scenario || { rm -r "$work"; exit 1; }
rm -r "$work"
