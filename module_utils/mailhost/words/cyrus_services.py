"""Cyrus IMAP: which of imap, imaps, pop3 and pop3s it serves, its TLS and logins, and that mail can be handed to it."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.host import Command, File, Request, Seen, encode
from ..core.operations import Plan, Write
from ..core.versions import dotted
from ..core.word import OPTIONS, Planned
from ..formats.settings import Settings
from ..products import switch
from ..products.cyrus import losses, saslauthd, services
from ..products.cyrus.configure import CYRUS, IMAPD, SASLDB, STANDS, Installation
from ..products.cyrus.cyrus_conf import CyrusConf
from ..products.table import PRODUCTS
from ..systems.families import FAMILIES, REQUESTS, system

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


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    services.wanted(params)
    yield from (*REQUESTS, File(IMAPD), File(CYRUS), Command(STANDS), *switch.reads("cyrus"), *saslauthd.REQUESTS)
    yield Command(services.HOLDER)
    yield from dict.fromkeys(services.key_copied(params, family) for family in FAMILIES)


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    wanted, here, platform = services.wanted(params), Installation(seen), system(seen)
    if "kpop" in params["protocols"]:
        services.refuse_kpop(here)
    imapd, cyrus = Settings(seen.file(IMAPD).text, IMAPD), CyrusConf(seen.file(CYRUS).text, CYRUS)
    before = (imapd.settings(), cyrus.settings())
    plan = Plan(
        services=(PRODUCTS["saslauthd"].unit, PRODUCTS["cyrus"].unit),
        facts={"version": dotted(here.version), "protocols": wanted},
    )
    plan.losses += losses.losses(imapd, cyrus, platform.family.cyrus_socket)
    services.configure(imapd, params, here, platform)
    services.serve(cyrus, wanted, params, here, platform)
    services.own_files(plan, params, seen, platform)
    plan.write(Write(seen.file(IMAPD), encode(imapd.render()), settings=(before[0], imapd.settings())))
    plan.write(Write(seen.file(CYRUS), encode(cyrus.render()), settings=(before[1], cyrus.settings())))
    saslauthd.settings(plan, seen, platform)
    switch.take_over(plan, seen, "cyrus")
    if "apop" in map(str.lower, params["auth_mechanisms"]):
        plan.warnings.append(
            f"APOP needs each user's clear password: they stand in {SASLDB}, which only cyrus and root can read"
        )
    return plan


WORD = Planned(ARGUMENT_SPEC, reads, plan)
