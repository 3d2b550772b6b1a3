"""Which mail ports of a host take connections, and what they are for (RFC 8314; IANA's port numbers)."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, List, NamedTuple, Sequence

from .finding import Finding, Question
from .subject import Subject
from .wire import Endpoint, Invalid, Wire, opened


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
    asked = every(addresses, name, listening)
    there = pool.map(lambda endpoint: greets_as_smtp(endpoint) if endpoint.extra else is_open(endpoint), asked)
    return [endpoint for endpoint, here in zip(asked, there) if here]


def every(addresses: "Sequence[str]", name: str, listening: "Sequence[int]") -> "List[Endpoint]":
    """The known ports on each address, and what else may speak SMTP."""
    known = [
        Endpoint(address, port, use.product, use.implicit, name, use.submission, service=use.service)
        for address in addresses
        for port, use in PORTS.items()
    ]
    others = [port for port in listening if port not in PORTS][:OTHERS]
    return known + [Endpoint(addresses[0], port, "smtp", False, name, submission=True, extra=True) for port in others]


def greeting(host: Subject, endpoint: Endpoint) -> Finding:
    """Whether an open port greets; how it does, how long it takes, and from where we ask are kept."""
    question, begun = Question("alive.greeting", str(endpoint)), time.monotonic()
    try:
        with opened(endpoint, host.context) as wire:
            host.mine = host.mine or wire.mine
            host.slowest = max(host.slowest, time.monotonic() - begun)
            host.greetings[endpoint] = wire.greeting
            return question.answer("pass", detail=wire.greeting.split("\n")[0][:100], dialogue=tuple(wire.dialogue))
    except Invalid as error:
        if error.kind == "busy":
            out = "Ask again later: the host limits an address's connections"
            return question.answer("invalid", str(error), error.dialogue, out, reason=error.kind)
        out = "See the daemon's log: the port opens but nothing answers"
        return question.answer("fail", f"open, but nothing serves there: {error}", error.dialogue, out)


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
