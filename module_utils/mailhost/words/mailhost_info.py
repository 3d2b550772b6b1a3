"""What a host is: distribution, init system, mail products and their dialects, ports, pending changes."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from ..core.host import Command, Request, Seen
from ..core.operations import Plan
from ..core.versions import dotted, version
from ..core.word import Planned
from ..products.dovecot import versions as dovecot
from ..products.postfix import versions as postfix
from ..systems.families import REQUESTS, WHICH, manager, system
from .mail_packages import DPKG, RPM, installed

ARGUMENT_SPEC: "dict[str, Any]" = {}
DOVECOT = ("dovecot", "--version")
POSTFIX = ("postconf", "-d", "-h", "mail_version")
SENDMAIL = ("sh", "-c", "grep -m 1 ^DZ /etc/mail/sendmail.cf")
INIT = ("sh", "-c", "if [ -d /run/systemd/system ]; then echo systemd; else echo sysv; fi")
MASTER = (
    "sh",
    "-c",
    'for f in /proc/[0-9]*/comm /proc/[0-9]*/cmdline; do tr "\\0" " " <$f; echo; done 2>/dev/null | grep -o '
    '-e "^sendmail: .*accepting" -e "^master$" -e "[a-z/]*postfix[a-z/]*/master" | sort -u; true',
)
PORTS = ("cat", "/proc/net/tcp", "/proc/net/tcp6")  # no File: in proc(5) each has a size of 0


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    commands = (DOVECOT, POSTFIX, SENDMAIL, INIT, MASTER, DPKG, RPM, PORTS)
    return (*REQUESTS, WHICH, *map(Command, commands))


def listening(seen: Seen) -> "list[int]":
    """TCP ports in state LISTEN (0A), from /proc/net/tcp and tcp6 (proc(5))."""
    found = set()
    for line in seen.output(*PORTS).text.splitlines():
        words = line.split()
        if len(words) > 3 and words[3] == "0A":
            found.add(int(words[1].rsplit(":", 1)[1], 16))
    return sorted(found)


def _dialect(number: "tuple[int, ...] | None", names: "list[tuple[int, ...]]") -> "str | None":
    known = [name for name in names if number and name <= number]
    return dotted(known[-1]) if known else None


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    platform = system(seen)
    versions = {"dovecot": version(seen.output(*DOVECOT).text) if seen.output(*DOVECOT).ok else None}
    versions["postfix"] = version(seen.output(*POSTFIX).text) if seen.output(*POSTFIX).ok else None
    versions["sendmail"] = version(seen.output(*SENDMAIL).text) if seen.output(*SENDMAIL).ok else None
    steps: "dict[str, list[tuple[int, ...]]]" = {
        "dovecot": [(1, 0), (1, 1), (1, 2), (2, 0), (2, 4)],
        "postfix": [row.since for row in postfix.RELAY_RULE.rows],
    }
    masters = seen.output(*MASTER).text
    facts = {
        "distribution": platform.name,
        "release": dotted(platform.release),
        "family": platform.family,
        "init": seen.output(*INIT).text.strip(),
        "package_manager": manager(seen),
        "packages": sorted(installed(platform, seen)),
        "versions": {name: dotted(number) if number else None for name, number in versions.items()},
        "dialects": {name: _dialect(versions[name], known) for name, known in steps.items()},
        "mta_installed": [name for name in ("postfix", "sendmail") if versions[name]],
        "mta_active": "sendmail" if "sendmail" in masters else "postfix" if re.search(r"master", masters) else None,
        "ports": listening(seen),
        "pending": [{"service": service, "journal": journal} for service, journal in seen.pending],
    }
    return Plan(facts={"mailhost": facts})


assert dovecot.FIRST == (1, 0), "the steps above begin at the first dialect"


WORD = Planned(ARGUMENT_SPEC, reads, plan)
