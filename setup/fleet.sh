#!/bin/sh
# The containers of the demo and of Molecule's scenarios: fleet.sh up|wait|down|login [NAME ...] starts them,
# waits until they have booted, removes them, or opens a shell in one. NAME is IMAGE or HOST=IMAGE;
# without one it is the demo's four.
# A container is HOST.example.test-SUFFIX (setup/suffix.sh).
set -eu
here=$(dirname "$0")
suffix=$(sh "$here/suffix.sh")
network=mailhost-$suffix
action=$1
shift
demo=
if [ $# = 0 ]; then
    demo=yes
    set -- centos5 bookworm trixie chapter=centos5
fi
if [ "$action" = up ]; then
    # shellcheck disable=SC2046 # image names, split on purpose
    sh "$here/present.sh" $(printf '%s\n' "$@" | sed 's/.*=//')
    # one at a time: the engine makes two networks of one name for two that ask at once, and then finds neither
    names=$(
        exec 9<"$0"
        flock 9
        if ! docker network inspect "$network" >/dev/null 2>&1 && ! said=$(docker network create "$network" 2>&1); then
            echo "setup/fleet.sh: the network $network cannot be made: $said" >&2
            exit 1
        fi
        sh "$here/names.sh" up "$network" 9<&-
    )
else
    sh "$here/present.sh"
fi
for pair in "$@"; do
    image=${pair#*=}
    host=${pair%%=*}.example.test
    container=$host-$suffix
    case $action in
        down)
            [ -z "$(docker ps -a -q -f "name=^$container\$")" ] || docker rm -f -v "$container" >/dev/null
            continue
            ;;
        login) exec docker exec -it "$container" /bin/sh -l ;;
        wait)
            tries=0
            until docker exec "$container" sh -c '
                if [ -d /run/systemd/system ]; then systemctl is-system-running --wait;
                else service syslog status; fi' >/dev/null 2>&1 || [ "$tries" -ge 30 ]; do
                tries=$((tries + 1))
                sleep 1
            done
            continue
            ;;
    esac
    [ -z "$(docker ps -q -f "name=^$container\$")" ] || continue
    docker rm -f -v "$container" >/dev/null 2>&1 || true # a stopped one of the same name
    case $image in
        centos5) set_up="--tmpfs /run" ;;
        *) set_up="--cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined
            -v /sys/fs/cgroup:/sys/fs/cgroup:rw --tmpfs /run --tmpfs /tmp -e container=docker
            -e SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1" ;;
    esac
    # shellcheck disable=SC2086 # options, split on purpose
    docker run -d --name "$container" --hostname "$host" --network "$network" --network-alias "$host" \
        --dns "$names" --dns-search . --dns-opt timeout:2 $set_up "mailhost/$image" >/dev/null
done
# the demo's end is the network's, unless a scenario of Molecule's is on it: it has more than its name server then
if [ "$action$demo" = downyes ] && [ "$(docker ps -a -q -f "network=$network" | wc -l)" -le 1 ]; then
    sh "$here/names.sh" down "$network"
    docker network rm "$network" >/dev/null 2>&1 || true # it may never have been made
fi
