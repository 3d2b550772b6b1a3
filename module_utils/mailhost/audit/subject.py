"""The host that is audited: what the questions need to know of it, and what they leave behind for others."""

from __future__ import annotations

import base64
import ssl
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple

from .daemon import serving
from .finding import Finding
from .sink import Sink
from .wire import Endpoint, lenient

if TYPE_CHECKING:
    from ..products.tls import Daemon
    from .tls import Served

OUTSIDE = "victim.invalid"
EVIL = "evil.invalid"
FOREIGN = "192.0.2.1"  # RFC 5737


@dataclass(frozen=True)
class Names:
    """What the letters of relay patterns stand for. ``passed_on`` is a domain that the host passes on, ``user`` a
    mailbox; both may be empty."""

    server: str
    domain: str
    address: str
    passed_on: str = ""
    user: str = ""
    outside: str = OUTSIDE
    evil: str = EVIL

    def letters(self) -> "dict[str, str]":
        literal = f"IPv6:{self.address}" if ":" in self.address else self.address
        return {
            "S": self.server,
            "D": self.domain,
            "IP": literal,
            "B": self.passed_on,
            "V": self.outside,
            "VU": self.outside.upper(),
            "E": self.evil,
            "U": "relaytest",
            "P": f"parked-{self.outside}",
            "F": FOREIGN,
            "user": self.user or "postmaster",
        }


class Login:
    """A mailbox to log in with; without one, a name nobody has stands in,
    and what needs the right password is not asked."""

    def __init__(self, user: str = "", password: str = "") -> None:
        self.given = bool(user and password)
        self.user, self.password = user or "nobody-mailhost", password or uuid.uuid4().hex
        # always the same: Dovecot distrusts an address by how many different ones it tried
        self.wrong = "wrong" + uuid.uuid4().hex

    @property
    def hidden(self) -> "Tuple[str, ...]":
        """What nothing may show: the password, of whose other forms the mask knows; those of a very short one here."""
        return (self.password, self.initial(), base64.b64encode(self.password.encode()).decode())

    def initial(self) -> str:
        """The initial response of PLAIN (RFC 4616)."""
        return self._plain(self.password)

    def refused(self) -> str:
        """The same with a wrong password."""
        return self._plain(self.wrong)

    def _plain(self, password: str) -> str:
        return base64.b64encode(f"\0{self.user}\0{password}".encode()).decode()


@dataclass
class Followed:
    """Messages that were accepted where they should not be, by token: what the sink is asked for at the end."""

    enabled: bool = False
    tokens: "Dict[str, Finding]" = field(default_factory=dict)


@dataclass
class Subject:
    """``refuse``: mail access is to refuse passwords in clear; ``authenticated``: who logs in may send; ``profile``:
    what TLS is measured by; ``anchors``: a PEM file of authorities; ``policy``: what mail_policy returned;
    ``endpoints``: the ports that are asked."""

    names: Names
    login: Login = field(default_factory=Login)
    refuse: bool = True
    authenticated: bool = True
    profile: str = "intermediate"
    anchors: str = ""
    policy: "Mapping[str, Any]" = field(default_factory=dict)
    endpoints: "List[Endpoint]" = field(default_factory=list)
    sink: Optional[Sink] = None
    context: ssl.SSLContext = field(default_factory=lenient)
    # left behind by the questions
    mine: str = ""
    slowest: float = 0.0  # seconds that a port took to greet
    greetings: "Dict[Endpoint, str]" = field(default_factory=dict)
    served: "List[Tuple[str, Served]]" = field(default_factory=list)
    followed: Followed = field(default_factory=Followed)

    @property
    def causes(self) -> "List[Dict[str, Any]]":
        return list(self.policy.get("causes") or [])

    def daemon(self, endpoint: Endpoint) -> "Optional[Daemon]":
        return serving(endpoint, self.greetings.get(endpoint, ""), self.policy)
