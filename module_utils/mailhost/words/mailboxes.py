"""Mailbox users, any number at once: accounts of the system, made by the host's own tools,
or virtual ones in a passwd-file."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List, Mapping, Optional

from ..core.errors import BadConfiguration, BadInput, Entry
from ..core.host import Command, File, Request, Seen, encode
from ..core.operations import Plan, Run, Write
from ..core.shell.accounts import MAKE_AGAIN, UNMAKE
from ..core.versions import Version
from ..core.word import OPTIONS, Planned
from ..formats.colons import Colons
from ..formats.keyed import Keyed
from ..products.dovecot import versions as dialect
from ..products.dovecot.configure import USERS, VERSION
from ..products.postfix.configure import ALIASES, MAILBOXES, MAP_TYPE, map_files, map_type
from ..products.relay import domain
from ..products.sendmail.configure import VIRTUSERS
from ..products.sendmail.shell import MAKEMAP
from ..products.standing import version_of
from ..products.table import choices
from ..systems.families import REQUESTS, System, system

_BOX = {
    "name": {"type": "str", "required": True},
    "password_hash": {"type": "str", "no_log": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
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
_PREFIX = re.compile(r"^\{([A-Za-z0-9.-]+)\}")
_CRYPT = re.compile(r"^\$([0-9a-z]+)\$[A-Za-z0-9./$=,+*-]+$")
VMAIL = ("vmail", "5000")
#: Dovecot's scheme names for what crypt(3) does, by crypt's prefix
CRYPT_NAMES = {"MD5-CRYPT": "1", "SHA256-CRYPT": "5", "SHA512-CRYPT": "6", "BLF-CRYPT": "2y", "CRYPT": ""}
Box = Mapping[str, Any]


def _place(number: int, box: Box) -> Entry:
    return Entry(f"mailboxes[{number}]", box["name"])


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
                _place(number, box).at("name"),
                "not a mailbox name: a letter, digit or _, then letters, digits, . _ or -, all lower case"
                + (
                    "; a system account begins with a letter or _ and has at most 32 characters"
                    if params["store"] == "system"
                    else ""
                ),
                "Choose another name",
            )
        if name in seen:
            raise BadInput(_place(number, box), "two mailboxes with one name", "Name each once")
        seen.add(name)
        if re.search(r"[:\s\0]", box.get("password_hash") or ""):
            raise BadInput(
                _place(number, box).at("password_hash"), "a colon or white space in the hash", "Give the hash alone"
            )
        if box.get("quota") is not None and params["access"] == "dovecot":
            raise BadInput(
                _place(number, box).at("quota"),
                "this store does not enforce quotas",
                "Leave it out, or use Cyrus (mailhost_access: cyrus)",
            )
        _refuse_password(_place(number, box), box, params)
        uid = box.get("uid")
        if uid is not None and (uid < 500 or uid > 2147483646 or params["store"] == "virtual"):
            raise BadInput(
                _place(number, box).at("uid"),
                f"{uid} is not a mailbox user's uid",
                "Give 500 or more, for a system account",
            )
        for index, alias in enumerate(box.get("aliases") or []):
            if not _NAME.match(alias):
                raise BadInput(
                    _place(number, box).at(f"aliases[{index}]"),
                    f"{alias[:40]!r} is not a local part",
                    "Choose another name",
                )
    for number, box in enumerate(params["mailboxes"]):
        for index, alias in enumerate(box.get("aliases") or []):
            if alias in seen:
                raise BadInput(
                    _place(number, box).at(f"aliases[{index}]"),
                    f"{alias!r} is a mailbox or an alias already",
                    "Name each once",
                )
            seen.add(alias)


def _refuse_password(place: Entry, box: Box, params: Mapping[str, Any]) -> None:
    """A clear password is for APOP: in Dovecot's virtual store, or in Cyrus' own store of secrets."""
    word = box.get("password")
    if params["access"] == "cyrus":
        if params["store"] == "virtual" and box.get("password_hash"):
            way = "Give password, or use system accounts (mailhost_mailbox_store: system)"
            raise BadInput(
                place.at("password_hash"), "a hash, and Cyrus' own store of users holds plaintext passwords", way
            )
        return
    if not word:
        return
    if params["store"] == "system":
        raise BadInput(
            place.at("password"),
            "clear, and accounts of the system have hashes",
            "Give password_hash, or use the virtual store",
        )
    if box.get("password_hash"):
        raise BadInput(place.at("password"), "given beside password_hash, and the store holds one of them", "Give one")
    if re.search(r"[:\r\n\0]", word):
        raise BadInput(
            place.at("password"),
            "a colon, a newline or NUL, which the passwd-file cannot hold",
            "Choose another password",
        )


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    _validate(params)
    paths = ["/etc/passwd", USERS, ALIASES, MAILBOXES, VIRTUSERS] + (
        ["/etc/shadow"] if params["store"] == "system" else []
    )
    return (*REQUESTS, *map(File, paths), Command(VERSION), Command(MAP_TYPE))


def crypt_form(place: str, text: str, platform: System) -> Optional[str]:
    """The hash as crypt(3) writes it, if it is one that this host verifies; None for a scheme of Dovecot's own."""
    prefix = _PREFIX.match(text)
    scheme, rest = (prefix.group(1).upper(), text[prefix.end() :]) if prefix else ("CRYPT", text)
    if scheme in ("PLAIN", "CLEAR", "CLEARTEXT", "PLAIN-MD4", "PLAIN-MD5"):
        raise BadInput(
            place, f"{{{scheme}}} is not a salted hash: it gives the password away", "Use doveadm pw -s SHA512-CRYPT"
        )
    if scheme not in CRYPT_NAMES:
        return None
    match = _CRYPT.match(rest)
    if not match or (CRYPT_NAMES[scheme] and CRYPT_NAMES[scheme][0] != match.group(1)[0]):
        raise BadInput(
            place, "not a hash of the form $id$salt$hash", "Use doveadm pw -s SHA512-CRYPT or openssl passwd -6"
        )
    if match.group(1) not in platform.crypt_schemes:
        known = ", ".join(f"${name}$" for name in platform.crypt_schemes)
        raise BadInput(
            place,
            f"scheme ${match.group(1)}$ is not known to crypt() of this host ({platform.name})",
            f"Use one of {known}",
        )
    return rest


