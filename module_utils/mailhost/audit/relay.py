"""The relay battery: fifty ways strangers have tried to send through a host,
and the controls that prove the host alive.

Ids and patterns are the project's own numbering of what abuse.net, nmap's smtp-open-relay, MAPS, DSBL's relaytest and
the authors of Postfix and Sendmail try (RFC 2505, section 2.1; RFC 5321, sections 3.6 and 4.5.1). One connection each:
error counters would otherwise turn a refusal into something else.
"""

from __future__ import annotations

import re
import ssl
import uuid
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .finding import Finding, Question
from .subject import Followed, Names
from .wire import HELO, Endpoint, Invalid, Wire, opened, secured

SPAM = "<spam@{E}>"
USER = "<{U}@{V}>"


@dataclass(frozen=True)
class Pattern:
    """``sender`` and ``recipient`` are the envelope as sent;
    ``first`` is a recipient before it, ``before`` a command before MAIL."""

    trick: str
    sender: str = SPAM
    recipient: str = USER
    helo: str = HELO
    first: str = ""
    before: str = ""
    parameter: str = ""
    rule: str = ""  # of the host's own configuration, where it was made of one


PATTERNS: "Dict[str, Pattern]" = {
    "R01": Pattern("plain third party"),
    "R02": Pattern("null sender", "<>"),
    "R03": Pattern("sender without domain", "<spam>"),
    "R04": Pattern("sender at localhost", "<spam@localhost>"),
    "R05": Pattern("forged local sender", "<spam@{D}>"),
    "R06": Pattern("sender at the server's name", "<spam@{S}>"),
    "R07": Pattern("sender at the server's address", "<spam@[{IP}]>"),
    "R08": Pattern("privileged local sender", "<postmaster@{D}>"),
    "R09": Pattern("sender is the recipient", USER),
    "R10": Pattern("local sender in bang form", "<{D}!spam>"),
    "R11": Pattern("recipient without brackets", recipient="{U}@{V}"),
    "R12": Pattern("percent by the host's name", recipient="<{U}%{V}@{S}>"),
    "R13": Pattern("percent by the domain", recipient="<{U}%{V}@{D}>"),
    "R14": Pattern("percent by the address", recipient="<{U}%{V}@[{IP}]>"),
    "R15": Pattern("percent by localhost", recipient="<{U}%{V}@localhost>"),
    "R16": Pattern("percent without a domain", recipient="<{U}%{V}>"),
    "R17": Pattern("nested percent", recipient="<{U}%{V}%{D}@{S}>"),
    "R18": Pattern("whole address quoted", recipient='<"{U}@{V}">'),
    "R19": Pattern("quoted percent", recipient='<"{U}%{V}">'),
    "R20": Pattern("quoted local part", recipient='<"{U}@{V}"@{S}>'),
    "R21": Pattern("quoted local part at the address", recipient='<"{U}@{V}"@[{IP}]>'),
    "R22": Pattern("double at sign", recipient="<{U}@{V}@{S}>"),
    "R23": Pattern("double at sign, address", recipient="<{U}@{V}@[{IP}]>"),
    "R24": Pattern("source route", recipient="<@{S}:{U}@{V}>"),
    "R25": Pattern("source route by the address", recipient="<@[{IP}]:{U}@{V}>"),
    "R26": Pattern("route of two hops", recipient="<@{S},@{D}:{U}@{V}>"),
    "R27": Pattern("bang path", recipient="<{V}!{U}>"),
    "R28": Pattern("bang path by the host", recipient="<{V}!{U}@{S}>"),
    "R29": Pattern("bang path by the address", recipient="<{V}!{U}@[{IP}]>"),
    "R30": Pattern("bang path through the server", recipient="<{S}!{V}!{U}>"),
    "R31": Pattern("bang and percent", recipient="<{S}!{U}%{V}>"),
    "R32": Pattern("quoted bang path", recipient='<"{V}!{U}"@{S}>'),
    "R33": Pattern("local sender and percent", "<spam@{D}>", "<{U}%{V}@{D}>"),
    "R34": Pattern("null sender, percent and address", "<>", "<{U}%{V}@[{IP}]>"),
    "R35": Pattern("HELO as localhost", helo="localhost"),
    "R36": Pattern("HELO as the server", helo="{S}"),
    "R37": Pattern("HELO as loopback's address", helo="[127.0.0.1]"),
    "R38": Pattern("trailing dot", recipient="<{U}@{V}.>"),
    "R39": Pattern("upper case", recipient="<{U}@{VU}>"),
    "R40": Pattern("a foreign host below the domain", recipient="<{U}@sub.{D}>"),
    "R41": Pattern("percent by a domain passed on", recipient="<{U}%{V}@{B}>"),
    "R42": Pattern("double at sign by a domain passed on", recipient="<{U}@{V}@{B}>"),
    "R43": Pattern("a stranger's domain whose MX is this host", recipient="<{U}@{P}>"),
    "R44": Pattern("a foreign address in brackets", recipient="<{U}@[{F}]>"),
    "R45": Pattern("a foreign address without brackets", recipient="<{U}@{F}>"),
    "R46": Pattern("a comment of RFC 822", recipient="<{U}@{V}(x@{D})>"),
    "R47": Pattern("an empty domain behind it", recipient="<{U}@{V}@>"),
    "R48": Pattern("a local recipient first", first="<postmaster@{D}>"),
    "R49": Pattern("forged AUTH parameter", parameter=" AUTH=<postmaster@{D}>"),
    "R50": Pattern("a proxy's identity", before="XCLIENT ADDR=127.0.0.1"),
}
#: must be accepted: RFC 5321, 4.5.1 (postmaster, also without a domain), and mail for the host's own
CONTROLS: "Dict[str, Pattern]" = {
    "C01": Pattern("postmaster without a domain", recipient="<postmaster>"),
    "C02": Pattern("postmaster of the domain", recipient="<postmaster@{D}>"),
    "C03": Pattern("a user of the domain", recipient="<{user}@{D}>"),
    "C04": Pattern("the null sender to the domain", "<>", "<{user}@{D}>"),
    "C05": Pattern("a domain passed on", recipient="<bob@{B}>"),
}
#: tried once more behind a login that failed, in one connection
AFTER_AUTH = ("R01", "R02", "R05", "R13", "R20", "R24", "R28", "R40")


