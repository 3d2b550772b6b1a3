"""A certificate with those behind it: whole, of one line of issuers, and signed as current clients take it.

Sources: RFC 7468 (PEM), RFC 5280, section 4.1, RFC 5246, section 7.4.2 (the order of a chain); RFC 9155 (no MD5, no
SHA-1); RFC 6125, appendix B.2 (an address is an iPAddress, never a name).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from typing import List, Tuple

from ..core.errors import BadInput
from ..formats import der
from .cause import Cause

BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]*CERTIFICATE)-----(.*?)-----END \1-----", re.S)
WAY = "Give the host's own certificate, and its issuers' (without the root) as the chain, as PEM"
#: identifiers of signatures by digests that nobody takes any more (RFC 8017, RFC 5758, RFC 3279)
OLD = {
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x02": "MD2",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04": "MD5",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05": "SHA-1",
    b"\x2a\x86\x48\xce\x3d\x04\x01": "SHA-1",
    b"\x2a\x86\x48\xce\x38\x04\x03": "SHA-1",
}


def old_digest(certificate: bytes) -> str:
    """The digest that a certificate is signed by, where no current client takes it; else empty."""
    outer = [content for _, content in der.elements(certificate)]
    fields = [content for _, content in der.elements(outer[0])] if outer else []
    algorithm = [content for _, content in der.elements(fields[1])] if len(fields) > 1 else []
    return OLD.get(algorithm[0], "") if algorithm else ""


def read(text: str) -> "Tuple[List[bytes], str]":
    """The certificates of a PEM text, and what is wrong with it (empty if nothing is)."""
    blocks = BLOCK.findall(text)
    if len(re.findall(r"-----BEGIN [A-Z0-9 ]*CERTIFICATE-----", text)) > len(blocks):
        return [], "is cut off: a certificate begins and does not end"
    certificates = []
    for number, (_, body) in enumerate(blocks, 1):
        try:
            certificate = base64.b64decode("".join(body.split()), validate=True)
        except (binascii.Error, ValueError):
            return [], f"certificate {number} is no base64"
        if der.issuer_and_subject(certificate) is None or not _is_whole(certificate):
            return [], f"certificate {number} is no certificate, or cut off"
        certificates.append(certificate)
    return certificates, "" if certificates or not text.strip() else "holds no certificate"


def _is_whole(certificate: bytes) -> bool:
    """Whether it has as many bytes as its head says, and none behind them."""
    first = list(der.elements(certificate))[:1]
    return len(first) == 1 and certificate.endswith(first[0][1])


def _names(certificate: bytes) -> "Tuple[bytes, bytes]":
    return der.issuer_and_subject(certificate) or (b"", b"")


def given(certificate: str, chain: str) -> str:
    """Both as the one PEM text that a daemon serves: the host's own certificate, then each issuer's once, in order.
    Refuses (BadInput) what is no certificate, no issuer of what stands before it, or signed by an old digest."""
    own, fault = read(certificate)
    if fault or not own:
        raise BadInput("certificate", fault or "holds no certificate", WAY)
    rest, fault = read(chain)
    if fault:
        raise BadInput("chain", fault, WAY)
    line, others = [own[0]], [one for one in dict.fromkeys([*own[1:], *rest]) if one != own[0]]
    while others:
        issuer = next((one for one in others if _names(one)[1] == _names(line[-1])[0]), None)
        if issuer is None or _is_own_issuer(line[-1]):
            place = "chain" if others[0] in rest else "certificate"
            raise BadInput(place, f"holds a certificate that is not an issuer of certificate {len(line)}", WAY)
        others.remove(issuer)
        line.append(issuer)
    for one in line:
        if old_digest(one) and (one is own[0] or not _is_own_issuer(one)):
            place = "certificate" if one in own else "chain"
            out = "Have it issued anew with SHA-256"
            raise BadInput(place, f"is signed with {old_digest(one)}, which no current client takes", out)
    return "".join(_pem(one) for one in line)


def _is_own_issuer(certificate: bytes) -> bool:
    issuer, subject = _names(certificate)
    return issuer == subject


def _pem(certificate: bytes) -> str:
    body = base64.b64encode(certificate).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


def alternative(name: str) -> str:
    """A name as openssl's configuration has it in subjectAltName: an address is no DNS name."""
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


def normal(name: str) -> str:
    """A name or an address as ``names_of`` has it."""
    return alternative(name).partition(":")[2].lower()


def is_address(name: str) -> bool:
    return alternative(name).startswith("IP:")


def names_of(text: str) -> "set[str]":
    """Names and addresses of a certificate's subjectAltName, from ``openssl x509 -text``."""
    names = {name.lower() for name in re.findall(r"DNS:([^\s,]+)", text)}
    for address in re.findall(r"IP Address:([0-9A-Fa-f.:]+)", text):
        try:
            names.add(str(ipaddress.ip_address(address)))
        except ValueError:
            continue
    return names


def disorder(pem: str) -> str:
    """What is wrong with the order of a chain: each certificate is to be followed by
    its issuer's (RFC 5246, section 7.4.2)."""
    names = [der.issuer_and_subject(certificate) for certificate in der.pems(pem)]
    for number, (current, following) in enumerate(zip(names, names[1:]), 1):
        if current and following and current[0] != following[1]:
            return f"certificate {number + 1} is not the issuer of certificate {number}"
    return ""


def causes(who: str, path: str, text: str) -> "List[Cause]":
    """What is wrong with the certificates in the file that a daemon serves, one by one and as a chain."""
    certificates, fault = read(text)
    if fault:
        return [Cause(f"chain of {who}", "dead", path, f"the file {fault}", WAY)]
    found = []
    if len(set(certificates)) < len(certificates):
        finding, out = "a certificate is in the file twice: some clients refuse such a chain", "Take the second one out"
        found.append(Cause(f"chain of {who}", "dead", path, finding, out))
    elif disorder(text):
        finding, out = f"the chain is out of order: {disorder(text)}", "Put each certificate's issuer behind it"
        found.append(Cause(f"chain of {who}", "dead", path, finding, out))
    for number, one in enumerate(certificates):
        if old_digest(one) and (number == 0 or not _is_own_issuer(one)):
            finding = f"certificate {number + 1} is signed with {old_digest(one)}, which no current client takes"
            found.append(Cause(f"signature {who}", "dead", path, finding, "Have it issued anew with SHA-256"))
    return found
