#!/bin/sh
# The images of the demo and the tests. A base image is pulled where a registry answers; where none does it is made
# with mmdebstrap from Debian's packages, so that nothing but Debian is needed. images.sh [IMAGE ...]: those named, else
# every directory of molecule/images.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
images="$here/../molecule/images"
base() {
    docker image inspect "debian:$1" >/dev/null 2>&1 && return
    docker pull -q "debian:$1" >/dev/null 2>&1 && return
    sh "$here/packages.sh" mmdebstrap
    echo "making debian:$1"
    work=$(mktemp -d)
    # a mirror may be older than the dates by which a release that changes daily has to be
    if ! mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' "$1" "$work/base.tar" \
        2>"$work/log"; then
        cat "$work/log" >&2
        rm -r "$work"
        echo "setup/images.sh: debian:$1 could not be made; are the packages of Debian within reach?" >&2
        exit 1
    fi
    docker import "$work/base.tar" "debian:$1" >/dev/null
    rm -r "$work"
}
wheels() { # what the controller image installs, of the versions that the requirements pin, fetched here:
    # a container may not reach PyPI
    rm -rf "$images/controller/wheels"
    "$here/../.venv/bin/pip" -q download --disable-pip-version-check --python-version 3.11 --only-binary=:all: \
        -c "$here/../requirements.txt" -d "$images/controller/wheels" \
        ansible-core ansible-runner
}
of() { # the image that an image is made from
    sed -n 's/^FROM //p' "$images/$1/Dockerfile"
}
every() { # all that have a directory, but those whose Dockerfile says "Built only by name"
    for file in "$images"/*/Dockerfile; do
        grep -q '^# Built only by name' "$file" || basename "$(dirname "$file")"
    done
}
built=" "
build() { # an image, once, after the one that it is made from
    case $built in *" $1 "*) return ;; esac
    built="$built$1 "
    case $(of "$1") in
        debian:*) base "$(of "$1" | cut -d: -f2)" ;;
        mailhost/*) build "$(of "$1" | cut -d/ -f2)" ;;
    esac
    [ "$1" != controller ] || wheels
    echo "building mailhost/$1"
    if ! DOCKER_BUILDKIT=0 docker build -q -t "mailhost/$1" "$images/$1" \
        >"/tmp/mailhost-build-$$.log" 2>&1; then
        cat "/tmp/mailhost-build-$$.log" >&2
        rm "/tmp/mailhost-build-$$.log"
        exit 1
    fi
    rm "/tmp/mailhost-build-$$.log"
}
if [ "${1-}" = list ]; then
    every
    exit
fi
# shellcheck disable=SC2046 # names of images, split on purpose
[ $# -gt 0 ] || set -- $(every)
for image in names "$@"; do # names: what every other one asks
    build "$image"
done
