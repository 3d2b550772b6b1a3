"""What the words for the MTAs share: their options, and what is refused in them whatever the MTA."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Mapping

from ..core.errors import BadInput
from ..core.word import OPTIONS
from .access import addresses, path
from .cause import ACCEPT, accepted
from .table import choices

ARGUMENT_SPEC: "dict[str, Any]" = {
    "hostname": {"type": "str", "required": True},
    "domains": {"type": "list", "elements": "str", "required": True},
    "networks": {"type": "list", "elements": "str", "default": ["127.0.0.0/8", "::1/128"]},
    "relay_domains": {"type": "list", "elements": "str", "default": []},
    "authenticated": {"type": "bool", "default": True},
    "smarthost": {"type": "str"},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "certificate": {"type": "path"},
    "key": {"type": "path", "no_log": False},
    "mailbox_store": {"type": "str", "choices": ["system", "virtual"], "default": "system"},
    "maildir": {"type": "str", "default": "Maildir"},
    "mail_format": {"type": "str", "choices": ["keep", "maildir", "mbox"], "default": "keep"},
    "access": {"type": "str", "choices": choices("access"), "default": "dovecot"},
    "accept": ACCEPT,
    **OPTIONS,
}
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
NAME = re.compile(rf"^{_LABEL}(?:\.{_LABEL})+$")
_SMARTHOST = re.compile(
    rf"^(?:\[(?:{_LABEL}(?:\.{_LABEL})*|[0-9.]+|IPv6:[0-9a-fA-F:]+)\]|{_LABEL}(?:\.{_LABEL})+)(?::\d{{1,5}})?$"
)


def network(place: str, text: str) -> str:
    """A network in Postfix' form; refuses what is not one, and what would trust strangers."""
    out = "Write it as address/length, as in 192.0.2.0/24"
    try:
        parsed = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise BadInput(place, f"{text!r} is not an IP network", out) from None
    if ipaddress.ip_interface(text).ip != parsed.network_address:
        raise BadInput(place, f"{text!r} has host bits set", out)
    widest = 8 if parsed.version == 4 else 16
    if parsed.prefixlen < widest:
        raise BadInput(
            place,
            f"{text} holds {'all of' if not parsed.prefixlen else 'much of'} the Internet",
            f"Name your own networks, no wider than /{widest}",
        )
    return str(parsed) if parsed.version == 4 else f"[{parsed.network_address}]/{parsed.prefixlen}"


def domain(place: str, text: str) -> str:
    if not NAME.match(text) or len(text) > 253 or text.rsplit(".", 1)[-1].isdigit():
        raise BadInput(
            place, f"{text!r} is not a domain of at least two labels", "Write it as in example.org (IDNA form)"
        )
    return text.lower()


def validate(params: Mapping[str, Any]) -> None:
    accepted(params["accept"])
    for number, text in enumerate(params["networks"]):
        network(f"networks[{number}]", text)
    for option in ("certificate", "key"):
        path(option, params.get(option))
    for option in ("domains", "relay_domains"):
        for number, text in enumerate(params[option]):
            domain(f"{option}[{number}]", text)
    if not params["domains"]:
        raise BadInput("domains", "empty: no mail would be accepted", "Name the domains delivered here")
    domain("hostname", params["hostname"])
    addresses(params)
    both = sorted(set(map(str.lower, params["domains"])) & set(map(str.lower, params["relay_domains"])))
    if both:
        raise BadInput(
            "relay_domains", f"{', '.join(both)} is delivered here and cannot be passed on too", "Name it once"
        )
    if params["smarthost"] and not _SMARTHOST.match(params["smarthost"]):
        raise BadInput(
            "smarthost", f"{params['smarthost']!r} is neither a name nor [host]:port", "Write [mail.example.org]:587"
        )
