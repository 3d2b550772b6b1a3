"""Key and certificate of a mail host: self-signed by the host's own openssl, given, or renewed on the host."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.host import Request, Seen
from ..core.operations import Plan
from ..core.word import OPTIONS, Planned
from ..products import certificates
from ..products.certificates import Daemon, Serving, in_file
from ..products.cyrus import configure as cyrus
from ..products.dovecot import configure as dovecot
from ..products.postfix import configure as postfix
from ..products.sendmail import configure as sendmail
from ..products.table import PRODUCTS
from ..systems.families import REQUESTS

ARGUMENT_SPEC: "dict[str, Any]" = {
    "provider": {"type": "str", "choices": ["self_signed", "files", "host"], "default": "self_signed"},
    "names": {"type": "list", "elements": "str", "required": True},
    "days": {"type": "int", "default": 365},
    "renew_days": {"type": "int", "default": 30},
    "bits": {"type": "int", "default": 2048},
    "path": {"type": "path"},
    "key_path": {"type": "path", "no_log": False},
    "certificate": {"type": "str"},
    "chain": {"type": "str", "default": ""},
    "key": {"type": "str", "no_log": True},
    "services": {"type": "list", "elements": "str", "default": ["dovecot", "postfix"]},
    **OPTIONS,
}
SERVING = Serving(
    {
        PRODUCTS["dovecot"].unit: Daemon(dovecot.reads, dovecot.certificates),
        PRODUCTS["cyrus"].unit: in_file(cyrus.IMAPD, cyrus.certificates),
        PRODUCTS["postfix"].unit: in_file(postfix.MAIN, postfix.certificates),
        PRODUCTS["sendmail"].unit: in_file(sendmail.MC, sendmail.certificates),
    }
)


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    certificates.validate(params)
    yield from REQUESTS
    yield from certificates.reads(params, seen, SERVING)


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    certificates.validate(params)
    plan = certificates.plan(params, seen)
    if params["provider"] != "host":  # where others write, nothing is taken away
        plan.losses += certificates.losses(params, seen, SERVING)
    return plan


WORD = Planned(ARGUMENT_SPEC, reads, plan)
