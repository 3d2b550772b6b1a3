"""What of TLS is served that should not be, and what old clients and new ones meet: T18, T19, T26 and T27.

Sources: Mozilla's Server Side TLS; RFC 5746 (secure renegotiation); CVE-2015-4000 (short primes); RFC 4346 (EXPORT).
What a daemon has no setting against (``products/tls``) is a warning in the profile ``centos5``.
"""

from __future__ import annotations

from typing import List, Sequence, Tuple

from ..products.table import choices
from ..products.tls import PRIMES, Daemon
from .finding import Finding, Question
from .hello import DHE, EVERY, OLDER, RENEGOTIATION_INFO, SUITES, VERSIONS, Answer, ask
from .tls import BROKEN, Profile, dialogue_of
from .wire import Endpoint, Invalid, Wire

#: the hellos by which it is found out whether a server takes any
ANY = ("TLSv1.2", "TLSv1.1", "TLSv1.0", "SSLv3")


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
            error.dialogue = dialogue_of(wire)
        wire.__exit__()
        raise


def _asked(
    endpoint: Endpoint, version: str, suites: "Sequence[int]", key: bool = False
) -> "Tuple[Answer, Tuple[str, ...]]":
    """The answer to one hello, and the dialogue."""
    with _until_tls(endpoint) as wire:
        try:
            return ask(wire, version, suites, key), dialogue_of(wire)
        except Invalid as error:
            error.dialogue = dialogue_of(wire)
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
