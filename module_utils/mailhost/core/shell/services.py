"""Services by systemd or SysV init: whether one runs and starts at boot, its restart, and what its log says."""

from __future__ import annotations

PROGRAM = r"""
systemd() { [ -d /run/systemd/system ]; }
is_active() {
    if systemd; then systemctl is-active --quiet "$1"; else service "$1" status >/dev/null 2>&1; fi
}
is_enabled() {
    if systemd; then systemctl is-enabled --quiet "$1" 2>/dev/null
    elif command -v chkconfig >/dev/null; then chkconfig "$1" >/dev/null 2>&1
    else [ -n "$(find /etc/rc2.d -name "S[0-9][0-9]$1" 2>/dev/null)" ]; fi
}
turn_on() { # at boot; a shell may have a command of its own by the name of enable
    if systemd; then systemctl enable --quiet "$1"
    elif command -v chkconfig >/dev/null; then chkconfig "$1" on
    else update-rc.d "$1" defaults >/dev/null && update-rc.d "$1" enable; fi
}
turn_off() {
    if systemd; then systemctl disable --quiet "$1"
    elif command -v chkconfig >/dev/null; then chkconfig --level 0123456 "$1" off
    else update-rc.d "$1" disable; fi
}
begins() { # does it start in any runlevel?
    if ! systemd && command -v chkconfig >/dev/null; then chkconfig --list "$1" 2>/dev/null | grep -q ":on"
    else is_enabled "$1"; fi
}
own_pids() { # service: of sendmail those that its files name, before its script takes the files away
    pids=
    [ "$1" = sendmail ] || return 0
    for file in /var/run/sendmail/mta/sendmail.pid /var/run/sendmail.pid; do
        [ ! -r "$file" ] || ! IFS= read -r pid <"$file" || pids="$pids $pid"
    done
}
outlived() { # does one of those run still? Debian 13's script looks for it under another name, and ends nothing
    for pid in $pids; do
        ! grep -q sendmail "/proc/$pid/cmdline" 2>/dev/null || return 0
    done
    return 1
}
stop() {
    exec 3</dev/null
    own_pids "$1"
    if systemd; then within 30 systemctl stop "$1"; else within 30 service "$1" stop >/dev/null 2>&1; fi
    turns=0
    while outlived && [ "$turns" -lt 15 ]; do
        kill "$pid" 2>/dev/null
        sleep 1
        turns=$((turns + 1))
    done
}
restart() { # one step for the host's init: whoever is killed meanwhile leaves nothing stopped. A reload after a failed
    # start would wait for master(8) to try again, up to a minute
    exec 3</dev/null
    own_pids "$1"
    if [ -z "$pids" ]; then
        bring restart "$1"
    else # sendmail: its script may leave the old one at its ports, whose file the new one then writes over
        stop "$1"
        bring start "$1"
    fi
}
bring() { # restart or start, service
    if systemd; then
        # an instance, as Debian's Postfix is, counts its own too many starts
        systemctl reset-failed "$2" "$2@*" 2>/dev/null
        within 60 systemctl "$1" "$2"
    else
        umask 022 # what a daemon makes as it starts is for others too, and not every init script says so
        # a file: a daemon that keeps its script's stderr, as Dovecot does, would hold a pipe open for good
        said="${state:-/var/lib/mailhost}/said" # a step of a plan is a program without a state of its own
        { true >"$said"; } 2>/dev/null || said=/dev/null
        within 60 service "$2" "$1" >"$said" 2>&1
        code=$?
        umask 077
        cat "$said"
        [ "$said" = /dev/null ] || rm -f "$said"
        return "$code"
    fi
}
within() { # seconds, command: run it with stdin from descriptor 3, killed when the time is over
    limit=$1
    shift
    "$@" <&3 3<&- &
    child=$!
    {
        trap "kill \$!; exit" TERM # a variable of its own would not be set yet where this comes at once
        sleep "$limit" &
        wait "$!"
        kill -9 "$child"
    } >/dev/null 2>&1 3<&- &
    clock=$!
    wait "$child" 2>/dev/null
    code=$?
    kill "$clock" 2>/dev/null
    [ "$code" -ne 137 ] || echo "no end after $limit seconds" >&2
    return "$code"
}
log_of() { # service: its last lines of log, or what the syslog has of it
    {
        if systemd; then
            journalctl --no-pager -q -o cat -n 12 -u "$1" -u "$1@-" 2>/dev/null
        else
            for file in /var/log/maillog /var/log/mail.log; do
                [ ! -r "$file" ] || tail -n 200 "$file" | grep "$1" | tail -n 8
            done
        fi
    } | grep -i -e error -e fatal -e warning -e "can.t" -e fail | grep -v "Obsolete setting" | tail -n 5
}
"""
