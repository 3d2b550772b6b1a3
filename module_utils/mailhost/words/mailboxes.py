"""Mailbox users, any number at once: accounts of the system, made by the host's own tools,
or virtual ones in a passwd-file."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from ..core.errors import BadConfiguration, BadInput, Entry
from ..core.host import Command, File, Request, Seen, encode
from ..core.operations import Plan, Run, Write
from ..core.word import OPTIONS, Planned
from ..formats.colons import Colons
from ..formats.keyed import Keyed
from ..products import accounts as system_accounts
from ..products.dovecot import users as virtual_users
from ..products.dovecot.configure import USERS, VERSION
from ..products.passwords import place
from ..products.postfix.configure import ALIASES, MAILBOXES, MAP_TYPE, map_files, map_type
from ..products.relay import domain
from ..products.sendmail.configure import VIRTUSERS
from ..products.sendmail.shell import MAKEMAP
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
    **OPTIONS,
}
_NAME = re.compile(r"^[a-z0-9_][a-z0-9._-]{0,63}$")
_SYSTEM_NAME = re.compile(r"^[a-z_][a-z0-9._-]{0,31}$")
Box = Mapping[str, Any]


def _validate(params: Mapping[str, Any]) -> None:
    seen: "set[str]" = set()
    pattern = _SYSTEM_NAME if params["store"] == "system" else _NAME
    for number, text in enumerate(params["domains"]):
        domain(f"domains[{number}]", text)
    if params["store"] == "virtual" and not params["domains"]:
        raise BadInput("domains", "empty, and virtual mailboxes live in domains", "Name the domains delivered here")
    for number, box in enumerate(params["mailboxes"]):
        name = box["name"]
        if not pattern.match(name) or ".." in name or name.endswith((".", "\n")):
            raise BadInput(
                place(number, box["name"]).at("name"),
                "not a mailbox name: a letter, digit or _, then letters, digits, . _ or -, all lower case"
                + (
                    "; a system account begins with a letter or _ and has at most 32 characters"
                    if params["store"] == "system"
                    else ""
                ),
                "Choose another name",
            )
        if name in seen:
            raise BadInput(place(number, box["name"]), "two mailboxes with one name", "Name each once")
        seen.add(name)
        if re.search(r"[:\s\0]", box.get("password_hash") or ""):
            raise BadInput(
                place(number, box["name"]).at("password_hash"),
                "a colon or white space in the hash",
                "Give the hash alone",
            )
        if box.get("quota") is not None and params["access"] == "dovecot":
            raise BadInput(
                place(number, box["name"]).at("quota"),
                "this store does not enforce quotas",
                "Leave it out, or use Cyrus (mailhost_access: cyrus)",
            )
        _refuse_password(place(number, box["name"]), box, params)
        uid = box.get("uid")
        if uid is not None and (uid < 500 or uid > 2147483646 or params["store"] == "virtual"):
            raise BadInput(
                place(number, box["name"]).at("uid"),
                f"{uid} is not a mailbox user's uid",
                "Give 500 or more, for a system account",
            )
        for index, alias in enumerate(box.get("aliases") or []):
            if not _NAME.match(alias):
                raise BadInput(
                    place(number, box["name"]).at(f"aliases[{index}]"),
                    f"{alias[:40]!r} is not a local part",
                    "Choose another name",
                )
    for number, box in enumerate(params["mailboxes"]):
        for index, alias in enumerate(box.get("aliases") or []):
            if alias in seen:
                raise BadInput(
                    place(number, box["name"]).at(f"aliases[{index}]"),
                    f"{alias!r} is a mailbox or an alias already",
                    "Name each once",
                )
            seen.add(alias)


def _refuse_password(at: Entry, box: Box, params: Mapping[str, Any]) -> None:
    """A clear password is for APOP: in Dovecot's virtual store, or in Cyrus' own store of secrets."""
    word = box.get("password")
    if params["access"] == "cyrus":
        if params["store"] == "virtual" and box["state"] == "locked":
            way = "Take it out, or use system accounts (mailhost_mailbox_store: system)"
            raise BadInput(at.at("state"), "locked, and Cyrus' own store of users has no locks", way)
        if params["store"] == "virtual" and box.get("password_hash"):
            way = "Give password, or use system accounts (mailhost_mailbox_store: system)"
            raise BadInput(
                at.at("password_hash"), "a hash, and Cyrus' own store of users holds plaintext passwords", way
            )
        return
    if not word:
        return
    if params["store"] == "system":
        raise BadInput(
            at.at("password"),
            "clear, and accounts of the system have hashes",
            "Give password_hash, or use the virtual store",
        )
    if box.get("password_hash"):
        raise BadInput(at.at("password"), "given beside password_hash, and the store holds one of them", "Give one")
    if re.search(r"[:\r\n\0]", word):
        raise BadInput(
            at.at("password"),
            "a colon, a newline or NUL, which the passwd-file cannot hold",
            "Choose another password",
        )


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    _validate(params)
    paths = ["/etc/passwd", USERS, ALIASES, MAILBOXES, VIRTUSERS] + (
        ["/etc/shadow"] if params["store"] == "system" else []
    )
    yield from (*REQUESTS, *map(File, paths), Command(VERSION), Command(MAP_TYPE))
    if params["store"] == "system":
        yield from system_accounts.newcomers(params["mailboxes"], seen)


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    _validate(params)
    plan = Plan(facts={"created": [], "removed": [], "password_changed": []})
    if seen.file("/etc/passwd").kind != "file":
        raise BadConfiguration("/etc/passwd", "cannot be read", "Become root")
    accounts = Colons(seen.file("/etc/passwd").text, "/etc/passwd")
    if params["store"] == "system":
        system_accounts.plan(params["mailboxes"], seen, plan, accounts)
    elif params["access"] == "dovecot":
        virtual_users.plan(params["mailboxes"], seen, plan, accounts)
    if params["mta"] == "sendmail":
        _virtusertable(params, seen, plan)
    elif seen.output(*MAP_TYPE).ok:
        map_files(plan, seen, map_type(seen), _maps(params, seen))
    plan.operations.sort(key=lambda operation: isinstance(operation, Run) and operation.final)
    return plan


def _virtusertable(params: Mapping[str, Any], seen: Seen, plan: Plan) -> None:
    """The aliases as rows of Sendmail's virtusertable; rows that lead to none of our mailboxes stay as they are."""
    boxes = {box["name"]: box for box in params["mailboxes"]}
    table = Keyed(seen.file(VIRTUSERS).text, VIRTUSERS)
    before = table.settings()
    wanted = {
        f"{alias}@{name}": box["name"]
        for name in params["domains"]
        for box in boxes.values()
        if box["state"] != "absent"
        for alias in box.get("aliases") or []
    }
    table.unset(
        *(
            row.key
            for row in table.rows()
            if row.value in boxes and row.key.partition("@")[2] in params["domains"] and row.key not in wanted
        )
    )
    for key, target in wanted.items():
        table.set(key, target)
    if plan.write(
        Write(seen.file(VIRTUSERS), encode(table.render()), fallback_mode=0o640, settings=(before, table.settings()))
    ):
        build, remove = MAKEMAP.argv(VIRTUSERS), ("rm", "-f", "--", f"{VIRTUSERS}.db")
        again = {"after_undo": build} if seen.file(VIRTUSERS).exists else {"undo": remove}
        plan.operations.append(Run(f"build {VIRTUSERS}.db", build, **again))


