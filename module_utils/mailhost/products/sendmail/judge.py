"""Who may relay through a Sendmail, as sendmail.mc, the access map and the class files say it.

Sources: cf/README, "ANTI-SPAM CONFIGURATION CONTROL"; cf/m4/proto.m4 (Rcpt_ok, Relay_ok); op.me.
What only the rules of the cf can tell is asked of the program itself (``ask``).
"""

from __future__ import annotations

import ipaddress
import re
from typing import Container, Dict, List, Sequence

from ...formats.keyed import Keyed, Names, Row
from ..cause import Cause
from . import versions as dialect
from .mc import Call, SendmailMc

LOOPBACK_NAMES = ("localhost", "localhost.localdomain")
#: files that m4 or the daemon reads a class from; a program in their place runs at every start
CLASS_FILES = ("confCW_FILE", "confCT_FILE", "confCR_FILE")


def causes(
    mc: SendmailMc, access: Keyed, relayed: Names, wanted: "Container[str]" = (), domain: str = "", host: str = ""
) -> "List[Cause]":
    """Every reason; ``wanted`` are the access map's keys (lower case) that were asked for,
    ``domain`` one delivered here."""
    causes = [cause for call in mc.every_call() for cause in _call(mc, call, domain, host)]
    for row in access.rows():
        reason = opens(row) if row.value.upper() == "RELAY" and row.key.lower() not in wanted else ""
        if reason:
            causes.append(
                Cause(
                    f"access {row.key}",
                    "open",
                    f"{access.name}:{row.line}",
                    f"{row.key} RELAY {reason}",
                    "Take that row out",
                    _seen_by(row.key),
                )
            )
    for row in relayed.rows():
        if row.key.startswith(("|", "/")):
            causes.append(
                Cause(
                    f"relay-domains {row.key}",
                    "open",
                    f"{relayed.name}:{row.line}",
                    "names a program or a file",
                    "Take that line out",
                )
            )
        elif "." not in row.key.strip("."):
            causes.append(
                Cause(
                    f"relay-domains {row.key}",
                    "open",
                    f"{relayed.name}:{row.line}",
                    f"{row.key} relays for a whole top-level domain",
                    "Take that line out",
                    {"recipient": f"<relaytest@mailhost-test.{row.key.strip('.')}>"},
                )
            )
    return causes


def _call(mc: SendmailMc, call: Call, domain: str, host: str) -> "List[Cause]":
    place, first = f"{mc.name}:{call.line}", (call.args or [""])[0].strip()
    if call.name == "FEATURE" and first.lower() in dialect.OPEN_FEATURES:
        finding = f"FEATURE({first}): {dialect.OPEN_FEATURES[first.lower()]}"
        return [
            Cause(
                f"FEATURE {first.lower()}",
                "open",
                place,
                finding,
                "Take that line out",
                _feature_seen(first.lower(), domain, host),
            )
        ]
    if call.name in ("RELAY_DOMAIN", "RELAY_DOMAIN_FILE"):
        finding = f"{call.name}({first}) relays for clients and subdomains of those names"
        seen = {"recipient": f"<relaytest@sub.{first.split()[0]}>"} if call.name == "RELAY_DOMAIN" and first else {}
        return [
            Cause(
                f"{call.name} {first}",
                "open",
                place,
                finding,
                "Take that line out and name the domains in mailhost_relay_domains",
                seen,
            )
        ]
    if call.name == "define" and first in CLASS_FILES and (call.args + [""])[1].strip().lstrip("-o ").startswith("|"):
        return [
            Cause(
                f"{first} program",
                "open",
                place,
                f"{first} names a program, which would say whom to trust",
                "Name a file",
            )
        ]
    return []


def _feature_seen(name: str, domain: str, host: str) -> "Dict[str, str]":
    """What gets through by it, where it can be told."""
    if name == "promiscuous_relay":
        return {"sender": ""}
    if name == "relay_local_from":
        return {"sender": f"<relaytest@{domain}>"} if domain else {}
    if name == "relay_entire_domain":
        parent = host.partition(".")[2]
        return {"recipient": f"<relaytest@mailhost-relay-test.{parent}>"} if "." in parent else {}
    return {}


