#!/bin/sh
# A virtual environment with exactly the pinned requirements: venv.sh DIRECTORY REQUIREMENTS.
set -eu
here=$(dirname "$0")
python3 -c 'import ensurepip, venv' 2>/dev/null || sh "$here/packages.sh" python3-venv
python3 -m venv "$1"
"$1/bin/pip" install --quiet --disable-pip-version-check -r "$2"
touch "$1/.made"
