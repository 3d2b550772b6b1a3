"""Which setting of which daemon refuses an old version of TLS or a kind of suites,
and since which version of the daemon.

Sources: postconf(5) and the RELEASE_NOTES of Postfix 2.3 and 2.6 (``smtpd_tls_protocols``); Sendmail's RELEASE_NOTES of
8.15 (``ServerSSLOptions``, ``CipherList``); dovecot-example.conf of 1.0 and Dovecot 2.1's 10-ssl.conf
(``ssl_protocols``); Cyrus IMAP's imapd.conf(5) and changes of 2.4.18 (``tls_versions``); stunnel(8) of 4.15; ciphers(1)
of OpenSSL 0.9.8 (the words SSLv2, EXPORT, NULL and aNULL name suites; SSLv3 names TLS 1.0's as well, so no list of
ciphers parts the two). Red Hat's packages with settings of later versions are those that its articles on securing
Sendmail and Cyrus IMAP on Enterprise Linux 5 name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional, Tuple

from ..core.versions import Row, Rows, Version, dotted
from .table import PRODUCTS

#: what a host of Enterprise Linux 5 runs, where its own files were not read
ENTERPRISE_5 = {"postfix": "2.3.3", "sendmail": "8.13.8", "dovecot": "1.0.7"}
#: packages of that system whose daemon knows the setting of a later version, by product
UPDATED = {"sendmail": "sendmail-8.13.8-10.el5_11", "cyrus": "cyrus-imapd-2.3.7-16.el5_11"}
#: what a list of ciphers refuses
BY_CIPHERS = ("SSLv2", "NULL", "EXPORT", "anonymous", "RC4", "3DES", "static RSA")


def _later(concept: str, first: Version, since: Version, setting: str) -> "Rows[str]":
    """No setting from the first version on, this one since another."""
    return Rows(concept, Row(first, since, ""), Row(since, None, setting))


#: (product, whether the port demands TLS; None: either) -> the setting for versions, the one for suites
SETTINGS: "Dict[Tuple[str, Optional[bool]], Tuple[Rows[str], Rows[str]]]" = {
    ("postfix", False): (
        _later("Postfix's TLS versions where TLS is a choice", (2, 3), (2, 6), "smtpd_tls_protocols"),
        Rows("Postfix's suites where TLS is a choice", Row((2, 3), None, "smtpd_tls_exclude_ciphers")),
    ),
    ("postfix", True): (
        Rows("Postfix's TLS versions where TLS is demanded", Row((2, 3), None, "smtpd_tls_mandatory_protocols")),
        Rows("Postfix's suites where TLS is demanded", Row((2, 3), None, "smtpd_tls_mandatory_exclude_ciphers")),
    ),
    ("sendmail", None): (
        _later("Sendmail's TLS versions", (8, 11), (8, 15), "ServerSSLOptions"),
        _later("Sendmail's suites", (8, 11), (8, 15), "CipherList"),
    ),
    ("dovecot", None): (
        Rows(
            "Dovecot's TLS versions",
            Row((1, 0), (2, 1), ""),
            Row((2, 1), (2, 3), "ssl_protocols"),
            Row((2, 3), None, "ssl_min_protocol"),
        ),
        Rows("Dovecot's suites", Row((1, 0), None, "ssl_cipher_list")),
    ),
    ("cyrus", None): (
        _later("Cyrus IMAP's TLS versions", (2, 2), (2, 4, 18), "tls_versions"),
        Rows("Cyrus IMAP's suites", Row((2, 2), (2, 5), "tls_cipher_list"), Row((2, 5), None, "tls_ciphers")),
    ),
    ("stunnel", None): (
        Rows("stunnel's TLS versions", Row((4, 0), None, "options")),
        Rows("stunnel's suites", Row((4, 0), None, "ciphers")),
    ),
}
#: what makes the prime of a key exchange longer, by product
PRIMES = {
    "postfix": "Postfix: smtpd_tls_dh1024_param_file",
    "sendmail": "Sendmail: confDH_PARAMETERS",
    "dovecot": "Dovecot: ssl_dh (2.3 on)",
    "cyrus": "Cyrus IMAP: tls_server_dhparam (2.5 on)",
    "stunnel": "stunnel: the parameters in the file of cert",
}
for _row in PRODUCTS.values():
    if _row.kind != "auth" and not (_row.name in PRIMES and {(_row.name, None), (_row.name, True)} & set(SETTINGS)):
        raise ValueError(f"{_row.name}: nothing says how it is told of TLS")


@dataclass(frozen=True)
class Daemon:
    """What serves a port: a product, and its version if it is known."""

    product: str
    number: "Optional[Version]" = None

    def setting(self, weakness: str, demanded: bool) -> "Optional[str]":
        """What refuses a version or a kind of suites where TLS is ``demanded``, or a choice;
        empty: nothing; None: it is not known."""
        table = self._rows(weakness, demanded)
        return table.at(self.number) if table and self.number else None

    def helpless(self, weakness: str, demanded: bool, port: int) -> str:
        """Why it can do nothing against it on this port; empty if it can, or if that is not known."""
        table = self._rows(weakness, demanded)
        if table is None or self.setting(weakness, demanded) != "":
            return ""
        cure = next(row for row in table.rows if row.value)
        update = f"; Red Hat's {UPDATED[self.product]} has it" if self.product in UPDATED else ""
        name = f"{PRODUCTS[self.product].title} {dotted(self.number or ())}"
        return f"{name} has no setting against it on port {port} ({cure.value} came with {dotted(cure.since)}{update})"

    def _rows(self, weakness: str, demanded: bool) -> "Optional[Rows[str]]":
        pair = SETTINGS.get((self.product, None)) or SETTINGS.get((self.product, demanded))
        return pair[1 if weakness in BY_CIPHERS else 0] if pair else None