def stored_form(place: str, text: str, platform: System, number: Version) -> str:
    """The hash as it must stand in a passwd-file for this version:
    always with a scheme; ``{CRYPT}`` is known to all."""
    crypted = crypt_form(place, text, platform)
    if crypted is not None:
        if crypted.startswith("$1$") and not dialect.MD5_CRYPT.nearest(number):
            raise BadInput(place, "MD5-CRYPT is weak, and Dovecot 2.4 refuses it", "Use SHA512-CRYPT")
        return "{CRYPT}" + crypted
    prefix = _PREFIX.match(text)
    scheme = prefix.group(1).upper() if prefix else ""
    rows = dialect.SCHEMES.get(scheme.split(".")[0])
    if rows is None or not rows.at(number):
        raise BadInput(place, f"scheme {{{scheme}}} is not one that this host's Dovecot takes", "Use SHA512-CRYPT")
    return text


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    _validate(params)
    plan = Plan(facts={"created": [], "removed": [], "password_changed": []})
    if seen.file("/etc/passwd").kind != "file":
        raise BadConfiguration("/etc/passwd", "cannot be read", "Become root")
    accounts = Colons(seen.file("/etc/passwd").text, "/etc/passwd")
    if params["store"] == "system":
        _system(params, seen, plan, accounts)
    elif params["access"] == "dovecot":
        _virtual(params, seen, plan, accounts)
    if params["mta"] == "sendmail":
        _virtusertable(params, seen, plan)
    elif seen.output(*MAP_TYPE).ok:
        map_files(plan, seen, map_type(seen), _maps(params, seen))
    plan.operations.sort(key=lambda operation: isinstance(operation, Run) and operation.final)
    return plan


