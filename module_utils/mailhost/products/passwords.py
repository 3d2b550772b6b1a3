"""Hashes of passwords as crypt(3) writes them, bare or with Dovecot's name of the scheme in front."""

from __future__ import annotations

import re
from typing import Optional

from ..core.errors import BadInput, Entry
from ..systems.families import System

PREFIX = re.compile(r"^\{([A-Za-z0-9.-]+)\}")
_CRYPT = re.compile(r"^\$([0-9a-z]+)\$[A-Za-z0-9./$=,+*-]+$")
#: Dovecot's scheme names for what crypt(3) does, by crypt's prefix
CRYPT_NAMES = {"MD5-CRYPT": "1", "SHA256-CRYPT": "5", "SHA512-CRYPT": "6", "BLF-CRYPT": "2y", "CRYPT": ""}


def place(number: int, name: str) -> Entry:
    """Where an entry of the mailboxes' list stands in the inventory."""
    return Entry(f"mailboxes[{number}]", name)


def crypt_form(place: str, text: str, platform: System) -> Optional[str]:
    """The hash as crypt(3) writes it, if it is one that this host verifies; None for a scheme of Dovecot's own."""
    prefix = PREFIX.match(text)
    scheme, rest = (prefix.group(1).upper(), text[prefix.end() :]) if prefix else ("CRYPT", text)
    if scheme in ("PLAIN", "CLEAR", "CLEARTEXT", "PLAIN-MD4", "PLAIN-MD5"):
        raise BadInput(
            place, f"{{{scheme}}} is not a salted hash: it gives the password away", "Use doveadm pw -s SHA512-CRYPT"
        )
    if scheme not in CRYPT_NAMES:
        return None
    match = _CRYPT.match(rest)
    if not match or (CRYPT_NAMES[scheme] and CRYPT_NAMES[scheme][0] != match.group(1)[0]):
        raise BadInput(
            place, "not a hash of the form $id$salt$hash", "Use doveadm pw -s SHA512-CRYPT or openssl passwd -6"
        )
    if match.group(1) not in platform.crypt_schemes:
        known = ", ".join(f"${name}$" for name in platform.crypt_schemes)
        raise BadInput(
            place,
            f"scheme ${match.group(1)}$ is not known to crypt() of this host ({platform.name})",
            f"Use one of {known}",
        )
    return rest
