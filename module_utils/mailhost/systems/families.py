"""Distributions: each family is one row of what it calls things. A new one is a row here,
and nothing else says a family's name.

Sources: the packages' own file lists; crypt(5) of glibc and libxcrypt; login.defs(5). For SUSE the spec files of
openSUSE's packages: cyrus-imapd (/usr/lib/cyrus, /var/lib/imap/socket, /sbin/nologin), cyrus-sasl and
cyrus-sasl-saslauthd (/etc/sasl2, /run/sasl2, SASLAUTHD_AUTHMECH), postfix and sendmail (each in conflict with the
other), dovecot (its mkcert.sh does not write to /etc/ssl/certs, which is the system's store of authorities and made
anew by update-ca-certificates), shadow (UID_MIN), and SUSE's documentation of /etc/ssl/servercerts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, Mapping, Optional, Set, Tuple

from ..core.host import Command, File, Request, Seen
from ..core.versions import Row, Rows, Version, version
from .packages import DPKG, MANAGERS, RPM, Database, managers

Names = Tuple[str, ...]


@dataclass(frozen=True)
class Saslauthd:
    """``path`` is the file from which its start script takes its options, ``mechanism`` the setting for who is
    asked, ``pam`` its value for PAM; ``starts`` is what has to stand there besides for it to start at all, by
    release; ``socket`` is where it answers."""

    path: str
    mechanism: str
    pam: str
    starts: "Rows[Mapping[str, str]]"
    socket: str


@dataclass(frozen=True)
class Family:
    """A row: no field has a default, so that a family that forgets one is an error at import. Where a value depends on
    the release, it is ``Rows``; the release of a host that does not say one is ``()``, the oldest."""

    name: str
    #: its names in os-release(5), ID and ID_LIKE; the file that only its hosts have, which counts before os-release
    ids: Names
    release_file: "Optional[str]"
    #: what stands for the release where os-release says none (testing and unstable)
    rolling: Version
    #: by product; empty where nobody knows what they are called
    packages: "Mapping[str, Names]"
    database: Database
    managers: Names
    #: by package: those whose place it takes, so that they must stop first and leave no mail behind
    displaces: "Mapping[str, Names]"
    #: by package: those that are to be named as going with it, since the manager would not see it or would ask
    removes: "Mapping[str, Names]"
    certificate: str
    key: str
    openssl_cnf: str
    authorities: str
    #: where Cyrus takes mail by LMTP (the package's own cyrus.conf)
    cyrus_socket: str
    saslauthd: Saslauthd
    #: where Postfix' SASL library reads who checks passwords, if no package puts it there
    smtpd_sasl: "Optional[str]"
    #: whether its Dovecot lets passwords go in clear where nothing is set, by the version of Dovecot
    dovecot_cleartext: "Rows[bool]"
    nologin: str
    #: a mail daemon's service of PAM, where no package brings one; empty where nobody knows what it includes
    pam_service: str
    #: the first uid of a person's account (login.defs)
    uid_min: "Rows[int]"
    #: the prefixes that crypt(3) of its C library verifies
    crypt: "Rows[Names]"
    #: what the audit goes easy on: hosts that have nothing newer
    profile: "Rows[str]"

    def __post_init__(self) -> None:
        if set(self.managers) - set(MANAGERS):
            raise ValueError(f"{self.name}: a package manager that has no row")
        if self.removes and not all(MANAGERS[name].removed for name in self.managers):
            raise ValueError(f"{self.name}: a package manager that cannot remove what goes with another package")

    def asked(self) -> Command:
        """The question which of all packages that mailhost knows there are installed."""
        return Command((*self.database.ask, *known(self.database)))

    def installed(self, seen: Seen) -> "Set[str]":
        """Which of the packages that mailhost knows are installed."""
        return self.database.read(seen.output(*self.asked().argv).text, known(self.database))

    def manager(self, seen: Seen) -> "Optional[str]":
        """The family's package manager that the host has; None if it has none of them."""
        return next((name for name in managers(seen) if name in self.managers), None)


_CRYPT, _UID, _PROFILE = "schemes of crypt(3)", "the first uid of a person", "the audit's profile"
_STARTS, _CLEAR = "what lets saslauthd start", "cleartext logins by default"
_GLIBC = ("1", "5", "6")
_LIBXCRYPT = (*_GLIBC, "2a", "2b", "2y", "7", "y", "gy")
_OWL = (*_GLIBC, "2a", "2y")  # SUSE's glibc, with crypt_blowfish 1.2

