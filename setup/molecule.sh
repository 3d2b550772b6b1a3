#!/bin/sh
# Runs the whole Molecule sequence of each scenario named; ends at the first that fails.
set -eu
for scenario in "$@"; do
    echo "molecule test: $scenario"
    molecule test -s "$scenario"
done
