"""Whom PAM lets into the mail services: the accounts that are mailboxes (``mailhost_other_accounts: refuse``), or every
person's (``allow``); never uid 0 or an account of the system.

One line in front of each service's own, which stay: pam_listfile(8) with a list of names, or pam_succeed_if(8) with the
first uid of a person. Both are in Linux-PAM 0.99 (CentOS 5). A daemon asks PAM at each login, so none is restarted.
"""

from __future__ import annotations

import re
from typing import Any, Iterable, List, Mapping, Sequence

from ..core.errors import BadConfiguration
from ..core.host import Command, File, Request, Seen
from ..core.loss import Loss
from ..core.operations import Plan, Write
from ..core.shell.logins import READERS as READERS_PROGRAM
from ..formats.colons import Colons
from ..systems.families import system
from . import accounts, logins
from .table import of_kind

LISTED = "/etc/mailhost/logins"
_ALLOWED = f"auth required pam_listfile.so item=user sense=allow onerr=fail file={LISTED}"
_LEAST = "auth required pam_succeed_if.so quiet uid >= {}"
_OURS = re.compile("^(?:" + re.escape(_ALLOWED) + "|" + re.escape(_LEAST.format("")) + "[0-9]+)$")
READERS = READERS_PROGRAM.argv()
_GROUP = "/etc/group"
#: what the services of most hosts include, so that it costs no round trip of its own
_USUAL = ("common-auth", "common-account", "system-auth", "password-auth")


def services(params: "Mapping[str, Any]") -> "List[str]":
    """The services of PAM that the daemons of the inventory ask; Postfix asks the IMAP server, Sendmail saslauthd."""
    found = {"dovecot": ["dovecot"], "cyrus": ["imap", "pop", "smtp", "sieve"]}[params["access"]]
    return list(dict.fromkeys([*found, *(["smtp"] if params["mta"] == "sendmail" else [])]))


def _listed(params: "Mapping[str, Any]") -> bool:
    """Whether only mailboxes may log in; an inventory that names none does not say who is meant to."""
    return params["other_accounts"] == "refuse" and any(box["state"] != "absent" for box in params["mailboxes"])


def reads(params: "Mapping[str, Any]", seen: Seen) -> "Iterable[Request]":
    asked = services(params)
    yield from (File(LISTED), File(_GROUP), *(File(logins.FOLDER + name) for name in (*asked, *_USUAL)))
    yield from map(File, _alternatives("smtp"))
    is_read = all(path in seen.files for name in asked for path in (logins.FOLDER + name, *_alternatives(name)))
    if _listed(params) and is_read and not _stands(asked, seen):
        yield from map(File, logins.files(asked, _text(seen)))
        yield Command(READERS)


def plan(params: "Mapping[str, Any]", seen: Seen, plan: Plan) -> None:
    """Writes the list and the line; who would lose a login that has mail behind it is a loss."""
    asked, platform = services(params), system(seen)
    names = sorted(box["name"] for box in params["mailboxes"] if box["state"] != "absent")
    line = _ALLOWED
    if _listed(params):
        plan.losses += _losses(params, asked, seen, set(names), platform.uid_min)
        listed = "".join(f"{name}\n" for name in names).encode()
        plan.write(Write(seen.file(LISTED), listed, mode=0o600, owner="root:root"))
    else:
        known = Colons(seen.file(accounts.PASSWD).text, accounts.PASSWD)
        uids = [int((known.get(name) or ["", "", "0"])[2]) for name in names]
        line = _LEAST.format(min([platform.uid_min, *filter(None, uids)]))
    for path in _paths(asked, seen):
        state = seen.file(path)
        text = state.text if state.kind == "file" else platform.family.pam_service
        if state.kind not in ("file", "absent"):
            raise BadConfiguration(state.path, "no regular file", "Put PAM's own there")
        if not text:
            place = f"{state.path}: is not there, so PAM's service other decides who logs in"
            plan.warnings.append(f"{place}, and mailhost_other_accounts has no effect")
            continue
        plan.write(Write(state, _with(line, text).encode("utf-8", "surrogateescape")))


def _alternatives(name: str) -> "List[str]":
    """Red Hat's smtp is a link to that of the MTA which is chosen, and another is chosen behind this word."""
    return [f"{logins.FOLDER}{name}.{row.name}" for row in of_kind("mta")] if name == "smtp" else []


def _paths(asked: "Sequence[str]", seen: Seen) -> "List[str]":
    """The files of these services; not their links."""
    found = []
    for name in asked:
        theirs = [path for path in _alternatives(name) if seen.file(path).kind == "file"]
        found += theirs or [logins.FOLDER + name]
    return found


def _with(line: str, text: str) -> str:
    """The service with the line in front of the first of its own."""
    rows = [row for row in text.splitlines(True) if not _OURS.match(row.rstrip())]
    at = next((at for at, row in enumerate(rows) if row.strip() and not row.startswith("#")), len(rows))
    if rows and not rows[-1].endswith("\n"):
        rows[-1] += "\n"
    return "".join([*rows[:at], line + "\n", *rows[at:]])


def _text(seen: Seen) -> logins.File:
    def text(path: str) -> "str | None":
        state = seen.files.get(path)
        return state.text if state and state.kind == "file" else None

    return text


def _stands(asked: "Sequence[str]", seen: Seen) -> bool:
    """Whether each of these services has the list in front already: then nobody else gets in who could lose that."""
    texts = [_text(seen)(path) or "" for path in _paths(asked, seen)]
    return all(any(row.rstrip() == _ALLOWED for row in text.splitlines()) for text in texts)


def _losses(
    params: "Mapping[str, Any]", asked: "Sequence[str]", seen: Seen, listed: "set[str]", least: int
) -> "List[Loss]":
    """Who reads mail here and is not listed, of those that a service which is there lets in."""
    here = [name for name in asked if seen.file(logins.FOLDER + name).kind == "file"]
    if _stands(asked, seen) or not here:
        return []
    limits = [logins.limits(name, _text(seen), seen.file(_GROUP).text) for name in here]
    known = Colons(seen.file(accounts.PASSWD).text, accounts.PASSWD)
    shadow = Colons(seen.file(accounts.SHADOW).text, accounts.SHADOW)
    removed = {box["name"] for box in params["mailboxes"] if box["state"] == "absent"}
    lost = []
    for line in seen.output(*READERS).text.splitlines():
        number, when, name = line.split(" ", 2)
        record = known.get(name)
        uid = int(record[2]) if record and record[2].isdigit() else least  # of a directory
        field = (shadow.get(name) or ["", ""])[1]
        has_password = record is None or bool(field.strip("!*")) and not accounts.is_locked(field)
        if name in listed or name in removed or uid < least or not has_password:
            continue
        if any(limit.lets_in(name, uid) for limit in limits):
            about = f"{name} has {number} messages" + (
                " and read mail in the last ninety days" if when == "recent" else ""
            )
            lost.append(
                Loss(
                    f"loss.login {name}",
                    logins.FOLDER + here[0],
                    f"{about}, is no mailbox of the inventory, and could not log in",
                    "List the account in mailhost_mailboxes, or keep all with mailhost_other_accounts: allow",
                )
            )
    return lost