def _maps(params: Mapping[str, Any], seen: Seen) -> "dict[str, str]":
    """Our two tables: aliases (of mailboxes not named here they stay), and where virtual mailboxes lie."""
    boxes = {box["name"]: box for box in params["mailboxes"]}
    kept = [line.split() for line in seen.file(ALIASES).text.splitlines() if line and not line.startswith("#")]
    virtual = params["store"] == "virtual"
    lines = {
        key: target for key, target in (words for words in kept if len(words) == 2) if target.split("@")[0] not in boxes
    }
    for domain_name in params["domains"]:
        if virtual:
            lines[f"postmaster@{domain_name}"] = "root@localhost"
        for name, box in boxes.items():
            if box["state"] != "absent":
                lines.update(
                    {
                        f"{alias}@{domain_name}": f"{name}@{domain_name}" if virtual else name
                        for alias in box.get("aliases") or []
                    }
                )
    head = "# Written by mailhost (mailboxes).\n"
    tables = {ALIASES: head + "".join(f"{key}\t{target}\n" for key, target in sorted(lines.items()))}
    if virtual:
        stand = Colons(seen.file(USERS).text, USERS).names()
        if params["access"] == "cyrus":  # which has no file of users; the table itself tells who is known
            stand = [row.key.split("@")[0] for row in Keyed(seen.file(MAILBOXES).text, MAILBOXES).rows()]
        names = (set(stand) | set(boxes)) - {name for name, box in boxes.items() if box["state"] == "absent"}
        rows = sorted(f"{name}@{domain_name}\t{name}/Maildir/\n" for name in names for domain_name in params["domains"])
        tables[MAILBOXES] = head + "".join(rows)
    return tables


WORD = Planned(ARGUMENT_SPEC, reads, plan)