def _system(params: Mapping[str, Any], seen: Seen, plan: Plan, accounts: Colons) -> None:
    platform = system(seen)
    if seen.file("/etc/shadow").kind != "file":
        raise BadConfiguration("/etc/shadow", "cannot be read", "Become root")
    shadow = Colons(seen.file("/etc/shadow").text, "/etc/shadow")
    names_by_uid: "Dict[Optional[int], List[str]]" = {}
    hashes: "List[str]" = []
    old: "List[str]" = []
    for number, box in enumerate(params["mailboxes"]):
        name, place, account = box["name"], _place(number, box), accounts.get(box["name"])
        if account is not None and int(account[2]) < platform.uid_min:
            raise BadInput(place, f"is an account of the system itself (uid {account[2]})", "Choose another name")
        if box["state"] == "absent":
            if account is not None:
                plan.facts["removed"].append(name)
                plan.operations.append(
                    _removal(account, (shadow.get(name) or ["", "!"])[1], box.get("purge_mail", False))
                )
            continue
        uid = box.get("uid")
        if account is None:
            plan.facts["created"].append(name)
            names_by_uid.setdefault(uid, []).append(name)
        elif uid is not None and int(account[2]) != uid:
            raise BadInput(
                place.at("uid"),
                f"the account has uid {account[2]}, not {uid}",
                "Change the account's uid by hand",
            )
        wanted = _crypted(place.at("password_hash"), box.get("password_hash"), platform)
        if wanted is not None and (shadow.get(name) or ["", ""])[1] != wanted:
            hashes.append(f"{name}:{wanted}\n")
            if account is not None:
                old.append(f"{name}:{(shadow.get(name) or ['', '!'])[1]}\n")
                plan.facts["password_changed"].append(name)
    _make(names_by_uid, platform, plan)
    if hashes:
        about = f"set {len(hashes)} passwords: " + ", ".join(line.split(":")[0] for line in hashes[:10])
        setting = ("chpasswd", "-e")
        back = (setting, encode("".join(old))) if old else (("true",), b"-")  # those of new accounts go with them
        plan.operations.append(Run(about, setting, encode("".join(hashes)), undo=back[0], undo_stdin=back[1]))


def _make(names_by_uid: "Mapping[Optional[int], List[str]]", platform: System, plan: Plan) -> None:
    """Accounts that are not there, by the uid they are to have (None: the next that is free)."""
    for uid, names in names_by_uid.items():
        add = (
            "xargs",
            "-n",
            "1",
            "useradd",
            "-m",
            "-s",
            platform.family.nologin,
            *(("-u", str(uid)) if uid else ()),
            "--",
        )
        about = f"make {len(names)} accounts: " + ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
        undo = ("xargs", "-n", "1", *UNMAKE.argv())
        plan.operations.append(Run(about, add, "".join(f"{name}\n" for name in names).encode(), undo=undo))


def _removal(account: "List[str]", secret: str, purge: bool) -> Run:
    """An account's end; without its mail it can be made again as it was."""
    name = account[0]
    if purge:
        return Run(f"remove account {name} and its mail", ("userdel", "-r", "--", name), final=True)
    again = MAKE_AGAIN.argv(name, account[2], account[3], account[5], account[6], account[4])
    line = encode(f"{name}:{secret}\n")
    return Run(f"remove account {name}, keep its mail", ("userdel", "--", name), undo=again, undo_stdin=line)


def _crypted(place: str, text: Optional[str], platform: System) -> Optional[str]:
    if text is None:
        return None
    wanted = crypt_form(place, text, platform)
    if wanted is None:
        raise BadInput(place, "a scheme of Dovecot's own, which system accounts cannot have", "Use SHA512-CRYPT")
    return wanted


