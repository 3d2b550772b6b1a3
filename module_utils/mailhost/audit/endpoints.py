"""Which mail ports of a host take connections, and what they are for (RFC 8314; IANA's port numbers)."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, List, NamedTuple, Sequence

from .wire import Endpoint, Invalid, Wire


class Port(NamedTuple):
    """What a port is for. ``service``: what an inventory calls it; the rest as in ``Endpoint``."""

    service: str
    product: str
    implicit: bool = False
    submission: bool = False


#: ports that are asked on every host; others are found among those it listens on
PORTS: "Dict[int, Port]" = {
    25: Port("smtp", "smtp"),
    465: Port("submissions", "smtp", implicit=True, submission=True),
    587: Port("submission", "smtp", submission=True),
    2525: Port("smtp on 2525", "smtp"),
    110: Port("pop3", "pop3"),
    143: Port("imap", "imap"),
    993: Port("imaps", "imap", implicit=True),
    995: Port("pop3s", "pop3", implicit=True),
}
#: how many ports of no fixed use are asked whether they speak SMTP
OTHERS = 12


def find(
    addresses: "Sequence[str]", name: str, listening: "Sequence[int]", pool: ThreadPoolExecutor
) -> "List[Endpoint]":
    """The known ports that take connections, on each address; of ``listening``, what else greets as SMTP does."""
    known = [
        Endpoint(address, port, use.product, use.implicit, name, use.submission, service=use.service)
        for address in addresses
        for port, use in PORTS.items()
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
