"""What each smtpd restriction list of Postfix lets a stranger do, word by word.

Sources: postconf(5), SMTPD_ACCESS_README, access(5). A list ends with the first word that decides; a stranger is
somebody without a login, from a network that nobody named, with a recipient elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator, List, Optional, Tuple

from ..cause import Cause
from . import access, networks
from . import versions as dialect
from .setup import Effective, classes
from .tables import words

#: words that refuse every stranger's foreign recipient, for good or for now
GUARDS = ("reject_unauth_destination", "defer_unauth_destination", "reject", "defer")
#: words that let by only whom the host knows
TRUSTED = (
    "permit_mynetworks",
    "permit_sasl_authenticated",
    "permit_auth_destination",
    "permit_tls_clientcerts",
    "permit_inet_interfaces",
)
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
    "permit_rhswl_client": "permit_rhswl_client {}: a list of others decides who is let by",
    "check_policy_service": "{} may answer OK, which lets a stranger by",
}
TABLES = {
    "check_client_access": "client",
    "check_reverse_client_hostname_access": "helo",
    "check_reverse_client_hostname_a_access": "client",
    "check_reverse_client_hostname_mx_access": "client",
    "check_reverse_client_hostname_ns_access": "client",
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
        if lower in TABLES or lower in ASKED or re.match(r"^reject_(rbl|rhsbl)_\w+$", lower):
            yield lower, todo.pop(0) if todo else "", place
        elif ":" in word or word.startswith("/"):  # a table alone: short for check_recipient_access
            yield "check_recipient_access", word, place
        else:
            yield lower, "", place


def walk(effective: Effective, name: str) -> Way:
    """One restriction list as a stranger with a foreign recipient meets it."""
    causes = [_unjudged(name, text, effective.place(name)) for text in effective.unread(name)]
    for word, argument, place in _steps(effective, effective.get(name), effective.place(name)):
        if word in GUARDS:
            return Way(causes, True)
        if word == "permit_mynetworks":
            causes += _networks(effective)
        elif word == "permit_mx_backup" and effective.get("permit_mx_backup_networks").strip():
            causes += networks.causes(effective, "permit_mx_backup_networks")
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
        elif not _refuses(word, effective):
            causes.append(_unjudged(name, word, place))
    return Way(causes, False)


def _refuses(word: str, effective: Effective) -> bool:
    """Whether a word is known to let nobody by whom the host does not know; what smtpd does not know is named as
    such elsewhere (restrictions.py), unless it could not be read."""
    if word in TRUSTED or re.match(r"^(reject|defer)_\w+$", word) or word in classes(effective.setup.main):
        return True
    return word.isdigit() or (word not in dialect.SINCE and bool(re.match(r"^\w+$", word)))


def _unjudged(name: str, word: str, place: str) -> Cause:
    finding = f"{word} in {name} cannot be judged"
    return Cause(f"{name} {word}", "unknown", place, finding, f"Write {name} without it, or accept it", asked=True)


def _rows(effective: Effective, name: str, word: str, argument: str, place: str) -> "List[Cause]":
    """Rows of an access table that let by (access(5): OK, RELAY, numbers, permit...)."""
    kind = TABLES[word]
    out = f"Let it answer DUNNO, or put {word} behind reject_unauth_destination"
    question = access.Question(f"{word} {argument}", name, word, kind, argument, place, out)
    return access.causes(effective, question, lambda answer: _answer(answer, effective)) if kind else []


def _answer(value: str, effective: Effective) -> str:
    """What a row's answer does to a stranger (access(5)): ``by`` lets it, ``on`` does not, else it is ``unread``."""
    first = (words(value) or [""])[0].upper()
    if first in ("OK", "RELAY"):
        return "by"
    if re.match(r"^[45]\d\d$", first) or re.match(r"^[45]\.\d+\.\d+$", first) or first in access.ON:
        return "on"
    if first.isdigit():  # access(5): all digits are OK, but for a reply's code
        return "by"
    if not first or "$" in value:
        return "unread"
    return _answered_by_list(value, effective)


def _answered_by_list(value: str, effective: Effective) -> str:
    """An answer that is a list of restrictions itself."""
    known = classes(effective.setup.main)
    for word, argument, _ in _steps(effective, value, ""):
        if word in GUARDS or word == "dunno":
            return "on"
        if word in PERMITS or word in ("ok", "relay"):
            return "by"
        if word in TABLES and TABLES[word] and re.match(r"^static:\{?\s*(ok|relay|permit|\d+)\b", argument.lower()):
            return "by"
        understood = word in TRUSTED or re.match(r"^(reject|defer)_\w+$", word) or word in known
        if not understood:
            return "unread"
    return "on"


def _networks(effective: Effective) -> "List[Cause]":
    """What permit_mynetworks trusts, where that is more than can be meant."""
    if effective.raw("mynetworks")[0].strip():
        return networks.causes(effective, "mynetworks")
    style = effective.get("mynetworks_style").strip().lower()
    at = effective.place("mynetworks_style")
    if style in ("subnet", "class"):
        finding = f"mynetworks_style is {style}: every host of the local network may send anywhere, whoever runs it"
        return [Cause(f"mynetworks_style {style}", "wide", at, finding, "Name the networks (mailhost_relay_networks)")]
    if style != "host":
        finding = f"mynetworks_style {style[:40]!r} cannot be judged"
        return [Cause(f"mynetworks_style {style}", "unknown", at, finding, "Set mynetworks", asked=True)]
    return []
