"""Cyrus IMAP: which of imap, imaps, pop3 and pop3s it serves, its TLS, its logins, and that mail can be handed to it.

Sources: imapd.conf(5), cyrus.conf(5), lib/imapoptions of 2.3.7 and 3.6.1.
Names that came with 2.5 (tls_server_cert) replace older ones.
"""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from ..core.errors import BadInput
from ..core.host import Command, File, Request, Seen, encode
from ..core.operations import Plan, Run, Write
from ..core.shell import files
from ..core.versions import dotted
from ..core.word import OPTIONS, Planned
from ..formats.settings import Settings
from ..products import access, ciphers, switch
from ..products.access import PORTS
from ..products.cyrus import losses as foreign
from ..products.cyrus import saslauthd, shell
from ..products.cyrus import versions as dialect
from ..products.cyrus.configure import ADMIN, CYRUS, IMAPD, KEY, SASLDB, STANDS, Installation
from ..products.cyrus.cyrus_conf import CyrusConf
from ..products.table import PRODUCTS
from ..systems.families import FAMILIES, REQUESTS, Family, System, system

ARGUMENT_SPEC: "dict[str, Any]" = {
    "protocols": {"type": "list", "elements": "str", "required": True},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "auth_mechanisms": {"type": "list", "elements": "str", "default": ["plain", "login"]},
    "cleartext_login": {"type": "str", "choices": ["refuse", "allow"], "default": "refuse"},
    "admins": {"type": "list", "elements": "str", "default": ["cyrus"]},
    "clear_passwords": {"type": "bool", "default": False},
    "certificate": {"type": "path"},
    "key": {"type": "path", "no_log": False},
    **OPTIONS,
}
MECHANISMS = ("plain", "login", "apop", "gssapi")
HOLDER = ("stat", "-c", "%a %U", SASLDB)


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    _wanted(params)
    yield from (*REQUESTS, File(IMAPD), File(CYRUS), Command(STANDS), *switch.reads("cyrus"), *saslauthd.REQUESTS)
    yield Command(HOLDER)
    yield from dict.fromkeys(_asked(params, family) for family in FAMILIES)


def _asked(params: Mapping[str, Any], family: Family) -> Command:
    return Command(files.COPIED.argv(params.get("key") or family.key, KEY, "cyrus"))


def _wanted(params: Mapping[str, Any]) -> "list[str]":
    words = [
        word for word in params["protocols"] if word != "kpop"
    ]  # which is refused once the host has been looked at
    protocols = (
        access.protocols({**params, "protocols": words}, "Cyrus", {}) if words or not params["protocols"] else []
    )
    if len(access.addresses(params)) > 1:
        raise BadInput("addresses", "a service of Cyrus listens on one address, or on all", "Give one, or none")
    for option in ("certificate", "key"):
        access.path(option, params.get(option))
    for number, word in enumerate(params["auth_mechanisms"]):
        if word.lower() not in MECHANISMS:
            raise BadInput(
                f"auth_mechanisms[{number}]",
                f"{word!r} is not a mechanism that saslauthd, its store or Kerberos serves",
                "Use plain",
            )
    if not {word.lower() for word in params["auth_mechanisms"]} & {"plain", "login", "gssapi"}:
        raise BadInput("auth_mechanisms", "nobody could log in by IMAP", "Use plain")
    if "apop" in map(str.lower, params["auth_mechanisms"]) and not params["clear_passwords"]:
        raise BadInput(
            "auth_mechanisms",
            "apop needs each user's clear password, and no mailbox has one",
            "Give the users who need it a password (mailhost_mailboxes[].password), or use plain inside TLS",
        )
    for number, name in enumerate(params["admins"]):
        if not re.match(r"^[a-z][a-z0-9_-]{0,31}$", name) or name in ("anyone", "anonymous"):
            raise BadInput(
                f"admins[{number}]", f"{name!r} is not an administrator's name", "Name accounts that own no mail"
            )
    return protocols


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    wanted, here, platform = _wanted(params), Installation(seen), system(seen)
    if "kpop" in params["protocols"]:
        _refuse_kpop(here)
    imapd, cyrus = Settings(seen.file(IMAPD).text, IMAPD), CyrusConf(seen.file(CYRUS).text, CYRUS)
    before = (imapd.settings(), cyrus.settings())
    losses = foreign.losses(imapd, cyrus, platform.family.cyrus_socket)
    _imapd(imapd, params, here, platform)
    _services(cyrus, wanted, params, here, platform)
    plan = Plan(
        services=(PRODUCTS["saslauthd"].unit, PRODUCTS["cyrus"].unit),
        facts={"version": dotted(here.version), "protocols": wanted},
    )
    plan.losses += losses
    if not seen.output(*_asked(params, platform.family).argv).ok:
        key = params.get("key") or platform.family.key
        copy, back = files.COPY.argv(key, KEY, "cyrus"), files.UNCOPY.argv(key, KEY)
        plan.operations.append(Run(f"copy {key} for user cyrus to {KEY}", copy, undo=back))
    if seen.output(*HOLDER).text.strip() != "600 cyrus":
        plan.operations.append(
            Run(f"make {SASLDB} for user cyrus", shell.EMPTY.argv(SASLDB), undo=("rm", "-f", SASLDB))
        )
    plan.write(Write(seen.file(IMAPD), encode(imapd.render()), settings=(before[0], imapd.settings())))
    plan.write(Write(seen.file(CYRUS), encode(cyrus.render()), settings=(before[1], cyrus.settings())))
    saslauthd.settings(plan, seen, platform)
    switch.take_over(plan, seen, "cyrus")
    if "apop" in map(str.lower, params["auth_mechanisms"]):
        plan.warnings.append(
            f"APOP needs each user's clear password: they stand in {SASLDB}, which only cyrus and root can read"
        )
    return plan


