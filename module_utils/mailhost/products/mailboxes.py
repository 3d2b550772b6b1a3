"""The list of mailboxes as the inventory has it: what is refused in it, whatever the daemons."""

from __future__ import annotations

import re
from typing import Any, Mapping

from ..core.errors import BadInput, Entry
from .passwords import place
from .relay import domain
from .table import PRODUCTS, Logins, choices

Box = Mapping[str, Any]
_NAME = re.compile(r"^[a-z0-9_][a-z0-9._-]{0,63}$")
_SYSTEM_NAME = re.compile(r"^[a-z_][a-z0-9._-]{0,31}$")


def logins(access: str) -> Logins:
    """What the IMAP server that is asked for lets in."""
    row = PRODUCTS[access].logins
    if row is None:
        raise BadInput("access", f"{access} serves no mailboxes", f"Choose from {', '.join(choices('access'))}")
    return row


def validate(params: Mapping[str, Any]) -> None:
    for number, text in enumerate(params["domains"]):
        domain(f"domains[{number}]", text)
    if params["store"] == "virtual" and not params["domains"]:
        raise BadInput("domains", "empty, and virtual mailboxes live in domains", "Name the domains delivered here")
    taken: "set[str]" = set()
    for number, box in enumerate(params["mailboxes"]):
        at = place(number, box["name"])
        _refuse_name(at, box["name"], params["store"])
        if box["name"] in taken:
            raise BadInput(at, "two mailboxes with one name", "Name each once")
        taken.add(box["name"])
        _refuse_fields(at, box, params)
        for index, alias in enumerate(box.get("aliases") or []):
            if not _NAME.match(alias):
                fault = f"{alias[:40]!r} is not a local part"
                raise BadInput(at.at(f"aliases[{index}]"), fault, "Choose another name")
    for number, box in enumerate(params["mailboxes"]):
        for index, alias in enumerate(box.get("aliases") or []):
            if alias in taken:
                at = place(number, box["name"])
                fault = f"{alias!r} is a mailbox or an alias already"
                raise BadInput(at.at(f"aliases[{index}]"), fault, "Name each once")
            taken.add(alias)


def _refuse_name(at: Entry, name: str, store: str) -> None:
    pattern = _SYSTEM_NAME if store == "system" else _NAME
    if pattern.match(name) and ".." not in name and not name.endswith((".", "\n")):
        return
    fault = "not a mailbox name: a letter, digit or _, then letters, digits, . _ or -, all lower case"
    if store == "system":
        fault += "; a system account begins with a letter or _ and has at most 32 characters"
    raise BadInput(at.at("name"), fault, "Choose another name")


def _refuse_fields(at: Entry, box: Box, params: Mapping[str, Any]) -> None:
    if re.search(r"[:\s\0]", box.get("password_hash") or ""):
        raise BadInput(at.at("password_hash"), "a colon or white space in the hash", "Give the hash alone")
    server = logins(params["access"])
    if box.get("quota") is not None and server.no_quotas:
        others = [name for name in choices("access") if not logins(name).no_quotas]
        way = "".join(f", or use {PRODUCTS[name].title} (mailhost_access: {name})" for name in others)
        raise BadInput(at.at("quota"), server.no_quotas, f"Leave it out{way}")
    _refuse_password(at, box, params["store"], server)
    uid = box.get("uid")
    if uid is not None and (uid < 500 or uid > 2147483646 or params["store"] == "virtual"):
        fault = f"{uid} is not a mailbox user's uid"
        raise BadInput(at.at("uid"), fault, "Give 500 or more, for a system account")


def _refuse_password(at: Entry, box: Box, store: str, server: Logins) -> None:
    """A clear password is for APOP: in a virtual store with a file of users, or in a server's own store of secrets."""
    way = "use system accounts (mailhost_mailbox_store: system)"
    if store == "virtual" and box["state"] == "locked" and server.no_locks:
        raise BadInput(at.at("state"), server.no_locks, f"Take it out, or {way}")
    if store == "virtual" and box.get("password_hash") and server.no_hashes:
        raise BadInput(at.at("password_hash"), server.no_hashes, f"Give password, or {way}")
    word = box.get("password")
    if not word or server.no_hashes:
        return
    at_password = at.at("password")
    if store == "system":
        fault = "clear, and accounts of the system have hashes"
        raise BadInput(at_password, fault, "Give password_hash, or use the virtual store")
    if box.get("password_hash"):
        raise BadInput(at_password, "given beside password_hash, and the store holds one of them", "Give one")
    if re.search(r"[:\r\n\0]", word):
        fault = "a colon, a newline or NUL, which the passwd-file cannot hold"
        raise BadInput(at_password, fault, "Choose another password")
