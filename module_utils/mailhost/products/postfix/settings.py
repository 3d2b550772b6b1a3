"""What Postfix' main.cf is given: names, relaying, TLS, SASL, tables, delivery. What stands and nothing asks to change
stays; lists that others wrote too are added to."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List, Mapping, Optional

from ...core.loss import accepted
from ...core.versions import Version
from ...systems.families import System
from .. import relay
from . import versions as dialect
from .configure import ALIASES, MAILBOXES
from .main_cf import MainCf
from .tables import words

#: what packages set where nobody has decided yet: Red Hat's main.cf
UNDECIDED = ("", "localhost")
#: what delivers instead of into ``home_mailbox`` (local(8), in the order in which it looks)
BEATS = ("mailbox_transport_maps", "mailbox_transport", "mailbox_command_maps", "mailbox_command")
#: deliveries into where Dovecot reads, whatever its place
_DOVECOTS = re.compile(r"dovecot-lda|/dovecot/deliver|dovecot-lmtp|\blmtp:")


#: what guards relaying, and what would end a list that it stands in
GUARDS = (
    "permit_mynetworks",
    "permit_sasl_authenticated",
    "reject_unauth_destination",
    "defer_unauth_destination",
    "permit",
)


def entries(value: str) -> "List[str]":
    """A list of restrictions, each with the table or the domain that belongs to it."""
    found: "List[str]" = []
    for word in words(value):
        if found and re.search(r"[:/.]", word):
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found


def restrictions(rule: str, authenticated: bool, stands: "Optional[str]", accept: "Iterable[str]" = ()) -> str:
    """The list that guards relaying: in front of the guard what was accepted there with a reason, and what stood there
    besides behind it, where it can refuse more but open nothing."""
    guard = [name for name in GUARDS[:3] if authenticated or name != "permit_sasl_authenticated"]
    rest = [entry for entry in entries(stands or "") if entry not in GUARDS]
    names = list(accept)
    kept = [
        entry
        for entry in rest
        if any(name == entry or name.startswith((f"{entry} ", f"{rule} {entry}")) for name in names)
    ]
    behind = [entry for entry in rest if entry not in kept and not entry.startswith("permit_")]  # which does nothing
    return ", ".join([*kept, *guard, *behind])


def settings(
    params: Mapping[str, Any], number: Version, platform: System, kind: str, main: MainCf, mail_stays: bool
) -> "Dict[str, str]":
    """``mail_stays``: mail lies where it is not ours to say, so delivery is left as it stands."""
    authenticated = params["authenticated"]
    rule = dialect.RELAY_LISTS.nearest(number)[0]
    wanted = {
        **{row.parameter: value for row, value in relay.given(params)},
        **_addresses(params["addresses"], main),
        "mynetworks": " ".join(relay.network("networks", text) for text in params["networks"]),
        "relay_domains": " ".join(
            [*(relay.domain("relay_domains", text) for text in params["relay_domains"]), *tables("relay_domains", main)]
        ),
        rule: restrictions(rule, authenticated, main.get(rule), accepted(params["accept"])),
        "smtpd_tls_cert_file": params.get("certificate") or platform.family.certificate,
        "smtpd_tls_key_file": params.get("key") or platform.family.key,
        "smtpd_tls_security_level": "may",
        "smtpd_tls_auth_only": "yes",
        "smtpd_sasl_auth_enable": "yes" if authenticated else "no",
        "virtual_alias_maps": beside(main.get("virtual_alias_maps"), f"{kind}:{ALIASES}"),
    }
    if params["smarthost"] is not None:
        wanted["relayhost"] = params["smarthost"]
    for name, value in tls(number, authenticated):
        wanted[name] = dialect.no_lower(name, main.get(name) or "", main.filled(main.get(name) or ""), value)
    wanted.update(_room(wanted.get("message_size_limit"), main))
    return {**wanted, **_sasl(params), **_delivery(params, platform, kind, main, mail_stays)}


def _addresses(addresses: "List[str]", main: MainCf) -> "Dict[str, str]":
    """The addresses that are asked for, with loopback; else what somebody decided, else all."""
    if "*" in addresses:
        return {"inet_interfaces": "all"}
    if addresses:
        named = ["127.0.0.1", *(f"[{address}]" if ":" in address else address for address in addresses)]
        return {"inet_interfaces": ", ".join(dict.fromkeys(named))}
    return {} if (main.get("inet_interfaces") or "") not in UNDECIDED else {"inet_interfaces": "all"}


def beside(stands: "Optional[str]", ours: str) -> str:
    """A list of tables with ours first; others that stand there stay behind it. Of an older type ours goes."""
    path = ours.partition(":")[2]
    kept = [word for word in _tables(stands or "") if word.partition(":")[2] != path]
    return ", ".join([ours, *kept])


def tables(name: str, main: MainCf) -> "List[str]":
    """The tables in a list of domains: they are others', and stay."""
    return [word for word in _tables(main.get(name) or "") if re.match(r"^[a-z]+:", word) or word.startswith("/")]


