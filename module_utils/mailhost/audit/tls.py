"""The TLS battery: T09 to T13, T17 and T21, on every port that speaks TLS. What is refused is asked in ``suites``.

Sources: RFC 8314 and RFC 8997 (TLS 1.2 at least, for mail access and submission); Mozilla's Server Side TLS (modern,
intermediate); RFC 3207, 2595 and 9051 (what was said before TLS is forgotten; CVE-2011-0411); RFC 5746 (secure
renegotiation); CVE-2015-4000 (short primes). ``centos5`` is what OpenSSL 0.9.8e can do, TLS 1.0: legacy, never
compliant; what its daemons have no setting against (``products/tls``) is a warning. Between servers (port 25)
encryption is opportunistic: weak is better than none there, a warning too.
"""

from __future__ import annotations

import hashlib
import ssl
import time
from dataclasses import dataclass
from typing import Any, Dict, List, Sequence, Tuple

from ..formats.der import rsa_bits
from ..products.chains import old_digest
from .finding import Finding, Question
from .subject import Subject
from .wire import Endpoint, Invalid, Wire, lenient, secured, strict


@dataclass(frozen=True)
class Profile:
    """``refused``: versions and kinds of suites that must be refused;
    ``wanted``: versions of which one must be served."""

    refused: "Tuple[str, ...]"
    wanted: "Tuple[str, ...]"
    discouraged: "Tuple[str, ...]" = ()
    legacy: bool = False


BROKEN = ("SSLv2", "SSLv3", "NULL", "EXPORT")
PROFILES: "Dict[str, Profile]" = {
    "modern": Profile((*BROKEN, "anonymous", "RC4", "3DES", "TLSv1.0", "TLSv1.1", "TLSv1.2"), ("TLSv1.3",)),
    "intermediate": Profile(
        (*BROKEN, "anonymous", "RC4", "3DES", "TLSv1.0", "TLSv1.1"), ("TLSv1.2", "TLSv1.3"), ("static RSA",)
    ),
    "centos5": Profile(
        (*BROKEN, "anonymous"), ("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"), ("RC4", "3DES"), legacy=True
    ),
}
LEFT = 14  # days
QUIET = 1.0  # seconds in which an answer to what was smuggled in would come


