"""What Cyrus gives away."""

from __future__ import annotations

from typing import Iterable

from ...core.host import Command, File, Request, Seen
from ...core.shell import look
from ...formats.settings import Settings
from ..policy import Reading
from ..table import PRODUCTS
from .configure import CYRUS, IMAPD, SASLDB, STANDS, Installation
from .judge import judge
from .versions import CERTIFICATE

STORES = ("/etc/sasldb2", SASLDB)
NAMES = look.NAMES.argv()
#: the services that saslauthd asks PAM by
SASL_SERVICES = ("imap", "pop", "smtp")


def asks(seen: Seen) -> "Iterable[Request]":
    yield from (Command(NAMES), File(IMAPD), File(CYRUS), Command(STANDS))


def runs(seen: Seen) -> bool:
    """Whether Cyrus is installed and, where Dovecot is too, the one that runs."""
    names = seen.output(*NAMES).text.split()
    installed = "folder " in seen.output(*STANDS).text and seen.file(IMAPD).kind == "file"
    is_alone = not seen.output(*PRODUCTS["dovecot"].version).ok
    return installed and (bool({"cyrmaster", "cyrus-master"} & set(names)) or is_alone)


def read(here: Reading) -> None:
    if not runs(here.seen):
        return
    version = Installation(here.seen).version
    here.serves("cyrus", "Cyrus IMAP", version)
    imapd = Settings(here.seen.file(IMAPD).text, IMAPD)
    here.causes += judge(imapd, version)
    if "saslauthd" in (imapd.get("sasl_pwcheck_method") or "saslauthd"):
        here.services["Cyrus"] = list(SASL_SERVICES)
    rows = [row.value for row in reversed(CERTIFICATE.rows)]
    certificate, key = (next(filter(None, map(imapd.get, same)), None) for same in zip(*rows))
    if certificate and key:
        here.pairs.append(("Cyrus", certificate, key))