def _refuse_kpop(here: Installation) -> None:
    if here.kerberos4:
        raise BadInput(
            "protocols",
            "kpop was found in this build of Cyrus, but no client here can prove it",
            "Use imaps or pop3s with gssapi",
        )
    raise BadInput(
        "protocols",
        f"kpop needs Kerberos 4, and pop3d of Cyrus {dotted(here.version)} here was built without it: "
        "its port would open and answer -ERR usage",
        "Use imaps or pop3s with gssapi in the mechanisms (Kerberos 5)",
    )


def _imapd(imapd: Settings, params: Mapping[str, Any], here: Installation, platform: System) -> None:
    names = {word.lower() for word in params["auth_mechanisms"]}
    certificate, key = dialect.CERTIFICATE.nearest(here.version)
    values = {
        "allowplaintext": "yes" if params["cleartext_login"] == "allow" else "no",
        "allowanonymouslogin": "no",
        "allowapop": "yes" if "apop" in names else "no",
        "admins": " ".join(dict.fromkeys([*(imapd.get("admins") or "").split(), *params["admins"], ADMIN])),
        "sasl_pwcheck_method": "saslauthd auxprop",
        "sasl_auxprop_plugin": "sasldb",
        "sasl_sasldb_path": SASLDB,
        "sasl_mech_list": " ".join(word.upper() for word in ("plain", "login", "gssapi") if word in names),
        "popminpoll": "0",
        "munge8bit": "no",  # a header of eight bits (RFC 6532) comes out as it came in, not as XXX
        certificate: params.get("certificate") or platform.family.certificate,
        key: KEY,
    }
    if ciphers.CYRUS.at(here.version):
        for prefix in ("", "imap_", "imaps_", "pop3_", "pop3s_"):  # a service's own, by its name in cyrus.conf
            name, stands = f"{prefix}tls_cipher_list", imapd.get(f"{prefix}tls_cipher_list")
            if stands or not prefix:
                values[name] = ciphers.tightened(stands)
    if dialect.ALLOWSTARTTLS.nearest(here.version):
        values["allowstarttls"] = "yes"
    for row in dialect.CERTIFICATE.rows:
        for name in set(row.value) - {certificate, key}:
            imapd.unset(name)
    if dialect.AUTHORITIES.nearest(here.version):
        imapd.set("tls_ca_file", params.get("certificate") or platform.family.certificate)
    for name, value in values.items():
        imapd.set(name, value)


def _services(
    cyrus: CyrusConf, wanted: "list[str]", params: Mapping[str, Any], here: Installation, platform: System
) -> None:
    asked = "".join(f"[{ip}]:" if ":" in ip else f"{ip}:" for ip in params["addresses"] if ip != "*")
    for word, port in PORTS.items():
        program = "imapd" if word.startswith("imap") else "pop3d"
        for other in cyrus.services():  # whatever else listens on that port under another name
            if (
                not other.off
                and other.name != word
                and other.attributes.get("listen", "").rsplit(":", 1)[-1] in (word, str(port))
            ):
                cyrus.unset(other.name)
        if word not in wanted:
            cyrus.unset(word)
            continue
        if program not in here.programs:
            raise BadInput(
                "protocols",
                f"Cyrus on this host has no {program}, so it cannot serve {word}",
                "Install its package (mail_packages)",
            )
        cyrus.set(word)  # perhaps one that was commented out, with options of its own
        service = cyrus.get(word)
        if (
            service is None
            or service.program != program
            or ("-s" in service.attributes.get("cmd", "").split()) != word.endswith("s")
        ):
            cyrus.set(word, cmd=program + (" -s" if word.endswith("s") else ""))
        stands = service.attributes.get("listen", "") if service else ""
        address = asked if params["addresses"] else stands[: stands.rfind(":") + 1]  # without one, what stands stays
        cyrus.set(word, listen=f"{address}{word}")
    lmtp = cyrus.get("lmtpunix")
    cyrus.set(
        "lmtpunix",
        cmd=lmtp.attributes["cmd"] if lmtp and lmtp.program == "lmtpd" else "lmtpd",  # with its options
        listen=platform.family.cyrus_socket,
    )
    for service in cyrus.services():  # one program that is not installed keeps the master from starting at all
        if not service.off and "/" not in service.program and service.program not in here.programs:
            cyrus.unset(service.name)


WORD = Planned(ARGUMENT_SPEC, reads, plan)
