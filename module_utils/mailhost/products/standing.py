"""Which daemons a host has, which of a kind runs, what waits in their queues, and where something listens."""

from __future__ import annotations

import re
from typing import Optional, Sequence

from ..core.host import Command, Seen
from ..core.shell.look import BELOW, LISTED, RUNNING
from ..core.versions import Version, version
from .table import PRODUCTS, of_kind

#: what is installed, of the products that are found by a file
STANDS = Command(LISTED.argv(*(path for row in PRODUCTS.values() for path in row.programs)))
#: what the alternative mta of Red Hat's family points to
ALTERNATIVE = Command(("readlink", "/etc/alternatives/mta"))
#: lines of the processes that are an MTA's
PROCESSES = Command(
    RUNNING.argv(*(word for row in PRODUCTS.values() for pattern in row.process for word in ("-e", pattern)))
)
#: no File: in proc(5) each has a size of 0
PORTS = Command(("cat", "/proc/net/tcp", "/proc/net/tcp6"))


def installed(seen: Seen, name: str) -> bool:
    return bool(set(PRODUCTS[name].programs) & set(seen.output(*STANDS.argv).text.splitlines()))


def alternative(seen: Seen) -> str:
    """The program that the alternative mta points to; empty where there is none."""
    output = seen.output(*ALTERNATIVE.argv)
    return output.text.strip() if output.ok else ""


def version_of(seen: Seen, name: str) -> "Optional[Version]":
    """What a product's own version command says; None if it is not there."""
    output = seen.output(*PRODUCTS[name].version)
    return version(output.text) if output.ok else None


def running(seen: Seen) -> str:
    """The MTA that runs; empty if none does. Where several seem to, the last row's:
    ``master`` is the name of others' processes too."""
    lines = seen.output(*PROCESSES.argv).text.splitlines()
    names = [row.name for row in of_kind("mta") for line in lines if any(re.search(p, line) for p in row.process)]
    return names[-1] if names else ""


def queue(name: str) -> "Sequence[Command]":
    """The question how many messages wait in a product's queue; none for one that has no queue."""
    row = PRODUCTS[name].queue
    return [Command(BELOW.argv(row.message, *row.folders))] if row else []


def waiting(seen: Seen, name: str) -> int:
    """How many messages wait in a product's queue."""
    return counted(seen, queue(name))


def counted(seen: Seen, asked: "Sequence[Command]") -> int:
    """The sum of the numbers that questions end with; one that could not count tells of none."""
    last = [seen.output(*command.argv).text.split()[-1:] for command in asked]
    return sum(int(word) for words in last for word in words if word.isdigit())


def listening(seen: Seen) -> "list[int]":
    """TCP ports in state LISTEN (0A), from /proc/net/tcp and tcp6 (proc(5))."""
    ports = set()
    for line in seen.output(*PORTS.argv).text.splitlines():
        words = line.split()
        if len(words) > 3 and words[3] == "0A":
            ports.add(int(words[1].rsplit(":", 1)[1], 16))
    return sorted(ports)
