"""The battery of logins: T01 to T08, T25 and the ways of logging in that must never work (S02).

Sources: RFC 8314, section 3 (no cleartext); RFC 3501, section 6.2.3 (LOGINDISABLED); RFC 2595; RFC 4954,
section 4 (AUTH before TLS). All of it is asked from another address than the host's: Dovecot takes loopback and
the host's own address for secure.
"""

from __future__ import annotations

import re
import time
from typing import List, Optional, Tuple

from ..formats.imap import imap_quoted
from .finding import Finding, Question
from .relay import Pattern, ask
from .subject import EVIL, OUTSIDE, Login
from .wire import Endpoint, Invalid, Wire, lenient, printable, secured

#: mechanisms that say the password, or let in without one
PLAIN = ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER")


def log_in(wire: Wire, login: Login) -> "Tuple[bool, str]":
    """By the password itself: LOGIN, USER and PASS, AUTH PLAIN. Whether it was let in, and the answer."""
    if wire.endpoint.product == "imap":
        answer, _ = wire.imap(
            f"LOGIN {imap_quoted(login.user)} {imap_quoted(login.password)}", shown=f"LOGIN {login.user} (hidden)"
        )
        return answer.startswith("OK"), answer
    if wire.endpoint.product == "pop3":
        fine, lines = wire.pop3(f"USER {login.user}")
        if fine:
            fine, lines = wire.pop3(f"PASS {login.password}", shown="PASS (hidden)")
        return fine, lines[0]
    code, text = wire.smtp(f"AUTH PLAIN {login.initial()}", shown="AUTH PLAIN (hidden)")
    return code == 235, f"{code} {text}"


def _authenticate(wire: Wire, mechanism: str, response: str) -> "Tuple[bool, str]":
    """A mechanism with an initial response, as each protocol begins it."""
    if wire.endpoint.product == "smtp":
        code, text = wire.smtp(f"AUTH {mechanism} {response}", shown=f"AUTH {mechanism} (hidden)")
        if code == 334:  # it did not take the initial response
            code, text = wire.smtp(response, shown="(hidden)")
        return code == 235, f"{code} {text}"
    if wire.endpoint.product == "pop3":
        wire.send(f"AUTH {mechanism} {response}", shown=f"AUTH {mechanism} (hidden)")
        first = wire.line()
        if first.startswith("+ "):  # it did not take the initial response
            wire.send(response, shown="(hidden)")
            first = wire.line()
        if not first.startswith(("+OK", "-ERR")):
            raise Invalid(f"not an answer of POP3: {printable(wire.mask.text(first))[:80]!r}")
        return first.startswith("+OK"), wire.mask.text(first)
    wire.send(f"x1 AUTHENTICATE {mechanism} {response}", shown=f"x1 AUTHENTICATE {mechanism} (hidden)")
    for _ in range(10):
        line = wire.line()
        if line.startswith("+"):
            wire.send(response, shown="(hidden)")
        elif re.match(r"x1 (OK|NO|BAD)\b", line, re.I):
            return line[3:5].upper() == "OK", wire.mask.text(line)
    raise Invalid("no answer to AUTHENTICATE")


def _dialogue(wire: Optional[Wire]) -> "Tuple[str, ...]":
    return tuple(wire.dialogue) if wire else ()


