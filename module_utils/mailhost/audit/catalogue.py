"""The catalogue of questions: a row a question. From it the audit asks and says before what it may cost, and the table
of docs/audit.md is made.

A new question is its function in the battery's file, and its row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple, Union

from . import abuse, cleartext, endpoints, hello, relay, suites, tls, ways
from .finding import Finding
from .subject import Subject
from .wire import Endpoint

Answer = Union[Finding, Sequence[Finding]]


class Ports(NamedTuple):
    """Of which of a host's ports something is asked."""

    about: str
    of: "Callable[[Sequence[Endpoint]], List[Endpoint]]"


def _all(about: str, belongs: "Callable[[Endpoint], bool]") -> Ports:
    return Ports(about, lambda every: [port for port in every if belongs(port)])


def _kinds(about: str, belongs: "Callable[[Endpoint], bool]" = lambda port: True) -> Ports:
    """One port of each kind, the first."""
    return Ports(
        about,
        lambda every: list(
            {(port.product, port.submission): port for port in reversed(every) if belongs(port)}.values()
        ),
    )


def _is_access(port: Endpoint) -> bool:
    return port.product != "smtp"


EVERY = _all("each port", lambda port: True)
STARTTLS = _all("each port without implicit TLS", lambda port: not port.implicit)
IMPLICIT = _all("each port with implicit TLS", lambda port: port.implicit)
SMTP = _all("each SMTP port", lambda port: port.product == "smtp")
IMAP_STARTTLS = _all("IMAP without implicit TLS", lambda port: port.product == "imap" and not port.implicit)
POP3_STARTTLS = _all("POP3 without implicit TLS", lambda port: port.product == "pop3" and not port.implicit)
SMTP_STARTTLS = _all("SMTP without implicit TLS", lambda port: port.product == "smtp" and not port.implicit)
SUBMISSION = _all("submission", lambda port: port.submission and not port.implicit and not port.extra)
KINDS = _kinds("one port of each kind")
KINDS_SMTP = _kinds("one SMTP port of each kind", lambda port: port.product == "smtp")
MX = Ports("port 25", lambda every: [port for port in every if port.service == "smtp"][:1])
KINDS_SUBMISSION = _kinds("one port for users", lambda port: port.submission and not port.extra)
KINDS_LOGIN = _kinds(
    "one port of IMAP, and one for users of SMTP", lambda port: port.product == "imap" or port.submission
)
KINDS_ACCESS = _kinds("one port of IMAP and of POP3", _is_access)
ACCESS = Ports("one port of IMAP or POP3", lambda every: KINDS_ACCESS.of(every)[:1])
HOST = Ports("the host", lambda every: list(every[:1]))
#: in this order: what is asked first; what fails a login, since a daemon answers an address the more slowly the more
#: of its logins failed; and what nobody waits for
FIRST, LAST, AFTER = 1, 2, 3
#: for these reasons a question is asked again, so often: the host has too many connections just now (RFC 5321,
#: section 3.8); no answer came in time, or it says that it could not ask who we are, since a question of the host's
#: own to a name server may have been lost
PATIENT = ("busy", "busy", "busy", "time", "names")
LATE = ("time",)
#: looks into a mailbox while a message is waited for
LOOKS, RAW_LOOKS = int(ways.WAIT / ways.PAUSE) + 2, int(ways.RAW_WAIT / ways.PAUSE) + 2
WITHIN = len(hello.OLDER)  # hellos in which suites are asked for, whatever the version


@dataclass(frozen=True)
class Row:
    """A question. ``*`` in ``id`` and ``title`` is one of ``values``; without values it is anything.

    ``most``: connections to a port at most each time it is asked; ``again``: for which reasons it is asked once more
    each; ``ask`` answers it, with one of ``each`` if that is given; without ``ask`` it is answered by the one above it,
    or by what is known. ``strangers``: from a place that the host trusts its answer proves nothing.
    """

    id: str
    title: str
    on: Ports = HOST
    most: int = 0
    ask: "Optional[Callable[..., Answer]]" = None
    values: "Tuple[str, ...]" = ()
    each: "Optional[Callable[[Subject], Sequence[str]]]" = None
    again: "Tuple[str, ...]" = ()
    when: int = FIRST
    strangers: bool = False

    @property
    def battery(self) -> str:
        return self.id.partition(".")[0]

    def value(self, id: str) -> "Optional[str]":
        """What ``*`` stands for in this id (empty where there is none); None if it is no id of this row's."""
        head, star, tail = self.id.partition("*")
        if not star:
            return "" if id == self.id else None
        value = id[len(head) : len(id) - len(tail)]
        fits = id == head + value + tail and bool(value)
        return value if fits and (not self.values or value in self.values) else None

    def cost(self, host: Subject) -> int:
        """Connections at most, for all of the host's ports."""
        names = len(self.each(host)) if self.each else 1
        return len(self.on.of(host.endpoints)) * names * self.most * (1 + len(self.again))


