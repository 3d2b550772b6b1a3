"""A Cyrus IMAP as it stands on a host: its files, its programs, its version."""

from __future__ import annotations

from ...core.errors import BadConfiguration
from ...core.host import Seen
from ...core.versions import Version, version
from ...formats.settings import Settings
from . import shell
from . import versions as dialect

IMAPD, CYRUS = "/etc/imapd.conf", "/etc/cyrus.conf"
KEY, SASLDB = "/etc/mailhost/cyrus.key", "/etc/mailhost/sasldb2"
#: the name under which mailhost itself makes mailboxes; it has a password only while it does
ADMIN = "mailhost"
#: where packages put its programs
FOLDERS = ("/usr/lib/cyrus-imapd", "/usr/lib/cyrus/bin", "/usr/libexec/cyrus-imapd")
STANDS = shell.INSTALLED.argv(*FOLDERS)


class Installation:
    """The Cyrus of a host: folder of its programs, their names, its version (2.3 where it cannot say)."""

    def __init__(self, seen: Seen) -> None:
        lines = seen.output(*STANDS).text.splitlines()
        self.folder = next((line[7:] for line in lines if line.startswith("folder ")), "")
        if not self.folder or seen.file(IMAPD).kind != "file" or seen.file(CYRUS).kind != "file":
            raise BadConfiguration(IMAPD, "no Cyrus IMAP is installed", "Install it (mail_packages)")
        self.programs = {line[8:] for line in lines if line.startswith("program ")}
        self.kerberos4 = "kerberos4" in lines
        self.version: Version = number_of(seen)


def number_of(seen: Seen) -> Version:
    """The version, by what ``STANDS`` tells; that of one that cannot say it otherwise."""
    lines = seen.output(*STANDS).text.splitlines()
    return version(next((line for line in lines if line.startswith("cyrus-imapd ")), "")) or dialect.SILENT


def certificates(text: str) -> "list[str]":
    """The certificates that an imapd.conf names, for all services and for single ones."""
    endings = tuple(certificate for certificate, _ in (row.value for row in dialect.CERTIFICATE.rows))
    lines = [line.partition(" ") for line in Settings(text, IMAPD).settings()]
    return [value.strip() for name, _, value in lines if name.rstrip(":").endswith(endings)]
