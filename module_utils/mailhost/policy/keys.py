"""What lies on the host's disk as key and certificate: T14 to T17 of the TLS battery, where only the host can answer.

Sources: RFC 7468 (PEM), x509(1); what a daemon needs of a key: readable by it and by nobody else, not encrypted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import time
from typing import List, Optional

from ..host import FileState
from .cause import Cause


def fingerprint(pem: str) -> str:
    """SHA-256 of the first certificate of a PEM file, hexadecimal; empty if there is none."""
    match = re.search(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", pem, re.S)
    try:
        return hashlib.sha256(base64.b64decode(match.group(1))).hexdigest() if match else ""
    except (binascii.Error, ValueError):
        return ""


def causes(
    who: str, certificate: FileState, key: str, shown: str, is_a_pair: bool, mode: str, ends: "Optional[int]", begins: "Optional[int]"
) -> "List[Cause]":
    """``shown`` is the certificate as openssl shows it, ``mode`` the key file's, ``is_a_pair`` whether both hold one public key."""
    found, now, place = [], time.time(), certificate.path
    if certificate.kind != "file":
        return [Cause(f"certificate {who}", "dead", place, f"{who}'s certificate is not there", "Make or restore it (mail_certificate)")]
    if "PRIVATE KEY" in certificate.text and certificate.path != key and certificate.mode & 0o044:
        found.append(
            Cause(
                f"key in certificate {who}",
                "secret",
                place,
                "the certificate's file holds a private key and others may read it",
                "Take the key out, and make a new one",
            )
        )
    if not is_a_pair:
        found.append(
            Cause(
                f"key of {who}",
                "dead",
                key,
                f"the key is not the one of {place}: no TLS at all",
                "Restore the pair that belongs together (mail_certificate)",
            )
        )
    if ends is not None and ends < now:
        found.append(Cause(f"expired {who}", "dead", place, f"expired on {_day(ends)}", "Renew it (mail_certificate)"))
    if begins is not None and begins > now:
        found.append(Cause(f"not yet valid {who}", "dead", place, f"not valid before {_day(begins)}", "Renew it, or set the clock"))
    if mode.isdigit() and int(mode[-1]) & 4:
        found.append(
            Cause(
                f"readable {key}",
                "secret",
                key,
                f"a private key that everybody may read (mode {mode})",
                f"chmod 600 {key}, and make a new key: this one has been open to all",
            )
        )
    bits = re.search(r"Public.Key: \((\d+) bit", shown)
    if bits and "rsaEncryption" in shown and int(bits.group(1)) < 2048:
        found.append(Cause(f"short key {who}", "dead", place, f"an RSA key of {bits.group(1)} bits", "Make one of 2048"))
    return found


def _day(seconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