DEBIAN = Family(
    name="debian",
    ids=("debian", "ubuntu", "devuan"),
    release_file=None,
    rolling=(99,),
    packages={
        "postfix": ("postfix",),
        "sendmail": ("sendmail-bin", "sensible-mda", "procmail"),
        "dovecot": ("dovecot-imapd", "dovecot-pop3d"),
        "cyrus": ("cyrus-imapd", "cyrus-pop3d"),
        "saslauthd": ("sasl2-bin", "libsasl2-modules"),
        "stunnel": ("stunnel4",),
        "openssl": ("openssl",),
    },
    database=DPKG,
    managers=("apt-get",),
    displaces={"sendmail-bin": ("postfix",), "postfix": ("sendmail-bin",), "dovecot-imapd": ("cyrus-imapd",)},
    removes={"cyrus-imapd": ("dovecot-core",)},  # which alone cannot restart with what is configured
    certificate="/etc/ssl/certs/mailhost.pem",
    key="/etc/ssl/private/mailhost.pem",
    openssl_cnf="/etc/mailhost/dovecot-openssl.cnf",
    authorities="/etc/ssl/certs",
    cyrus_socket="/run/cyrus/socket/lmtp",
    saslauthd=Saslauthd(
        "/etc/default/saslauthd",
        "MECHANISMS",
        '"pam"',
        Rows(_STARTS, Row((), (13,), {"START": "yes"}), Row((13,), None, {})),
        "/var/run/saslauthd/mux",
    ),
    smtpd_sasl="/etc/postfix/sasl/smtpd.conf",
    dovecot_cleartext=Rows(_CLEAR, Row((), None, False)),
    nologin="/usr/sbin/nologin",
    pam_service="@include common-auth\n@include common-account\n@include common-session\n",
    uid_min=Rows(_UID, Row((), None, 1000)),
    crypt=Rows(_CRYPT, Row((), (11,), _GLIBC), Row((11,), None, _LIBXCRYPT)),
    profile=Rows(_PROFILE, Row((), None, "")),
)
SUSE = Family(
    name="suse",
    ids=("opensuse", "opensuse-leap", "opensuse-tumbleweed", "sles", "suse"),
    release_file=None,
    rolling=(),
    packages={
        "postfix": ("postfix",),
        "sendmail": ("sendmail", "procmail"),
        "dovecot": ("dovecot",),
        "cyrus": ("cyrus-imapd",),
        "saslauthd": ("cyrus-sasl-saslauthd", "cyrus-sasl-plain"),
        "stunnel": ("stunnel",),
        "openssl": ("openssl",),
    },
    database=RPM,
    managers=("zypper",),
    displaces={"sendmail": ("postfix",), "postfix": ("sendmail",)},
    removes={"sendmail": ("postfix",), "postfix": ("sendmail",)},
    certificate="/etc/ssl/servercerts/mailhost.pem",
    key="/etc/ssl/private/mailhost.pem",
    openssl_cnf="/etc/mailhost/dovecot-openssl.cnf",
    authorities="/etc/ssl/certs",
    cyrus_socket="/var/lib/imap/socket/lmtp",
    saslauthd=Saslauthd(
        "/etc/sysconfig/saslauthd", "SASLAUTHD_AUTHMECH", "pam", Rows(_STARTS, Row((), None, {})), "/run/sasl2/mux"
    ),
    smtpd_sasl="/etc/sasl2/smtpd.conf",
    dovecot_cleartext=Rows(_CLEAR, Row((), None, False)),
    nologin="/sbin/nologin",
    pam_service="auth include common-auth\naccount include common-account\nsession include common-session\n",
    uid_min=Rows(_UID, Row((), None, 1000)),
    # libxcrypt came with 15.3; Leap 42 is SLES 12
    crypt=Rows(
        _CRYPT,
        Row((), (15, 3), _OWL),
        Row((15, 3), (42,), _LIBXCRYPT),
        Row((42,), (43,), _OWL),
        Row((43,), None, _LIBXCRYPT),
    ),
    profile=Rows(_PROFILE, Row((), None, "")),
)
REDHAT = Family(
    name="redhat",
    ids=("rhel", "fedora", "centos"),
    release_file="/etc/redhat-release",
    rolling=(),
    packages={
        "postfix": ("postfix",),
        "sendmail": ("sendmail", "sendmail-cf", "m4", "procmail"),
        "dovecot": ("dovecot",),
        "cyrus": ("cyrus-imapd",),
        "saslauthd": ("cyrus-sasl", "cyrus-sasl-plain"),
        "stunnel": ("stunnel",),
        "openssl": ("openssl",),
    },
    database=RPM,
    managers=("dnf", "yum"),
    displaces={},
    removes={},
    certificate="/etc/pki/dovecot/certs/dovecot.pem",
    key="/etc/pki/dovecot/private/dovecot.pem",
    openssl_cnf="/etc/pki/dovecot/dovecot-openssl.cnf",
    authorities="/etc/pki/tls/certs",
    cyrus_socket="/var/lib/imap/socket/lmtp",
    saslauthd=Saslauthd(
        "/etc/sysconfig/saslauthd", "MECH", "pam", Rows(_STARTS, Row((), None, {})), "/var/run/saslauthd/mux"
    ),
    smtpd_sasl=None,
    dovecot_cleartext=Rows(_CLEAR, Row((), (1, 1), True), Row((1, 1), None, False)),
    nologin="/sbin/nologin",
    pam_service="auth include system-auth\naccount include system-auth\nsession include system-auth\n",
    uid_min=Rows(_UID, Row((), (7,), 500), Row((7,), None, 1000)),
    crypt=Rows(_CRYPT, Row((), (5, 2), ("1",)), Row((5, 2), (8,), _GLIBC), Row((8,), None, _LIBXCRYPT)),
    profile=Rows(_PROFILE, Row((), (6,), "centos5"), Row((6,), None, "")),
)
#: what is none of them: its packages are somebody else's to install, the rest is as most have it
UNKNOWN = Family(
    name="unknown",
    ids=(),
    release_file=None,
    rolling=(),
    packages={},
    database=RPM,
    managers=tuple(MANAGERS),
    displaces={},
    removes={},
    certificate="/etc/ssl/certs/mailhost.pem",
    key="/etc/ssl/private/mailhost.pem",
    openssl_cnf="/etc/mailhost/dovecot-openssl.cnf",
    authorities="/etc/ssl/certs",
    cyrus_socket="/var/lib/imap/socket/lmtp",
    saslauthd=Saslauthd(
        "/etc/sysconfig/saslauthd", "MECH", "pam", Rows(_STARTS, Row((), None, {})), "/var/run/saslauthd/mux"
    ),
    smtpd_sasl=None,
    dovecot_cleartext=Rows(_CLEAR, Row((), None, False)),
    nologin="/usr/sbin/nologin",
    pam_service="",
    uid_min=Rows(_UID, Row((), None, 1000)),
    crypt=Rows(_CRYPT, Row((), None, _GLIBC)),
    profile=Rows(_PROFILE, Row((), None, "")),
)
#: in the order in which a host is looked for among them
FAMILIES = (DEBIAN, SUSE, REDHAT, UNKNOWN)
#: the products whose packages every family names
PACKAGED: Names = tuple(DEBIAN.packages)
for _family in FAMILIES:
    if _family is not UNKNOWN and set(_family.packages) != set(PACKAGED):
        raise ValueError(f"{_family.name}: the packages of a product are missing")
    _ours = {name for names in _family.packages.values() for name in names}
    if (
        not {*_family.removes, *_family.displaces, *(name for many in _family.displaces.values() for name in many)}
        <= _ours
    ):
        raise ValueError(
            f"{_family.name}: a package that takes another's place, or whose place is taken, is no product's"
        )

