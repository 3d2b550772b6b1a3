"""Who may relay through Postfix, for which domains it accepts mail, and where it sends the rest.

A rule that would let a stranger relay is refused, whoever wrote it: the options' values, and what stands on the host.
"""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping, Optional

from ..core.errors import BadConfiguration, BadInput
from ..core.host import Command, File, Request, Seen
from ..core.operations import Check, Plan, Run, Write
from ..core.versions import Version, dotted
from ..core.word import Planned
from ..products import relay
from ..products.cause import accepted, refuse
from ..products.postfix import judge as policy
from ..products.postfix import setup as postfix_setup
from ..products.postfix import versions as dialect
from ..products.postfix.configure import (
    ALIASES,
    MAILBOXES,
    MAIN,
    MAP_TYPE,
    MASTER,
    VERSION,
    map_files,
    map_type,
    number_of,
    setup,
)
from ..products.postfix.main_cf import MainCf
from ..products.postfix.master_cf import MasterCf
from ..systems.families import FAMILIES, REQUESTS, System, system

GROUP = "/etc/group"
_SASL = [family.smtpd_sasl for family in FAMILIES if family.smtpd_sasl]
ARGUMENT_SPEC = relay.ARGUMENT_SPEC


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    _validate(params)
    files = (MAIN, MASTER, ALIASES, MAILBOXES, *((GROUP, *_SASL) if params["access"] == "cyrus" else ()))
    yield from (*REQUESTS, Command(VERSION), Command(MAP_TYPE), *map(File, files))
    if seen.file(MAIN).kind == seen.file(MASTER).kind == "file":
        yield from map(
            File,
            postfix_setup.tables(
                setup(MainCf(seen.file(MAIN).text, MAIN), MasterCf(seen.file(MASTER).text, MASTER), (), seen)
            ),
        )


def _validate(params: Mapping[str, Any]) -> None:
    relay.validate(params)
    if params["access"] == "cyrus" and params["mailbox_store"] == "virtual" and params["authenticated"]:
        raise BadInput(
            "authenticated",
            "true, and Postfix cannot ask anybody about the passwords of Cyrus' own users, which only Cyrus may read",
            "Set mailhost_relay_authenticated to false, or use mailbox_store system",
        )


def restrictions(rule: str, authenticated: bool, stands: "Optional[str]", accept: "Iterable[str]" = ()) -> str:
    """The list that guards relaying: in front of the guard what was accepted there with a reason, and
    where it is also the list for everything else (before 2.10), what stood there besides behind it,
    where it can refuse more but open nothing."""
    guard = [
        "permit_mynetworks",
        *(["permit_sasl_authenticated"] if authenticated else []),
        "reject_unauth_destination",
    ]
    dropped = (*guard, "permit_sasl_authenticated", "defer_unauth_destination", "permit")
    rest: "list[str]" = []
    for word in postfix_setup.words(stands or ""):
        if rest and re.search(r"[:/.]", word):  # a table or a domain belongs to the word before it
            rest[-1] += f" {word}"
        elif word not in dropped:
            rest.append(word)
    kept = [
        word
        for word in rest
        if any(
            accepted_word == word or accepted_word.startswith((f"{word} ", f"{rule} {word}"))
            for accepted_word in accept
        )
    ]
    behind = [word for word in rest if word not in kept] if rule == "smtpd_recipient_restrictions" else []
    return ", ".join(kept + guard + behind)


def _settings(
    params: Mapping[str, Any], number: Version, platform: System, kind: str, main: MainCf
) -> "dict[str, str]":
    domains = [relay.domain("domains", text) for text in params["domains"]]
    virtual = params["mailbox_store"] == "virtual"
    authenticated = params["authenticated"]
    rule = dialect.RELAY_LISTS.nearest(number)[0]
    local = ["localhost"] if virtual else ["$myhostname", "localhost.$mydomain", "localhost", *domains]
    settings = {
        "myhostname": params["hostname"].lower(),
        "inet_interfaces": "all",
        "mydestination": ", ".join(dict.fromkeys(local)),
        "mynetworks": " ".join(relay.network("networks", text) for text in params["networks"]),
        "relay_domains": " ".join(relay.domain("relay_domains", text) for text in params["relay_domains"]),
        "relayhost": params["smarthost"],
        rule: restrictions(rule, authenticated, main.get(rule), accepted(params["accept"])),
        "smtpd_tls_cert_file": params.get("certificate") or platform.family.certificate,
        "smtpd_tls_key_file": params.get("key") or platform.family.key,
        "smtpd_tls_security_level": "may",
        "smtpd_tls_auth_only": "yes",
        "smtpd_sasl_auth_enable": "yes" if authenticated else "no",
        "virtual_alias_maps": f"{kind}:{ALIASES}",
        "home_mailbox": params["maildir"] + "/",
    }
    for name, value in _tls(number, authenticated):
        settings[name] = dialect.no_lower(name, main.get(name) or "", main.filled(main.get(name) or ""), value)
    if params["access"] == "cyrus":
        settings["virtual_transport" if virtual else "mailbox_transport"] = f"lmtp:unix:{platform.family.cyrus_socket}"
    if authenticated and params["access"] == "cyrus":
        settings.update(smtpd_sasl_type="cyrus", smtpd_sasl_path="smtpd", smtpd_sasl_security_options="noanonymous")
    elif authenticated:
        settings.update(
            smtpd_sasl_type="dovecot", smtpd_sasl_path="private/auth", smtpd_sasl_security_options="noanonymous"
        )
    if virtual:
        settings.update(virtual_mailbox_domains=" ".join(domains), virtual_mailbox_maps=f"{kind}:{MAILBOXES}")
    if virtual and params["access"] == "dovecot":
        settings.update(
            virtual_mailbox_base="/var/vmail",
            virtual_uid_maps="static:5000",
            virtual_gid_maps="static:5000",
            virtual_minimum_uid="500",
        )
    return settings


