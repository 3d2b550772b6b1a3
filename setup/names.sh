#!/bin/sh
# The name server that every test host of a container network asks: names.sh up NETWORK prints its address, and starts it if it does not
# run; names.sh down removes it from every network.
set -eu
here=$(dirname "$0")
if [ "$1" = down ]; then
    docker ps -aq -f label=mailhost=names | xargs -r docker rm -f -v >/dev/null
    exit
fi
network=$2
name=mailhost-names-$network
tries=0
until address=$(docker inspect -f "{{(index .NetworkSettings.Networks \"$network\").IPAddress}}" "$name" 2>/dev/null) && [ -n "$address" ]; do
    docker image inspect mailhost/names >/dev/null 2>&1 || sh "$here/images.sh" names >&2
    # of two that come here at once one starts it, and the other's failure says nothing
    if ! said=$(docker start "$name" 2>&1 || docker run -d --name "$name" --network "$network" --label mailhost=names mailhost/names 2>&1); then
        tries=$((tries + 1))
        if [ "$tries" -gt 20 ]; then
            echo "setup/names.sh: the name server of the network $network does not start: $said" >&2
            exit 1
        fi
        sleep 0.5
    fi
done
echo "$address"
