"""Mailboxes of Cyrus IMAP: made, given a quota and removed over IMAP, by an administrator who exists only that long."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.host import Request, Seen
from ..core.operations import Plan
from ..core.word import OPTIONS, Planned
from ..products.cyrus import mailboxes

_BOX = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "locked", "absent"], "default": "present"},
    "quota": {"type": "int"},
    "password": {"type": "str", "no_log": True},
    "purge_mail": {"type": "bool", "default": False},
    "password_hash": {
        "type": "str",
        "no_log": True,
    },  # these three are for the word mailboxes, which takes the same list
    "aliases": {"type": "list", "elements": "str"},
    "uid": {"type": "int"},
}
ARGUMENT_SPEC: "dict[str, Any]" = {
    "mailboxes": {"type": "list", "elements": "dict", "required": True, "options": _BOX},
    "protocols": {"type": "list", "elements": "str", "default": ["imap", "imaps", "pop3", "pop3s"]},
    **OPTIONS,
}


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    mailboxes.validate(params)
    return mailboxes.REQUESTS


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    mailboxes.validate(params)
    plan = Plan(facts={"created": [], "removed": [], "quotas": []})
    mailboxes.speak(plan, params, mailboxes.Stand(seen))
    mailboxes.remember(plan, params, seen)
    return plan


WORD = Planned(ARGUMENT_SPEC, reads, plan)