def _tables(value: str) -> "List[str]":
    """A list of tables as its words; what stands in braces is one (postconf(5), 3.0)."""
    return [word for word in re.findall(r"(?:[^\s,{}]|\{(?:[^{}]|\{[^{}]*\})*\})+", value) if word]


def _room(size: "Optional[str]", main: MainCf) -> "Dict[str, str]":
    """A mailbox takes at least what a message may have: local(8) and virtual(8) deliver nothing at all otherwise."""
    if size is None:
        return {}
    limits = {
        name: main.filled(main.get(name) or "51200000") for name in ("mailbox_size_limit", "virtual_mailbox_limit")
    }
    return {name: size for name, limit in limits.items() if limit.isdigit() and 0 < int(limit) < int(size)}


def _sasl(params: Mapping[str, Any]) -> "Dict[str, str]":
    if not params["authenticated"]:
        return {}
    kind, path = ("cyrus", "smtpd") if params["access"] == "cyrus" else ("dovecot", "private/auth")
    return {"smtpd_sasl_type": kind, "smtpd_sasl_path": path, "smtpd_sasl_security_options": "noanonymous"}


def _delivery(
    params: Mapping[str, Any], platform: System, kind: str, main: MainCf, mail_stays: bool
) -> "Dict[str, str]":
    domains = [relay.domain("domains", text) for text in params["domains"]]
    if params["mailbox_store"] == "system":
        names = ["$myhostname", "localhost.$mydomain", "localhost", *domains, *tables("mydestination", main)]
        local = {"mydestination": ", ".join(dict.fromkeys(names))}
        if params["access"] == "cyrus":
            return {**local, "mailbox_transport": f"lmtp:unix:{platform.family.cyrus_socket}"}
        home = "" if params["mail_format"] == "mbox" else params["maildir"] + "/"
        return local if mail_stays else {**local, "home_mailbox": home}
    virtual = {
        "mydestination": "localhost",
        "virtual_mailbox_domains": " ".join([*domains, *tables("virtual_mailbox_domains", main)]),
        "virtual_mailbox_maps": beside(main.get("virtual_mailbox_maps"), f"{kind}:{MAILBOXES}"),
    }
    if params["access"] == "cyrus":
        return {**virtual, "virtual_transport": f"lmtp:unix:{platform.family.cyrus_socket}"}
    ours = {
        "virtual_mailbox_base": "/var/vmail",
        "virtual_uid_maps": "static:5000",
        "virtual_gid_maps": "static:5000",
        "virtual_minimum_uid": "500",
    }
    return {**virtual, **{name: value for name, value in ours.items() if not (mail_stays and main.get(name))}}


def unset(params: Mapping[str, Any], wanted: "Mapping[str, str]", platform: System, main: MainCf) -> None:
    """What of ours an earlier inventory asked for, and what would beat what is asked for now."""
    if params["mailbox_store"] == "system":
        theirs = [word for word in _tables(main.get("virtual_mailbox_maps") or "") if MAILBOXES not in word]
        if theirs:
            main.set("virtual_mailbox_maps", ", ".join(theirs))
        else:
            main.unset("virtual_mailbox_domains")
            main.unset("virtual_mailbox_maps")
    for name in ("mailbox_transport", "virtual_transport"):
        if name not in wanted and main.get(name) == f"lmtp:unix:{platform.family.cyrus_socket}":
            main.unset(name)
    for name in ("smtpd_tls_chain_files", "smtpd_tls_eccert_file", "smtpd_tls_eckey_file"):
        if main.get(name):  # of several, these are served before or beside the one that is asked for
            main.unset(name)
    for name in beating(wanted, main):
        main.set(name, "")


def beating(wanted: "Mapping[str, str]", main: MainCf) -> "List[str]":
    """What stands and delivers elsewhere than into the ``home_mailbox`` that is wanted."""
    if "home_mailbox" not in wanted:
        return []
    return [name for name in BEATS if main.get(name) and not _DOVECOTS.search(main.filled(main.get(name) or ""))]


def tls(number: Version, authenticated: bool) -> "dialect.Settings":
    """What the version is told of TLS, for every service and for submission."""
    return (
        *(dialect.SERVED_TLS.at(number) or ()),
        *((dialect.SUBMISSION_PROTOCOLS.at(number) or ()) if authenticated else ()),
    )


def unread(main: MainCf, number: Version, authenticated: bool) -> "List[str]":
    """Versions of TLS that stand and cannot be read: they stay, and that is said."""
    stand = {name: main.parameter(name) for name, _ in tls(number, authenticated) if name.endswith("protocols")}
    return [
        f"{main.name}:{parameter.line}: {name} = {parameter.value} cannot be read from here, so it stays; "
        "the audit shows what it lets by"
        for name, parameter in stand.items()
        if parameter and dialect.allowed(main.filled(parameter.value)) is None
    ]
