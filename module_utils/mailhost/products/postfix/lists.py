"""What each smtpd restriction list of Postfix lets a stranger do, word by word.

Sources: postconf(5), SMTPD_ACCESS_README, access(5). A list ends with the first word that decides; a stranger is
somebody without a login, from a network that nobody named, with a recipient elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, Iterator, List, Optional, Tuple

from ...formats.keyed import Keyed, Row
from ..cause import Cause
from .setup import Effective, classes, is_wide, network_of, path_of, words

#: words that refuse every stranger's foreign recipient, for good or for now
GUARDS = ("reject_unauth_destination", "defer_unauth_destination", "reject", "defer")
#: words that let by only whom the host knows
TRUSTED = ("permit_mynetworks", "permit_sasl_authenticated", "permit_auth_destination", "permit_tls_clientcerts")
#: words that let strangers by
PERMITS = {
    "permit": "everybody is let by",
    "permit_mx_backup": "whoever points an MX record at this host is relayed for",
    "permit_tls_all_clientcerts": "whoever has a certificate of any known authority is let by",
    "permit_naked_ip_address": "whoever says HELO with an address is let by",
}
#: words by which somebody else decides, at run time
ASKED = {
    "permit_dnswl_client": "permit_dnswl_client {}: a list of others decides who is let by",
    "check_policy_service": "{} may answer OK, which lets a stranger by",
}
TABLES = {
    "check_client_access": "client",
    "check_reverse_client_hostname_access": "client",
    "check_helo_access": "helo",
    "check_sender_access": "sender",
    "check_recipient_access": "recipient",
    "check_etrn_access": "",
    "check_ccert_access": "",
    "check_sasl_access": "",
    "check_client_a_access": "client",
    "check_client_mx_access": "client",
    "check_client_ns_access": "client",
    "check_helo_a_access": "helo",
    "check_helo_mx_access": "helo",
    "check_helo_ns_access": "helo",
    "check_sender_a_access": "sender",
    "check_sender_mx_access": "sender",
    "check_sender_ns_access": "sender",
    "check_recipient_a_access": "recipient",
    "check_recipient_mx_access": "recipient",
    "check_recipient_ns_access": "recipient",
}


@dataclass
class Way:
    """What one list lets a stranger do before it decides: the causes, whether it refuses the rest,
    and the ``permit`` that lets it by."""

    causes: "List[Cause]"
    closed: bool
    permit: "Optional[Cause]" = None


def _steps(effective: Effective, value: str, place: str, depth: int = 0) -> "Iterator[Tuple[str, str, str]]":
    """The words of a list as (word, argument, place), classes unfolded."""
    todo = words(value)
    known = classes(effective.setup.main)
    while todo:
        word = todo.pop(0)
        lower = word.lower()
        if lower in ("warn_if_reject", "sleep"):
            if todo:
                todo.pop(0)
                if lower == "warn_if_reject" and todo and (":" in todo[0] or todo[0].startswith("/")):
                    todo.pop(0)
            continue
        if word in known and depth < 6:
            yield from _steps(effective, effective.get(word), effective.place(word), depth + 1)
            continue
        if lower in TABLES or lower in ASKED or lower in ("reject_rbl_client", "reject_rhsbl_client"):
            yield lower, todo.pop(0) if todo else "", place
        elif ":" in word or word.startswith("/"):  # a table alone: short for check_recipient_access
            yield "check_recipient_access", word, place
        else:
            yield lower, "", place


def walk(effective: Effective, name: str) -> Way:
    """One restriction list as a stranger with a foreign recipient meets it."""
    causes: "List[Cause]" = []
    for word, argument, place in _steps(effective, effective.get(name), effective.place(name)):
        if word in GUARDS:
            return Way(causes, True)
        if word == "permit_mynetworks":
            causes += _networks(effective)
        elif word in PERMITS:
            finding, seen = f"{word} in {name}: {PERMITS[word]}", {"sender": ""} if word == "permit" else {}
            causes.append(Cause(f"{name} {word}", "open", place, finding, f"Take {word} out of {name}", seen))
            if word == "permit":
                return Way(causes, False, causes[-1])
        elif word in ASKED:
            finding, out = ASKED[word].format(argument), f"Put it behind reject_unauth_destination in {name}"
            causes.append(Cause(f"{name} {word} {argument}", "unknown", place, finding, out))
        elif word in TABLES:
            causes += _rows(effective, name, word, argument, place)
    return Way(causes, False)


def _rows(effective: Effective, name: str, word: str, argument: str, place: str) -> "List[Cause]":
    """Rows of an access table that let by (access(5): OK, RELAY, numbers, permit...)."""
    kind = TABLES[word]
    if not kind:
        return []
    rule, out = f"{word} {argument}", f"Let it answer DUNNO, or put {word} behind reject_unauth_destination"
    inline = re.match(r"^(?:static|inline):\{?(.*?)\}?$", argument)
    path = path_of(argument)
    if inline:
        value = inline.group(1).rpartition("=")[2].strip()
        return [Cause(rule, "open", place, f"{argument} accepts everybody", out)] if _lets_by(value, effective) else []
    text = effective.setup.table(path) if path else None
    if path is None or text is None:
        finding = f"{path} is not there" if path else f"{argument} is asked at run time, and may accept a stranger"
        return [Cause(rule, "unknown", place, f"{word}: {finding}", out)]
    causes = []
    for row in Keyed(text, path).rows():
        if _lets_by(row.value, effective) and not (kind == "client" and _is_a_client(row, argument)):
            about = f"{row.key} {row.value} in {name}'s {word}: {_WHO[kind]}"
            causes.append(
                Cause(f"{rule} {row.key}", "open", f"{path}:{row.line}", about, out, _witness(kind, row.key, argument))
            )
    return causes


_WHO = {
    "client": "a name of many, which its owner gives",
    "helo": "whoever says that name in HELO may send anywhere",
    "sender": "whoever claims that sender may send anywhere",
    "recipient": "mail for it is passed on from everybody, without regard to what the host is there for",
}


def _lets_by(value: str, effective: Effective) -> bool:
    first = (words(value) or [""])[0]
    number = value.strip().isdigit() and not re.match(
        r"^[45]\d\d$", value.strip()
    )  # access(5): all digits are OK, but for a reply's code
    if first.upper() in ("OK", "RELAY") or number or first.lower().startswith("permit"):
        return first.lower() not in TRUSTED
    return first in classes(effective.setup.main) and not _closes(effective, first)


def _closes(effective: Effective, name: str) -> bool:
    """Whether a restriction class refuses a stranger, or leaves the question open."""
    for word, _, _ in _steps(effective, effective.get(name), effective.place(name)):
        if word in PERMITS:
            return False
        if word in GUARDS:
            return True
    return True


def _is_a_client(row: Row, argument: str) -> bool:
    """Whether a client's row names a host or a network of somebody known:
    an address of two octets and more, a name of two labels."""
    if argument.startswith(("pcre:", "regexp:")):
        return False
    key = row.key.strip("[]").rstrip(".")
    if "/" in key:
        network = network_of(key)
        return network is not None and network.prefixlen >= (9 if network.version == 4 else 17)
    return len([part for part in re.split(r"[.:]", key) if part]) >= 2


def _witness(kind: str, key: str, argument: str) -> "Dict[str, str]":
    """An envelope that such a row lets by; nothing for patterns, which only their author can read backwards."""
    if argument.startswith(("pcre:", "regexp:", "cidr:")) or not re.match(r"^[A-Za-z0-9@._+-]+$", key):
        return {}
    name = key.lstrip(".")
    if kind == "helo":
        return {"helo": name if not key.startswith(".") else f"x.{name}"}
    if kind == "client":
        return {}
    address = (
        name
        if "@" in name and not name.endswith("@")
        else f"{name}relaytest.invalid"
        if name.endswith("@")
        else f"relaytest@{name}"
    )
    if kind == "recipient" and "@" not in key:
        return {"recipient": f"<relaytest@{'sub.' if not key.startswith('.') else 'x.'}{name}>"}
    return {kind: f"<{address}>"}


def _networks(effective: Effective) -> "List[Cause]":
    """What permit_mynetworks trusts, where that is more than can be meant."""
    value, place = effective.get("mynetworks"), effective.place("mynetworks")
    if not effective.raw("mynetworks")[0].strip():
        style = effective.get("mynetworks_style").strip().lower()
        if style in ("subnet", "class"):
            at = effective.place("mynetworks_style")
            finding = f"mynetworks_style is {style}: every host of the local network may send anywhere, whoever runs it"
            return [
                Cause(f"mynetworks_style {style}", "wide", at, finding, "Name the networks (mailhost_relay_networks)")
            ]
        return []
    causes = []
    for word in words(value):
        network = network_of(word)
        if network is None and word.startswith(("static:", "pcre:", "regexp:")):
            causes.append(
                Cause(
                    f"mynetworks {word}",
                    "wide",
                    place,
                    f"mynetworks holds {word}, which may be anybody",
                    "Name networks",
                )
            )
        if network is None or not is_wide(network):  # "!" excludes, and is no network
            continue
        share = "much of the Internet" if network.prefixlen else "everybody"
        seen = {} if network.prefixlen or network.version == 6 else {"sender": ""}
        out = "Name your own networks (mailhost_relay_networks)"
        causes.append(
            Cause(f"mynetworks {word}", "open", place, f"mynetworks holds {word}, which is {share}", out, seen)
        )
    return causes
