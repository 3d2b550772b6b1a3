"""Undo without a controller: a change that nobody confirms in time is taken back by the host itself.

``confirm`` in the state directory is ``PID START DEADLINE``: the timer, a child of the program that applied the change,
which outlives the connection; and the uptime in seconds at which it acts (the clock may be set meanwhile). A further
change moves the deadline. A timer that died before its time (a reboot) leaves ``confirm`` behind, and the next run
or the guard (guard.py), whichever comes first, finishes its work. ``undone`` says what was last taken back, for the
next commit to tell.
"""

from __future__ import annotations

PROGRAM = r"""
disband() { # the guard goes, with what called it
    [ -e "$state/guard" ] || return 0
    rm -f "$state/guard" "$crontab"
    if [ -e "$units_of/mailhost-guard.timer" ]; then
        systemctl disable --quiet mailhost-guard.timer 2>/dev/null
        rm -f "$units_of/mailhost-guard.timer" "$units_of/mailhost-guard.service"
        systemctl daemon-reload 2>/dev/null
        # last: the guard may be what runs this, and stopping its timer leaves it running
        systemctl stop mailhost-guard.timer 2>/dev/null
    fi
}
crontab=/etc/cron.d/mailhost-guard
units_of=/etc/systemd/system
uptime() {
    IFS=" ." read -r up rest </proc/uptime
    echo "$up"
}
unconfirmed() { # sets timer, begun and deadline; 0 if there is something to confirm
    IFS=" " read -r timer begun deadline 2>/dev/null <"$state/confirm"
}
ticking() { # is the timer that unconfirmed found still running?
    alive "$timer $begun"
}
remember() { # pid, deadline
    began=$(started "$1")
    [ -n "$began" ] && printf "%s %s %s\n" "$1" "$began" "$2" >"$state/confirm.new" &&
        mv -f "$state/confirm.new" "$state/confirm" &&
        return 0
    rm -f "$state/confirm.new"
    return 1
}
arm() { # seconds: undo what is applied unless it is confirmed within them; 0: never. Under the lock
    [ "$1" -gt 0 ] || return 0
    due=$(($(uptime) + $1))
    if [ -s "$state/confirm" ] && unconfirmed && ticking; then
        remember "$timer" "$due"
    else
        (
            exec </dev/null >/dev/null 2>&1 3<&- 4<&-
            watch
        ) &
        remember "$!" "$due" || { kill "$!"; return 1; }
    fi
}
disarm() { # under the lock
    [ -s "$state/confirm" ] || return 0
    ! unconfirmed || ! ticking || kill "$timer"
    rm -f "$state/confirm"
    disband
}
watch() { # the timer
    trap "" HUP INT QUIT PIPE
    nap=
    trap "kill \$nap; exit 0" TERM
    trap "" EXIT
    cd /
    IFS=" " read -r me rest </proc/self/stat
    while :; do
        left=$((due - $(uptime)))
        if [ "$left" -gt 0 ]; then
            sleep "$left" &
            nap=$!
            wait "$nap"
        fi
        lock 86400 "the confirm timer"
        unconfirmed && [ "$timer" = "$me" ] || { unlock; exit 0; }
        due=$deadline
        [ "$due" -gt "$(uptime)" ] || break
        unlock
    done
    take_back "nobody confirmed it in time"
    unlock
    exit 0
}
take_back() { # why: undo every applied change, the newest first, and restart what it touched;
    # sets taken, and of them partial. Under the lock
    taken=
    partial=
    folders "$state/journal"
    for left in $spo; do
        line word "$left/state"
        [ "$word" = applied ] || continue
        if ! grep -q " ${left##*/}\$" "$state/pending" 2>/dev/null; then # nothing waits for it: it is closed
            mark "$left" superseded
            continue
        fi
        undo "$left" || partial="$partial ${left##*/}"
        taken="$taken ${left##*/}"
    done
    if [ -s "$state/pending" ]; then
        for unit in $(cut -d " " -f 1 "$state/pending" | sort -u); do
            # one that does not start at boot was not ours to start
            ! is_enabled "$unit" || restart "$unit" </dev/null >/dev/null 2>&1
        done
    fi
    if [ -n "$taken" ]; then
        told=$taken
        [ -z "$partial" ] || told="$told (NOT whole, see undo.log in $state/journal:$partial)"
        {
            printf "%s\n" "$(date) $1:$told"
            for id_left in $taken; do cat "$state/journal/$id_left/who" 2>/dev/null; done
        } >"$state/undone"
        logger -t mailhost -p daemon.warning -- "took back$taken: $1" 2>/dev/null
    fi
    rm -f "$state/pending" "$state/confirm"
    disband
}
"""
