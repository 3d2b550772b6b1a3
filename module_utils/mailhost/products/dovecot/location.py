"""Where Dovecot looks for mail, and whether any stands there: what a run keeps, changes or refuses to change.

Sources: the manual's "Mail location settings" 1.0 to 2.3; "mail_driver", "mail_path" and "mail_inbox_path" of 2.4.
Where nothing is set Dovecot 1.x and 2.x find mail by themselves: a Maildir in ~/Maildir, else mbox files in ~/mail
with the INBOX in the spool (the manual's "Automatic detection").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable, Mapping, Optional, Tuple

from ...core.host import Command, Request, Seen
from ...core.loss import Loss
from ..standing import version_of
from . import versions as dialect
from .configure import Installation, reads
from .grammar import Setting
from .shell import STORED

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


def standing(here: Installation) -> Location:
    """Where mail is looked for as the configuration stands, the file that is ours included."""
    last = {}
    for name, at, entry in here.configuration.entries():
        if isinstance(entry, Setting) and len(at) == 1 and at[0] in (*_OLD, *_NEW):
            last[at[0]] = (entry.value, f"{name}:{entry.line}")
    text, place = next((last[name] for name in _OLD if name in last and last[name][0]), ("", here.main))
    driver, path, inbox = (last.get(name, ("", ""))[0] for name in _NEW)
    if driver or path:
        return Location(driver.lower(), path, inbox, (), last[_NEW[0] if driver else _NEW[1]][1])
    if not text:
        return Location("", "", "", (), here.main)
    old, first, *others = (text + ":").split(":")
    inboxes = [part[6:] for part in others if part.upper().startswith("INBOX=")]
    more = tuple(part for part in others if part and not part.upper().startswith("INBOX="))
    return Location(old.lower(), first, "".join(inboxes[-1:]), more, place)


def wants(params: Mapping[str, object], seen: Seen) -> "Iterable[Request]":
    """What ``kept`` and ``change`` look at; behind ``configure.reads``, with what it includes."""
    yield from reads(seen)
    here = _installed(seen)
    if here is not None and not standing(here).is_below_home(str(params["maildir"])):
        yield standing(here).question
    if here is not None and params["mail_format"] == "mbox":
        yield Location("maildir", f"~/{params['maildir']}").question


def _installed(seen: Seen) -> "Optional[Installation]":
    return Installation(seen) if version_of(seen, "dovecot") else None


def owners(seen: Seen, location: Location) -> "list[str]":
    """The users who have mail there; "*" stands for those whose names the path hides."""
    return [line.split(" ")[0] for line in seen.output(*location.question.argv).text.splitlines() if line]


def kept(params: Mapping[str, object], seen: Seen) -> bool:
    """Whether mail lies, and stays, where it is not ours to say: who delivers leaves alone what stands."""
    here = _installed(seen) if params["mail_format"] == "keep" else None
    if here is None:
        return False
    location = standing(here)
    return not location.is_below_home(str(params["maildir"])) and bool(owners(seen, location))


def change(here: Installation, params: Mapping[str, object], seen: Seen) -> "list[Loss]":
    """Set where mail is looked for, unless it stays; what would be lost from view."""
    maildir = str(params["maildir"])
    before, ours = standing(here), Location("maildir", f"~/{maildir}")
    wanted = dialect.MBOX if params["mail_format"] == "mbox" else dialect.MAILDIR
    if kept(params, seen):
        return []
    here.set(here.at(wanted), maildir=maildir)
    after = ours if wanted is dialect.MAILDIR else Location("mbox", "~/mail", f"{_SPOOL}/%u")
    stays = before.is_below_home(maildir) if after is ours else before.driver in ("", "mbox")
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
