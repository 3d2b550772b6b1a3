"""Two programs: CHECK looks at services and ports and writes nothing; COMMIT restarts, proves, keeps or rolls back.

What did not serve comes as ``E rolled FAULT AFTER`` and a text: FAULT is one of serve.py's words,
AFTER what became of the host (nothing was to be restored, it serves as before, restored only in
part, or dead: restored and yet not serving).
"""

from __future__ import annotations

from . import COMMON, Program
from .confirm import PROGRAM as CONFIRM
from .deliver import PROGRAM as DELIVER
from .journal import PROGRAM as JOURNAL
from .lock import PROGRAM as LOCK
from .serve import PROGRAM as SERVE
from .services import PROGRAM as SERVICES

CHECK = Program(
    COMMON
    + JOURNAL
    + SERVICES
    + SERVE
    + r"""
address=127.0.0.1
fault=
why=
expectations
for unit in $units; do
    is_active "$unit" || printf "S %s inactive\n" "$unit"
    is_enabled "$unit" || printf "S %s disabled\n" "$unit"
done
if [ -s "$state/pending" ]; then # what waits for its restart need not be asked
    sed -e "s/^/P /" "$state/pending"
else
    serving quick || printf "W %s\n" "$fault $why"
fi
taken_back
if [ -n "$tidy" ]; then # not in check mode
    prune "$tidy"
    [ -s "$state/pending" ] || rm -f "$state/undone"
fi
printf "MAILHOST-END %s\n" "$nonce"
"""
)

COMMIT = Program(
    COMMON
    + LOCK
    + JOURNAL
    + SERVICES
    + CONFIRM
    + SERVE
    + DELIVER
    + r"""
address=127.0.0.1
fault=
why=
IFS= read -r who
IFS= read -r run
IFS= read -r wait
IFS= read -r patience
IFS= read -r keep
expectations
lock "$wait" "$who"
trap "unlock" EXIT
trap "exit 1" HUP INT PIPE TERM
recover
touched=$units
if [ -s "$state/pending" ]; then
    touched=$(cut -d " " -f 1 "$state/pending" | sort -u)
    journals=$(cut -d " " -f 2 "$state/pending" | sort -u -r)
else # nothing was changed: nothing that runs is restarted, only what is down is started
    touched=
    journals=
fi
before=$(
    patience_each=3
    for item in $serve; do
        rest=${item#*,}
        { is_open "${item##*,}" && greets "${item%%,*}" "${rest%%,*}" "${rest#*,}" && printf "%s " "$item"; } &
    done
    wait
)
start_all() { # restart what was touched; the others only if they do not run; sets fault and why
    for unit in $touched; do
        output=$(restart "$unit" 2>&1) || {
            fault=service why="$unit does not start: $(printf "%s" "$output" | tail -n 1)"
        }
    done
    for unit in $units; do
        is_enabled "$unit" || turn_on "$unit" >/dev/null 2>&1
        is_active "$unit" || restart "$unit" >/dev/null 2>&1
    done
}
wait_for() { # how: until all serve, or patience is over
    # One dialogue that hangs, as with a login process that came up before what it asks, may last longer than patience
    ends=$(($(date +%s) + patience))
    again=yes
    until serving "$1"; do
        [ "$(date +%s)" -lt "$ends" ] || [ -n "$again" ] || return 1
        case $fault in login | password | closed) return 1 ;; esac # no patience mends it
        again=
        sleep 1
    done
    for unit in $units $touched; do
        is_active "$unit" || { fault=service why="$unit is not running"; return 1; }
    done
    return 0
}
restarted=$(printf "%s " $touched)
start_all
if wait_for full && { [ -z "$touched" ] || delivered; }; then
    for journal in $journals; do
        journal="$state/journal/$journal"
        [ -d "$journal" ] || continue
        { printf "serve %s\n" $serve | tr , " "; printf "closed %s\n" $closed; } | grep " [a-z0-9]" >"$journal/served"
        mark "$journal" committed || { tell write "$journal: cannot be written; is the disk full?"; exit 0; }
    done
    supersede $journals
    disarm
    rm -f "$state/pending"
    prune "$keep"
    printf "A %s\n" "$restarted"
    unproved | sed -e "s/^/U /"
    taken_back
    rm -f "$state/undone"
    printf "MAILHOST-END %s\n" "$nonce"
    exit 0
fi
cause=$fault reason=$why
for item in $serve; do # a port that another process took
    case " $before " in *" $item "*) continue ;; esac
    if is_open "${item##*,}"; then
        holder=$(holder_of "${item##*,}")
        case $holder in "" | -*) continue ;; esac
        for name in $ours; do # our own, which came up after all
            case $holder in *"$name"*) continue 2 ;; esac
        done
        reason="$reason; port ${item##*,} is held by $holder"
    fi
done
logs=
for unit in $(printf "%s\n" $touched $units | sort -u); do
    lines=$(log_of "$unit")
    [ -z "$lines" ] || logs="$logs
$unit: $lines"
done
became=nothing outcome="no change of ours was waiting, so there was nothing to restore"
if [ -n "$journals" ]; then
    restored=
    became=serves outcome="restored"
    for journal in $journals; do
        folders "$state/journal/$journal/op"
        for op in $ops; do
            ! line path "$op/path" || restored="$restored $path"
        done
        undo "$state/journal/$journal" ||
            became=partial outcome="NOT all could be restored (see $state/journal/$journal/undo.log)"
    done
    serve=$before
    closed=
    fault=
    why=
    remain= # what the old state does not start, as the other MTA of a switch taken back, stays down
    for unit in $touched; do ! begins "$unit" || remain="$remain $unit"; done
    touched=$remain
    remain=
    for unit in $units; do ! begins "$unit" || remain="$remain $unit"; done
    units=$remain
    start_all
    disarm # not before the services run again: who is killed until then leaves the timer its work
    rm -f "$state/pending"
    if wait_for quick; then outcome="$outcome:$restored; the host serves as before"; else
        became=dead outcome="$outcome:$restored; the host does NOT serve as before: $why"; fi
fi
earlier "$run" ""
[ -z "$stays" ] || outcome="$outcome
what this run changed before stays:$stays"
tell "rolled $cause $became" "$reason
$outcome$logs"
"""
)
