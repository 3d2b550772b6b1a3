#!/bin/sh
# Runs the whole Molecule sequence of each scenario named, else of every directory of molecule/, two at a time; what a
# scenario said is printed when it has ended. Exit status: 0 if all passed. Its state is kept in this checkout: by itself
# Molecule keeps it in the user's home, by the name of the checkout's directory alone. molecule.sh list names them.
#
# A scenario whose directory has a file `differences` may fail where a line of it says: a regular expression of what
# fails, a tab, and the reason.
set -eu
if [ $# = 0 ] || [ "$1" = list ]; then
    asked=${1-}
    set --
    for file in "$(dirname "$0")"/../molecule/*/molecule.yml; do
        scenario=$(dirname "$file")
        [ -L "$scenario" ] || set -- "$@" "$(basename "$scenario")" # default is one of the others
    done
    if [ "$asked" = list ]; then
        printf '%s\n' "$@"
        exit
    fi
fi
work=$(mktemp -d)
state=$(cd "$(dirname "$0")/.." && pwd)/.ansible/molecule
here=$(dirname "$0")
export work state here
# shellcheck disable=SC2016 # expanded by the inner sh
printf '%s\n' "$@" | xargs -P 2 -n 1 sh -c '
    echo "molecule test: $1"
    export MOLECULE_EPHEMERAL_DIRECTORY="$state/$1"
    if molecule test -s "$1" >"$work/$1" 2>&1; then code=0; else code=1; fi
    if [ "$code" = 0 ]; then grep -a -e "passed" -e "Molecule executed" "$work/$1"
    elif sh "$here/differences.sh" "$1" "$work/$1"; then code=0
    else
        cat "$work/$1"
        echo "molecule test: $1 failed by"
        grep -a -e "\(^\|m \)E   " -e "fatal:" -e "failed:" -e "stderr:" -e "Run make" -e "setup/" "$work/$1" |
            cut -c 1-500 | tail -n 30
    fi
    echo "molecule test: $1 ended with status $code"
    exit "$code"
' scenario || { rm -r "$work"; exit 1; }
rm -r "$work"
