"""As much of DER as tells one certificate from another (X.690, section 8; RFC 5280, section 4.1):
issuer, subject, length of the key."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Iterator, List, Optional, Tuple

RSA = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
#: kinds of keys by the identifier of their algorithm (RFC 8017, RFC 5480, RFC 8410, RFC 3279)
KEYS = {
    "RSA": RSA,
    "EC": b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01",
    "Ed25519": b"\x06\x03\x2b\x65\x70",
    "Ed448": b"\x06\x03\x2b\x65\x71",
    "DSA": b"\x06\x07\x2a\x86\x48\xce\x38\x04\x01",
}


def key_kind(pem: str) -> str:
    """What kind of private key a PEM text holds: by its first line (RSA, EC, DSA),
    or PKCS #8's algorithm (RFC 5208); "" if unknown."""
    match = re.search(r"-----BEGIN (?:(RSA|EC|DSA) )?PRIVATE KEY-----(.+?)-----END", pem, re.S)
    if not match or match.group(1):
        return match.group(1) if match else ""
    try:
        inner = [content for _, content in elements(base64.b64decode("".join(match.group(2).split()), validate=True))]
    except (binascii.Error, ValueError):
        return ""
    fields = [content for _, content in elements(inner[0])] if inner else []
    algorithm = fields[1] if len(fields) > 1 else b""
    return next((kind for kind, identifier in KEYS.items() if algorithm.startswith(identifier)), "")


def pems(text: str) -> "List[bytes]":
    """The certificates of a PEM file, in order; those that are no base64 are left out."""
    certificates = []
    for body in re.findall(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", text, re.S):
        try:
            certificates.append(base64.b64decode("".join(body.split()), validate=True))
        except (binascii.Error, ValueError):
            continue
    return certificates


def elements(data: bytes) -> "Iterator[Tuple[int, bytes]]":
    """The elements side by side in these bytes: tag and contents. Ends where they make no sense."""
    at = 0
    while at + 2 <= len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + length > len(data):
            return
        yield tag, data[at : at + length]
        at += length


def _fields(certificate: bytes) -> "List[bytes]":
    """serial, signature, issuer, validity, subject, key: the fields of what is signed, without its version."""
    outer = [content for _, content in elements(certificate)]
    signed = [content for _, content in elements(outer[0])] if outer else []
    return [content for tag, content in elements(signed[0]) if tag != 0xA0] if signed else []


def issuer_and_subject(certificate: bytes) -> "Optional[Tuple[bytes, bytes]]":
    fields = _fields(certificate)
    return (fields[2], fields[4]) if len(fields) > 5 else None


def rsa_bits(certificate: bytes) -> "Optional[int]":
    """Length of the modulus (RFC 3279, section 2.3.1); None for keys that are not RSA."""
    fields = _fields(certificate)
    if len(fields) < 6 or RSA not in fields[5]:
        return None
    parts = [content for _, content in elements(fields[5])]
    numbers = [content for _, content in elements(parts[1][1:])] if len(parts) > 1 else []
    modulus = [content for _, content in elements(numbers[0])] if numbers else []
    return int.from_bytes(modulus[0], "big").bit_length() if modulus else None