def filled(pattern: Pattern, names: Names) -> Pattern:
    """The pattern with its letters' names in it."""
    letters = names.letters()
    parts = (pattern.sender, pattern.recipient, pattern.helo, pattern.first, pattern.before, pattern.parameter)
    return Pattern(pattern.trick, *(part.format(**letters) for part in parts))


#: the host answers without having judged, as Sendmail does while no name server tells it who asks (450 4.4.0)
UNASKED, NAMES_FIRST = "the host could not ask who we are", "See that its name server answers, and ask again"


def ask(wire: Wire, pattern: Pattern) -> "Tuple[int, str]":
    """The reply that decides, in a dialogue that is greeted."""
    if pattern.before:
        code, text = wire.smtp(pattern.before)
        if code >= 400:
            return code, text
        wire.ehlo(pattern.helo)
    code, text = wire.smtp(f"MAIL FROM:{pattern.sender}{pattern.parameter}")
    if code >= 400 and ".1.8" in text[:6]:  # RFC 3463: the sender's domain is refused, which proves nothing
        code, text = wire.smtp(f"MAIL FROM:<>{pattern.parameter}")
    if code >= 400:
        return code, text
    if pattern.first:
        code, text = wire.smtp(f"RCPT TO:{pattern.first}")
        if code >= 400:
            return code, text
    code, text = wire.smtp(f"RCPT TO:{pattern.recipient}")
    if code >= 400 and ".1.8" in text[:6] and pattern.sender != "<>":
        wire.smtp("RSET")
        wire.smtp("MAIL FROM:<>")
        code, text = wire.smtp(f"RCPT TO:{pattern.recipient}")
    return code, text


def opened_as_clients_do(endpoint: Endpoint, context: ssl.SSLContext, helo: str = HELO) -> Wire:
    """Servers speak to each other in clear; submission is asked inside TLS
    where it has it, since that is where it lets in."""
    if not endpoint.submission:
        return opened(endpoint, context, helo=helo)
    try:
        return secured(endpoint, context, helo=helo)
    except Invalid:
        return opened(endpoint, context, helo=helo)


def attempt(
    name: str, pattern: Pattern, endpoint: Endpoint, names: Names, context: ssl.SSLContext, followed: Followed
) -> Finding:
    """A pattern on a port: refused for good, or what happened instead."""
    asked_as = filled(pattern, names)
    title = f"{pattern.trick}: from {asked_as.sender} to {asked_as.recipient}"
    question = Question(f"relay.{name}", str(endpoint), title, pattern.rule)
    wire: Optional[Wire] = None
    try:
        with opened_as_clients_do(endpoint, context, asked_as.helo) as wire:
            code, text = ask(wire, asked_as)
            reply = f"{code} {text}".replace("\n", " ")[:160]
            if code == 421:
                return question.answer("invalid", detail=reply, dialogue=tuple(wire.dialogue), reason="busy")
            if 400 <= code < 500 and re.match(
                r"4\.4\.\d", text
            ):  # RFC 3463, X.4: not its policy answers, but its network
                return question.answer(
                    "invalid",
                    detail=f"{UNASKED}: {reply}",
                    dialogue=tuple(wire.dialogue),
                    way_out=NAMES_FIRST,
                    reason="names",
                )
            if code >= 400:
                verdict = "pass" if code >= 500 else "warn"
                return question.answer(verdict, detail=reply, dialogue=tuple(wire.dialogue))
            way_out = "See the cause that relay.policy names; a stranger must be refused with 5xx"
            if not followed.enabled:
                return question.answer("fail", f"accepted: {reply}", tuple(wire.dialogue), way_out, accepted=True)
            token = _send(wire)
            finding = question.answer("fail", f"accepted: {reply}", tuple(wire.dialogue), way_out, accepted=True)
            followed.tokens[token] = finding
            return finding
    except Invalid as error:
        dialogue = tuple(wire.dialogue) if wire else error.dialogue
        return question.answer("invalid", detail=str(error), dialogue=dialogue, reason=error.kind)


