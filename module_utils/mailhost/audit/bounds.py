"""What an audit may cost at most, told before it starts."""

from __future__ import annotations

from . import cleartext, relay, tls, ways, wire
from .endpoints import OTHERS, PORTS

AT_ONCE, LOGINS, SECONDS = 24, 8, 60
#: a host that greets late, as all do while no name server answers them, is given this many greetings' time more
GREETINGS = 12
#: connections to one port at most: is it open, does it greet as SMTP does, is it alive (and again); TLS; what is asked of logins (and
#: again), and those that fail
TO_A_PORT = 2 + 1 + len(relay.RETRIES) + tls.MOST + 2 * cleartext.MOST + cleartext.FAILING


def bounds(hosts: int = 1) -> "dict[str, int]":
    """What an audit may cost at most, told before it starts: each known port open on both addresses, as many others as are asked, each
    question asked as often as it may be, on submission inside TLS and in clear. What the policies' witnesses add (a pattern each) is known
    only later."""
    patterns = (len(relay.PATTERNS) + len(relay.CONTROLS)) * (1 + len(relay.RETRIES))
    smtp = [use.submission for use in PORTS.values() if use.product == "smtp"]
    asked = 2 * (len(smtp) + sum(smtp)) + 2 * OTHERS
    ports = 2 * len(PORTS) + OTHERS
    return {
        "connections": hosts * (asked * patterns + ports * TO_A_PORT + ways.most()),
        "at_once": AT_ONCE + LOGINS,
        "seconds": int(patience(wire.SECONDS)),
    }


def patience(greeting: float) -> float:
    """Seconds that an audit may take, where the slowest port takes ``greeting`` seconds to greet."""
    return SECONDS + GREETINGS * greeting