def opens(row: Row) -> str:
    """Why a RELAY row is open to strangers; empty if it names what may be trusted."""
    tag, separator, rest = row.key.partition(":")
    if not separator or tag.lower() not in ("connect", "to", "from"):
        return "has no tag: it counts for clients and for recipients alike"
    if tag.lower() == "from":
        return "trusts a sender's name, which anybody can give"
    if rest.lower() in LOOPBACK_NAMES or rest == "127" or rest.startswith("127."):
        return ""
    if not rest.strip(".@"):
        return "names nobody, so it counts for everybody"
    version_6 = rest.lower().startswith("ipv6:")
    parts = rest[5:].split(":") if version_6 else rest.split(".")
    if version_6:
        return "is much of the Internet" if len(parts) < 2 else ""
    if len([part for part in parts if part]) < 2:
        return "is a network of sixteen million addresses" if parts[0].isdigit() else "is a whole top-level domain"
    return ""


def _seen_by(key: str) -> "Dict[str, str]":
    tag, separator, rest = key.partition(":")
    if not separator and re.match(r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$", key) and not key[0].isdigit():
        return {"recipient": f"<relaytest@sub.{key}>"}
    if tag.lower() == "to" and re.match(r"^[A-Za-z]+$", rest):
        return {"recipient": f"<relaytest@mailhost-test.{rest}>"}
    return {}


def trusted(access: Keyed) -> "List[str]":
    """The networks of Connect rows that may relay, wide ones left out, and loopback, which Sendmail always trusts."""
    networks = ["127.0.0.1/32"]
    for row in access.rows():
        tag, _, rest = row.key.partition(":")
        if tag.lower() != "connect" or row.value.upper() != "RELAY" or opens(row):
            continue
        if re.match(r"^\d+(\.\d+){0,3}$", rest):
            octets = rest.split(".")
            networks.append(f"{'.'.join((octets + ['0'] * 4)[:4])}/{8 * len(octets)}")
        elif rest.lower().startswith("ipv6:"):
            groups = rest[5:].split(":")
            text = rest[5:] if "::" in rest[5:] or len(groups) == 8 else ":".join(groups) + "::"
            try:
                networks.append(f"{ipaddress.ip_address(text)}/{128 if '::' in rest[5:] else 16 * len(groups)}")
            except ValueError:
                continue
    return networks


def logins(mc: SendmailMc) -> "List[Cause]":
    """AUTH in clear or by nobody, and submission without TLS, as the mc says it."""
    causes = []
    options = mc.get_define("confAUTH_OPTIONS") or ""
    mechanisms = (mc.get_define("confAUTH_MECHANISMS") or "").upper().split()
    definition = mc.definition("confAUTH_OPTIONS") or mc.definition("confAUTH_MECHANISMS")
    place = f"{mc.name}:{definition.line if definition else 1}"
    if {"PLAIN", "LOGIN"} & set(mechanisms) and "p" not in options.split():
        finding, out = "passwords are taken before TLS: confAUTH_OPTIONS lacks p", "Define confAUTH_OPTIONS as A p y"
        causes.append(Cause("confAUTH_OPTIONS p", "clear", place, finding, out, service="25"))
    if "ANONYMOUS" in mechanisms:
        finding = "no password is needed: ANONYMOUS is a mechanism"
        causes.append(
            Cause("confAUTH_MECHANISMS ANONYMOUS", "clear", place, finding, "Take ANONYMOUS out", service="25")
        )
    for call in mc.calls("DAEMON_OPTIONS"):
        words = ",".join(call.args).split(",")
        parts = {word.partition("=")[0].strip()[:1].upper(): word.partition("=")[2].strip() for word in words}
        if (
            parts.get("P", "") in ("submission", "587")
            and not parts.get("A", "").startswith("127.")
            and "a" not in parts.get("M", "")
        ):
            finding, out = "submission asks for no login (M lacks a)", "Write M=Ea and confAUTH_OPTIONS A p y"
            causes.append(
                Cause("submission without TLS", "clear", f"{mc.name}:{call.line}", finding, out, service="587")
            )
    return causes


def maps(answer: str, access: Keyed) -> "List[Cause]":
    """An access map whose rules are not in force: ``answer`` is what the host answers
    about access.db (``stale``, ``unbuilt``)."""
    lines = answer.split("\n")
    if access.rows() and "unbuilt" in lines:
        finding = "access has rows, but access.db was never built: none of them is in force"
    elif "stale" in lines:
        finding = "access.db is older than access: its newer rows are not in force"
    else:
        return []
    return [
        Cause(
            "access.db",
            "stale",
            access.name,
            finding,
            "Build it (makemap hash access.db <access), and look at what makemap says",
        )
    ]


def local(names: "Sequence[str]", host: str) -> str:
    """A domain delivered here, of local-host-names; the host's own if none is named."""
    plain = [
        name for name in names if "." in name and name.lower() != host.lower() and not name.startswith("localhost")
    ]
    return plain[0] if plain else host
