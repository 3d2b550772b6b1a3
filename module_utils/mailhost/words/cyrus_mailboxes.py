"""Mailboxes of Cyrus IMAP: made, given a quota and removed over IMAP, by an administrator who exists only that long.

Sources: RFC 3501 (CREATE, DELETE), RFC 4314 (SETACL), RFC 2087 (SETQUOTA, in units of 1024 octets),
ctl_mboxlist(8), quota(8). The administrator ``mailhost`` (cyrus_services names it) gets a random password in Cyrus'
own store of secrets, and loses it at the end.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import Any, Dict, Iterable, List, Mapping

from ..core.errors import BadConfiguration, BadInput, Entry
from ..core.host import Command, File, Request, Seen, encode
from ..core.operations import Plan, Run, Write
from ..core.word import OPTIONS, Planned
from ..formats.settings import Settings
from ..products.cyrus import shell
from ..products.cyrus import versions as dialect
from ..products.cyrus.configure import ADMIN, FOLDERS, IMAPD, SASLDB, number_of
from ..products.cyrus.configure import STANDS as INSTALLED

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
_NAME = re.compile(r"^[a-z_][a-z0-9_-]{0,31}$")
STANDS = shell.LISTS.argv(*FOLDERS)
DIGESTS = SASLDB + ".digests"


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    _validate(params)
    return (File(IMAPD), Command(INSTALLED), Command(STANDS), File(DIGESTS))


def _validate(params: Mapping[str, Any]) -> None:
    seen: "set[str]" = set()
    if not {"imap", "imaps"} & set(params["protocols"]):
        raise BadInput(
            "protocols", "neither imap nor imaps, and Cyrus' mailboxes are made over IMAP", "Serve one of them"
        )
    for number, box in enumerate(params["mailboxes"]):
        place = Entry(f"mailboxes[{number}]", box["name"])
        if not _NAME.match(box["name"]) or box["name"].endswith("\n"):
            raise BadInput(
                place.at("name"),
                "not a name that is one part of a mailbox: letters, digits, _ and -, all lower case",
                "Choose another name",
            )
        if box["name"] in seen:
            raise BadInput(place, "two mailboxes with one name", "Name each once")
        if box["name"] in (ADMIN, "cyrus", "anyone", "anonymous"):
            raise BadInput(place, "is an administrator's name, who should own no mail", "Choose another")
        seen.add(box["name"])
        quota = box.get("quota")
        if quota is not None and not 1 <= quota <= 2147483647:
            raise BadInput(place.at("quota"), f"{quota} is not a number of KiB from 1 to 2147483647", "Correct it")
        if re.search(r"[\r\n\0]", box.get("password") or ""):
            raise BadInput(place.at("password"), "a newline or NUL in the password", "Give one line")


def listed(text: str) -> "set[str]":
    """The names of mailboxes in what ctl_mboxlist -d prints: tab-separated up to 3.2, JSON since."""
    if text.lstrip().startswith("{"):
        try:
            return set(json.loads(text))
        except ValueError:
            return set()
    return {line.split("\t")[0] for line in text.splitlines() if "\t" in line}


def quotas(text: str) -> "Dict[str, int]":
    """Quota in KiB by root, from what quota prints: ``Quota % Used Used [Resource] Root``."""
    limits = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 4 and words[0].isdigit() and ("STORAGE" in words or not words[-2].isupper()):
            limits[words[-1]] = int(words[0])
    return limits


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    _validate(params)
    output = seen.output(*STANDS).text
    if "= list" not in output or seen.file(IMAPD).kind != "file":
        raise BadConfiguration(IMAPD, "no Cyrus IMAP is installed", "Install it (mail_packages)")
    imapd = Settings(seen.file(IMAPD).text, IMAPD)
    is_unix = (imapd.get("unixhierarchysep") or dialect.UNIXHIERARCHYSEP.nearest(number_of(seen))).lower()
    separator = "/" if is_unix in ("yes", "on", "true", "1", "t") else "."
    boxes, _, roots = output.partition("= list\n")[2].partition("= quota\n")
    stand, limits = listed(boxes), quotas(roots)
    plan = Plan(facts={"created": [], "removed": [], "quotas": []})
    lines: "List[str]" = []
    back: "List[str]" = []
    for number, box in enumerate(params["mailboxes"]):
        root = f"user{separator}{box['name']}"
        exists = bool({root, f"user.{box['name']}"} & stand)
        if box["state"] == "absent":
            if exists and box.get("purge_mail"):
                plan.facts["removed"].append(box["name"])
                lines += [f'd{number}0 SETACL "{root}" {ADMIN} lrswipkxtecda', f'd{number}1 DELETE "{root}"']
            continue
        if not exists:
            plan.facts["created"].append(box["name"])
            lines.append(f'c{number} CREATE "{root}"')
            back += [f'd{number}0 SETACL "{root}" {ADMIN} lrswipkxtecda', f'd{number}1 DELETE "{root}"']
        held = limits.get(root, limits.get(f"user.{box['name']}"))
        if box.get("quota") is not None and box["quota"] != held:
            plan.facts["quotas"].append(box["name"])
            lines.append(f'q{number} SETQUOTA "{root}" (STORAGE {box["quota"]})')
            if exists:
                back.append(f'q{number} SETQUOTA "{root}" ({f"STORAGE {held}" if held is not None else ""})')
    if lines:
        plan.operations.append(_speak(plan, params, lines, back))
    _remember(plan, params, seen)
    return plan


def _remember(plan: Plan, params: Mapping[str, Any], seen: Seen) -> None:
    """Clear passwords for APOP, and for each a salted digest by which the next run knows that it is set."""
    stand = dict(line.split(" ", 1) for line in seen.file(DIGESTS).text.splitlines() if " " in line)
    fresh = dict(stand)
    secrets = ""
    for box in params["mailboxes"]:
        word, name = box.get("password"), box["name"]
        if not word or box["state"] == "absent":
            continue
        salt = stand.get(name, "").partition(" ")[0]
        if stand.get(name) != f"{salt} {_digest(salt, word)}":
            salt = os.urandom(12).hex()
            fresh[name] = f"{salt} {_digest(salt, word)}"
            secrets += f"{name}\n{word}\n"
    if secrets:
        plan.facts["secrets"] = [name for name in fresh if fresh[name] != stand.get(name)]
        about = f"set {len(plan.facts['secrets'])} secrets for APOP: {', '.join(plan.facts['secrets'][:10])}"
        keep, back = shell.REMEMBER.argv(SASLDB), ("mv", "-f", f"{SASLDB}.mailhost-old", SASLDB)
        plan.operations.append(Run(about, keep, encode(secrets), undo=back, undo_stdin=b"-"))
        text = "".join(f"{name} {rest}\n" for name, rest in fresh.items())
        plan.write(Write(seen.file(DIGESTS), encode(text), mode=0o600, settings=([], [])))


def _digest(salt: str, word: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", encode(word), salt.encode(), 20000).hex()


def _speak(plan: Plan, params: Mapping[str, Any], lines: "List[str]", back: "List[str]") -> Run:
    facts = plan.facts
    about = "; ".join(
        f"{task} {len(facts[key])}: {', '.join(facts[key][:10])}"
        for task, key in (
            ("make mailboxes", "created"),
            ("remove mailboxes and their mail", "removed"),
            ("set quotas", "quotas"),
        )
        if facts[key]
    )
    how, port = ("implicit", "993") if "imaps" in params["protocols"] else ("starttls", "143")
    argv = shell.SPEAK.argv(how, port, SASLDB, ADMIN, str(60 + len(lines) // 20))
    return Run(
        about,
        argv,
        shell.speak(lines),
        undo=argv if back else (),
        undo_stdin=shell.speak(back) if back else b"",
    )


WORD = Planned(ARGUMENT_SPEC, reads, plan)
