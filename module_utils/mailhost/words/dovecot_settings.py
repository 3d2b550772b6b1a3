"""Dovecot's authentication, mail location and TLS."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.errors import BadConfiguration
from ..core.host import Request, Seen
from ..core.operations import Plan
from ..core.word import OPTIONS, Planned
from ..products.dovecot import configure as dovecot
from ..products.dovecot import judge, location, settings
from ..products.dovecot.configure import USERS
from ..products.dovecot.databases import keep_to
from ..systems.families import REQUESTS, system

ARGUMENT_SPEC: "dict[str, Any]" = {
    "auth_mechanisms": {"type": "list", "elements": "str", "default": ["plain", "login"]},
    "cleartext_login": {"type": "str", "choices": ["refuse", "allow"], "default": "refuse"},
    "maildir": {"type": "str", "default": "Maildir"},
    "mail_format": {"type": "str", "choices": list(location.FORMATS), "default": "keep"},
    "mailbox_store": {"type": "str", "choices": ["system", "virtual"], "default": "system"},
    "certificate": {"type": "path"},
    "key": {"type": "path", "no_log": False},
    "postfix_sasl": {"type": "bool", "default": True},
    "clear_passwords": {"type": "bool", "default": False},
    "other_databases": {"type": "str", "choices": ["refuse", "keep"], "default": "refuse"},
    **OPTIONS,
}


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    settings.validate(params)
    yield from REQUESTS
    yield from location.wants(params, seen)


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    settings.validate(params)
    here = dovecot.Installation(seen)
    for cause in judge.drivers(here.configuration, here.version):  # which dovecot -n does not look at
        raise BadConfiguration(cause.place, cause.what, cause.way_out)
    losses = keep_to(here, params["mailbox_store"], params["other_databases"])
    settings.configure(here, params, system(seen).family)
    losses += location.change(here, params, seen)
    settings.offer_socket(here, params["postfix_sasl"])
    plan = here.plan({})
    plan.losses += losses
    if "apop" in map(str.lower, params["auth_mechanisms"]):
        plan.warnings.append(
            f"APOP needs each user's clear password: they stand in {USERS}, which only dovecot and root can read"
        )
    return plan


WORD = Planned(ARGUMENT_SPEC, reads, plan)
