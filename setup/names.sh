#!/bin/sh
# The name server that every test host of a container network asks: names.sh up NETWORK prints its address, and starts
# it if it does not run; names.sh down NETWORK removes it. Each checkout has one of its own (setup/suffix.sh).
set -eu
here=$(dirname "$0")
network=$2
suffix=$(sh "$here/suffix.sh")
name=mailhost-names-${network%-"$suffix"}-$suffix
if [ "$1" = down ]; then
    docker rm -f -v "$name" >/dev/null 2>&1 || true # it may never have been started
    exit
fi
tries=0 said="it starts, and ends at once"
until address=$(docker inspect -f "{{(index .NetworkSettings.Networks \"$network\").IPAddress}}" "$name" 2>/dev/null) &&
    [ -n "$address" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 20 ]; then
        echo "setup/names.sh: the name server of the network $network does not start: $said" >&2
        exit 1
    fi
    docker image inspect mailhost/names >/dev/null 2>&1 || sh "$here/images.sh" names >&2
    # of two that come here at once one starts it, and the other's failure says nothing
    said=$(docker start "$name" 2>&1 || docker run -d --name "$name" --network "$network" mailhost/names 2>&1) ||
        sleep 0.5
done
echo "$address"
