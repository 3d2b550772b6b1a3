#!/bin/sh
# Ends with what is to be done where the container engine does not answer or an image is missing:
# present.sh [IMAGE ...]. No registry has these images.
set -eu
if ! said=$(docker info 2>&1 >/dev/null); then
    echo "the container engine does not answer. Run make engine (${said:-no reason given})" >&2
    exit 1
fi
for image in "$@"; do
    if ! docker image inspect "mailhost/$image" >/dev/null 2>&1; then
        echo "the image mailhost/$image is missing. Run make images" >&2
        exit 1
    fi
done
