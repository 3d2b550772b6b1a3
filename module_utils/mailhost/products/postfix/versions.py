"""What each version of Postfix knows. Source: mail_params.h, postconf(5) and the RELEASE_NOTES of 2.3 to 3.10."""

from __future__ import annotations

import re
from typing import Optional, Set, Tuple

from ...core.versions import Row, Rows, Version

FIRST: Version = (2, 3)

#: the parameter that holds the relay rule
RELAY_RULE = Rows(
    "relay rule",
    Row(FIRST, (2, 10), "smtpd_recipient_restrictions"),
    Row((2, 10), None, "smtpd_relay_restrictions"),
)
#: how a submission service demands TLS (2.3's own example in master.cf still says smtpd_enforce_tls; the level works there too)
SUBMISSION_TLS = Rows("TLS demanded on submission", Row(FIRST, None, ("smtpd_tls_security_level", "encrypt")))
Settings = Tuple[Tuple[str, str], ...]
_EXCLUDED: Settings = (("smtpd_tls_exclude_ciphers", "EXPORT, LOW, SSLv2, aNULL"),)
#: what every service says of TLS. Before 2.10 the defaults take EXPORT and anonymous ciphers; a version can be refused where TLS is
#: not demanded since 2.6
SERVED_TLS: "Rows[Settings]" = Rows(
    "TLS served",
    Row(FIRST, (2, 6), _EXCLUDED),
    Row((2, 6), (2, 10), (*_EXCLUDED, ("smtpd_tls_protocols", "!SSLv2, !SSLv3"))),
    Row((2, 10), None, ()),
)
#: what submission demands of TLS (RFC 8997: 1.2 at least; no anonymous ciphers, which serve nobody who checks a certificate). The
#: OpenSSL of hosts with an older Postfix may know nothing newer than 1.0. 2.3 to 2.5 take a list of what is allowed; from 2.6 on a
#: list of what is not, since patches of 2.6 to 2.9 know TLS 1.1 and 1.2, which a list of TLSv1 alone would refuse
SUBMISSION_PROTOCOLS: "Rows[Settings]" = Rows(
    "TLS versions of submission",
    Row(FIRST, (2, 6), (("smtpd_tls_mandatory_protocols", "TLSv1"), ("smtpd_tls_mandatory_exclude_ciphers", "aNULL"))),
    Row(
        (2, 6),
        (2, 10),
        (("smtpd_tls_mandatory_protocols", "!SSLv2, !SSLv3"), ("smtpd_tls_mandatory_exclude_ciphers", "aNULL")),
    ),
    Row(
        (2, 10),
        None,
        (
            ("smtpd_tls_mandatory_protocols", "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1"),
            ("smtpd_tls_mandatory_exclude_ciphers", "aNULL, eNULL, EXPORT, RC4, 3DES"),
        ),
    ),
)
NUMBERS = {"0002": "SSLv2", "0300": "SSLv3", "0301": "TLSv1", "0302": "TLSv1.1", "0303": "TLSv1.2", "0304": "TLSv1.3"}
VERSIONS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def allowed(value: str) -> "Optional[Set[str]]":
    """The versions of TLS that a list lets by (postconf(5), smtpd_tls_mandatory_protocols: names, ``!name``, between white space, commas
    or colons; ``>=name`` and ``<=name`` since 3.6, by number too); None for a list that holds anything else."""
    known = {name.lower(): name for name in VERSIONS}
    known.update({f"{lead}{number}": name for number, name in NUMBERS.items() for lead in ("", "0x")})
    named: "Set[str]" = set()
    found = set(VERSIONS)
    for sign, word in re.findall(r"(!|>=|<=|)\s*([^\s,:!<>=]+)", value):
        name = known.get(word.lower())
        if name is None:
            return None
        at = VERSIONS.index(name)
        if sign == "":
            named.add(name)
        found -= {"!": {name}, ">=": set(VERSIONS[:at]), "<=": set(VERSIONS[at + 1 :]), "": set()}[sign]
    return found & named if named else found


def no_lower(name: str, stands: str, meant: str, wanted: str) -> str:
    """A setting of TLS as it should be where one ``stands``, and ``meant`` is what it comes to: never less strict. Excluded ciphers are
    added to; versions stay where fewer are allowed than by ours, and where what stands cannot be read (the wire shows what it lets by)."""
    if not stands:
        return wanted
    if name.endswith("exclude_ciphers"):
        have = re.split(r"[\s,:]+", meant)
        missing = [word for word in wanted.split(", ") if word.lower() not in map(str.lower, have)]
        return ", ".join([stands, *missing])
    theirs = allowed(meant)
    return stands if theirs is None or (theirs and theirs <= (allowed(wanted) or set())) else wanted


#: words of a restriction list that end the question for a stranger
REJECTS = ("reject_unauth_destination", "defer_unauth_destination", "reject", "defer", "defer_if_permit")
#: the tables of lookup types that look nothing up outside the host
MAP_SUFFIX = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "dbm": ".pag"}
