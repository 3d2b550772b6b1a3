"""Dovecot's authentication, mail location and TLS."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.errors import BadConfiguration, BadInput
from ..core.host import Request, Seen
from ..core.operations import Plan
from ..core.word import OPTIONS, Planned
from ..products import access, ciphers
from ..products.dovecot import configure as dovecot
from ..products.dovecot import judge as policy
from ..products.dovecot import location
from ..products.dovecot import versions as dialect
from ..products.dovecot.configure import USERS
from ..products.dovecot.databases import keep_to
from ..products.dovecot.grammar import Setting
from ..systems.families import REQUESTS, system

SOCKET = "/var/spool/postfix/private/auth"
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
#: mechanisms that need the clear password, or a secret of their own, which no store of hashes has
NEED_A_SECRET = ("apop", "cram-md5", "digest-md5", "scram-sha-1", "scram-sha-256", "otp", "skey", "rpa", "ntlm")


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    _validate(params)
    yield from REQUESTS
    yield from location.wants(params, seen)


def _validate(params: Mapping[str, Any]) -> None:
    for number, word in enumerate(params["auth_mechanisms"]):
        place = f"auth_mechanisms[{number}]"
        if word.lower() == "apop":
            _needs_clear_passwords(place, params)
        elif word.lower() in NEED_A_SECRET:
            raise BadInput(
                place,
                f"{word} needs each user's clear password, and the {params['mailbox_store']} store holds hashes: "
                "no password database could serve it, and Dovecot's logins would all fail",
                "Use plain and login inside TLS",
            )
        elif word.lower() not in ("plain", "login"):
            raise BadInput(place, f"{word!r} is not a mechanism that these stores serve", "Use plain and login")
    if not params["auth_mechanisms"]:
        raise BadInput("auth_mechanisms", "empty: nobody could log in", "Use plain and login")
    maildir = params["maildir"]
    if (
        not maildir
        or maildir.startswith("/")
        or ".." in maildir.split("/")
        or any(c in maildir for c in " \t\r\n%$#\"'<>{}:\\\0")
    ):
        raise BadInput("maildir", f"{maildir!r} is not the name of a folder below the home", "Give a relative path")
    for option in ("certificate", "key"):
        access.path(option, params.get(option))


def _needs_clear_passwords(place: str, params: Mapping[str, Any]) -> None:
    if params["mailbox_store"] == "system":
        raise BadInput(
            place,
            "apop needs each user's clear password, and accounts of the system have hashes",
            "Use mailbox_store virtual",
        )
    if not params["clear_passwords"]:
        raise BadInput(
            place,
            "apop needs each user's clear password, and the virtual store holds hashes only: "
            "Dovecot's logins would all fail",
            "Give the users who need it a password (mailhost_mailboxes[].password), or use plain and login inside TLS",
        )


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    _validate(params)
    here = dovecot.Installation(seen)
    platform = system(seen)
    for cause in policy.drivers(here.configuration, here.version):  # which dovecot -n does not look at
        raise BadConfiguration(cause.place, cause.what, cause.way_out)
    losses = keep_to(here, params["mailbox_store"], params["other_databases"])
    here.set(here.at(dialect.TLS_ON))
    here.set(
        here.at(dialect.CERTIFICATE),
        certificate=params.get("certificate") or platform.family.certificate,
        key=params.get("key") or platform.family.key,
    )
    if here.at(ciphers.DOVECOT):
        _ciphers(here)
    here.set(here.at(dialect.CLEARTEXT[params["cleartext_login"]]))
    here.set(here.at(dialect.MECHANISMS), mechanisms=" ".join(params["auth_mechanisms"]).lower())
    losses += location.change(here, params, seen)
    if params["postfix_sasl"]:
        here.set(here.at(dialect.SASL_SOCKET), socket=SOCKET)
    else:
        _drop_socket(here)
    plan = here.plan({})
    plan.losses += losses
    if "apop" in map(str.lower, params["auth_mechanisms"]):
        plan.warnings.append(
            f"APOP needs each user's clear password: they stand in {USERS}, which only dovecot and root can read"
        )
    return plan


def _ciphers(here: dovecot.Installation) -> None:
    """Each list of ciphers that stands, in a protocol's section too, without what nobody should take,
    in the file that it stands in; where there is none for all, one of ours."""
    whole = ("ssl_cipher_list",)
    lists = [
        (here.edited[name], path, entry.value)
        for name, path, entry in here.configuration.entries()
        if path[-1:] == whole and isinstance(entry, Setting) and (len(path) == 1 or path[0].startswith("protocol "))
    ]
    for tree, path, value in [*lists, *([] if any(path == whole for _, path, _ in lists) else [(here.own, whole, "")])]:
        tree.set(path, ciphers.tightened(value))


def _drop_socket(here: dovecot.Installation) -> None:
    if here.at(dialect.LISTENERS):
        here.own.drop_section(("service auth", f"unix_listener {SOCKET}"))
    else:
        here.own.drop_section(("auth default", "socket listen"))


WORD = Planned(ARGUMENT_SPEC, reads, plan)
