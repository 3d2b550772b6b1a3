"""Dovecot's authentication and TLS as the inventory has them: what is refused, and the edits that make it so."""

from __future__ import annotations

from typing import Any, Mapping

from ...core.errors import BadInput
from ...systems.families import Family
from .. import access, ciphers
from . import versions as dialect
from .configure import Installation
from .grammar import Setting

SOCKET = "/var/spool/postfix/private/auth"
#: mechanisms that need the clear password, or a secret of their own, which no store of hashes has
NEED_A_SECRET = ("apop", "cram-md5", "digest-md5", "scram-sha-1", "scram-sha-256", "otp", "skey", "rpa", "ntlm")


def validate(params: Mapping[str, Any]) -> None:
    _refuse_mechanisms(params)
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


def _refuse_mechanisms(params: Mapping[str, Any]) -> None:
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


def configure(here: Installation, params: Mapping[str, Any], family: Family) -> None:
    here.set(here.at(dialect.TLS_ON))
    here.set(
        here.at(dialect.CERTIFICATE),
        certificate=params.get("certificate") or family.certificate,
        key=params.get("key") or family.key,
    )
    if here.at(ciphers.DOVECOT):
        _ciphers(here)
    here.set(here.at(dialect.CLEARTEXT[params["cleartext_login"]]))
    here.set(here.at(dialect.MECHANISMS), mechanisms=" ".join(params["auth_mechanisms"]).lower())


def offer_socket(here: Installation, is_wanted: bool) -> None:
    """The socket at which Postfix asks about passwords."""
    if is_wanted:
        here.set(here.at(dialect.SASL_SOCKET), socket=SOCKET)
    else:
        _drop_socket(here)


def _ciphers(here: Installation) -> None:
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


def _drop_socket(here: Installation) -> None:
    if here.at(dialect.LISTENERS):
        here.own.drop_section(("service auth", f"unix_listener {SOCKET}"))
    else:
        here.own.drop_section(("auth default", "socket listen"))