def _tls(number: Version, authenticated: bool) -> "dialect.Settings":
    """What the version is told of TLS, for every service and for submission."""
    return (
        *(dialect.SERVED_TLS.at(number) or ()),
        *((dialect.SUBMISSION_PROTOCOLS.at(number) or ()) if authenticated else ()),
    )


def _unread(main: MainCf, number: Version, authenticated: bool) -> "list[str]":
    """Versions of TLS that stand and cannot be read: they stay, and that is said."""
    stand = {name: main.parameter(name) for name, _ in _tls(number, authenticated) if name.endswith("protocols")}
    return [
        f"{main.name}:{parameter.line}: {name} = {parameter.value} cannot be read from here, so it stays; "
        "the audit shows what it lets by"
        for name, parameter in stand.items()
        if parameter and dialect.allowed(main.filled(parameter.value)) is None
    ]


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    _validate(params)
    number, platform, kind = number_of(seen), system(seen), map_type(seen)
    for path in (MAIN, MASTER):
        if seen.file(path).kind != "file":
            raise BadConfiguration(path, "is not there or is not a file", "Reinstall Postfix' configuration")
    main, master = MainCf(seen.file(MAIN).text, MAIN), MasterCf(seen.file(MASTER).text, MASTER)
    before, services = main.settings(), master.settings()
    rule = dialect.RELAY_LISTS.nearest(number)[0]
    wanted = _settings(params, number, platform, kind, main)
    for name, value in wanted.items():
        main.set(name, value)
    if params["mailbox_store"] == "system":
        for name in ("virtual_mailbox_domains", "virtual_mailbox_maps"):
            main.unset(name)
    for name in ("mailbox_transport", "virtual_transport"):
        if name not in wanted and main.get(name) == f"lmtp:unix:{platform.family.cyrus_socket}":
            main.unset(name)
    plan = Plan(
        services=("postfix",),
        facts={"version": dotted(number)},
        warnings=_unread(main, number, params["authenticated"]),
    )
    if params["access"] == "cyrus":
        _beside_cyrus(plan, seen, master, platform)
    _submission(master, params["authenticated"], rule)
    plan.warnings += refuse(policy.causes(setup(main, master, number, seen)), params["accept"], BadConfiguration)
    map_files(plan, seen, kind, _first_maps(params, seen))
    changed = plan.write(Write(seen.file(MAIN), _bytes(main.render()), settings=(before, main.settings())))
    changed |= plan.write(Write(seen.file(MASTER), _bytes(master.render()), settings=(services, master.settings())))
    if changed:
        plan.operations.append(Check("/etc/postfix", ("postconf", "-c", "@TREE@", "-n")))
        plan.operations.append(Check("/etc/postfix", ("postfix", "-c", "@TREE@", "check")))
    return plan


def _beside_cyrus(plan: Plan, seen: Seen, master: MasterCf, platform: System) -> None:
    """Postfix must reach the sockets of Cyrus and saslauthd: they lie outside its chroot, in folders of two groups."""
    for service in (("smtp", "inet"), ("lmtp", "unix")):
        master.set_chroot(*service, "n")
    members = {
        line.split(":")[0]: line.rpartition(":")[2].strip().split(",") for line in seen.file(GROUP).text.splitlines()
    }
    for name in ("mail", "sasl"):
        if name in members and "postfix" not in members[name]:
            add, drop = ("gpasswd", "-a", "postfix", name), ("gpasswd", "-d", "postfix", name)
            plan.operations.append(Run(f"put postfix into group {name}", add, undo=drop))
    if platform.family.smtpd_sasl:
        plan.write(Write(seen.file(platform.family.smtpd_sasl), b"pwcheck_method: saslauthd\nmech_list: plain login\n"))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _first_maps(params: Mapping[str, Any], seen: Seen) -> "dict[str, str]":
    """Tables that the settings name must exist: empty ones, until mailboxes fills them."""
    paths = [ALIASES] + ([MAILBOXES] if params["mailbox_store"] == "virtual" else [])
    return {path: "# Written by mailhost (mailboxes).\n" for path in paths if not seen.file(path).exists}


def _submission(master: MasterCf, authenticated: bool, rule: str) -> None:
    """Port 587 for those who log in, and for nobody else; its chroot is that of port 25."""
    if not authenticated:
        master.unset("submission", "inet")
        return
    smtp = master.get("smtp", "inet")
    chroot = smtp.fields[4] if smtp else "n"
    options = {
        "smtpd_tls_security_level": "encrypt",
        "smtpd_sasl_auth_enable": "yes",
        rule: "permit_sasl_authenticated,reject",
    }
    master.set(["submission", "inet", "n", "-", chroot, "-", "-", "smtpd"], options)


WORD = Planned(ARGUMENT_SPEC, reads, plan)