def offer(endpoint: Endpoint, refuse: bool) -> Finding:
    """T01, T04, T05: what is offered before TLS; nothing that takes a password,
    if passwords in clear are to be refused."""
    number = {"imap": "T01", "pop3": "T04", "smtp": "T05"}[endpoint.product]
    question = Question(f"clear.{number}", str(endpoint))
    wire = None
    try:
        with Wire(endpoint) as wire:
            wire.greet()
            if endpoint.product == "smtp":
                tls, bad = (
                    "STARTTLS" in wire.extensions,
                    [f"AUTH {wire.extensions['AUTH']}"] if "AUTH" in wire.extensions else [],
                )
            else:
                words = wire.capabilities()
                tls = "STARTTLS" in words or "STLS" in words
                bad = [word for word in words if word.replace("AUTH=", "") in PLAIN and word.startswith("AUTH=")]
                bad += [line for line in words if line.startswith("SASL ") and set(line.split()[1:]) & set(PLAIN)]
                bad += ["USER"] if "USER" in words and endpoint.product == "pop3" else []
                if endpoint.product == "imap" and "LOGINDISABLED" not in words:
                    bad.append("no LOGINDISABLED")
            dialogue = _dialogue(wire)
    except Invalid as error:
        return question.answer("invalid", str(error), _dialogue(wire) or error.dialogue, reason=error.kind)
    if bad and (refuse or endpoint.product == "smtp"):  # no word of ours lets the MTA take one
        return question.answer(
            "fail",
            detail=f"offered: {', '.join(bad)}",
            dialogue=dialogue,
            way_out="Refuse passwords without TLS (mailhost_cleartext_login: refuse)",
        )
    if not tls:
        return question.answer(
            "fail",
            detail="no TLS is offered",
            way_out="Give the daemon a certificate and switch TLS on",
            dialogue=dialogue,
        )
    return question.answer(
        "pass", detail="TLS, and nothing else" if not bad else "allowed, as asked", dialogue=dialogue
    )


def in_clear(endpoint: Endpoint, login: Login, refuse: bool, by_mechanism: bool) -> Finding:
    """T02 to T05: the right password in clear is refused, by the plain command and by AUTHENTICATE PLAIN alike."""
    number = "T03" if by_mechanism else {"imap": "T02", "pop3": "T04.login"}.get(endpoint.product, "T03")
    question = Question(f"clear.{number}", str(endpoint))
    wire = None
    try:
        with Wire(endpoint, login.hidden) as wire:
            wire.greet()
            fine, answer = _authenticate(wire, "PLAIN", login.initial()) if by_mechanism else log_in(wire, login)
            dialogue = _dialogue(wire)
    except Invalid as error:
        if wire and wire.secret_sent and error.is_an_end:
            return question.answer("pass", "the server ends the connection", _dialogue(wire))
        return question.answer("invalid", str(error), _dialogue(wire) or error.dialogue, reason=error.kind)
    answer = answer.replace("\n", " ")[:100]
    if (
        not fine and endpoint.product == "smtp" and answer.startswith("4")
    ):  # it looked at the password, or had no time for us
        busy = answer.startswith("421")
        return question.answer("invalid" if busy else "fail", answer, dialogue, reason="busy" if busy else "")
    if not fine:
        return question.answer("pass", detail=answer, dialogue=dialogue)
    if not refuse and endpoint.product != "smtp":
        return question.answer("pass", detail="let in, as asked", dialogue=dialogue)
    return question.answer(
        "fail",
        detail=f"let in: {answer}",
        way_out="Refuse passwords without TLS (mailhost_cleartext_login: refuse)",
        dialogue=dialogue,
    )


def mail_before_tls(endpoint: Endpoint) -> Finding:
    """T06: submission takes no mail before TLS."""
    question = Question("clear.T06", str(endpoint))
    wire = None
    try:
        with Wire(endpoint) as wire:
            wire.greet()
            code, text = wire.smtp("MAIL FROM:<>")
            if code < 400:
                code, text = wire.smtp("RCPT TO:<postmaster>")
            return question.answer(
                "pass" if code >= 500 else "fail",
                detail=f"{code} {text}"[:100].replace("\n", " "),
                way_out="" if code >= 500 else "Demand TLS on submission (smtpd_tls_security_level=encrypt; M=Ea)",
                dialogue=_dialogue(wire),
            )
    except Invalid as error:
        return question.answer("invalid", str(error), _dialogue(wire) or error.dialogue, reason=error.kind)


def inside(endpoint: Endpoint, login: Login) -> Finding:
    """T07 and T08: inside TLS the right password is let in."""
    number = "T08" if endpoint.implicit else "T07"
    question = Question(f"clear.{number}", str(endpoint))
    if not login.given:
        return question.answer("none", detail="no login was given")
    wire = None
    try:
        with secured(endpoint, lenient(), login.hidden) as wire:
            if endpoint.product == "smtp" and "AUTH" not in wire.extensions:
                return question.answer("none", detail="no AUTH is offered", dialogue=_dialogue(wire))
            fine, answer = log_in(wire, login)
            return question.answer(
                "pass" if fine else "fail", detail=answer[:100].replace("\n", " "), dialogue=_dialogue(wire)
            )
    except Invalid as error:
        return question.answer("fail", detail=str(error), dialogue=_dialogue(wire) or error.dialogue)


