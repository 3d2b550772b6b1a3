"""What the words for the MTAs share: their options, and what is refused in them whatever the MTA."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Tuple

from ..core.errors import BadInput
from ..core.loss import ACCEPT, accepted
from ..core.word import OPTIONS
from .access import addresses, path
from .table import choices

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


def size(place: str, text: str) -> str:
    """A size in bytes, of a number alone or with K, M or G (1024 each)."""
    match = re.fullmatch(r"([1-9]\d{0,11})([KMG]?)", text)
    if not match:
        raise BadInput(place, f"{text[:20]!r} is not a size", "Write a number of bytes, or as in 50M")
    return str(int(match.group(1)) * 1024 ** " KMG".index(match.group(2) or " "))


@dataclass(frozen=True)
class Setting:
    """A setting that both MTAs have under names of their own: the option and its spec, main.cf's parameter, what
    sendmail.mc defines, and what ``value`` makes of the option for both (BadInput for what is none)."""

    option: str
    spec: "Dict[str, Any]"
    parameter: str
    define: str
    value: "Callable[[str, str], str]"


#: a row more is a setting more, for both
SETTINGS = (
    Setting("hostname", {"type": "str", "required": True}, "myhostname", "confDOMAIN_NAME", domain),
    Setting("message_size", {"type": "str"}, "message_size_limit", "confMAX_MESSAGE_SIZE", size),
)


def given(params: Mapping[str, Any]) -> "List[Tuple[Setting, str]]":
    """The rows with the values that are asked for; of an option that is not given, what stands stays."""
    return [(row, row.value(row.option, params[row.option])) for row in SETTINGS if params[row.option] is not None]


ARGUMENT_SPEC: "dict[str, Any]" = {
    **{row.option: row.spec for row in SETTINGS},
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
    given(params)
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