def _send(wire: Wire) -> str:
    """The accepted message, with a token that a sink knows it by."""
    token = uuid.uuid4().hex
    code, text = wire.smtp("DATA")
    if code == 354:
        code, text = wire.smtp(
            f"Subject: relay test {token}\r\nX-Mailhost-Token: {token}\r\n\r\nA test of this host's relaying.\r\n."
        )
    return token


def control(name: str, pattern: Pattern, endpoint: Endpoint, names: Names, context: ssl.SSLContext) -> Finding:
    """A control: accepted from every server. Submission may refuse it for want of a login, but answer it must."""
    asked_as = filled(pattern, names)
    question = Question(f"relay.{name}", str(endpoint), f"control, {pattern.trick}: {asked_as.recipient} is accepted")
    wire: Optional[Wire] = None
    try:
        with opened_as_clients_do(endpoint, context, asked_as.helo) as wire:
            code, text = ask(wire, asked_as)
            reply = f"{code} {text}".replace("\n", " ")[:160]
            fine = 200 <= code < 300 or (endpoint.submission and code >= 500)
            return question.answer(
                "pass" if fine else "fail",
                detail=reply,
                way_out="" if fine else "The host must take this mail; while it does not, its refusals prove nothing",
                dialogue=tuple(wire.dialogue),
            )
    except Invalid as error:
        return question.answer(
            "invalid", str(error), tuple(wire.dialogue) if wire else error.dialogue, reason=error.kind
        )


def after_auth(endpoint: Endpoint, names: Names, context: ssl.SSLContext, refused: str) -> Finding:
    """A login that fails (``refused``, the initial response of PLAIN) opens nothing:
    then patterns in the same connection."""
    question = Question("relay.S03", str(endpoint))
    wire: Optional[Wire] = None
    try:
        with opened_as_clients_do(endpoint, context, HELO) as wire:
            if "AUTH" not in wire.extensions:
                if not endpoint.submission and "STARTTLS" in wire.extensions:
                    wire.starttls(context)
                if "AUTH" not in wire.extensions:
                    return question.answer("none", detail="no AUTH is offered", dialogue=tuple(wire.dialogue))
            code, text = wire.smtp(f"AUTH PLAIN {refused}")
            if code < 400:
                return question.answer(
                    "fail", detail=f"a login with a wrong password is accepted: {code}", dialogue=tuple(wire.dialogue)
                )
            for name in AFTER_AUTH:
                code, text = ask(wire, filled(PATTERNS[name], names))
                if code < 400:
                    return question.answer(
                        "fail", detail=f"{name}: accepted: {code} {text[:80]}", dialogue=tuple(wire.dialogue)
                    )
                wire.smtp("RSET")
            return question.answer(
                "pass", detail=f"{len(AFTER_AUTH)} patterns refused after {code}", dialogue=tuple(wire.dialogue)
            )
    except Invalid as error:
        if wire and any(line.startswith("S: 535") for line in wire.dialogue) and error.is_an_end:
            return question.answer("pass", detail="the server ends the connection", dialogue=tuple(wire.dialogue))
        return question.answer(
            "invalid", str(error), tuple(wire.dialogue) if wire else error.dialogue, reason=error.kind
        )


def witness(number: int, seen: "Mapping[str, str]") -> "Tuple[str, Pattern]":
    """A pattern made of what the host's own policy says would get through."""
    return f"W{number:02}", Pattern(
        f"what {seen['rule']} lets through",
        seen.get("sender") or SPAM,
        seen.get("recipient") or USER,
        seen.get("helo") or HELO,
        rule=seen["rule"],
    )


def asked(patterns: "Mapping[str, Pattern]", names: Names) -> "List[str]":
    """Which of these patterns can be asked: those that need a domain passed on are left out where there is none."""
    return [name for name, pattern in patterns.items() if names.passed_on or "{B}" not in pattern.recipient]


def witnesses(causes: "Sequence[Mapping[str, Any]]") -> "Dict[str, Pattern]":
    """A pattern for each of the causes that the host's own policy says would let it through."""
    seen = [{**cause["witness"], "rule": cause["rule"]} for cause in causes if cause.get("witness")]
    return dict(witness(number, envelope) for number, envelope in enumerate(seen, 1))
