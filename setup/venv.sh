#!/bin/sh
# A virtual environment with exactly the pinned requirements: venv.sh DIRECTORY REQUIREMENTS [PYTHON].
set -eu
here=$(dirname "$0")
python=${3:-python3}
"$python" -c 'import ensurepip, venv' 2>/dev/null || sh "$here/packages.sh" python3-venv
"$python" -m venv "$1"
"$1/bin/pip" install --quiet --disable-pip-version-check -r "$2"
touch "$1/.made"
