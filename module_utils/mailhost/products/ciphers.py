"""Ciphers of the years when EXPORT and anonymous suites were served by default, and which versions need to be told.

Sources: ciphers(1) of OpenSSL 0.9.8 (its DEFAULT has EXPORT, LOW and SSLv2's suites, its ALL the anonymous ones
too); the defaults of Dovecot 1.0 to 1.2 (``ALL:!LOW``), Cyrus IMAP 2.3 and 2.4 (``DEFAULT``) and stunnel 4 (the
library's); Dovecot's own default since 2.0.
"""

from __future__ import annotations

import re
from typing import Optional, Tuple

from ..core.versions import Row, Rows

#: what nobody should take, as OpenSSL's lists name it, and other names of the same
WEAK: "Tuple[Tuple[str, ...], ...]" = (("LOW",), ("SSLv2",), ("EXP", "EXPORT"), ("aNULL",))

#: whether a version has to be told
DOVECOT = Rows("ssl_cipher_list", Row((1, 0), (2, 0), True), Row((2, 0), None, False))
CYRUS = Rows("tls_cipher_list", Row((2, 0), (2, 5), True), Row((2, 5), None, False))
STUNNEL = Rows("ciphers", Row((4, 0), (5, 0), True), Row((5, 0), None, False))


def tightened(stands: Optional[str]) -> str:
    """A list without what nobody should take; whatever else stands in it stays, in its order."""
    text = (stands or "").strip() or "ALL"
    words = re.split(r"[:\s,]+", text)
    weak = (
        (*WEAK, ("eNULL", "NULL")) if {"eNULL", "NULL", "COMPLEMENTOFALL"} & set(words) else WEAK
    )  # ALL has none of them
    missing = [names[0] for names in weak if not any(f"!{name}" in words for name in names)]
    return ":".join([text, *(f"!{name}" for name in missing)])
