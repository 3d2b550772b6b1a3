"""The daemons: one row each. What a word does for one of a kind it does for whichever of them a host has;
none names "the other one"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional, Tuple

from ..systems.families import PACKAGED

#: kind -> what its daemons serve, by port (RFC 5321, RFC 6409; RFC 3501, RFC 1939, RFC 8314)
PORTS: "Dict[str, Dict[str, int]]" = {
    "mta": {"smtp": 25, "submission": 587},
    "access": {"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995},
    "auth": {},  # saslauthd answers other daemons
    "tunnel": {},  # what it is told to
}


@dataclass(frozen=True)
class Queue:
    """``folders`` in which messages wait, each a file of the pattern ``message``;
    ``flush`` runs it while another product is in its place."""

    folders: "Tuple[str, ...]"
    message: str
    flush: str


@dataclass(frozen=True)
class Mail:
    """Mail that only this product shows: patterns of its ``folders``, to be counted (empty: it is there in any case),
    and what becomes of it when {title} takes the product's place."""

    folders: "Tuple[str, ...]"
    stays: str


@dataclass(frozen=True)
class Logins:
    """Whom an IMAP server lets in: why something cannot be, empty where it can. One that takes no hashes of
    virtual users has a store of its own, of clear passwords."""

    no_hashes: str
    no_locks: str
    no_quotas: str
    no_tunnel: str  # to its ports without TLS


@dataclass(frozen=True)
class Product:
    """A row: no field has a default. Of one kind a host has one,
    but for the time in which it goes from one to another."""

    name: str  # as the inventory says it, and the families' packages
    title: str
    kind: str
    unit: str
    version: "Tuple[str, ...]"  # the command that prints it; empty where the product's own room asks in another way
    programs: "Tuple[str, ...]"  # files of which one is there where it is installed; empty where its own room asks
    process: "Tuple[str, ...]"  # patterns of grep for lines of comm or cmdline (proc(5)); an MTA's
    queue: "Optional[Queue]"  # an MTA's
    mail: "Optional[Mail]"  # an IMAP server's
    logins: "Optional[Logins]"  # an IMAP server's

    def __post_init__(self) -> None:
        if self.kind not in PORTS:
            raise ValueError(f"{self.name}: {self.kind!r} is no kind of daemon")
        if self.name not in PACKAGED:
            raise ValueError(f"{self.name}: no family says what its packages are called")
        if (self.kind == "access") != (self.logins is not None):
            raise ValueError(f"{self.name}: an IMAP server says whom it lets in, and nothing else does")


_SPOOL = tuple(f"/var/spool/postfix/{name}" for name in ("maildrop", "incoming", "active", "deferred", "hold"))
_ROWS = (
    Product(
        name="postfix",
        title="Postfix",
        kind="mta",
        unit="postfix",
        version=("postconf", "-d", "-h", "mail_version"),
        programs=("/usr/sbin/postfix", "/usr/sbin/sendmail.postfix"),
        process=("^master$", "[a-z/]*postfix[a-z/]*/master"),
        queue=Queue(_SPOOL, "*", "postqueue -f while it runs"),
        mail=None,
        logins=None,
    ),
    Product(
        name="sendmail",
        title="Sendmail",
        kind="mta",
        unit="sendmail",
        version=("grep", "-m", "1", "^DZ", "/etc/mail/sendmail.cf"),
        programs=(
            "/usr/sbin/sendmail.sendmail",
            "/usr/libexec/sendmail/sendmail",
            "/usr/lib/sendmail.d",  # SUSE's
            "/usr/libexec/sendmail.d",
        ),
        process=("^sendmail: .*accepting",),
        queue=Queue(
            ("/var/spool/mqueue", "/var/spool/clientmqueue", "/var/spool/mqueue-client"),
            "qf*",
            "/usr/sbin/sendmail.sendmail -q",
        ),
        mail=None,
        logins=None,
    ),
    Product(
        name="dovecot",
        title="Dovecot",
        kind="access",
        unit="dovecot",
        version=("dovecot", "--version"),
        programs=(),
        process=(),
        queue=None,
        mail=Mail(
            ("/home/*/Maildir", "/var/vmail/*/Maildir"),
            "{count} Maildirs of Dovecot's users stay where they are; {title} does not show what is in them",
        ),
        logins=Logins("", "", "this store does not enforce quotas", ""),
    ),
    Product(
        name="cyrus",
        title="Cyrus IMAP",
        kind="access",
        unit="cyrus-imapd",
        version=(),
        programs=(),
        process=(),
        queue=None,
        mail=Mail(
            (),
            "the mailboxes of Cyrus stay in its spool (partition-default in /etc/imapd.conf); "
            "{title} does not show them",
        ),
        logins=Logins(
            no_hashes="a hash, and Cyrus' own store of users holds plaintext passwords",
            no_locks="locked, and Cyrus' own store of users has no locks",
            no_quotas="",
            no_tunnel="Cyrus refuses a password without TLS from loopback too",
        ),
    ),
    Product("saslauthd", "saslauthd", "auth", "saslauthd", (), (), (), None, None, None),
    Product(
        name="stunnel",
        title="stunnel",
        kind="tunnel",
        unit="mailhost-stunnel",
        version=(),
        programs=("/etc/mailhost/stunnel.conf",),
        process=(),
        queue=None,
        mail=None,
        logins=None,
    ),
)
PRODUCTS: "Dict[str, Product]" = {row.name: row for row in _ROWS}


def of_kind(kind: str) -> "Tuple[Product, ...]":
    return tuple(row for row in _ROWS if row.kind == kind)


def choices(kind: str) -> "list[str]":
    """What an option that chooses among the daemons of a kind may be."""
    return [row.name for row in of_kind(kind)]
