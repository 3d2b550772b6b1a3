"""What each version of Postfix knows. Source: mail_params.h, postconf(5) and the RELEASE_NOTES of 2.3 to 3.10."""

from __future__ import annotations

from typing import Tuple

from .versions import Row, Rows, Version

FIRST: Version = (2, 3)

#: the parameter that holds the relay rule
RELAY_RULE = Rows(
    "relay rule",
    Row(FIRST, (2, 10), "smtpd_recipient_restrictions"),
    Row((2, 10), None, "smtpd_relay_restrictions"),
)
#: how a submission service demands TLS (2.3's own example in master.cf still says smtpd_enforce_tls; the level works there too)
SUBMISSION_TLS = Rows("TLS demanded on submission", Row(FIRST, None, ("smtpd_tls_security_level", "encrypt")))
#: what submission demands of TLS (RFC 8997: 1.2 at least; no anonymous ciphers, which serve nobody who checks a certificate). The
#: OpenSSL of hosts with an older Postfix may know nothing newer than 1.0
SUBMISSION_PROTOCOLS: "Rows[Tuple[Tuple[str, str], ...]]" = Rows(
    "TLS versions of submission",
    Row(FIRST, (2, 10), ()),
    Row(
        (2, 10),
        None,
        (
            ("smtpd_tls_mandatory_protocols", "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1"),
            ("smtpd_tls_mandatory_exclude_ciphers", "aNULL, eNULL, EXPORT, RC4, 3DES"),
        ),
    ),
)
#: words of a restriction list that end the question for a stranger
REJECTS = ("reject_unauth_destination", "defer_unauth_destination", "reject", "defer", "defer_if_permit")
#: the tables of lookup types that look nothing up outside the host
MAP_SUFFIX = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "dbm": ".pag"}
