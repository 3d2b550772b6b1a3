"""Mailbox users as accounts of the system: made, locked and removed by the host's own tools, any number at once.

Sources: useradd(8), chpasswd(8), passwd(1) and shadow(5): a ``!`` in front of a hash is a lock.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from ..core.errors import BadConfiguration, BadInput
from ..core.host import Command, Request, Seen, encode
from ..core.operations import Plan, Run
from ..core.shell.accounts import MAKE_AGAIN, NEWCOMERS, UNMAKE
from ..formats.colons import Colons
from ..systems.families import System, system
from .passwords import crypt_form, place

Box = Mapping[str, Any]
_HIGHEST = 60000  # useradd's UID_MAX on every system here


def newcomers(boxes: "Sequence[Box]", seen: Seen) -> "Iterable[Request]":
    """What is asked where accounts are to be made: who is known beside /etc/passwd, and which uids own mail."""
    names = _missing(boxes, Colons(seen.file("/etc/passwd").text, "/etc/passwd"))
    if names:
        yield Command(NEWCOMERS.argv(), "".join(f"{name}\n" for name in names))


def _missing(boxes: "Iterable[Box]", accounts: Colons) -> "List[str]":
    known = set(accounts.names())
    return [box["name"] for box in boxes if box["state"] != "absent" and box["name"] not in known]


class Around:
    """What stands around accounts that are to be made, by ``NEWCOMERS``."""

    def __init__(self, seen: Seen, is_asked: bool, accounts: Colons, lowest: int) -> None:
        text = seen.output(*NEWCOMERS.argv()).text if is_asked else ""
        lines = [line.split(" ") for line in text.splitlines()]
        self.elsewhere = {words[1] for words in lines if words[0] == "P"}  # in LDAP, NIS or another source
        self.groups = {words[1] for words in lines if words[0] == "G"}
        records = [accounts.get(name) or [] for name in accounts.names()]
        self.taken = {int(record[2]) for record in records if len(record) > 2 and record[2].isdigit()}
        owners = [(int(words[1]), words[2]) for words in lines if words[0] == "O" and words[1].isdigit()]
        #: uids that own a home or a mailbox and are nobody's, by the name of that
        self.orphans = {name: uid for uid, name in owners if uid not in self.taken and lowest <= uid < _HIGHEST}
        self._next = max([lowest - 1, *[uid for uid in self.taken if uid < _HIGHEST], *self.orphans.values()]) + 1

    def uid(self, name: str) -> Optional[int]:
        """Whose mail is there gets his uid back, and nobody else does; None where useradd may choose."""
        if name in self.orphans and self.orphans[name] not in self.taken:
            self.taken.add(self.orphans[name])
            return self.orphans[name]
        if not self.orphans:
            return None
        self._next += 1
        return self._next - 1


def plan(boxes: "Sequence[Box]", seen: Seen, plan: Plan, accounts: Colons) -> None:
    platform = system(seen)
    if seen.file("/etc/shadow").kind != "file":
        raise BadConfiguration("/etc/shadow", "cannot be read", "Become root")
    shadow = Colons(seen.file("/etc/shadow").text, "/etc/shadow")
    around = Around(seen, bool(_missing(boxes, accounts)), accounts, platform.uid_min)
    new: "Dict[Tuple[Optional[int], bool], List[str]]" = {}
    hashes: "List[str]" = []
    old: "List[str]" = []
    for number, box in enumerate(boxes):
        name, account = box["name"], accounts.get(box["name"])
        stands = (shadow.get(name) or ["", "!"])[1]
        _refuse(place(number, name), box, account, platform, around)
        if box["state"] == "absent":
            if account is not None:
                plan.facts["removed"].append(name)
                plan.operations.append(_removal(account, stands, box.get("purge_mail", False)))
            continue
        if account is None and name not in around.elsewhere:
            plan.facts["created"].append(name)
            uid = box.get("uid") or around.uid(name)
            new.setdefault((uid, name in around.groups), []).append(name)
        wanted = _field(_crypted(place(number, name).at("password_hash"), box, platform), stands, box["state"])
        if wanted is not None and wanted != (shadow.get(name) or ["", ""])[1]:
            hashes.append(f"{name}:{wanted}\n")
            if account is not None:
                old.append(f"{name}:{stands}\n")
                plan.facts["password_changed"].append(name)
    _make(new, platform, plan)
    if hashes:
        about = f"set {len(hashes)} passwords: " + ", ".join(line.split(":")[0] for line in hashes[:10])
        setting = ("chpasswd", "-e")
        back = (setting, encode("".join(old))) if old else (("true",), b"-")  # those of new accounts go with them
        plan.operations.append(Run(about, setting, encode("".join(hashes)), undo=back[0], undo_stdin=back[1]))


def _refuse(at: Any, box: Box, account: "Optional[List[str]]", platform: System, around: Around) -> None:
    uid = box.get("uid")
    if account is not None and int(account[2]) < platform.uid_min and uid != int(account[2]):
        raise BadInput(at, f"is an account of the system itself (uid {account[2]})", "Choose another name")
    if box["state"] == "absent":
        return
    if account is not None and uid is not None and int(account[2]) != uid:
        fault = f"the account has uid {account[2]}, not {uid}"
        raise BadInput(at.at("uid"), fault, "Change the account's uid by hand")
    if account is None and box["name"] in around.elsewhere and (uid is not None or box.get("password_hash")):
        option = "password_hash" if box.get("password_hash") else "uid"
        fault = "is for an account of this host, and the user is one of its directory's (LDAP, NIS or another source)"
        raise BadInput(at.at(option), fault, "Leave it out, and set it there")


def is_locked(field: str) -> bool:
    """A lock is in front of a hash; ``!``, ``!!`` and ``*`` alone are accounts that never had a password."""
    return field.startswith("!") and bool(field.strip("!*"))


def _field(wanted: Optional[str], stands: str, state: str) -> Optional[str]:
    """The password's field of /etc/shadow: a lock that stands is an administrator's, and stays; None if all is well."""
    lock = stands[: len(stands) - len(stands.lstrip("!"))] if is_locked(stands) else "!" * (state == "locked")
    if wanted is None:
        return f"!{stands}" if state == "locked" and not stands.startswith(("!", "*")) else None
    return lock + wanted


def _make(new: "Mapping[Tuple[Optional[int], bool], List[str]]", platform: System, plan: Plan) -> None:
    """Accounts that are not there, by the uid they are to have (None: the next that is free), and by whether a group of
    their name is there, which is theirs then."""
    shell = platform.family.nologin
    for (uid, has_group), names in new.items():
        about = f"make {len(names)} accounts: " + ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
        add = ("useradd", "-m", "-s", shell, *(("-u", str(uid)) if uid else ()))
        if has_group:
            for name in names:
                run = Run(f"make account {name}", (*add, "-g", name, "--", name), undo=UNMAKE.argv(name))
                plan.operations.append(run)
            continue
        undo = ("xargs", "-n", "1", *UNMAKE.argv())
        text = "".join(f"{name}\n" for name in names).encode()
        plan.operations.append(Run(about, ("xargs", "-n", "1", *add, "--"), text, undo=undo))


def _removal(account: "List[str]", secret: str, purge: bool) -> Run:
    """An account's end; without its mail it can be made again as it was."""
    name = account[0]
    if purge:
        return Run(f"remove account {name} and its mail", ("userdel", "-r", "--", name), final=True)
    again = MAKE_AGAIN.argv(name, account[2], account[3], account[5], account[6], account[4])
    line = encode(f"{name}:{secret}\n")
    return Run(f"remove account {name}, keep its mail", ("userdel", "--", name), undo=again, undo_stdin=line)


def _crypted(at: str, box: Box, platform: System) -> Optional[str]:
    text = box.get("password_hash")
    if text is None:
        return None
    wanted = crypt_form(at, text, platform)
    if wanted is None:
        raise BadInput(at, "a scheme of Dovecot's own, which system accounts cannot have", "Use SHA512-CRYPT")
    return wanted
