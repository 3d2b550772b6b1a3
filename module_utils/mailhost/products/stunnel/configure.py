"""stunnel as it stands on a host, its start at boot by systemd or SysV init, and what any file of it says."""

from __future__ import annotations

import re
from typing import List, Optional

from ...core.errors import BadConfiguration
from ...core.host import Command, File, Request, Seen
from ...core.operations import Plan, Remove, Run, Write
from ...core.shell.switch import ADD, BEGIN, END, UNADD
from ...core.versions import Version, version
from ...formats.settings import Setting, Settings
from ..table import PRODUCTS
from . import shell

UNIT = PRODUCTS["stunnel"].unit
CONF = PRODUCTS["stunnel"].programs[0]
SYSTEMD, SYSV = f"/etc/systemd/system/{UNIT}.service", f"/etc/init.d/{UNIT}"
PID = "/var/run/mailhost-stunnel/stunnel.pid"
STANDS = shell.STANDS.argv("/usr/sbin/stunnel", "/usr/bin/stunnel4", "/usr/bin/stunnel")
REQUESTS: "tuple[Request, ...]" = (File(CONF), File(SYSTEMD), File(SYSV), Command(STANDS))
UNIT_TEXT = """# Written by mailhost (stunnel_services).
[Unit]
Description=TLS in front of mail services
After=network.target

[Service]
ExecStart={program} {conf}

[Install]
WantedBy=multi-user.target
"""


class Installation:
    """The stunnel of a host: its program and version, the group that it may run as, whether systemd starts it."""

    def __init__(self, seen: Seen) -> None:
        output = seen.output(*STANDS).text
        self.program = next((line[8:] for line in output.splitlines() if line.startswith("program ")), "")
        match = re.search(r"stunnel (\d+\.\d+)", output)
        number: Optional[Version] = version(match.group(1)) if match else None
        if not self.program or number is None:
            raise BadConfiguration("stunnel -version", "no stunnel is installed", "Install it (mail_packages)")
        self.version: Version = number
        self.group = "nogroup" if "nogroup:" in output else "nobody"
        self.systemd = "systemd" in output.split()


def start_at_boot(plan: Plan, seen: Seen, here: Installation) -> None:
    """Its unit, or its script and links."""
    if here.systemd:
        text = UNIT_TEXT.format(program=here.program, conf=CONF)
        if plan.write(Write(seen.file(SYSTEMD), text.encode())):
            again = ("systemctl", "daemon-reload")
            plan.operations.append(Run(f"let systemd know {UNIT}", again, after_undo=again))
        return
    plan.write(Write(seen.file(SYSV), shell.script(here.program, CONF, PID), mode=0o755))
    if not seen.file(SYSV).exists:
        plan.operations.append(Run(f"start {UNIT} at boot", ADD.argv(UNIT), undo=UNADD.argv(UNIT)))


def take_away(plan: Plan, seen: Seen) -> None:
    """No tunnels: what was written is taken away, the service stopped."""
    if seen.file(CONF).exists:
        plan.services = ()
        stop = Run(f"stop {UNIT}", END.argv(UNIT), END.stdin, undo=BEGIN.argv(UNIT), undo_stdin=BEGIN.stdin)
        plan.operations += [stop, Remove(seen.file(CONF))]


def accepted_on(conf: Settings) -> "List[int]":
    """The ports of stunnel's services: ``accept = [HOST:]PORT``."""
    values = [
        entry.value
        for entry in conf.entries
        if isinstance(entry, Setting) and entry.section and entry.name.lower() == "accept"
    ]
    ports = [value.rpartition(":")[2] for value in values]
    return [int(port) for port in ports if port.isdigit() and len(port) < 6]
