"""A Sendmail as it stands on a host: its files, its version, and how its maps are built."""

from __future__ import annotations

from ...core.host import Seen
from ...core.versions import version
from . import shell
from . import versions as dialect
from .mc import SendmailMc

DIRECTORY = "/etc/mail"
MC, CF, ACCESS = f"{DIRECTORY}/sendmail.mc", f"{DIRECTORY}/sendmail.cf", f"{DIRECTORY}/access"
LOCAL, RELAYED = f"{DIRECTORY}/local-host-names", f"{DIRECTORY}/relay-domains"
VIRTUSERS = f"{DIRECTORY}/virtusertable"
PROCMAIL, ALIASES = "/etc/procmailrc", "/etc/aliases"
DH = f"{DIRECTORY}/mailhost-dh.pem"
STANDS = shell.STANDS.argv(DIRECTORY, *dialect.CF, *dialect.PROGRAMS)


def number_of(seen: Seen) -> "tuple[int, ...]":
    """The version that wrote the cf; empty if that is not known."""
    return version(seen.output(*STANDS).text.partition("DZ")[2].partition("\n")[0]) or ()


def certificates(text: str) -> "list[str]":
    """The certificate that a sendmail.mc names for the server."""
    return [name for name in [SendmailMc(text, MC).get_define("confSERVER_CERT")] if name]
