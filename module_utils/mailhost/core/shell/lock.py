"""The host's lock: a symbolic link, because making one is atomic and carries its owner with it.

Its target is ``PID START EPOCH WHO``; START is the process' start time (field 22 of /proc/PID/stat), so that a number
used again after a reboot is not mistaken for the holder.
"""

from __future__ import annotations

PROGRAM = r"""
started() { # pid: its start time; nothing for one that is gone or a zombie
    sed -n -e "s/.*) \([^XZ].*\)/\1/p" "/proc/$1/stat" 2>/dev/null | cut -d " " -f 20
}
tell() { # kind, message: the answer, an error
    printf "E %s\n" "$1"
    printf "%s" "$2" | hex
    printf "MAILHOST-END %s\n" "$nonce"
}
alive() { # "PID START ...": does that process still run?
    rest=${1#* }
    [ -n "${rest%% *}" ] && [ "$(started "${1%% *}")" = "${rest%% *}" ]
}
break_lock() { # holder, who is gone: remove the lock if it is still that one. One breaker at a time:
    # between looking and removing, another might have broken it and a third taken it
    if ln -s "$mine" "$state/lock.break" 2>/dev/null; then
        [ "$(readlink "$state/lock")" != "$1" ] || rm -f "$state/lock"
        rm -f "$state/lock.break"
    else
        breaker=$(readlink "$state/lock.break" 2>/dev/null)
        [ -z "$breaker" ] || alive "$breaker" || rm -f "$state/lock.break"
    fi
}
lock() { # seconds to wait, who
    waited=0
    if ! mkdir -p "$state/journal" 2>/dev/null || ! chmod 700 "$state" "$state/journal" 2>/dev/null; then
        tell write "$state: $(mkdir -p "$state/journal" 2>&1; chmod 700 "$state" "$state/journal" 2>&1)"
        exit 0
    fi
    mine="${me:=$$} $(started "$me") $(date +%s) $2"
    until ln -s "$mine" "$state/lock" 2>/dev/null; do
        holder=$(readlink "$state/lock" 2>/dev/null)
        if [ -z "$holder" ]; then
            reason=$(ln -s "$mine" "$state/lock.$$" 2>&1) || { tell write "$state/lock: $reason"; exit 0; }
            rm -f "$state/lock.$$"
        else
            if ! alive "$holder"; then
                break_lock "$holder"
                [ "$(readlink "$state/lock" 2>/dev/null)" = "$holder" ] || continue
            fi
        fi
        if [ "$waited" -ge "$1" ]; then
            tell busy "$holder"
            exit 0
        fi
        sleep 1
        waited=$((waited + 1))
    done
}
unlock() { # one more try: a lock left behind costs the next run a look whether its owner lives
    rm -f "$state/lock" || rm -f "$state/lock"
}
"""
