"""Which mail ports of a host take connections, and what they are for (RFC 8314; IANA's port numbers)."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, List, Sequence, Tuple

from .wire import Endpoint, Invalid, Wire

#: ports that are asked on every host; others are found among those it listens on
PORTS: "Dict[int, Tuple[str, bool, bool]]" = {  # product, implicit TLS, submission
    25: ("smtp", False, False),
    465: ("smtp", True, True),
    587: ("smtp", False, True),
    2525: ("smtp", False, False),
    110: ("pop3", False, False),
    143: ("imap", False, False),
    993: ("imap", True, False),
    995: ("pop3", True, False),
}
#: how many ports of no fixed use are asked whether they speak SMTP
OTHERS = 12


def find(
    addresses: "Sequence[str]", name: str, listening: "Sequence[int]", pool: ThreadPoolExecutor
) -> "List[Endpoint]":
    """The known ports that take connections, on each address; of ``listening``, what else greets as SMTP does."""
    known = [
        Endpoint(address, port, PORTS[port][0], PORTS[port][1], name, PORTS[port][2])
        for address in addresses
        for port in PORTS
    ]
    others = [
        Endpoint(addresses[0], port, "smtp", False, name, submission=True, extra=True)
        for port in listening
        if port not in PORTS
    ][:OTHERS]
    found = [one for one, opened in zip(known, pool.map(is_open, known)) if opened]
    return found + [one for one, greets in zip(others, pool.map(greets_as_smtp, others)) if greets]


def is_open(endpoint: Endpoint) -> bool:
    try:
        socket.create_connection((endpoint.address, endpoint.port), 4).close()
    except OSError:
        return False
    return True


def greets_as_smtp(endpoint: Endpoint) -> bool:
    try:
        with Wire(endpoint, seconds=3) as wire:
            return wire.line().startswith("220")
    except Invalid:
        return False
