"""What an audit may cost at most, told before it starts."""

from __future__ import annotations

from . import wire
from .catalogue import CATALOGUE
from .endpoints import OTHERS, every
from .subject import Names, Subject

AT_ONCE, LOGINS, SECONDS = 24, 8, 60
#: a host that greets late, as all do while no name server answers them, is given this many greetings' time more
GREETINGS = 12


def largest() -> Subject:
    """The host that costs most: each known port on both addresses, as many others as are asked, a domain passed on."""
    addresses = ("192.0.2.1", "2001:db8::1")
    host = Subject(Names("server.test", "domain.test", addresses[0], passed_on="other.test"))
    host.endpoints = every(addresses, host.names.server, range(10000, 10000 + OTHERS))
    return host


def bounds(hosts: int = 1) -> "dict[str, int]":
    """Connections in all, at once to a host, and seconds for each, at most: what the catalogue's rows cost on the
    largest host. What the policies' witnesses add (a pattern each) is known only later."""
    host = largest()
    return {
        "connections": hosts * sum(row.cost(host) for row in CATALOGUE),
        "at_once": AT_ONCE + LOGINS,
        "seconds": int(patience(wire.SECONDS)),
    }


def patience(greeting: float) -> float:
    """Seconds that an audit may take, where the slowest port takes ``greeting`` seconds to greet."""
    return SECONDS + GREETINGS * greeting
