"""What distributions call things: packages, package managers, files, password schemes.

Sources: the packages' own file lists; crypt(5) of glibc and libxcrypt; login.defs(5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, Optional, Tuple

from ..core.host import Command, File, Request, Seen
from ..core.versions import Version, version

REQUESTS: "tuple[Request, ...]" = (File("/etc/os-release"), File("/etc/redhat-release"))
DEBIAN = ("debian", "ubuntu", "devuan")
SUSE = ("opensuse", "opensuse-leap", "opensuse-tumbleweed", "sles", "suse")


@dataclass(frozen=True)
class System:
    """A distribution: ``family`` is debian, redhat, suse or unknown."""

    name: str
    release: Version
    family: str

    @property
    def uid_min(self) -> int:
        """The first uid of a person's account (login.defs: 500 up to Enterprise Linux 6, else 1000)."""
        return 500 if self.family == "redhat" and self.release < (7,) else 1000

    @property
    def nologin(self) -> str:
        return "/sbin/nologin" if self.family in ("redhat", "suse") else "/usr/sbin/nologin"

    @property
    def certificate(self) -> str:
        return "/etc/pki/dovecot/certs/dovecot.pem" if self.family == "redhat" else "/etc/ssl/certs/mailhost.pem"

    @property
    def key(self) -> str:
        return "/etc/pki/dovecot/private/dovecot.pem" if self.family == "redhat" else "/etc/ssl/private/mailhost.pem"

    @property
    def openssl_cnf(self) -> str:
        return (
            "/etc/pki/dovecot/dovecot-openssl.cnf" if self.family == "redhat" else "/etc/mailhost/dovecot-openssl.cnf"
        )

    @property
    def cyrus_socket(self) -> str:
        """Where Cyrus takes mail by LMTP (the packages' own cyrus.conf)."""
        return "/run/cyrus/socket/lmtp" if self.family == "debian" else "/var/lib/imap/socket/lmtp"

    def crypt_schemes(self) -> "tuple[str, ...]":
        """The prefixes that crypt(3) of this host's C library verifies."""
        if self.family == "redhat" and self.release < (5, 2):
            return ("1",)
        if (self.family == "redhat" and self.release < (8,)) or (self.family == "debian" and self.release < (11,)):
            return ("1", "5", "6")
        return ("1", "5", "6", "2a", "2b", "2y", "7", "y", "gy") if self.family != "unknown" else ("1", "5", "6")


def system(seen: Seen) -> System:
    """The distribution, from os-release(5), else from the release file of Red Hat's family."""
    released = seen.file("/etc/redhat-release")
    if released.kind == "file":
        return System(
            released.text.strip().split(" release")[0], version(released.text) or _whole(released.text), "redhat"
        )
    fields = dict(re.findall(r'^([A-Z_]+)="?([^"\n]*)"?$', seen.file("/etc/os-release").text, re.M))
    names = [fields.get("ID", "unknown"), *fields.get("ID_LIKE", "").split()]
    family = next(
        (
            kind
            for kind, known in (("debian", DEBIAN), ("suse", SUSE), ("redhat", ("rhel", "fedora", "centos")))
            for name in names
            if name in known
        ),
        "unknown",
    )
    release = version(fields.get("VERSION_ID", "")) or _whole(fields.get("VERSION_ID", ""))
    if not release and family == "debian":
        release = (99,)  # testing and unstable have no VERSION_ID
    return System(fields.get("ID", "unknown"), release, family)


def _whole(text: str) -> Version:
    match = re.search(r"\d+", text)
    return (int(match.group()),) if match else ()


#: product -> family -> packages
PACKAGES: "Dict[str, Dict[str, Tuple[str, ...]]]" = {
    "postfix": {"debian": ("postfix",), "redhat": ("postfix",), "suse": ("postfix",)},
    "sendmail": {
        "debian": ("sendmail-bin", "sensible-mda", "procmail"),
        "redhat": ("sendmail", "sendmail-cf", "m4", "procmail"),
        "suse": ("sendmail", "procmail"),
    },
    "dovecot": {
        "debian": ("dovecot-imapd", "dovecot-pop3d"),
        "redhat": ("dovecot",),
        "suse": ("dovecot",),
    },
    "cyrus": {
        "debian": ("cyrus-imapd", "cyrus-pop3d"),
        "redhat": ("cyrus-imapd",),
        "suse": ("cyrus-imapd",),
    },
    "saslauthd": {  # checks passwords for Sendmail and Cyrus
        "debian": ("sasl2-bin", "libsasl2-modules"),
        "redhat": ("cyrus-sasl", "cyrus-sasl-plain"),
        "suse": ("cyrus-sasl-saslauthd", "cyrus-sasl-plain"),
    },
    "stunnel": {"debian": ("stunnel4",), "redhat": ("stunnel",), "suse": ("stunnel",)},
    "openssl": {"debian": ("openssl",), "redhat": ("openssl",), "suse": ("openssl",)},
}
for _product, _families in PACKAGES.items():
    if set(_families) != {"debian", "redhat", "suse"}:
        raise ValueError(f"{_product}: a family is missing")

MANAGERS = ("apt-get", "dnf", "yum", "zypper")
WHICH: Request = Command(("sh", "-c", "command -v apt-get dnf yum zypper; true"))


def manager(seen: Seen) -> Optional[str]:
    """The package manager to use, the best of those installed."""
    found = (
        [line.rsplit("/", 1)[-1] for line in seen.output(*WHICH.argv).text.splitlines()]
        if isinstance(WHICH, Command)
        else []
    )
    return next((name for name in MANAGERS if name in found), None)
