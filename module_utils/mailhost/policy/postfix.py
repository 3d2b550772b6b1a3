"""Who may relay by each smtpd service of a Postfix, computed from main.cf, master.cf, the version's defaults and the tables named.

Sources: postconf(5), SMTPD_ACCESS_README, access(5), master(5), mail_params.h of 2.3 to 3.10. Of the restriction lists each ends with
the first word that decides; a recipient is taken if no list refuses it. So a host is closed if one of its lists (the relay list of
2.10 and newer, or the recipient list) reaches ``reject_unauth_destination`` before anything that lets a stranger by.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Dict, Iterator, List, Tuple

from ..conf.keyed import Keyed, Row
from .cause import Cause
from .postfix_setup import LISTS, Effective, Setup, classes, path_of, services, words

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
class _Way:
    """What one list lets a stranger do before it decides: the causes, and whether it refuses the rest."""

    causes: "List[Cause]"
    closed: bool


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
        if lower in TABLES or lower in ("check_policy_service", "reject_rbl_client", "permit_dnswl_client", "reject_rhsbl_client"):
            yield lower, todo.pop(0) if todo else "", place
        elif ":" in word or word.startswith("/"):  # a table alone: short for check_recipient_access
            yield "check_recipient_access", word, place
        else:
            yield lower, "", place


def _walk(effective: Effective, name: str, port: str) -> _Way:
    """One restriction list as a stranger with a foreign recipient meets it."""
    found: "List[Cause]" = []
    for word, argument, place in _steps(effective, effective.get(name), effective.place(name)):
        if word in GUARDS:
            return _Way(found, True)
        if word == "permit_mynetworks":
            found += _networks(effective, port)
        elif word in PERMITS:
            found.append(
                Cause(
                    f"{name} {word}",
                    "open",
                    place,
                    f"{word} in {name}: {PERMITS[word]}",
                    f"Take {word} out of {name}",
                    {} if word != "permit" else {"sender": ""},
                    port,
                )
            )
            if word == "permit":
                return _Way(found, False)
        elif word == "permit_dnswl_client":
            found.append(
                Cause(
                    f"{name} {word} {argument}",
                    "unknown",
                    place,
                    f"{word} {argument}: a list of others decides who is let by",
                    f"Put it behind reject_unauth_destination in {name}",
                    {},
                    port,
                )
            )
        elif word == "check_policy_service":
            found.append(
                Cause(
                    f"{name} {word} {argument}",
                    "unknown",
                    place,
                    f"{argument} may answer OK, which lets a stranger by",
                    f"Put it behind reject_unauth_destination in {name}, or see that it answers DUNNO",
                    {},
                    port,
                )
            )
        elif word in TABLES:
            found += _rows(effective, name, word, argument, place, port)
    return _Way(found, False)


def _rows(effective: Effective, name: str, word: str, argument: str, place: str, port: str) -> "List[Cause]":
    """Rows of an access table that let by (access(5): OK, RELAY, numbers, permit...)."""
    kind = TABLES[word]
    if not kind:
        return []
    rule, out = f"{word} {argument}", f"Let it answer DUNNO, or put {word} behind reject_unauth_destination"
    inline = re.match(r"^(?:static|inline):\{?(.*?)\}?$", argument)
    path = path_of(re.sub(r"\$[{(]?config_directory[})]?", "/etc/postfix", argument))
    if inline:
        value = inline.group(1).rpartition("=")[2].strip()
        return [Cause(rule, "open", place, f"{argument} lets everybody by", out, {}, port)] if _lets_by(value, effective) else []
    text = effective.setup.tables.get(path) if path else None
    if path is None or text is None:
        what = f"{path} is not there" if path else f"{argument} is asked at run time, and may let a stranger by"
        return [Cause(rule, "unknown", place, f"{word}: {what}", out, {}, port)]
    found = []
    for row in Keyed(text, path).rows():
        if _lets_by(row.value, effective) and not (kind == "client" and _is_a_client(row, argument)):
            about = f"{row.key} {row.value} in {name}'s {word}: {_WHO[kind]}"
            found.append(Cause(f"{rule} {row.key}", "open", f"{path}:{row.line}", about, out, _witness(kind, row.key, argument), port))
    return found


_WHO = {
    "client": "a name of many, which its owner gives",
    "helo": "whoever says that name in HELO may send anywhere",
    "sender": "whoever claims that sender may send anywhere",
    "recipient": "mail for it is passed on from everybody, without regard to what the host is there for",
}


def _lets_by(value: str, effective: Effective) -> bool:
    first = (words(value) or [""])[0]
    number = value.strip().isdigit() and not re.match(r"^[45]\d\d$", value.strip())  # access(5): all digits are OK, but for a reply's code
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
    """Whether a client's row names a host or a network of somebody known: an address of two octets and more, a name of two labels."""
    if argument.startswith(("pcre:", "regexp:")):
        return False
    key = row.key.strip("[]").rstrip(".")
    if "/" in key:
        try:
            network = ipaddress.ip_network(key, strict=False)
        except ValueError:
            return False
        return network.prefixlen >= (9 if network.version == 4 else 17)
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
    address = name if "@" in name and not name.endswith("@") else f"{name}relaytest.invalid" if name.endswith("@") else f"relaytest@{name}"
    if kind == "recipient" and "@" not in key:
        return {"recipient": f"<relaytest@{'sub.' if not key.startswith('.') else 'x.'}{name}>"}
    return {kind: f"<{address}>"}