_RELEASES = {family.release_file: family for family in FAMILIES if family.release_file}
REQUESTS: "Tuple[Request, ...]" = (File("/etc/os-release"), *map(File, _RELEASES))


def known(database: Database) -> Names:
    """The packages that mailhost knows of the families with this database."""
    packages: "Set[str]" = set()
    for family in FAMILIES:
        if family.database is database:
            for names in (*family.packages.values(), *family.removes.values()):
                packages.update(names)
    return tuple(sorted(packages))


#: which packages a host has, asked of each database, since a first question does not know which of them is its own
INSTALLED: "Tuple[Request, ...]" = tuple(dict.fromkeys(family.asked() for family in FAMILIES))


@dataclass(frozen=True)
class System:
    """A host's distribution: its own name, its release, and its family's row."""

    name: str
    release: Version
    family: Family

    @property
    def uid_min(self) -> int:
        return self.family.uid_min.nearest(self.release)

    @property
    def crypt_schemes(self) -> Names:
        return self.family.crypt.nearest(self.release)

    @property
    def profile(self) -> str:
        return self.family.profile.nearest(self.release)


def system(seen: Seen) -> System:
    """The distribution, from the file that only one family has, else from os-release(5)."""
    for path, family in _RELEASES.items():
        released = seen.file(path)
        if released.kind == "file":
            return System(released.text.strip().split(" release")[0], _release(released.text), family)
    fields: "Dict[str, str]" = dict(re.findall(r'^([A-Z_]+)="?([^"\n]*)"?$', seen.file("/etc/os-release").text, re.M))
    names = [fields.get("ID", "unknown"), *fields.get("ID_LIKE", "").split()]
    family = next((family for family in FAMILIES if set(names) & set(family.ids)), UNKNOWN)
    return System(names[0], _release(fields.get("VERSION_ID", "")) or family.rolling, family)


def _release(text: str) -> Version:
    match = re.search(r"\d+", text)
    return version(text) or ((int(match.group()),) if match else ())
