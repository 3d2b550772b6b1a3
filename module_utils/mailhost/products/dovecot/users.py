"""The virtual store: mailbox users in a passwd-file of Dovecot's, whose mail one account of the system owns.

Source: the manual's "Passwd-file": name, password, uid, gid, (gecos), home, (shell), extra fields.
"""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence

from ...core.errors import BadConfiguration, BadInput, Entry
from ...core.host import Seen, encode
from ...core.operations import Plan, Run, Write
from ...core.versions import Version
from ...formats.colons import Colons
from ...systems.families import System, system
from ..passwords import PREFIX, crypt_form, place
from ..standing import version_of
from . import versions as dialect
from .configure import USERS

VMAIL = ("vmail", "5000")
#: in front of a hash it makes one that no password has; alone it is who has no password yet
LOCK = NOBODY = "{CRYPT}!"


def plan(boxes: "Sequence[Mapping[str, Any]]", seen: Seen, plan: Plan, accounts: Colons) -> None:
    platform = system(seen)
    number = version_of(seen, "dovecot")
    if number is None:
        raise BadConfiguration("dovecot --version", "no Dovecot is installed", "Install it (mail_packages)")
    _vmail(accounts.get(VMAIL[0]), platform, plan)
    users = Colons(seen.file(USERS).text, USERS)
    before = list(_described(users))
    gone = []
    for at, box in enumerate(boxes):
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
        secret = _secret(box, place(at, name), stands[1] if stands else None, platform, number)
        if stands is None:
            plan.facts["created"].append(name)
        elif stands[1] != secret:
            plan.facts["password_changed"].append(name)
        fresh = [name, secret, VMAIL[1], VMAIL[1], "", f"/var/vmail/{name}", "", ""]
        users.set([name, secret, *stands[2:]] if stands else fresh)  # limits and homes of others' making stay
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


def is_locked(field: str) -> bool:
    """A lock is in front of a hash; ``!`` alone is nobody's password yet."""
    return field.startswith(LOCK) and field != NOBODY


def _secret(box: Mapping[str, Any], at: Entry, stands: "Optional[str]", platform: System, number: Version) -> str:
    """The password field of a virtual user: a lock that stands is an administrator's, and stays."""
    secret = _unlocked(box, at, stands, platform, number)
    if box["state"] != "locked" and not is_locked(stands or ""):
        return secret
    if secret.startswith(LOCK):
        return secret
    return LOCK + secret[len("{CRYPT}") :] if secret.startswith("{CRYPT}") else f"{LOCK}*"


def _unlocked(box: Mapping[str, Any], at: Entry, stands: "Optional[str]", platform: System, number: Version) -> str:
    """What stands where no password is given, and nobody's for a new user."""
    text = box.get("password_hash")
    if box.get("password"):
        return "{PLAIN}" + str(box["password"])
    if text is None:
        return stands if stands is not None else NOBODY
    if stands == "{CRYPT}" + text and text.startswith(("$6$", "$5$")):
        return str(stands)  # unchanged since it was validated
    return stored_form(at.at("password_hash"), text, platform, number)


def _described(users: Colons) -> "list[str]":
    return [f"{name}: mailbox" for name in users.names()]


def stored_form(place: str, text: str, platform: System, number: Version) -> str:
    """The hash as it must stand in a passwd-file for this version:
    always with a scheme; ``{CRYPT}`` is known to all."""
    crypted = crypt_form(place, text, platform)
    if crypted is not None:
        if crypted.startswith("$1$") and not dialect.MD5_CRYPT.nearest(number):
            raise BadInput(place, "MD5-CRYPT is weak, and Dovecot 2.4 refuses it", "Use SHA512-CRYPT")
        return "{CRYPT}" + crypted
    prefix = PREFIX.match(text)
    scheme = prefix.group(1).upper() if prefix else ""
    rows = dialect.SCHEMES.get(scheme.split(".")[0])
    if rows is None or not rows.at(number):
        raise BadInput(place, f"scheme {{{scheme}}} is not one that this host's Dovecot takes", "Use SHA512-CRYPT")
    return text
