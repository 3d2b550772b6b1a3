"""What only a host with stunnel is asked to run, and its start at boot by SysV init."""

from __future__ import annotations

from ...core.shell import Inline

#: places of its program: the first that is there and its version, the init system, the group that it may run as
STANDS = Inline("""
for program; do
    [ -x "$program" ] || continue; echo "program $program"; "$program" -version 2>&1 | head -n 3; break;
done;
[ -d /run/systemd/system ] && echo systemd; getent group nogroup nobody
""")
_SCRIPT = """#!/bin/sh
# chkconfig: 2345 81 29
# description: TLS in front of mail services. Written by mailhost (stunnel_services).
### BEGIN INIT INFO
# Provides: mailhost-stunnel
# Required-Start: $network $remote_fs
# Required-Stop: $network $remote_fs
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
# Short-Description: TLS in front of mail services
### END INIT INFO
PATH=/sbin:/usr/sbin:/bin:/usr/bin
pidfile=@PID@
running() {
    [ -s "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null
}
start() {
    running && return 0
    mkdir -p "$(dirname "$pidfile")" && chown nobody "$(dirname "$pidfile")" # it writes it as nobody
    rm -f "$pidfile"
    @PROGRAM@ @CONF@
}
stop() {
    running || return 0
    kill "$(cat "$pidfile")"
    tries=0
    while running && [ "$tries" -lt 10 ]; do
        sleep 1
        tries=$((tries + 1))
    done
    rm -f "$pidfile"
}
case $1 in
    start) start ;;
    stop) stop ;;
    restart | reload | force-reload) stop; start ;;
    status) if running; then echo "stunnel (pid $(cat "$pidfile")) is running..."; \
else echo "stunnel is stopped"; exit 3; fi ;;
    *) echo "Usage: $0 {start|stop|restart|status}"; exit 1 ;;
esac
"""


def script(program: str, conf: str, pid: str) -> bytes:
    """The script by which SysV init starts it, with its program, its configuration and the file of its process."""
    return _SCRIPT.replace("@PROGRAM@", program).replace("@CONF@", conf).replace("@PID@", pid).encode()
