"""What can go wrong, told in one form: where, what, and the fix."""

from __future__ import annotations

from typing import Any, Mapping


class MailhostError(Exception):
    """An error for the person at the keyboard.

    ``place`` is a file:line, an option or a host, ``what`` the reason, ``way_out`` what to do about it.
    None of the three ever holds a secret. ``codes`` are what a playbook may decide by; sentences are for people.
    """

    codes: "Mapping[str, Any]" = {}

    def __init__(self, place: str, what: str, way_out: str = "") -> None:
        self.place = place
        self.what = what
        self.way_out = way_out
        super().__init__(f"{place}: {what}" + (f". {way_out}" if way_out else ""))


class Entry(str):
    """The place of an entry of a list, ``mailboxes[3]``, which knows the entry's name, for who cannot count to it."""

    name: str

    def __new__(cls, place: str, name: str) -> "Entry":
        entry = super().__new__(cls, place)
        entry.name = name
        return entry

    def at(self, key: str) -> "Entry":
        """The place of one of its values, ``mailboxes[3].uid``."""
        return Entry(f"{self}.{key}", self.name)


class BadInput(MailhostError):
    """An option's value is refused; nothing was written to the host for it.

    ``place`` is the option with the path to the value, ``mailboxes[3].uid``; ``rest`` the text behind it, so that a
    file, a line and the name of a variable can stand in its place.
    """

    def __init__(self, place: str, what: str, way_out: str = "") -> None:
        super().__init__(place, what, way_out)
        entry = f" ({place.name[:40]!r})" if isinstance(place, Entry) else ""
        self.rest = f"{entry}: {what}" + (f". {way_out}" if way_out else "")
        self.args = (place + self.rest,)
        self.codes = {"place": str(place)}


class BadConfiguration(MailhostError):
    """What stands on the host cannot be read or used; nothing was changed."""


class HostError(MailhostError):
    """The host did not do what was asked: no sh, a cut-off answer, a failed step. What was begun is undone."""


class Busy(HostError):
    """Another run holds the host's lock."""


class ChangedUnderUs(HostError):
    """A file is no longer what was read; nothing was changed."""


class Unasked(MailhostError):
    """A word's plan looks at something that its reads did not ask for: a defect of mailhost's, never of the host."""

    def __init__(self, looked_at: str) -> None:
        super().__init__(
            looked_at[:400], "it was looked at, and never asked of the host", "This is a defect of mailhost: report it"
        )


class RolledBack(MailhostError):
    """The new configuration did not serve, or nobody confirmed it; the old one was restored as far as ``after`` says.

    ``fault``: greeting, password, login, closed, service (what did not serve) or unconfirmed; ``after``: serves,
    partial, dead, or nothing, where nothing of ours was to be restored.
    """

    def __init__(self, place: str, what: str, way_out: str = "", *, fault: str, after: str) -> None:
        super().__init__(place, what, way_out)
        self.codes = {"fault": fault, "after": after}