def _networks(effective: Effective, port: str) -> "List[Cause]":
    """What permit_mynetworks trusts, where that is more than can be meant."""
    value, place = effective.get("mynetworks"), effective.place("mynetworks")
    if not effective.raw("mynetworks")[0].strip():
        style = effective.get("mynetworks_style").strip().lower()
        if style in ("subnet", "class"):
            at = effective.place("mynetworks_style")
            what = f"mynetworks_style is {style}: every host of the local network may send anywhere, whoever runs it"
            return [Cause(f"mynetworks_style {style}", "wide", at, what, "Name the networks (mailhost_relay_networks)", {}, port)]
        return []
    found = []
    for word in words(value):
        if word.startswith("!"):
            continue
        try:
            network = ipaddress.ip_network(re.sub(r"[\[\]]", "", word), strict=False)
        except ValueError:
            if word.startswith(("static:", "pcre:", "regexp:")):
                found.append(
                    Cause(f"mynetworks {word}", "wide", place, f"mynetworks holds {word}, which may be anybody", "Name networks", {}, port)
                )
            continue
        if network.prefixlen < (8 if network.version == 4 else 16):
            share = "everybody" if not network.prefixlen else "much of the Internet"
            what = f"mynetworks holds {word}, which is {share}"
            seen = {"sender": ""} if not network.prefixlen and network.version == 4 else {}
            found.append(Cause(f"mynetworks {word}", "open", place, what, "Name your own networks (mailhost_relay_networks)", seen, port))
    return found


def _domains(effective: Effective, port: str) -> "List[Cause]":
    """Domains taken from everybody that are no domains: patterns, and subdomains nobody named."""
    found = []
    for name in ("relay_domains", "mydestination", "virtual_mailbox_domains", "virtual_alias_domains"):
        for word in words(effective.get(name)):
            wild = word.startswith(("static:", "pcre:", "regexp:", "inline:")) or word in ("*", ".")
            if (
                wild
                or re.match(r"^\.?[A-Za-z]+$", word)
                and word.lower() not in ("localhost", "dovecot", "lmtp")
                and name == "relay_domains"
            ):
                what = f"{name} holds {word}, " + ("which matches whatever it likes" if wild else "a whole top-level domain")
                found.append(
                    Cause(f"{name} {word}", "open", effective.place(name), what, "Name domains (mailhost_relay_domains)", {}, port)
                )
    parents = words(effective.get("parent_domain_matches_subdomains"))
    if "relay_domains" in parents:
        local = words(effective.get("mydestination"))
        both = [
            name for name in words(effective.get("relay_domains")) if name in local and "." in name and not name.startswith("localhost")
        ]
        if both and "$mydestination" in effective.raw("relay_domains")[0]:
            what = f"relay_domains is $mydestination: any name below {', '.join(both[:3])} is relayed for, from everybody"
            seen = {"recipient": f"<relaytest@sub.{both[-1]}>"}
            found.append(
                Cause(
                    "relay_domains $mydestination",
                    "open",
                    effective.place("relay_domains"),
                    what,
                    "Set relay_domains to what is passed on (mailhost_relay_domains), or to nothing",
                    seen,
                    port,
                )
            )
    return found


def _others(effective: Effective, port: str) -> "List[Cause]":
    """Parameters beside the lists by which a stranger passes for somebody else, or past a primary."""
    found = []
    if effective.is_on("allow_untrusted_routing"):
        passed_on = [word for word in words(effective.get("relay_domains")) if "." in word]
        seen = {"recipient": f"<relaytest%victim.invalid@{passed_on[0]}>"} if passed_on else {}
        found.append(
            Cause(
                "allow_untrusted_routing",
                "open",
                effective.place("allow_untrusted_routing"),
                "allow_untrusted_routing: user%elsewhere@domain is passed on to the primary, which sends it elsewhere",
                "Set allow_untrusted_routing to no",
                seen,
                port,
            )
        )
    for name, what in (
        ("smtpd_authorized_xclient_hosts", "may claim any client's address (XCLIENT)"),
        ("smtpd_authorized_xforward_hosts", ""),
    ):
        for word in words(effective.get(name)) if what else []:
            try:
                network = ipaddress.ip_network(re.sub(r"[\[\]]", "", word), strict=False)
            except ValueError:
                continue
            if network.prefixlen < (8 if network.version == 4 else 16):
                found.append(
                    Cause(
                        f"{name} {word}",
                        "open",
                        effective.place(name),
                        f"{name} holds {word}: everybody {what}",
                        f"Take {word} out of {name}",
                        {},
                        port,
                    )
                )
    return found


