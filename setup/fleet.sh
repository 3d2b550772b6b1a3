#!/bin/sh
# Starts the demo's containers, waits until they have booted, or removes them: fleet.sh up|wait|down [NAME ...].
# NAME is IMAGE or HOST=IMAGE.
set -eu
here=$(dirname "$0")
action=$1
shift
if [ $# = 0 ]; then
    set -- centos5 bookworm trixie chapter=centos5
    [ "$action" != down ] || sh "$here/names.sh" down mailhost
fi
if [ "$action" = up ]; then
    docker network inspect mailhost >/dev/null 2>&1 || docker network create mailhost >/dev/null
    names=$(sh "$here/names.sh" up mailhost)
fi
for pair in "$@"; do
    image=${pair#*=}
    host=${pair%%=*}.example.test
    if [ "$action" = down ]; then
        docker rm -f -v "$host" >/dev/null
        continue
    fi
    if [ "$action" = wait ]; then
        tries=0
        until docker exec "$host" sh -c 'if [ -d /run/systemd/system ]; then systemctl is-system-running --wait; else
            service syslog status; fi' >/dev/null 2>&1 || [ "$tries" -ge 30 ]; do
            tries=$((tries + 1))
            sleep 1
        done
        continue
    fi
    [ -z "$(docker ps -q -f "name=^$host\$")" ] || continue
    docker rm -f -v "$host" >/dev/null 2>&1 || true # a stopped one of the same name
    case $image in
        centos5) set_up="--tmpfs /run" ;;
        *) set_up="--cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined
            -v /sys/fs/cgroup:/sys/fs/cgroup:rw --tmpfs /run --tmpfs /tmp -e container=docker
            -e SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1" ;;
    esac
    # shellcheck disable=SC2086 # options, split on purpose
    docker run -d --name "$host" --hostname "$host" --network mailhost --label mailhost=demo \
        --dns "$names" --dns-search . --dns-opt timeout:2 $set_up "mailhost/$image" >/dev/null
done
