"""What the words for the access daemons share: the protocols' names, and why some are refused."""

from __future__ import annotations

import ipaddress
from typing import Any, Mapping

from ..core.errors import BadInput
from . import table

#: the protocols and their ports
PORTS = table.PORTS["access"]
RPOP = "no server has RPOP any more (removed by RFC 1460), and it was no safer than a plain password. Use pop3s"
MANAGESIEVE = "ManageSieve is not one of the protocols this word manages"


def protocols(params: Mapping[str, Any], product: str, refused: "Mapping[str, str]") -> "list[str]":
    """The protocols asked for, in the order of PORTS; refuses what no server, or not this one, has."""
    wanted = list(params["protocols"])
    for number, word in enumerate(wanted):
        if word not in PORTS:
            reasons = {"rpop": RPOP, "managesieve": MANAGESIEVE, **refused}
            reason = reasons.get(word.lower(), f"{word!r} is not a protocol of {product}'s")
            raise BadInput(f"protocols[{number}]", reason, f"Choose from {', '.join(PORTS)}")
    if not wanted:
        raise BadInput("protocols", "empty: nothing would be served", f"Choose from {', '.join(PORTS)}")
    if len(set(wanted)) != len(wanted):
        raise BadInput("protocols", "a protocol is named twice", "Name each once")
    return [word for word in PORTS if word in wanted]


def addresses(params: Mapping[str, Any]) -> "list[str]":
    """The addresses to listen on, ``*`` for all."""
    for number, address in enumerate(params["addresses"]):
        if address != "*":
            try:
                ipaddress.ip_address(address)
            except ValueError:
                raise BadInput(
                    f"addresses[{number}]", f"{address!r} is not an IP address or *", "Give addresses"
                ) from None
    return list(params["addresses"])


def path(option: str, value: "str | None") -> None:
    """Refuses a path that a configuration file could not hold as it is."""
    if value and (
        not value.startswith("/") or any(c in value for c in " \t\r\n#\"'<>{}\\\0") or ".." in value.split("/")
    ):
        raise BadInput(option, f"{value!r} is not an absolute path without spaces and quotes", "Give an absolute path")