def _clear(effective: Effective, port: str, name: str) -> "List[Cause]":
    """Passwords of AUTH in clear, and nobody's."""
    if not effective.is_on("smtpd_sasl_auth_enable"):
        return []
    found = []
    level = effective.get("smtpd_tls_security_level").strip().lower() or ("encrypt" if effective.is_on("smtpd_enforce_tls") else "")
    wrapped = effective.is_on("smtpd_tls_wrappermode")
    if not wrapped and level not in ("encrypt", "secure", "verify") and not effective.is_on("smtpd_tls_auth_only"):
        found.append(
            Cause(
                f"smtpd_tls_auth_only {name}",
                "clear",
                effective.place("smtpd_tls_auth_only"),
                f"service {name} takes passwords before TLS: neither smtpd_tls_auth_only nor a demand for TLS",
                "Set smtpd_tls_auth_only to yes",
                {},
                port,
            )
        )
    if name in ("submission", "587") and not wrapped and level not in ("encrypt", "secure", "verify"):
        found.append(
            Cause(
                "submission without TLS",
                "clear",
                effective.place("smtpd_tls_security_level"),
                "service submission does not demand TLS",
                "Give it -o smtpd_tls_security_level=encrypt",
                {},
                port,
            )
        )
    if "noanonymous" not in words(effective.get("smtpd_sasl_security_options")):
        found.append(
            Cause(
                f"smtpd_sasl_security_options {name}",
                "clear",
                effective.place("smtpd_sasl_security_options"),
                f"service {name} lets in by ANONYMOUS: smtpd_sasl_security_options lacks noanonymous",
                "Put noanonymous into smtpd_sasl_security_options",
                {},
                port,
            )
        )
    return found


def causes(setup: Setup) -> "List[Cause]":
    """Every reason why a stranger would be relayed for, why a password would go in clear, or why smtpd would not serve."""
    found: "List[Cause]" = []
    for service in services(setup):
        effective = Effective(setup, service)
        name = service.fields[0].rpartition(":")[2]
        port = {"smtp": "25", "submission": "587", "smtps": "465", "submissions": "465"}.get(name, name)
        here = _service(effective, port, name)
        found += [cause for cause in here if not any(same.rule == cause.rule and same.place == cause.place for same in found)]
    return found


def _service(effective: Effective, port: str, name: str) -> "List[Cause]":
    relay, recipient = (_walk(effective, one, port) for one in LISTS)
    exists = effective.setup.version >= (2, 10)
    has = {one: bool(words(effective.get(one))) for one in LISTS}
    guards = any(way.closed for way, one in ((relay, LISTS[0]), (recipient, LISTS[1])) if exists or one == LISTS[1])
    found = _domains(effective, port) + _others(effective, port) + _clear(effective, port, name)
    if not guards:
        which = LISTS[0] if exists else LISTS[1]
        permit = [cause for cause in relay.causes + recipient.causes if cause.rule.endswith(" permit")]
        if permit:
            found += permit
        overridden = [one for one in LISTS if one in effective.service.options]
        place = f"{effective.setup.master.name}:{effective.service.line}" if overridden else effective.place(which)
        what = f"service {name}: no reject_unauth_destination or the like in {' or '.join(LISTS if exists else LISTS[1:])}"
        what += f" (-o {overridden[0]})" if overridden else ""
        return [
            *found,
            Cause(
                f"no guard {name}",
                "open",
                place,
                f"{what}: strangers may relay, or smtpd refuses to serve anybody",
                f"Set {which} to permit_mynetworks, reject_unauth_destination",
                {},
                port,
            ),
        ]
    # a closed list without a way by it closes the service, whatever the other lets by
    ways = [way for way, one in ((relay, LISTS[0]), (recipient, LISTS[1])) if way.closed and (exists or one == LISTS[1])]
    if any(not [cause for cause in way.causes if cause.kind != "unknown"] for way in ways):
        way = next(way for way in ways if not [cause for cause in way.causes if cause.kind != "unknown"])
        return found + (way.causes if len([one for one in LISTS if has[one]]) == 1 else [])
    both = [cause for way in ways for cause in way.causes]
    return found + list({cause.rule: cause for cause in both}.values())
