"""The program that applies a plan: all of it, or none. The steps are those of docs/transaction.md."""

from __future__ import annotations

from . import COMMON, Program
from .confirm import PROGRAM as CONFIRM
from .guard import PROGRAM as GUARD
from .journal import PROGRAM as JOURNAL
from .lock import PROGRAM as LOCK
from .services import PROGRAM as SERVICES

PROGRAM = Program(
    COMMON
    + LOCK
    + JOURNAL
    + SERVICES
    + CONFIRM
    + GUARD
    + r"""
IFS= read -r id
IFS= read -r who
IFS= read -r run
IFS= read -r wait
IFS= read -r confirm
IFS= read -r reverts
IFS= read -r size
IFS= read -r records
lock "$wait" "$who"
recover
folders "$state/journal" # a number first: clocks are set, and two changes may come in one second
last=${spo%% *}
last=${last##*/}
last=${last%%-*}
case $last in "" | *[!0-9]*) last=0 ;; esac
while [ "${last#0}" != "$last" ] && [ "$last" != 0 ]; do last=${last#0}; done
id=$(printf "%06d-%s" "$((last + 1))" "$id")
dir="$state/journal/$id"
kind=failed
reason="the connection ended before the change was complete"
finished=
end() {
    trap "" EXIT HUP INT PIPE TERM
    if [ -z "$finished" ]; then
        result="Nothing was changed"
        undo "$dir" || result="Not all could be undone: see $dir/undo.log"
        lasting
        forget "$id"
        line word "$dir/state"
        [ "$word" != undone ] || rm -rf "$dir"
        unlock
        tell "$kind" "$reason
$result"
    else
        unlock
    fi
    exit 0
}
lasting() { # what cannot be taken back, and what this run changed before: both stay, and the result says so
    stays=
    folders "$dir/op"
    for op in $ops; do
        [ -e "$op/done" ] && [ ! -s "$op/undo" ] && [ ! -s "$op/after-undo" ] && line about "$op/about" || continue
        stays="$stays; $about"
    done
    [ -z "$stays" ] || result="${result%"Nothing was changed"}What cannot be undone stays: ${stays#; }"
    earlier "$run" "$dir"
    [ -z "$stays" ] || result="$result of this step; what this run changed before stays:$stays"
}
fail() { # kind, reason
    kind=$1
    reason=$2
    exit 0
}
blob() { # offset behind the records, length: a piece of stdin
    tail -c "+$((records + $1 + 1))" "$dir/stdin" | head -c "$2"
}
next() { IFS= read -r "$1" <&4 || fail failed "the plan ends in the middle of a record"; }
words() { # file: counted words of the records into it
    next count
    true >"$1" || fail write "$1: cannot be written; is the disk full?"
    while [ "$count" -gt 0 ]; do
        next word
        printf "%s\n" "$word" >>"$1" || fail write "$1: cannot be written; is the disk full?"
        count=$((count - 1))
    done
}
same() { # target, digest as read: is it still what was read?
    if [ "$2" = "-" ]; then
        [ ! -e "$1" ]
    else
        [ -f "$1" ] && [ "$(digest "$1")" = "$2" ]
    fi
}
note() { # file, line: into the journal, and read again: a full disk may say nothing
    printf "%s\n" "$2" >"$1" 2>/dev/null && line noted "$1" && [ "$noted" = "$2" ] ||
        fail write "$1: cannot be written; is the disk full?"
}
parents() { # make the directories above a new file, and remember before which they will be
    above=$(dirname -- "$1")
    [ -d "$above" ] && return 0
    parents "$above" || return 1
    above=$(dirname -- "$1")
    note "$dir/made.new" "$above"
    cat "$dir/made" >>"$dir/made.new" && mv "$dir/made.new" "$dir/made" && mkdir -m 755 "$above"
}
stands() { # service: whether it runs and begins at boot before this change, for whoever takes it back
    runs=stopped
    boots=disabled
    ! is_active "$1" || runs=active
    ! begins "$1" || boots=enabled
    printf "%s %s %s\n" "$1" "$runs" "$boots" >>"$dir/before" ||
        fail write "$dir/before: cannot be written; is the disk full?"
}
trap end EXIT
trap "exit 1" HUP INT PIPE TERM
mkdir "$dir" "$dir/op" && mark "$dir" staged && true >"$dir/made" &&
    printf "%s\n" "$who" >"$dir/who" && printf "%s\n" "$run" >"$dir/run" &&
    date +%s >"$dir/when" && printf "%s\n" "$reverts" >"$dir/reverts" ||
    fail write "$dir: cannot be written; is the disk full or read-only?"
cat >"$dir/stdin" || fail write "$dir/stdin: cannot be written; is the disk full?"
[ "$(wc -c <"$dir/stdin" | tr -d " ")" = "$size" ] || fail cut "the plan did not arrive whole"
head -c "$records" "$dir/stdin" >"$dir/records"
[ "$(wc -c <"$dir/records" | tr -d " ")" = "$records" ] ||
    fail write "$dir/records: cannot be written; is the disk full?"
exec 4<"$dir/records"
number=1000
services=
while IFS= read -r record <&4; do
    number=$((number + 1))
    op="$dir/op/$number"
    mkdir "$op" || fail write "$op: cannot be written; is the disk full?"
    note "$op/kind" "$record"
    case $record in
        W)
            next path; next expected; next mode; next owner; next fallback; next offset; next length
            note "$op/path" "$path"
            target=$path
            if [ -h "$path" ]; then
                target=$(readlink -f -- "$path") || fail link "$path: a symbolic link that leads nowhere"
            fi
            note "$op/target" "$target"
            [ ! -e "$target" ] || [ -f "$target" ] || fail link "$path: not a regular file"
            same "$target" "$expected" || fail changed "$path"
            parents "$target" || fail write "$path: its directory cannot be made"
            new="$(dirname -- "$target")/.mailhost-$id-$number"
            note "$op/new" "$new"
            if [ -e "$target" ]; then
                error=$(cp -a -- "$target" "$op/old" 2>&1) || fail write "$path: no copy for the journal: $error"
                error=$(cp -a -- "$target" "$new" 2>&1) || fail write "$path: $error"
                [ "$mode" = = ] || chmod "$mode" "$new" || fail write "$path: chmod"
            else
                error=$( { true >"$new"; } 2>&1) || fail write "$path: $error"
                [ "$mode" != = ] || mode=$fallback
            fi
            if [ "$owner" != = ]; then
                error=$(chown "$owner" "$new" 2>&1) || fail write "$path: $error"
            fi
            error=$( { blob "$offset" "$length" >"$new"; } 2>&1)
            [ "$(wc -c <"$new" | tr -d " ")" = "$length" ] ||
                fail write "$path: the new file could not be written whole beside it: ${error:-is the disk full?}"
            [ "$mode" = = ] || chmod "$mode" "$new" || fail write "$path: chmod"
            # Dovecot tells a file by second and size, and would go on with the one that it has read
            if [ -e "$op/old" ] && [ "$(stat -c "%Y %s" "$new")" = "$(stat -c "%Y %s" "$op/old")" ]; then
                sleep 1
                touch "$new"
            fi
            note "$op/sum" "$(digest "$new")"
            durable "$new" ;;
        D)
            next path; next expected
            note "$op/path" "$path"
            note "$op/target" "$path"
            same "$path" "$expected" || fail changed "$path"
            cp -a -- "$path" "$op/old" || fail write "$path: no copy for the journal" ;;
        R)
            next about; next offset; next length
            note "$op/about" "$about"
            words "$op/argv"; words "$op/undo"; words "$op/after-undo"
            blob "$offset" "$length" >"$op/stdin" || fail write "$op: cannot be written; is the disk full?"
            next offset; next length
            if [ "$length" -gt 0 ]; then
                blob "$offset" "$length" >"$op/undo-stdin" || fail write "$op: cannot be written; is the disk full?"
            fi ;;
        K) next tree; note "$op/tree" "$tree"; words "$op/argv" ;;
        S) next service; services="$services $service"; printf "%s\n" "$service" >>"$dir/services"; stands "$service" ;;
        N) next service; stands "$service" ;;
        L)
            next loss
            printf "%s\n" "$loss" >>"$dir/accepted" ||
                fail write "$dir/accepted: cannot be written; is the disk full?" ;;
        *) fail failed "unknown record in the plan" ;;
    esac
done
check() { # the daemon's own parser, on a private copy of its tree with the staged files in place
    line tree "$op/tree"
    copy="$dir/tree"
    rm -rf "$copy"
    mkdir "$copy"
    if [ -d "$tree" ]; then
        cp -a "$tree/." "$copy/" || fail write "$tree: no copy for its check; is the disk full?"
    else
        copy="$copy/$(basename "$tree")"
        [ ! -e "$tree" ] || cp -pL "$tree" "$copy" || fail write "$tree: no copy for its check; is the disk full?"
    fi
    for other in $ops; do
        [ -e "$other/path" ] || continue
        line path "$other/path"
        case $path in
            "$tree") place=$copy ;;
            "$tree"/*) place="$copy/${path#"$tree"/}" ;;
            *) continue ;;
        esac
        rm -f "$place"
        if [ -e "$other/new" ]; then
            mkdir -p "$(dirname "$place")"
            line new "$other/new" && cp -a "$new" "$place" ||
                fail write "$tree: no copy for its check; is the disk full?"
            touch -t 200001010000 "$place" # Postfix waits two seconds before it reads a file as new as this one
        fi
    done
    if [ -d "$tree" ]; then
        find "$copy" -type f -name "*.conf" >"$dir/included" || fail write "$dir: cannot be written; is the disk full?"
        while IFS= read -r name; do
            if grep -q "^[ 	]*!include[_a-z]*[ 	]*$tree/" "$name"; then
                sed -e "s|^\([ 	]*!include[_a-z]*[ 	]*\)$tree/|\1$copy/|" "$name" >"$dir/rewritten"
                cat "$dir/rewritten" >"$name"
                rm -f "$dir/rewritten"
            fi
        done <"$dir/included"
        rm -f "$dir/included"
    fi
    set --
    while IFS= read -r word; do
        case $word in "@TREE@"*) word="$copy${word#@TREE@}" ;; esac
        set -- ${1+"$@"} "$word"
    done <"$op/argv"
    output=$("$@" 2>&1 >/dev/null </dev/null) || fail refused "$1 refuses the new configuration: $(
        printf "%s\n" "$output" | sed -e "s|$copy|$tree|g" | grep -v "Obsolete setting" | tail -n 5)"
    rm -rf "$dir/tree"
}
folders "$dir/op"
for op in $ops; do
    line kind "$op/kind" || fail failed "$op: cannot be read"
    [ "$kind" != K ] || check
done
[ -z "$services" ] || [ "$confirm" = 0 ] || guard # before anything is swapped
mark "$dir" swapping || fail write "$dir: cannot be written; is the disk full?"
sync
for service in $services; do
    grep -q "^$service $id\$" "$state/pending" 2>/dev/null || echo "$service $id" >>"$state/pending" ||
        fail write "$state/pending: cannot be written; is the disk full?"
done
swap() {
    for op in $ops; do
        line kind "$op/kind" || fail failed "$op: cannot be read"
        line path "$op/path"
        line target "$op/target"
        case $kind in
            W)
                same "$target" "$( [ -e "$op/old" ] && digest "$op/old" || echo - )" || fail changed "$path"
                line new "$op/new" && true >"$op/begun" || fail write "$op: cannot be written; is the disk full?"
                error=$(put "$new" "$target" 2>&1) || fail write "$path: $error"
                line sum "$op/sum"
                grep -q -x -F -e "$sum $path" "$state/written" 2>/dev/null || echo "$sum $path" >>"$state/written"
                [ -e "$op/old" ] || ! command -v restorecon >/dev/null || restorecon "$target" ;;
            D)
                true >"$op/begun" || fail write "$op: cannot be written; is the disk full?"
                rm -f "$target" || fail write "$path: cannot be removed" ;;
            R)
                true >"$op/begun" || fail write "$op: cannot be written; is the disk full?"
                line about "$op/about"
                words="$op/argv" input="$op/stdin"
                output=$(words_of 2>&1) || fail failed "$about: $(printf "%s\n" "$output" | tail -n 5)"
                true >"$op/done"
                [ -s "$op/undo" ] && [ ! -e "$op/undo-stdin" ] || rm -f "$op/stdin" ;;
        esac
    done
}
swap
if [ -n "$services" ]; then
    arm "$confirm" || fail write "$state/confirm: cannot be written; is the disk full?"
    outcome=applied
else
    outcome=committed
fi
mark "$dir" "$outcome" || fail write "$dir: cannot be written; is the disk full?"
sync
finished=1
sweep "$dir"
rm -f "$dir/records"
printf "A %s\n" "$id"
printf "MAILHOST-END %s\n" "$nonce"
"""
)