def wrong(endpoint: Endpoint, login: Login, empty: bool = False) -> Finding:
    """T07, T25: a wrong or an empty password is refused properly; how long the host takes for it."""
    question = Question("clear.T07.empty" if empty else "clear.T07.wrong", str(endpoint))
    other = Login(login.user, "" if empty else login.wrong)
    other.password = "" if empty else login.wrong
    wire: Optional[Wire] = None
    begun = time.monotonic()
    try:
        with secured(endpoint, lenient(), (other.initial(),), seconds=20) as wire:
            if endpoint.product == "smtp" and "AUTH" not in wire.extensions:
                return question.answer("none", "no AUTH is offered", _dialogue(wire))
            fine, answer = log_in(wire, other)
            detail = f"{answer[:80]}, after {time.monotonic() - begun:.1f} s".replace("\n", " ")
            return question.answer("fail" if fine else "pass", detail, _dialogue(wire))
    except Invalid as error:
        ended = error.is_an_end and empty
        return question.answer(
            "pass" if ended else "invalid",
            str(error),
            _dialogue(wire) or error.dialogue,
            reason="" if ended else error.kind,
        )


def nobody(endpoint: Endpoint, outside: str = OUTSIDE) -> Finding:
    """S02: ANONYMOUS and EXTERNAL open nothing. A server may say that such a login succeeded (Postfix 2.3 with Dovecot
    1.x does) and yet treat it as nobody: what it opens decides."""
    question = Question("clear.S02", str(endpoint))
    wire: Optional[Wire] = None
    answers: "List[str]" = []
    offered = False
    for mechanism, response in (("ANONYMOUS", "cHJvYmU="), ("EXTERNAL", "=")):
        wire = None
        try:
            with secured(endpoint, lenient()) as wire:
                offered = offered or "ANONYMOUS" in _mechanisms(wire)
                fine, answer = _authenticate(wire, mechanism, response)
                opens, shown = _opens(wire, outside) if fine else ("", "")
        except Invalid as error:
            if wire is None or not error.is_an_end:
                return question.answer("invalid", str(error), _dialogue(wire) or error.dialogue, reason=error.kind)
            answers.append(f"{mechanism}: {error}")
            continue
        out = f"Take {mechanism} out of the mechanisms"
        if opens:
            return question.answer(opens, f"{mechanism}: {answer[:80]}, then {shown}", _dialogue(wire), out)
        answers.append(answer.split("\n")[0][:40] + (f", but it opens nothing ({shown})" if fine else ""))
    if offered:
        return question.answer(
            "warn", "offers ANONYMOUS, which opens nothing", _dialogue(wire), "Take ANONYMOUS out of the mechanisms"
        )
    return question.answer("pass", "; ".join(answers), _dialogue(wire))


def _mechanisms(wire: Wire) -> "List[str]":
    if wire.endpoint.product == "smtp":
        return wire.extensions.get("AUTH", "").upper().split()
    return " ".join(wire.capabilities()).replace("AUTH=", "").split()


def _opens(wire: Wire, outside: str) -> "Tuple[str, str]":
    """The verdict on what a login opened (empty: nothing), and the answer:
    mail to elsewhere, a mailbox, the names of mailboxes."""
    if wire.endpoint.product == "smtp":
        code, text = ask(wire, Pattern("", f"<spam@{EVIL}>", f"<relaytest@{outside}>"))
        return "fail" if code < 400 else "warn" if code < 500 else "", f"{code} {text}"[:80].replace("\n", " ")
    if wire.endpoint.product == "pop3":
        fine, lines = wire.pop3("STAT")
        return "fail" if fine else "", lines[0][:80]
    answer, _ = wire.imap("EXAMINE INBOX")
    if answer.startswith("OK"):
        return "fail", f"INBOX: {answer[:80]}"
    _, listed = wire.imap('LIST "" "*"')
    names = [line for line in listed if line.upper().startswith("* LIST ")]
    return ("fail", f"{len(names)} mailboxes are listed") if names else ("", answer[:80])
