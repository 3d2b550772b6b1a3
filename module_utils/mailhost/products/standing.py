"""Which daemons a host has, which of a kind runs, what waits in their queues, and where something listens."""

from __future__ import annotations

import re
from typing import Optional, Sequence

from ..core.host import Command, Seen
from ..core.versions import Version, version
from .table import PRODUCTS, of_kind

PROGRAMS = tuple(path for row in PRODUCTS.values() for path in row.programs)
#: what is installed, and what the alternative mta of Red Hat's family points to
STANDS = Command(
    (
        "sh",
        "-c",
        'ls -d "$@" 2>/dev/null; echo "alternative $(readlink /etc/alternatives/mta)"',
        "stands",
        *PROGRAMS,
    )
)
PATTERNS = " ".join(f'-e "{pattern}"' for row in PRODUCTS.values() for pattern in row.process)
#: lines of the processes that are an MTA's
PROCESSES = Command(
    (
        "sh",
        "-c",
        'for f in /proc/[0-9]*/comm /proc/[0-9]*/cmdline; do tr "\\0" " " <$f; echo; done 2>/dev/null '
        f"| grep -o {PATTERNS} | sort -u; true",
    )
)
#: no File: in proc(5) each has a size of 0
PORTS = Command(("cat", "/proc/net/tcp", "/proc/net/tcp6"))
#: files of a pattern in folders, those that are not there passed over
COUNT = 'pattern=$1; shift; find "$@" -type f -name "$pattern" 2>/dev/null | wc -l'


def installed(seen: Seen, name: str) -> bool:
    return bool(set(PRODUCTS[name].programs) & set(seen.output(*STANDS.argv).text.splitlines()))


def alternative(seen: Seen) -> str:
    """The program that the alternative mta points to; empty where there is none."""
    found = re.search(r"^alternative +(\S+)$", seen.output(*STANDS.argv).text, re.M)
    return found.group(1) if found else ""


def version_of(seen: Seen, name: str) -> "Optional[Version]":
    """What a product's own version command says; None if it is not there."""
    said = seen.output(*PRODUCTS[name].version)
    return version(said.text) if said.ok else None


def running(seen: Seen) -> str:
    """The MTA that runs; empty if none does. Where several seem to, the last row's: ``master`` is the name of others' processes too."""
    lines = seen.output(*PROCESSES.argv).text.splitlines()
    found = [row.name for row in of_kind("mta") for line in lines if any(re.search(p, line) for p in row.process)]
    return found[-1] if found else ""


def queue(name: str) -> "Sequence[Command]":
    """The question how many messages wait in a product's queue; none for one that has no queue."""
    row = PRODUCTS[name].queue
    return [Command(("sh", "-c", COUNT, "count", row.message, *row.folders))] if row else []


def waiting(seen: Seen, name: str) -> int:
    return sum(int(seen.output(*asked.argv).text.strip() or 0) for asked in queue(name))


def listening(seen: Seen) -> "list[int]":
    """TCP ports in state LISTEN (0A), from /proc/net/tcp and tcp6 (proc(5))."""
    found = set()
    for line in seen.output(*PORTS.argv).text.splitlines():
        words = line.split()
        if len(words) > 3 and words[3] == "0A":
            found.add(int(words[1].rsplit(":", 1)[1], 16))
    return sorted(found)