def _virtual(params: Mapping[str, Any], seen: Seen, plan: Plan, accounts: Colons) -> None:
    platform = system(seen)
    number = version_of(seen, "dovecot")
    if number is None:
        raise BadConfiguration("dovecot --version", "no Dovecot is installed", "Install it (mail_packages)")
    _vmail(accounts.get(VMAIL[0]), platform, plan)
    users = Colons(seen.file(USERS).text, USERS)
    before = list(_described(users))
    gone = []
    for at, box in enumerate(params["mailboxes"]):
        name, stands = box["name"], users.get(box["name"])
        if box["state"] == "absent":
            if stands is not None:
                gone.append(name)
                if box.get("purge_mail"):
                    plan.operations.append(
                        Run(
                            f"remove mailbox {name} and its mail", ("rm", "-rf", "--", f"/var/vmail/{name}"), final=True
                        )
                    )
            continue
        secret = _secret(box, _place(at, box), stands[1] if stands else None, platform, number)
        if stands is None:
            plan.facts["created"].append(name)
        elif stands[1] != secret:
            plan.facts["password_changed"].append(name)
        users.set([name, secret, VMAIL[1], VMAIL[1], "", f"/var/vmail/{name}", "", ""])
    users.unset(*gone)
    plan.facts["removed"] += gone
    changes = [f"{name}: password" for name in plan.facts["password_changed"]]
    settings = (before + changes, _described(users) + [f"{line} (changed)" for line in changes])
    clear = any("{PLAIN}" in (users.get(name) or ["", ""])[1] for name in users.names())
    mode, holder = (0o600, "dovecot:dovecot") if clear else (0o640, "root:dovecot")
    plan.write(Write(seen.file(USERS), encode(users.render()), mode=mode, owner=holder, settings=settings))


def _vmail(account: "Optional[List[str]]", platform: System, plan: Plan) -> None:
    """The one account that owns all virtual mail."""
    if account is None:
        group = Run("make group vmail", ("groupadd", "-g", VMAIL[1], VMAIL[0]), undo=("groupdel", VMAIL[0]))
        user = (
            "useradd",
            "-u",
            VMAIL[1],
            "-g",
            VMAIL[0],
            "-d",
            "/var/vmail",
            "-m",
            "-s",
            platform.family.nologin,
            VMAIL[0],
        )
        plan.operations += [group, Run("make user vmail, who owns all mail", user, undo=("userdel", VMAIL[0]))]
    elif account[2] != VMAIL[1]:
        raise BadConfiguration("/etc/passwd", f"user vmail has uid {account[2]}, not {VMAIL[1]}", "Rename that account")


def _secret(box: Mapping[str, Any], place: Entry, stands: "Optional[str]", platform: System, number: Version) -> str:
    """The password field of a virtual user; what stands where no password is given, and nobody's for a new user."""
    text = box.get("password_hash")
    if box.get("password"):
        return "{PLAIN}" + str(box["password"])
    if text is None:
        return stands if stands is not None else "{CRYPT}!"
    if stands == "{CRYPT}" + text and text.startswith(("$6$", "$5$")):
        return str(stands)  # unchanged since it was validated
    return stored_form(place.at("password_hash"), text, platform, number)


def _described(users: Colons) -> "list[str]":
    return [f"{name}: mailbox" for name in users.names()]


def _virtusertable(params: Mapping[str, Any], seen: Seen, plan: Plan) -> None:
    """The aliases as rows of Sendmail's virtusertable; rows that lead to none of our mailboxes stay as they are."""
    boxes = {box["name"]: box for box in params["mailboxes"]}
    table = Keyed(seen.file(VIRTUSERS).text, VIRTUSERS)
    before = table.settings()
    wanted = {
        f"{alias}@{name}": box["name"]
        for name in params["domains"]
        for box in boxes.values()
        if box["state"] == "present"
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
            if box["state"] == "present":
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
