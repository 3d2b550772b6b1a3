"""Who may log in to a mail daemon that asks the system about passwords, and is not listed as a mailbox.

Sources: pam.conf(5), pam_succeed_if(8), pam_listfile(8), pam_wheel(8): ``auth`` and ``account`` lines that must
succeed; shadow(5). Which services are read is the daemons' to say (``passdb pam``: dovecot; saslauthd: imap, pop,
smtp).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Callable, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from ..formats.colons import Colons
from .cause import Cause

FOLDER = "/etc/pam.d/"
#: controls that end in failure when the module does
_MUST = ("required", "requisite")
File = Callable[[str], Optional[str]]  # a file's text; None where it is not there


@dataclass
class Limits:
    """What a PAM service lets by: uids from ``least`` on, ``only`` these names (None: all), none of ``never``."""

    least: int = 0
    only: "Optional[Set[str]]" = None
    never: "Set[str]" = field(default_factory=set)

    def keep(self, names: "Iterable[str]") -> None:
        self.only = set(names) if self.only is None else self.only & set(names)

    def lets_in(self, name: str, uid: int) -> bool:
        return uid >= self.least and name not in self.never and (self.only is None or name in self.only)


def lines(service: str, text: File, depth: int = 0) -> "List[List[str]]":
    """The words of each line of a service, includes put in (``@include``, ``include``, ``substack``)."""
    found: "List[List[str]]" = []
    for line in (text(FOLDER + service) or "").replace("\\\n", " ").splitlines():
        words = re.findall(r"\[[^\]]*\]|\S+", line.partition("#")[0])
        if words[:1] == ["@include"] and len(words) == 2 and depth < 8:
            found += lines(words[1], text, depth + 1)
        elif len(words) > 2 and words[1] in ("include", "substack") and depth < 8:
            inner = lines(words[2], text, depth + 1)
            found += [one for one in inner if one[0].lstrip("-") == words[0].lstrip("-")]
        elif len(words) > 2:
            found.append(words)
    return found


def files(services: "Sequence[str]", text: File) -> "List[str]":
    """What must be read to know the limits of these services: their files, and what those name."""
    named = [FOLDER + service for service in services]
    for service in services:
        for line in _every(service, text):
            named += [word[5:] for word in line if word.startswith("file=/")]
    return list(dict.fromkeys([*named, *_included(services, text)]))


def _every(service: str, text: File) -> "List[List[str]]":
    return [line for line in lines(service, text) if line[0].lstrip("-") in ("auth", "account")]


def _included(services: "Sequence[str]", text: File, depth: int = 0) -> "List[str]":
    names = []
    for service in services:
        content = text(FOLDER + service) or ""
        inner = re.findall(r"^@include\s+(\S+)|^-?\w+\s+(?:include|substack)\s+(\S+)", content, re.M)
        names += [one or other for one, other in inner]
    deeper = _included(list(dict.fromkeys(names)), text, depth + 1) if names and depth < 8 else []
    return [FOLDER + name for name in dict.fromkeys(names)] + deeper


def limits(service: str, text: File, group: str) -> Limits:
    """What the service lets by; ``group`` is /etc/group."""
    here = Limits()
    over: "Set[str]" = set()  # a kind whose later lines are not reached: the password was enough before them
    for kind, control, module, *words in _every(service, text):
        if kind.lstrip("-") in over:
            continue
        must = control in _MUST or "default=die" in control or "default=bad" in control
        name = module.rpartition("/")[2]
        if control == "sufficient" and name not in ("pam_succeed_if.so", "pam_listfile.so", "pam_rootok.so"):
            over.add(kind.lstrip("-"))
        elif must and name == "pam_succeed_if.so":
            _succeeds(here, words, group)
        elif must and name == "pam_listfile.so" and "item=user" in words:
            path = next((word[5:] for word in words if word.startswith("file=")), "")
            names = [line.strip() for line in (text(path) or "").splitlines()]
            if "sense=allow" in words:
                here.keep(names)
            elif "sense=deny" in words:
                here.never |= set(names)
    return here


def _succeeds(here: Limits, words: "Sequence[str]", group: str) -> None:
    for what, how, value in zip(words, words[1:], words[2:]):
        if what == "uid" and value.isdigit():
            here.least = max(here.least, {"gt": int(value) + 1, ">": int(value) + 1}.get(how, 0))
            here.least = max(here.least, int(value) if how in (">=", "ge") else 0)
            if how in ("!=", "ne") and value == "0":
                here.least = max(here.least, 1)
        elif what == "user" and how in ("!=", "ne"):
            here.never.add(value)
        elif what == "user" and how in ("ingroup", "=", "eq"):
            here.keep(_members(group, value) if how == "ingroup" else [value])
        elif what == "user" and how == "in":
            here.keep(value.split(":"))
        elif what == "user" and how == "notingroup":
            here.never |= set(_members(group, value))


def _members(group: str, name: str) -> "List[str]":
    record = Colons(group, "/etc/group").get(name) or []
    return record[3].split(",") if len(record) > 3 else []


def accounts(listing: str) -> "Dict[str, Tuple[int, str]]":
    """Those with a password that works: uid, and ``hash`` or ``empty``, by name (what ``ACCOUNTS`` answers)."""
    found = {}
    for line in listing.splitlines():
        uid, _, rest = line.partition(" ")
        kind, _, name = rest.partition(" ")
        if uid.isdigit() and name:
            found[name] = (int(uid), kind)
    return found


def causes(
    who: str, here: "Dict[str, Tuple[int, str]]", limits: "Sequence[Limits]", listed: "Set[str]"
) -> "List[Cause]":
    """Each account that this daemon lets in though it is no mailbox of the inventory's: root and other uids 0 always,
    others where ``listed`` says who is meant to."""
    found = []
    for name, (uid, kind) in sorted(here.items()):
        if not any(limit.lets_in(name, uid) for limit in limits) or name in listed or (uid and not listed):
            continue
        whose = f"{name} (uid 0)" if uid == 0 else f"{name} (uid {uid}), who is not a mailbox,"
        secret = "an empty password" if kind == "empty" else "a password"
        finding = f"{whose} has {secret}: {who} lets that account log in, and so send wherever users may"
        out = "List it in mailhost_mailboxes, lock its password, or set mailhost_other_accounts: refuse"
        found.append(Cause(f"login {name}", "login", "/etc/shadow", finding, out if uid else out.partition(", ")[2]))
    return found
