"""The TLS battery: T09 to T13, T17 to T19, T21, T26 and T27, on every port that speaks TLS.

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
from ..products.table import choices
from ..products.tls import PRIMES, Daemon
from .finding import Finding, Question
from .hello import DHE, EVERY, OLDER, RENEGOTIATION_INFO, SUITES, VERSIONS, Answer, ask
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
#: the hellos by which it is found out whether a server takes any
ANY = ("TLSv1.2", "TLSv1.1", "TLSv1.0", "SSLv3")
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


def _about(wire: "Wire | None") -> "Tuple[str, ...]":
    return tuple(wire.dialogue) if wire else ()


def _until_tls(endpoint: Endpoint) -> Wire:
    """A dialogue that is where a ClientHello belongs."""
    wire = Wire(endpoint)
    try:
        if not endpoint.implicit:
            agreed, reply = wire.greet().begin_tls()
            if not agreed:
                raise Invalid(f"TLS was not started: {reply[:80]}", "tls")
        return wire
    except BaseException as error:
        if isinstance(error, Invalid):
            error.dialogue = _about(wire)
        wire.__exit__()
        raise


def served(endpoint: Endpoint, anchors: str = "", profile: str = "intermediate") -> "Tuple[List[Finding], Served]":
    """T10 to T12 and T21: a full handshake; the certificate covers the name, is in its dates, and leads to an anchor
    (itself, unless ``anchors``, a PEM file, is given)."""
    handshake = Question("tls.T11", str(endpoint))
    try:
        with secured(endpoint, lenient()) as wire:
            der, dialogue = wire.certificate(), _about(wire)
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
    return [*findings, key_size(str(endpoint), here.der), deployed(str(endpoint), here, fingerprint)]


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
        return question.answer("pass" if error.is_an_end else "invalid", str(error), _about(wire))
    if agreed and wire.endpoint.extra:
        return question.answer("warn", "agreed to: a tunnel in front of a daemon that has TLS of its own", _about(wire))
    return question.answer("fail" if agreed else "pass", reply[:80].replace("\n", " "), _about(wire))


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


def _asked(
    endpoint: Endpoint, version: str, suites: "Sequence[int]", key: bool = False
) -> "Tuple[Answer, Tuple[str, ...]]":
    """The answer to one hello, and the dialogue."""
    with _until_tls(endpoint) as wire:
        try:
            return ask(wire, version, suites, key), _about(wire)
        except Invalid as error:
            error.dialogue = _about(wire)
            raise


def _suites(
    endpoint: Endpoint, suites: "Sequence[int]", hello: str = "", key: bool = False
) -> "Tuple[Answer, str, Tuple[str, ...]]":
    """What becomes of these suites, whatever the version: the answer, the version of the hello that it is to,
    the dialogue. Unless it is known which ``hello`` a server takes, it is asked with older ones too before
    anything is said to be refused."""
    for version in (hello,) if hello else OLDER:
        answer, dialogue = _asked(endpoint, version, suites, key)
        if answer.kind != "hello":
            break
    return answer, version, dialogue


def version_or_suite(
    endpoint: Endpoint, weakness: str, profile: Profile, by: Daemon | None = None, hello: str = ""
) -> Finding:
    """T18 and T19: a version or a kind of suite that the profile refuses is refused.
    ``by``: who serves the port; ``hello``: which it takes, if that is known."""
    question = _about_one(endpoint, weakness)
    try:
        if weakness in SUITES:
            answer, version, dialogue = _suites(endpoint, SUITES[weakness], hello)
            if (
                weakness == "EXPORT" and answer.kind != "taken" and version == OLDER[0]
            ):  # RFC 4346 forbids it to TLS 1.1 and newer alone
                answer, version, dialogue = _suites(endpoint, SUITES[weakness], OLDER[1])
        else:
            answer, dialogue = _asked(endpoint, weakness, EVERY)
    except Invalid as error:
        return question.answer("invalid", str(error), error.dialogue)
    # a version is asked for exactly
    if answer.kind != "taken" or answer.version != VERSIONS.get(weakness, answer.version):
        return question.answer("pass", "refused", dialogue)
    return _judged(question, endpoint, weakness, profile, by, answer, dialogue)


def _judged(
    question: Question,
    endpoint: Endpoint,
    weakness: str,
    profile: Profile,
    by: Daemon | None,
    answer: Answer,
    dialogue: "Tuple[str, ...]",
) -> Finding:
    """What is served although the profile refuses it: a failure, unless weak is
    better than none there, or no setting can refuse it."""
    demanded, servers = endpoint.submission or endpoint.implicit, endpoint.product == "smtp" and not endpoint.submission
    detail, setting = f"served (suite 0x{answer.suite:04x})", by.setting(weakness, demanded) if by else None
    out = f"Set {setting}" if setting else "Raise the daemon's lowest TLS version or its list of ciphers"
    if weakness in profile.discouraged or (servers and weakness not in BROKEN):
        return question.answer(
            "warn", detail + (", between servers better than none" if servers else ""), dialogue, out
        )
    helpless = by.helpless(weakness, demanded, endpoint.port) if by and profile.legacy else ""
    if helpless:
        return question.answer(
            "warn", f"{detail}: {helpless}", dialogue, "Update the daemon, or put a newer one before it"
        )
    return question.answer("fail", detail, dialogue, out)


def refused(endpoint: Endpoint, profile: Profile, by: Daemon | None = None, hello: str = "") -> "List[Finding]":
    """T18 and T19: all that the profile refuses, a group with one hello, and one by one where the server takes it."""
    every = (*profile.refused, *profile.discouraged)
    versions = [version for version in every if version in ("SSLv3", "TLSv1.0", "TLSv1.1")]
    suites = [kind for kind in every if kind in SUITES and kind != "static RSA"]
    group = [suite for kind in suites for suite in SUITES[kind]]
    try:
        answer, last, dialogue = _suites(endpoint, group, hello)
        together = (
            _none_of(endpoint, versions) if last == OLDER[0] else None
        )  # who does not take a hello may yet take an older one
        if (
            answer.kind != "taken" and last == OLDER[0] and together is None
        ):  # an older version is served, perhaps with other suites
            answer, last, dialogue = _suites(endpoint, group, OLDER[1])
            hello = last if answer.kind == "taken" else hello
    except Invalid:  # each is asked by itself, and says why it cannot be
        return [version_or_suite(endpoint, weakness, profile, by, hello) for weakness in every]
    single = [weakness for weakness in every if weakness not in (*versions, *suites)] + (
        suites if answer.kind == "taken" else []
    )
    findings = (
        []
        if answer.kind == "taken"
        else [_about_one(endpoint, kind).answer("pass", "refused", dialogue) for kind in suites]
    )
    if together is None:
        single += versions
    else:
        findings += [_about_one(endpoint, version).answer("pass", "refused", together) for version in versions]
    takes = hello or (last if answer.kind != "hello" else "")
    return findings + [version_or_suite(endpoint, weakness, profile, by, takes) for weakness in single]


def _none_of(endpoint: Endpoint, versions: "Sequence[str]") -> "Tuple[str, ...] | None":
    """The dialogue in which all these versions are refused by one hello of the newest; None if any may be served."""
    try:
        answer, dialogue = _asked(endpoint, max(versions, key=lambda version: VERSIONS[version]), EVERY)
    except Invalid:
        return None
    return None if answer.kind == "taken" else dialogue


def _about_one(endpoint: Endpoint, weakness: str) -> Question:
    number = "T18" if weakness in (*BROKEN, *SUITES) else "T19"
    return Question(f"tls.{number}.{weakness.replace(' ', '-')}", str(endpoint))


INJECTED = {"smtp": "STARTTLS\r\nNOOP\r\n", "imap": "p0 STARTTLS\r\np1 CAPABILITY\r\n", "pop3": "STLS\r\nCAPA\r\n"}


def injection(endpoint: Endpoint) -> Finding:
    """T09: what follows the command in the same segment is not answered inside TLS."""
    question = Question("tls.T09", str(endpoint))
    wire = None
    try:
        with Wire(endpoint) as wire:
            wire.greet()
            wire._note("C:", INJECTED[endpoint.product].replace("\r\n", " | "))
            wire.send_bytes(INJECTED[endpoint.product].encode())
            agreed, reply = wire.agreed()
            if not agreed:
                return question.answer("pass", f"refused: {reply[:80]}", _about(wire))
            try:
                wire.handshake(lenient())
            except Invalid as error:
                if error.kind == "injected":
                    return question.answer("fail", "the smuggled command is answered in clear", _about(wire))
                if error.kind == "time":
                    raise
                return question.answer("pass", f"the server ends it: {error}", _about(wire))
            if wire.is_quiet(QUIET):
                return question.answer("pass", detail="not answered", dialogue=_about(wire))
            return question.answer(
                "fail",
                detail="the smuggled command is answered inside TLS (CVE-2011-0411)",
                way_out="Update the daemon",
                dialogue=_about(wire),
            )
    except Invalid as error:
        return question.answer("invalid", detail=str(error), dialogue=_about(wire) or error.dialogue)


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


def prime(endpoint: Endpoint, by: Daemon | None = None, hello: str = "") -> Finding:
    """T26: where a key is agreed on over a finite field, its prime is long enough. OpenSSL and GnuTLS refuse less than
    1,024 bits by default since 2015 (CVE-2015-4000), and less than 2,048 where they are set to (Debian, SECLEVEL 2)."""
    question = Question("tls.T26", str(endpoint))
    try:
        answer, version, dialogue = _suites(endpoint, DHE, hello, key=True)
        if answer.kind != "taken" and version == OLDER[0]:  # an older version may have it
            answer, version, dialogue = _suites(endpoint, DHE, OLDER[1], key=True)
    except Invalid as error:
        return question.answer("invalid", str(error), error.dialogue)
    if answer.kind != "taken":
        return question.answer("pass", "no finite-field key exchange", dialogue)
    if answer.bits >= 2048:
        return question.answer("pass", f"{answer.bits} bits", dialogue)
    own = [*choices("mta" if endpoint.product == "smtp" else "access"), *choices("tunnel")]
    out = "Give 2048 bits or more: " + (PRIMES[by.product] if by else "; ".join(PRIMES[name] for name in own))
    if answer.bits < 1024:
        return question.answer("fail", f"{answer.bits} bits: no current client gets TLS by it", dialogue, out)
    return question.answer("warn", f"{answer.bits} bits: not every current client takes it", dialogue, out)


def renegotiation(where: str, profile: Profile, answer: Answer, dialogue: "Tuple[str, ...]" = ()) -> Finding:
    """T27: the ServerHello says that RFC 5746 is known; OpenSSL 3 speaks to nobody else."""
    question = Question("tls.T27", where)
    if answer.kind != "taken":
        return question.answer(
            "none", "neither TLS 1.2 nor older is served, and TLS 1.3 has no renegotiation", dialogue
        )
    if RENEGOTIATION_INFO in answer.extensions:
        return question.answer("pass", "", dialogue)
    detail = "not known: a client with OpenSSL 3 refuses this server"
    if profile.legacy:
        detail += "; this version of OpenSSL has no setting for it, an update has it"
    out = "Update OpenSSL (0.9.8m; Enterprise Linux 5 has it in its last updates of 0.9.8e)"
    return question.answer("warn" if profile.legacy else "fail", detail, dialogue, out)


def old(endpoint: Endpoint, profile: Profile, by: Daemon | None = None) -> "List[Finding]":
    """T18, T19, T26 and T27. A server that takes the hello in which everything is takes it with less too: if it closes
    then, as Dovecot does, it refuses the suites, and need not be asked with an older hello each time."""
    try:
        # one that no suite of ours suits, as some say to a hello that is too new, is served by none: older ones tell
        for hello in ANY:
            answer, dialogue = _asked(endpoint, hello, EVERY)
            if answer.kind == "taken":
                break
        else:
            hello = ""
        last = renegotiation(str(endpoint), profile, answer, dialogue)
    except Invalid as error:
        hello, last = "", Question("tls.T27", str(endpoint)).answer("invalid", str(error), error.dialogue)
    return [*refused(endpoint, profile, by, hello), prime(endpoint, by, hello), last]


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
