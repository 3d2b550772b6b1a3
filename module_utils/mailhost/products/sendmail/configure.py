"""A Sendmail as it stands on a host: its files, its version, and how its maps are built."""

from __future__ import annotations

from ...core.host import Seen
from ...core.versions import version
from . import versions as dialect

DIRECTORY = "/etc/mail"
MC, CF, ACCESS = f"{DIRECTORY}/sendmail.mc", f"{DIRECTORY}/sendmail.cf", f"{DIRECTORY}/access"
LOCAL, RELAYED = f"{DIRECTORY}/local-host-names", f"{DIRECTORY}/relay-domains"
VIRTUSERS = f"{DIRECTORY}/virtusertable"
PROCMAIL, ALIASES = "/etc/procmailrc", "/etc/aliases"
DH = f"{DIRECTORY}/mailhost-dh.pem"
#: version and stamp of the cf that stands, the digest of its rest, maps older than their text, tools
STANDS = (
    "sh",
    "-c",
    'cd /etc/mail 2>/dev/null || exit 1; grep -m 1 "^DZ" sendmail.cf; head -n 1 sendmail.cf; tail -n +2 sendmail.cf | sha1sum; '
    '[ ! -e access ] || [ access.db -nt access ] || [ -z "$(find access -newer access.db 2>&1)" ] || echo stale; '
    f"ls {' '.join(dialect.CF)} {' '.join(dialect.PROGRAMS)} 2>/dev/null; for tool in m4 makemap; do command -v $tool; done",
)
#: a map is made under a new name and renamed; it keeps owner and mode
MAKEMAP = (
    'set -e; new="$1.mailhost-new"; rm -f "$new.db"; makemap hash "$new" <"$1"; '
    'if [ -e "$1.db" ]; then chown --reference="$1.db" "$new.db"; chmod --reference="$1.db" "$new.db"; '
    'else chmod 640 "$new.db"; fi; mv -f "$new.db" "$1.db"'
)


def number_of(seen: Seen) -> "tuple[int, ...]":
    """The version that wrote the cf; empty if that is not known."""
    return version(seen.output(*STANDS).text.partition("DZ")[2].partition("\n")[0]) or ()
