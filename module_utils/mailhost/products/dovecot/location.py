"""Where Dovecot looks for mail, and whether any stands there: what a run keeps, changes or refuses to change.

Sources: the manual's "Mail location settings" 1.0 to 2.3; "mail_driver", "mail_path" and "mail_inbox_path" of 2.4.
Where nothing is set Dovecot 1.x and 2.x find mail by themselves: a Maildir in ~/Maildir, else mbox files in ~/mail
with the INBOX in the spool (the manual's "Automatic detection").
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Dict, Iterable, Mapping, Optional, Tuple

from ...core.errors import BadConfiguration
from ...core.host import Command, Request, Seen
from ...core.loss import Loss
from ..standing import version_of
from . import versions as dialect
from .configure import Installation, reads, whole
from .grammar import YES, Setting
from .shell import STORED
from .tree import Configuration
from .versions import NEW, OLD

FORMATS = ("keep", "maildir", "mbox")
_HOME = re.compile(r"^(?:~|%h|%\{home\})/?")
_SPOOL = "/var/mail"
_OLD = ("mail_location", "default_mail_env")
_NEW = ("mail_driver", "mail_path", "mail_inbox_path")


@dataclass(frozen=True)
class Location:
    """``driver`` is the format, empty where Dovecot finds it by itself; ``path`` where folders lie, ``inbox`` where the
    INBOX lies if elsewhere, ``more`` what is said besides (LAYOUT=fs, INDEX=...)."""

    driver: str
    path: str
    inbox: str = ""
    more: "Tuple[str, ...]" = ()
    place: str = ""
    is_fixed: bool = False  # the INBOX's namespace says it, so that a setting for all does not change it

    def __str__(self) -> str:
        if not self.driver:
            return "where Dovecot finds it by itself (~/mail and the spool)"
        parts = [f"{self.driver}:{self.path}", *([f"INBOX={self.inbox}"] if self.inbox else []), *self.more]
        return ":".join(parts)

    def is_below_home(self, folder: str) -> bool:
        """Whether it is a Maildir in that folder of the home and nothing else, which is what we write."""
        inbox = not self.inbox or _relative(self.inbox) == folder
        return self.driver == "maildir" and _relative(self.path) == folder and inbox and not self.more

    @property
    def is_usual_mbox(self) -> bool:
        """Whether it is where a plain mbox lies, which is also where Dovecot finds it by itself."""
        spools = (_SPOOL, "/var/spool/mail")
        return not self.driver or (
            self.driver == "mbox" and _relative(self.path) == "mail" and _fixed(self.inbox) in spools and not self.more
        )

    @property
    def question(self) -> Command:
        """Who has mail there."""
        folder = "mail" if not self.driver else _relative(self.path) or ""
        inbox = _SPOOL if not self.driver else _fixed(self.inbox) if self.driver == "mbox" else ""
        return Command(STORED.argv(folder, inbox, "" if _relative(self.path) is not None else _fixed(self.path)))


def _relative(path: str) -> "Optional[str]":
    """The part of a path below the home, up to what differs between users; None for a path from the root."""
    home = _HOME.match(path)
    return path[home.end() :].split("%")[0].strip("/") if home else (None if path.startswith("/") else path.strip("/"))


def _fixed(path: str) -> str:
    """The part of a path that is the same for all users."""
    return path.split("%")[0].rpartition("/")[0] if "%" in path else path.rstrip("/")


def standing(configuration: Configuration) -> Location:
    """Where mail is looked for as the configuration stands, the file that is ours included. What the namespace of the
    INBOX says counts before all else, and a setting for all namespaces does not change it (manual, "Namespaces")."""
    last: "Dict[Tuple[str, ...], Tuple[str, str]]" = {}
    for name, at, entry in configuration.entries():
        if isinstance(entry, Setting) and at[-1] in (*_OLD, *_NEW, "location", "inbox"):
            if len(at) == 1 or (len(at) == 2 and at[0].split(" ")[0] == "namespace"):
                last[at] = (entry.value, f"{name}:{entry.line}")
    inboxes = [at[:1] for at, (value, _) in last.items() if at[-1] == "inbox" and value.lower() in YES]
    for at in inboxes:
        own = {names[-1]: found for names, found in last.items() if names[:-1] == at}
        if own.get("location", ("",))[0] or any(own.get(name, ("",))[0] for name in _NEW):
            return replace(_location(own, configuration.main), is_fixed=True)
    return _location({at[0]: found for at, found in last.items() if len(at) == 1}, configuration.main)


def _location(last: "Mapping[str, Tuple[str, str]]", main: str) -> Location:
    text, place = next((last[name] for name in ("location", *_OLD) if name in last and last[name][0]), ("", main))
    driver, path, inbox = (last.get(name, ("", ""))[0] for name in _NEW)
    if driver or path:
        return Location(driver.lower(), path, inbox, (), last[_NEW[0] if driver else _NEW[1]][1])
    if not text:
        return Location("", "", "", (), main)
    old, first, *others = (text + ":").split(":")
    inboxes = [part[6:] for part in others if part.upper().startswith("INBOX=")]
    more = tuple(part for part in others if part and not part.upper().startswith("INBOX="))
    return Location(old.lower(), first, "".join(inboxes[-1:]), more, place)


def wants(params: Mapping[str, object], seen: Seen) -> "Iterable[Request]":
    """What ``kept`` and ``change`` look at; behind ``configure.reads``, with what it includes."""
    yield from reads(seen)
    stands = _stands(seen)
    if stands is not None and not stands.is_below_home(str(params["maildir"])):
        yield stands.question
    if stands is not None and params["mail_format"] == "mbox":
        yield Location("maildir", f"~/{params['maildir']}").question


def _stands(seen: Seen) -> "Optional[Location]":
    """None where no Dovecot is installed, or none that has a configuration."""
    main = NEW if seen.file(NEW).exists else OLD
    if not version_of(seen, "dovecot") or seen.file(main).kind != "file":
        return None
    return seen.once(("dovecot location", main), lambda: standing(whole(main, seen)))


def owners(seen: Seen, location: Location) -> "list[str]":
    """The users who have mail there; "*" stands for those whose names the path hides."""
    return [line.split(" ")[0] for line in seen.output(*location.question.argv).text.splitlines() if line]


def kept(params: Mapping[str, object], seen: Seen) -> bool:
    """Whether mail lies, and stays, where it is not ours to say: who delivers leaves alone what stands."""
    location = _stands(seen) if params["mail_format"] == "keep" else None
    if location is None or location.is_below_home(str(params["maildir"])):
        return False
    return location.is_fixed or bool(owners(seen, location))


def change(here: Installation, params: Mapping[str, object], seen: Seen) -> "list[Loss]":
    """Set where mail is looked for, unless it stays; what would be lost from view."""
    maildir = str(params["maildir"])
    before, ours = standing(here.configuration), Location("maildir", f"~/{maildir}")
    wanted = dialect.MBOX if params["mail_format"] == "mbox" else dialect.MAILDIR
    if kept(params, seen):
        return []
    after = ours if wanted is dialect.MAILDIR else Location("mbox", "~/mail", f"{_SPOOL}/%u")
    stays = before.is_below_home(maildir) if after is ours else before.is_usual_mbox
    if before.is_fixed and not stays:
        raise BadConfiguration(
            before.place,
            f"the INBOX's namespace has a place of its own, {before}: mail in {after} would not be seen",
            "Take it out of the namespace, or use mailhost_mail_format: keep",
        )
    here.set(here.at(wanted), maildir=maildir)
    users = [] if stays else owners(seen, before)
    if not users:
        return []
    names = ", ".join(sorted(users)[:5]) + (f" and {len(users) - 5} more" if len(users) > 5 else "")
    whose = "users whose names its path holds" if users == ["*"] else f"{len(users)} users ({names})"
    return [
        Loss(
            f"loss.mail_location {before.driver or 'auto'}",
            before.place,
            f"mail of {whose} lies in {before}, and would be looked for in {after}",
            "Keep it with mailhost_mail_format: keep, or convert the mail first",
        )
    ]