@dataclass(frozen=True)
class Served:
    """The certificate of a port: what a client reads in it."""

    der: bytes
    names: "Tuple[str, ...]" = ()
    ends: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.der).hexdigest()

    @property
    def days(self) -> int:
        return int((ssl.cert_time_to_seconds(self.ends) - time.time()) // 86400) if self.ends else 0

    def data(self, where: str) -> "dict[str, Any]":
        return {"where": where, "sha256": self.sha256, "names": list(self.names), "ends": self.ends, "days": self.days}


def dialogue_of(wire: "Wire | None") -> "Tuple[str, ...]":
    return tuple(wire.dialogue) if wire else ()


def served(endpoint: Endpoint, anchors: str = "", profile: str = "intermediate") -> "Tuple[List[Finding], Served]":
    """T10 to T12 and T21: a full handshake; the certificate covers the name, is in its dates, and leads to an anchor
    (itself, unless ``anchors``, a PEM file, is given)."""
    handshake = Question("tls.T11", str(endpoint))
    try:
        with secured(endpoint, lenient()) as wire:
            der, dialogue = wire.certificate(), dialogue_of(wire)
            spoken = str(wire.sock.version()) if isinstance(wire.sock, ssl.SSLSocket) else "?"
            findings = [_spoken(endpoint, profile, spoken, dialogue), *([] if endpoint.implicit else [_twice(wire)])]
    except Invalid as error:
        out = "Look into the daemon's log for the key and the certificate"
        return [handshake.answer("fail", str(error), error.dialogue, out)], Served(b"")
    finding, here = _verified(endpoint, der, dialogue, anchors)
    return [handshake.answer("pass", spoken, dialogue), finding, *findings], here


def certificate(host: Subject, endpoint: Endpoint) -> "List[Finding]":
    """``served``, and what only the host's files and the other ports tell
    of its certificate, which is kept for them."""
    findings, here = served(endpoint, host.anchors, host.profile)
    if not here.der:
        return findings
    host.served.append((str(endpoint), here))
    fingerprint = str(host.policy.get("fingerprint") or "")
    where = str(endpoint)
    return [
        *findings,
        key_size(where, here.der),
        signature(where, here.der, host.profile),
        deployed(str(endpoint), here, fingerprint),
    ]


def _spoken(endpoint: Endpoint, profile: str, version: str, dialogue: "Tuple[str, ...]") -> Finding:
    """T21: the newest version that both speak is one that the profile wants."""
    wanted = PROFILES[profile].wanted
    question = Question("tls.T21", str(endpoint), f"serves {' or '.join(wanted)}")
    if version not in (*wanted, *("TLSv1" for name in wanted if name == "TLSv1.0")):
        return question.answer("fail", f"{version} at most", dialogue, f"The profile {profile} asks for it")
    legacy = PROFILES[profile].legacy and version in ("TLSv1", "TLSv1.1")
    return question.answer(
        "warn" if legacy else "pass", version + (": legacy, not compliant with RFC 8997" if legacy else ""), dialogue
    )


def _twice(wire: Wire) -> Finding:
    """T10: TLS inside TLS is refused."""
    question = Question("tls.T10", str(wire.endpoint))
    try:
        agreed, reply = wire.begin_tls()
    except Invalid as error:
        return question.answer("pass" if error.is_an_end else "invalid", str(error), dialogue_of(wire))
    if agreed and wire.endpoint.extra:
        return question.answer(
            "warn", "agreed to: a tunnel in front of a daemon that has TLS of its own", dialogue_of(wire)
        )
    return question.answer("fail" if agreed else "pass", reply[:80].replace("\n", " "), dialogue_of(wire))


def _verified(endpoint: Endpoint, der: bytes, dialogue: "Tuple[str, ...]", anchors: str) -> "Tuple[Finding, Served]":
    question = Question("tls.T12", str(endpoint))
    context = strict(der)
    if anchors:
        context = lenient()
        context.verify_mode, context.check_hostname = ssl.CERT_REQUIRED, True
        context.load_verify_locations(cafile=anchors)
    try:
        here = _read(endpoint, context, der)
    except Invalid as error:
        here = _read_anyway(endpoint, der)
        problem = str(error).replace("no TLS: ", "")
        detail = f"{problem} (names: {', '.join(here.names) or 'none'}; until {here.ends or '?'})"
        return question.answer("fail", detail, dialogue, "Renew it (mail_certificate)"), here
    detail = f"sha256 {here.sha256[:16]} for {', '.join(here.names)}, {here.days} days left"
    return question.answer("warn" if here.days < LEFT else "pass", detail, dialogue), here


def _read(endpoint: Endpoint, context: ssl.SSLContext, der: bytes) -> Served:
    """The certificate as the library reads it once it has verified it in this context."""
    with secured(endpoint, context) as wire:
        parsed = wire.sock.getpeercert() if isinstance(wire.sock, ssl.SSLSocket) else None
    names = tuple(str(pair[1]) for pair in (parsed or {}).get("subjectAltName", ()) if pair[0] in ("DNS", "IP Address"))
    return Served(der, names, str((parsed or {}).get("notAfter", "")))


def _read_anyway(endpoint: Endpoint, der: bytes) -> Served:
    """The same of one that does not verify: itself the anchor, whatever its dates and names."""
    context = strict(der)
    context.check_hostname = False
    context.verify_flags |= 0x200000  # X509_V_FLAG_NO_CHECK_TIME
    try:
        return _read(endpoint, context, der)
    except Invalid:
        return Served(der)


INJECTED = {"smtp": "STARTTLS\r\nNOOP\r\n", "imap": "p0 STARTTLS\r\np1 CAPABILITY\r\n", "pop3": "STLS\r\nCAPA\r\n"}


def injection(endpoint: Endpoint) -> Finding:
    """T09: what follows the command in the same segment is not answered inside TLS."""
    question = Question("tls.T09", str(endpoint))
    wire = None
    try:
        with Wire(endpoint) as wire:
            wire.greet()
            wire.note("C:", INJECTED[endpoint.product].replace("\r\n", " | "))
            wire.send_bytes(INJECTED[endpoint.product].encode())
            agreed, reply = wire.agreed()
            if not agreed:
                return question.answer("pass", f"refused: {reply[:80]}", dialogue_of(wire))
            try:
                wire.handshake(lenient())
            except Invalid as error:
                if error.kind == "injected":
                    return question.answer("fail", "the smuggled command is answered in clear", dialogue_of(wire))
                if error.kind == "time":
                    raise
                return question.answer("pass", f"the server ends it: {error}", dialogue_of(wire))
            if wire.is_quiet(QUIET):
                return question.answer("pass", detail="not answered", dialogue=dialogue_of(wire))
            return question.answer(
                "fail",
                detail="the smuggled command is answered inside TLS (CVE-2011-0411)",
                way_out="Update the daemon",
                dialogue=dialogue_of(wire),
            )
    except Invalid as error:
        return question.answer("invalid", detail=str(error), dialogue=dialogue_of(wire) or error.dialogue)


def key_size(where: str, der: bytes) -> Finding:
    """T17, as far as a client sees it: RSA of 2048 bits and more, or an elliptic curve."""
    question = Question("tls.T17", where)
    bits = rsa_bits(der)
    if bits is None:
        return question.answer("pass", detail="not RSA")
    return question.answer(
        "pass" if bits >= 2048 else "fail",
        detail=f"RSA, {bits} bits",
        way_out="" if bits >= 2048 else "Make a key of 2048 bits",
    )


def signature(where: str, der: bytes, profile: str) -> Finding:
    """T17 too: signed by a digest that current clients take (RFC 9155)."""
    question, digest = Question("tls.T17.signature", where), old_digest(der)
    if not digest:
        return question.answer("pass")
    detail, out = f"signed with {digest}, which no current client takes", "Have it issued anew with SHA-256"
    return question.answer("warn" if PROFILES[profile].legacy else "fail", detail, way_out=out)


def deployed(where: str, here: Served, fingerprint: str) -> Finding:
    """T13: what is served is what lies on the host's disk."""
    question = Question("tls.T13", where)
    if not fingerprint:
        return question.answer("none", detail="the host's files were not read")
    same = here.sha256 == fingerprint
    detail = here.sha256[:16] if same else f"served {here.sha256[:16]}, on disk {fingerprint[:16]}"
    return question.answer(
        "pass" if same else "fail", detail=detail, way_out="" if same else "Restart the daemon: it serves an old one"
    )


def one_certificate(all_served: "Sequence[Tuple[str, Served]]") -> "List[Finding]":
    """One certificate on all ports: two are a daemon that was not restarted."""
    prints: "Dict[str, List[str]]" = {}
    for where, here in all_served:
        if here.der:
            prints.setdefault(here.sha256, []).append(where)
    if not prints:
        return []
    detail = "; ".join(f"{', '.join(wheres)}: {sha[:16]}" for sha, wheres in prints.items())
    verdict = "pass" if len(prints) == 1 else "warn"
    return [Question("tls.same").answer(verdict, detail if len(prints) > 1 else detail.rsplit(": ", 1)[-1])]