def _pattern(host: Subject, at: Endpoint, name: str) -> Finding:
    pattern = relay.PATTERNS.get(name) or relay.witnesses(host.causes)[name]
    return relay.attempt(name, pattern, at, host.names, host.context, host.followed)


# fmt: off
CATALOGUE: "Tuple[Row, ...]" = (
    Row("vantage", "asked from a stranger's place"),
    Row("alive.greeting", "the open port greets", EVERY, 1, endpoints.greeting, again=PATIENT),
    Row("alive.host", "the host serves mail"),
    Row("asked.*", "what the inventory asks for is served, and other IMAP and POP3 closed: *", EVERY, 1,
        values=("imap", "imaps", "pop3", "pop3s", "smtp", "submission")),
    Row("policy.read", "the host's own configuration was read"),
    Row("policy.*", "what the host's own configuration gives away, with file and line"),

    Row("way.in", "a message from outside to a user is taken", HOST, 1,
        lambda host, at: ways.ways(host.endpoints, host.names, host.login, host.authenticated, host.sink)),
    Row("way.in.*", "from outside to a user, out by *", HOST, 2 * LOOKS, values=("imap", "pop3")),
    Row("way.local", "a message from a user to a user is taken", HOST, 1),
    Row("way.local.*", "from a user to a user, out by *", HOST, LOOKS, values=("imap", "pop3")),
    Row("way.out", "from a user who logged in to outside (with a sink)", HOST, 1),
    Row("way.bounce", "a bounce comes back to its sender (with a sink)", HOST, 1 + LOOKS),
    Row("way.raw.*", "raw eight bits in a header survive, out by *", HOST, 1 + RAW_LOOKS, values=("imap", "pop3")),
    Row("way.time", "every question is answered in time"),

    Row("clear.T07", "inside TLS the right password is let in", STARTTLS, 1,
        lambda host, at: cleartext.inside(at, host.login), again=LATE),
    Row("clear.T08", "inside TLS the right password is let in", IMPLICIT, 1,
        lambda host, at: cleartext.inside(at, host.login), again=LATE),
    Row("clear.T01", "before TLS no way to send a password is offered", IMAP_STARTTLS, 1,
        lambda host, at: cleartext.offer(at, host.refuse), again=LATE, strangers=True),
    Row("clear.T04", "before TLS no way to send a password is offered", POP3_STARTTLS, 1,
        lambda host, at: cleartext.offer(at, host.refuse), again=LATE, strangers=True),
    Row("clear.T05", "before TLS no way to send a password is offered", SMTP_STARTTLS, 1,
        lambda host, at: cleartext.offer(at, host.refuse), again=LATE, strangers=True),
    Row("clear.T03", "a password without TLS is refused (AUTH PLAIN)", STARTTLS, 1,
        lambda host, at: cleartext.in_clear(at, host.login, host.refuse, True), again=LATE, strangers=True),
    Row("clear.T02", "a password without TLS is refused (the plain command)", IMAP_STARTTLS, 1,
        lambda host, at: cleartext.in_clear(at, host.login, host.refuse, False), again=LATE, strangers=True),
    Row("clear.T04.login", "a password without TLS is refused (the plain command)", POP3_STARTTLS, 1,
        lambda host, at: cleartext.in_clear(at, host.login, host.refuse, False), again=LATE, strangers=True),
    Row("clear.T06", "no mail is taken before TLS", SUBMISSION, 1,
        lambda host, at: cleartext.mail_before_tls(at), again=LATE, strangers=True),
    Row("clear.S02", "nobody is let in without a password (ANONYMOUS, EXTERNAL)", KINDS, 2,
        lambda host, at: cleartext.nobody(at, host.names.outside), when=LAST),
    Row("clear.T07.wrong", "a wrong password is refused", KINDS_ACCESS, 1,
        lambda host, at: cleartext.wrong(at, host.login), when=LAST),
    Row("clear.T28", "root and names without an account are refused", KINDS_LOGIN, 2, abuse.unlisted, when=LAST),
    Row("clear.T07.empty", "an empty password is refused", ACCESS, 1,
        lambda host, at: cleartext.wrong(at, host.login, empty=True), when=LAST),
    Row("clear.T07.after", "not judged: a right password behind the wrong ones ends the daemon's distrust", ACCESS, 1,
        lambda host, at: cleartext.inside(at, host.login), when=AFTER),
    Row("clear.login", "a user's login was proved"),
    Row("clear.time", "every question is answered in time"),

    Row("tls.T11", "a full handshake", EVERY, 1, tls.certificate),
    Row("tls.T12", "the certificate matches the name, is within its dates, and comes from a known authority", EVERY, 2),
    Row("tls.T13", "the certificate served is the one deployed", EVERY),
    Row("tls.T17", "the certificate's key is long enough", EVERY),
    Row("tls.T17.signature", "the certificate is signed by a digest that current clients take", EVERY),
    Row("tls.T21", "serves a version that the profile asks for", EVERY),
    Row("tls.T10", "a second STARTTLS is refused", STARTTLS),
    Row("tls.same", "one certificate on every port"),
    Row("tls.T09", "a command smuggled in behind STARTTLS is forgotten", STARTTLS, 1,
        lambda host, at: tls.injection(at)),
    Row("tls.T18.*", "* is refused", EVERY, WITHIN + 2 + WITHIN * len(hello.SUITES),  # together, and each by itself
        lambda host, at: suites.old(at, tls.PROFILES[host.profile], host.daemon(at)),
        values=("SSLv2", "SSLv3", *(kind.replace(" ", "-") for kind in hello.SUITES))),
    Row("tls.T19.*", "* is refused", EVERY, 3, values=("TLSv1.0", "TLSv1.1", "TLSv1.2")),
    Row("tls.T26", "the key exchange is long enough for a current client", EVERY, WITHIN),
    Row("tls.T27", "secure renegotiation (RFC 5746) is known", EVERY, len(suites.ANY)),
    Row("tls.time", "every question is answered in time"),

    # on submission inside TLS, or in clear where it has none: two connections
    Row("relay.*", "a control that must be accepted, or the refusals prove nothing", SMTP, 2,
        lambda host, at, name: relay.control(name, relay.CONTROLS[name], at, host.names, host.context),
        values=tuple(relay.CONTROLS), each=lambda host: relay.asked(relay.CONTROLS, host.names), again=PATIENT,
        strangers=True),
    Row("relay.*", "a way to send through the host is closed", SMTP, 2, _pattern, values=tuple(relay.PATTERNS),
        each=lambda host: relay.asked(relay.PATTERNS, host.names), again=PATIENT, strangers=True),
    Row("relay.W*", "what the host's own policy says would get through is refused", SMTP, 2, _pattern,
        each=lambda host: relay.asked(relay.witnesses(host.causes), host.names), again=PATIENT, strangers=True),
    Row("relay.S03", "a failed login opens nothing", KINDS_SMTP, 2,
        lambda host, at: relay.after_auth(at, host.names, host.context, host.login.refused()), when=LAST,
        strangers=True),
    Row("relay.S04", "who logged in may send outside where that is asked for, and nowhere else", KINDS_SUBMISSION, 1,
        abuse.by_login, again=LATE),
    Row("relay.S05", "a proxy's line (PROXY) makes nobody another client", SMTP, 1, abuse.proxied, again=LATE,
        strangers=True),
    Row("relay.S06", "pipelined commands get no further than single ones (DATA, BDAT)", KINDS_SMTP, 2,
        abuse.pipelined, again=PATIENT, strangers=True),
    Row("relay.S07", "odd recipients outside are refused", KINDS_SMTP, 2 * len(abuse.ODD), abuse.odd, again=LATE,
        strangers=True),
    Row("relay.S08", "who has no mailbox is refused at RCPT, not bounced later", MX, 2, abuse.unknown_user,
        again=PATIENT, strangers=True),
    Row("relay.S09", "no message is smuggled in behind LF.LF and its kind", MX, 2 * len(abuse.ENDS), abuse.smuggled,
        strangers=True),
    Row("relay.names", "VRFY and EXPN do not tell who has a mailbox", MX, 2, abuse.mailboxes_told, again=LATE),
    Row("relay.agreement", "what the configuration says and what the wire shows agree"),
    Row("relay.time", "every question is answered in time"),
)
# fmt: on


def row(id: str) -> Row:
    """The question with this id. An id that is in no row is an error of ours (ValueError)."""
    for entry in CATALOGUE:
        if entry.value(id) is not None:
            return entry
    raise ValueError(f"{id} is in no row of the audit's catalogue")


def title(id: str, own: str = "") -> str:
    """What a finding with this id is about: what it says itself, or else its row."""
    entry = row(id)
    return own or entry.title.replace("*", entry.value(id) or "")
