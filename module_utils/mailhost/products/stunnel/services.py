"""stunnel's services as the inventory has them: what is refused, the file that is written, what must answer then.

Source: stunnel(8). Whoever comes through a tunnel comes from loopback for the daemon behind, which so must
trust nobody there; and since Sendmail trusts 127.0.0.1 whatever it is told (cf/m4/proto.m4, Relay_ok), tunnels
to SMTP come from an address of their own.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Mapping

from ...core.errors import BadInput, Entry
from ...core.versions import dotted
from ...formats.settings import Settings
from ...systems.families import System
from .. import access, ciphers
from ..access import PORTS
from ..relay import network
from ..table import PRODUCTS
from . import versions as dialect
from .configure import CONF, PID, Installation

#: the loopback address that tunnels to SMTP come from (stunnel's ``local``): never that of a local program
SOURCE = "127.0.0.25"
BEHIND = {143: "imap", 110: "pop3", 25: "smtp", 587: "smtp"}


def place(option: str, text: str) -> "tuple[str, int]":
    """An address and a port of ``[ADDRESS:]PORT``; an empty address is all of them."""
    address, _, port = text.rpartition(":")
    address = address.strip("[]")
    if not re.match(r"^[1-9][0-9]{0,4}$", port) or int(port) > 65535:
        raise BadInput(option, f"{text[:60]!r} is not [address:]port", "Write it as in 127.0.0.1:143, or 993")
    if address and address != "localhost":
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise BadInput(
                option, f"{address[:60]!r} is not an IP address", "Write it as in 127.0.0.1:143, or 993"
            ) from None
    return address, int(port)


def validate(params: Mapping[str, Any]) -> None:
    for option in ("certificate", "key"):
        access.path(option, params.get(option))
    if not re.match(r"^[A-Za-z0-9.]*$", params["ssl_version"]):
        raise BadInput("ssl_version", f"{params['ssl_version'][:40]!r} is not a version's name", "Write it as in TLSv1")
    names: "set[str]" = set()
    ports: "set[int]" = set()
    for number, service in enumerate(params["services"]):
        where = Entry(f"services[{number}]", service["name"])
        if not re.match(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$", service["name"]) or service["name"].endswith("\n"):
            raise BadInput(where.at("name"), "not a name of letters, digits, _ and -", "Choose another name")
        _, accept = place(where.at("accept"), service["accept"])
        behind, connect = place(where.at("connect"), service["connect"])
        if service["name"].lower() in names or accept in ports:
            raise BadInput(where, "a name or a port to accept on is there twice", "Name each once")
        names.add(service["name"].lower())
        ports.add(accept)
        _refuse_taken(where, accept, params)
        if service["protocol"] and BEHIND.get(connect, service["protocol"]) != service["protocol"]:
            fault = f"{service['protocol']}, but port {connect} speaks {BEHIND[connect]}"
            raise BadInput(where.at("protocol"), fault, "Correct one of the two")
        kind = protocol_of(service)
        if kind == "smtp":
            _refuse_trust(where.at("connect"), behind or "127.0.0.1", params)
        elif kind in ("imap", "pop3"):
            _refuse_clear(where.at("connect"), params)


def _refuse_taken(where: Entry, accept: int, params: Mapping[str, Any]) -> None:
    taken = [word for word in params["protocols"] if PORTS.get(word) == accept]
    if taken:
        fault = f"{params['access']} serves {taken[0]} on port {accept} itself"
        raise BadInput(where.at("accept"), fault, "Take one of the two out")


def _refuse_trust(at: str, behind: str, params: Mapping[str, Any]) -> None:
    """No MTA behind a tunnel may trust loopback, from which strangers come to it."""
    if behind not in ("127.0.0.1", "localhost"):
        raise BadInput(at, f"{behind} is not this host's loopback", "Give 127.0.0.1 and the port, or the port alone")
    source = ipaddress.ip_address(SOURCE)
    trusted = [
        text for text in params["networks"] if network("networks", text) and source in ipaddress.ip_network(text)
    ]
    if trusted:
        raise BadInput(
            at,
            f"{trusted[0]} may relay, and whoever comes through the tunnel comes from {SOURCE}: anybody could relay",
            "Name 127.0.0.1/32 in mailhost_relay_networks instead of that network, or no loopback at all",
        )


def _refuse_clear(at: str, params: Mapping[str, Any]) -> None:
    """A daemon that wants TLS itself sees none behind a tunnel."""
    logins = PRODUCTS[params["access"]].logins
    if logins and logins.no_tunnel:
        raise BadInput(at, logins.no_tunnel, "Let it serve imaps and pop3s itself")


def protocol_of(service: Mapping[str, str]) -> str:
    """What a tunnel leads to: imap, pop3, smtp; empty if that is not known."""
    return service["protocol"] or BEHIND.get(place("connect", service["connect"])[1], "")


def serving(params: Mapping[str, Any]) -> "list[str]":
    """What must answer, as lines for mail_commit."""
    return [
        f"serve {protocol_of(service)} {'starttls' if service['protocol'] else 'implicit'} "
        f"{place('accept', service['accept'])[1]}"
        for service in params["services"]
        if protocol_of(service)
    ]


def refuse_unknown(params: Mapping[str, Any], here: Installation) -> None:
    """What the host's version does not have."""
    who = f"stunnel {dotted(here.version)}"
    for position, service in enumerate(params["services"]):
        rows = dialect.PROTOCOLS[service["protocol"]]
        if rows.at(here.version) is None:
            raise BadInput(
                Entry(f"services[{position}].protocol", service["name"]),
                f"{who} does not know {rows.concept}, which came with {dotted(rows.rows[0].since)}",
                "Wrap the port for TLS from the first byte (imaps on 993) instead",
            )
    if params["ssl_version"] and dialect.SSL_VERSION.at(here.version) is None:
        raise BadInput("ssl_version", f"{who} does not know sslVersion, which came with 4.16", "Leave it out")


def configuration(params: Mapping[str, Any], platform: System, here: Installation) -> Settings:
    """The whole file: it is ours alone."""
    conf = Settings("# Written by mailhost (stunnel_services). Changes made here are overwritten.\n", CONF, " = ")
    values = {
        "cert": params.get("certificate") or platform.family.certificate,
        "key": params.get("key") or platform.family.key,
        "pid": "" if here.systemd else PID,
        "setuid": "nobody",
        "setgid": here.group,
        "foreground": "yes" if here.systemd else "no",
        "ciphers": ciphers.tightened("") if ciphers.STUNNEL.at(here.version) else "",
        "options": "" if dialect.LOWEST.at(here.version) else "NO_SSLv3",
        "sslVersion": params["ssl_version"],
        "sslVersionMin": "" if params["ssl_version"] else dialect.LOWEST.at(here.version),
    }
    for name, value in values.items():
        if value or name == "pid":
            conf.set(name, value)
    for service in params["services"]:
        _add(conf, service)
    return conf


def _add(conf: Settings, service: Mapping[str, str]) -> None:
    conf.add_section(service["name"])
    for name in ("accept", "connect"):
        address, port = place(name, service[name])
        address = address or ("127.0.0.1" if name == "connect" else "")
        conf.set(name, f"{address}:{port}" if address else str(port), service["name"])
    if protocol_of(service) == "smtp":
        conf.set("local", SOURCE, service["name"])
    if service["protocol"]:
        conf.set("protocol", service["protocol"], service["name"])
