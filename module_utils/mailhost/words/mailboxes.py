"""Mailbox users, any number at once: accounts of the system, made by the host's own tools,
or virtual ones in a passwd-file."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.errors import BadConfiguration
from ..core.host import File, Request, Seen
from ..core.operations import Plan, Run
from ..core.word import OPTIONS, Planned
from ..formats.colons import Colons
from ..products import accounts, admission, mailboxes
from ..products.dovecot import users
from ..products.postfix import addresses as postfix
from ..products.sendmail import addresses as sendmail
from ..products.table import choices
from ..systems.families import REQUESTS

_BOX = {
    "name": {"type": "str", "required": True},
    "password_hash": {"type": "str", "no_log": True},
    "state": {"type": "str", "choices": ["present", "locked", "absent"], "default": "present"},
    "aliases": {"type": "list", "elements": "str", "default": []},
    "uid": {"type": "int"},
    "purge_mail": {"type": "bool", "default": False},
    "quota": {"type": "int"},
    "password": {"type": "str", "no_log": True},
}
ARGUMENT_SPEC: "dict[str, Any]" = {
    "mailboxes": {"type": "list", "elements": "dict", "required": True, "options": _BOX},
    "store": {"type": "str", "choices": ["system", "virtual"], "default": "system"},
    "domains": {"type": "list", "elements": "str", "default": []},
    "mta": {"type": "str", "choices": choices("mta"), "default": "postfix"},
    "access": {"type": "str", "choices": choices("access"), "default": "dovecot"},
    "other_accounts": {"type": "str", "choices": ["refuse", "allow"], "default": "refuse"},
    "saslauthd": {"type": "bool", "default": False},
    **OPTIONS,
}
#: what leads addresses to mailboxes, by MTA
ADDRESSES = {"postfix": postfix, "sendmail": sendmail}
#: files of virtual users, by IMAP server; one that is not here has a store of its own
USERS = {"dovecot": users}


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    mailboxes.validate(params)
    yield from (*REQUESTS, File(accounts.PASSWD), *ADDRESSES[params["mta"]].reads(params))
    if params["store"] == "system":
        yield from admission.reads(params, seen)
        yield from accounts.reads(params["mailboxes"], seen)
    elif params["access"] in USERS:
        yield from USERS[params["access"]].REQUESTS


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    mailboxes.validate(params)
    plan, known = Plan(facts={"created": [], "removed": [], "password_changed": []}), None
    if seen.file(accounts.PASSWD).kind != "file":
        raise BadConfiguration(accounts.PASSWD, "cannot be read", "Become root")
    stand = Colons(seen.file(accounts.PASSWD).text, accounts.PASSWD)
    if params["store"] == "system":
        admission.plan(params, seen, plan)
        accounts.plan(params["mailboxes"], seen, plan, stand)
        if params["saslauthd"] and plan.operations:  # it answers for hours by what it knew (saslauthd(8), -c)
            plan.services = ("saslauthd",)
    elif params["access"] in USERS:
        USERS[params["access"]].plan(params["mailboxes"], seen, plan, stand)
        known = USERS[params["access"]].names(seen)
    ADDRESSES[params["mta"]].plan(params, seen, plan, known)
    plan.operations.sort(key=lambda operation: isinstance(operation, Run) and operation.final)
    return plan


WORD = Planned(ARGUMENT_SPEC, reads, plan)
