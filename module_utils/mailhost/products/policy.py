"""What a host's own configuration gives away, product by product: each room's policy.py says what it has to see and
tells it to a Reading; keys, stores of passwords, sockets and accounts are the host's."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Optional, Protocol, Sequence, Tuple

from ..core.errors import MailhostError, Unasked
from ..core.host import Command, File, Request, Seen
from ..core.shell import files as shell
from ..core.shell.logins import ACCOUNTS as ACCOUNTS_PROGRAM
from ..core.versions import Version, dotted
from ..systems.families import FAMILIES, REQUESTS, system
from . import keys, logins, standing
from .cause import Cause

#: where Cyrus takes LMTP, and saslauthd and Dovecot answer about passwords
_PLACES = [path for family in FAMILIES for path in (family.cyrus_socket, family.saslauthd.socket)]
SOCKETS = shell.SOCKETS.argv(*dict.fromkeys(_PLACES), "/var/spool/postfix/private/auth")
ACCOUNTS = ACCOUNTS_PROGRAM.argv()
GROUP = "/etc/group"
#: what of the host itself is looked at, whichever daemons it has
HOST = (*REQUESTS, standing.PORTS, standing.PROCESSES, Command(SOCKETS), Command(ACCOUNTS), File(GROUP))


class Room(Protocol):
    """The policy.py of a product."""

    @property
    def STORES(self) -> "Tuple[str, ...]":
        """Files that may hold passwords, besides those that a configuration names."""

    def asks(self, seen: Seen) -> "Iterable[Request]":
        """What is looked at, whether the product is there or not."""

    def read(self, here: "Reading") -> None:
        """Tell what stands, if the product serves here; what is still to be asked raises Unasked."""


class Reading:
    """A host's configuration; what of it cannot be read is a cause of its own. ``listed``: names of the mailboxes."""

    def __init__(self, seen: Seen, rooms: "Sequence[Room]", listed: "Iterable[str]" = ()) -> None:
        self.seen, self.listed, self.platform = seen, set(listed), system(seen)
        self.ports = standing.listening(seen)
        self.causes: "List[Cause]" = []
        self.networks: "List[str]" = []
        self.domains: "List[str]" = []
        self.about: "List[str]" = [f"{self.platform.name} {dotted(self.platform.release)}"]
        self.products: "dict[str, str]" = {}  # the daemons that serve here, and their versions
        self.tunnels: "List[int]" = []  # ports that stunnel takes connections on
        self.asked: "List[Request]" = []  # what of the host a configuration leads to
        self.services: "dict[str, List[str]]" = {}  # of PAM, by the daemon that asks it
        self.stores = [path for room in rooms for path in room.STORES]
        self.pairs: "List[Tuple[str, str, str]]" = []  # a daemon, its certificate and key
        self.waits: "Optional[Unasked]" = None  # what one of the rooms looks at and was not read yet
        for room in rooms:
            try:
                room.read(self)
            except Unasked as error:  # the others go on
                self.waits = error
            except MailhostError as error:
                self.causes.append(Cause(f"unreadable {error.place}", "dead", error.place, error.what, error.way_out))

    def runs(self, name: str) -> bool:
        """Of two MTAs the one that runs counts; where none does, each that is there."""
        return standing.running(self.seen) in ("", name)

    def serves(self, name: str, title: str, number: Version) -> None:
        """A daemon that serves here."""
        self.about.append(f"{title} {dotted(number)}".strip())
        self.products[name] = dotted(number)

    def requests(self) -> "Iterable[Request]":
        """What the configuration leads to: its tables and questions, PAM's files, keys, and stores of passwords."""
        yield from self.asked
        for services in self.services.values():
            yield from map(File, logins.files(services, self._text))
        yield Command(self._secrets)
        yield Command(self._folders)
        for _, certificate, key in self.pairs:
            yield File(certificate)
            yield keys.asked(certificate, key)

    def judged(self) -> "List[Cause]":
        """Every cause, each once."""
        if self.waits:
            raise self.waits
        causes = list(self.causes)
        for who, certificate, key in self.pairs:
            stands = keys.stands_of(self.seen, certificate, key)
            about = (stands.shown.text, stands.is_a_pair, stands.mode, stands.ends, stands.begins)
            causes += keys.causes(who, self.seen.file(certificate), key, *about)
        causes += keys.folders(self.seen.output(*self._folders).text) + keys.sockets(self.seen.output(*SOCKETS).text)
        causes += keys.secrets(self.seen.output(*self._secrets).text) + self._strangers()
        return list({(cause.rule, cause.place): cause for cause in causes}.values())

    def facts(self) -> "Mapping[str, Any]":
        """What the audit is told of the host, beside the causes."""
        prints = {keys.fingerprint(self.seen.file(certificate).text) for _, certificate, _ in self.pairs}
        return {
            "about": ", ".join(self.about),
            "products": self.products,
            "tunnels": list(dict.fromkeys(self.tunnels)),
            "networks": list(dict.fromkeys(self.networks)),
            "domains": list(dict.fromkeys(self.domains)),
            "ports": self.ports,
            "fingerprint": prints.pop() if len(prints) == 1 else "",
            "profile": self.platform.profile,
        }

    @property
    def _folders(self) -> "Tuple[str, ...]":
        """The question about the folders that keys lie in."""
        return shell.FOLDERS.argv(*dict.fromkeys(key for _, _, key in self.pairs))

    @property
    def _secrets(self) -> "Tuple[str, ...]":
        """The question about the files that hold passwords."""
        return shell.STORES.argv(*self.stores)

    def _text(self, path: str) -> "Optional[str]":
        """A file's text as far as it was read; None where it is not there or was not asked yet."""
        state = self.seen.files.get(path)
        return state.text if state and state.kind == "file" else None

    def _strangers(self) -> "List[Cause]":
        """Accounts of the system that log in by a daemon that asks PAM, and are no mailboxes."""
        accounts = logins.accounts(self.seen.output(*ACCOUNTS).text)
        group, causes = self.seen.file(GROUP).text, []
        for who, services in self.services.items():
            limits = [logins.limits(service, self._text, group) for service in services]
            causes += logins.causes(who, accounts, limits, self.listed)
        return causes
