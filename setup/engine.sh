#!/bin/sh
# A container engine that answers: the one that is there, else Debian's docker.io, started by hand where no
# init system does it (containers, minimal machines).
set -eu
here=$(dirname "$0")
docker info >/dev/null 2>&1 && exit 0
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
command -v dockerd >/dev/null || [ -x /usr/sbin/dockerd ] || sh "$here/packages.sh" docker.io iptables
if [ -d /run/systemd/system ]; then
    $sudo systemctl start docker
else
    $sudo setsid /usr/sbin/dockerd >/tmp/mailhost-dockerd.log 2>&1 </dev/null &
fi
tries=0
until docker info >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 60 ]; then
        echo "setup/engine.sh: the container engine does not answer after 60 s;" \
            "see /tmp/mailhost-dockerd.log, and that you may use its socket (group docker)" >&2
        exit 1
    fi
    sleep 1
done
