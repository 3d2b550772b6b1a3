"""The battery of logins: T01 to T08, T25 and the ways of logging in that must never work (S02).

Sources: RFC 8314, section 3 (no cleartext); RFC 3501, section 6.2.3 (LOGINDISABLED); RFC 2595; RFC 4954, section 4 (AUTH before TLS).
All of it is asked from another address than the host's: Dovecot takes loopback and the host's own address for secure.
"""

from __future__ import annotations

import base64
import re
import time
import uuid
from typing import Callable, List, Optional, Tuple

from ..formats.imap import imap_quoted
from .finding import Finding, Question
from .relay import EVIL, OUTSIDE, Pattern, ask
from .wire import Endpoint, Invalid, Wire, lenient, opened, printable, secured

Job = Callable[[], Finding]
#: mechanisms that say the password, or let in without one
PLAIN = ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER")
#: connections to one port at most: for ``jobs``; and for what must fail (ANONYMOUS, EXTERNAL, a wrong and an empty password, and what is
#: asked behind one, inside TLS or in clear) with the login behind it
MOST, FAILING = 5, 7


class Login:
    """A mailbox to log in with; without one, a name nobody has stands in, and what needs the right password is not asked."""

    def __init__(self, user: str = "", password: str = "") -> None:
        self.given = bool(user and password)
        self.user, self.password = user or "nobody-mailhost", password or uuid.uuid4().hex
        self.wrong = (
            "wrong" + uuid.uuid4().hex
        )  # always the same: Dovecot distrusts an address by how many different ones it tried

    @property
    def hidden(self) -> "Tuple[str, ...]":
        return (
            self.password,
            self.initial(),
            base64.b64encode(self.password.encode()).decode(),
            imap_quoted(self.password),
        )

    def initial(self) -> str:
        """The initial response of PLAIN (RFC 4616)."""
        return base64.b64encode(f"\0{self.user}\0{self.password}".encode()).decode()


def log_in(wire: Wire, login: Login) -> "Tuple[bool, str]":
    """By the password itself: LOGIN, USER and PASS, AUTH PLAIN. Whether it was let in, and the answer."""
    if wire.endpoint.product == "imap":
        said, _ = wire.imap(
            f"LOGIN {imap_quoted(login.user)} {imap_quoted(login.password)}", shown=f"LOGIN {login.user} (hidden)"
        )
        return said.startswith("OK"), said
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
            raise Invalid(f"not an answer of POP3: {printable(first)[:80]!r}")
        return first.startswith("+OK"), first
    wire.send(f"x1 AUTHENTICATE {mechanism} {response}", shown=f"x1 AUTHENTICATE {mechanism} (hidden)")
    for _ in range(10):
        line = wire.line()
        if line.startswith("+"):
            wire.send(response, shown="(hidden)")
        elif re.match(r"x1 (OK|NO|BAD)\b", line, re.I):
            return line[3:5].upper() == "OK", line
    raise Invalid("no answer to AUTHENTICATE")


def _told(wire: Optional[Wire]) -> "Tuple[str, ...]":
    return tuple(wire.dialogue) if wire else ()


def offer(endpoint: Endpoint, refuse: bool) -> Finding:
    """T01, T04, T05: what is offered before TLS; nothing that takes a password, if passwords in clear are to be refused."""
    number = {"imap": "T01", "pop3": "T04", "smtp": "T05"}[endpoint.product]
    told = Question(f"clear.{number}", "before TLS no way to send a password is offered", str(endpoint))
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
            dialogue = _told(wire)
    except Invalid as error:
        return told.answer("invalid", str(error), _told(wire) or error.dialogue, reason=error.kind)
    if bad and (refuse or endpoint.product == "smtp"):  # no word of ours lets the MTA take one
        return told.answer(
            "fail",
            detail=f"offered: {', '.join(bad)}",
            dialogue=dialogue,
            way_out="Refuse passwords in clear (mailhost_cleartext_login: refuse)",
        )
    if not tls:
        return told.answer(
            "fail",
            detail="no TLS is offered",
            way_out="Give the daemon a certificate and switch TLS on",
            dialogue=dialogue,
        )
    return told.answer("pass", detail="TLS, and nothing else" if not bad else "allowed, as asked", dialogue=dialogue)


def in_clear(endpoint: Endpoint, login: Login, refuse: bool, by_mechanism: bool) -> Finding:
    """T02 to T05: the right password in clear is refused, by the plain command and by AUTHENTICATE PLAIN alike."""
    number = "T03" if by_mechanism else {"imap": "T02", "pop3": "T04.login", "smtp": "T05.login"}[endpoint.product]
    how = "AUTH PLAIN" if by_mechanism else "the plain command"
    told = Question(f"clear.{number}", f"a password in clear is refused ({how})", str(endpoint))
    wire = None
    try:
        with Wire(endpoint, login.hidden) as wire:
            wire.greet()
            fine, said = _authenticate(wire, "PLAIN", login.initial()) if by_mechanism else log_in(wire, login)
            dialogue = _told(wire)
    except Invalid as error:
        if any(line.startswith("C:") and "(hidden)" in line for line in _told(wire)) and error.is_an_end:
            return told.answer("pass", "the server ends the connection", _told(wire))
        return told.answer("invalid", str(error), _told(wire) or error.dialogue, reason=error.kind)
    said = said.replace("\n", " ")[:100]
    if (
        not fine and endpoint.product == "smtp" and said.startswith("4")
    ):  # it looked at the password, or had no time for us
        busy = said.startswith("421")
        return told.answer("invalid" if busy else "fail", said, dialogue, reason="busy" if busy else "")
    if not fine:
        return told.answer("pass", detail=said, dialogue=dialogue)
    if not refuse and endpoint.product != "smtp":
        return told.answer("pass", detail="let in, as asked", dialogue=dialogue)
    return told.answer(
        "fail",
        detail=f"let in: {said}",
        way_out="Refuse passwords in clear (mailhost_cleartext_login: refuse)",
        dialogue=dialogue,
    )


def mail_before_tls(endpoint: Endpoint) -> Finding:
    """T06: submission takes no mail before TLS."""
    told = Question("clear.T06", "no mail is taken before TLS", str(endpoint))
    wire = None
    try:
        with Wire(endpoint) as wire:
            wire.greet()
            code, text = wire.smtp("MAIL FROM:<>")
            if code < 400:
                code, text = wire.smtp("RCPT TO:<postmaster>")
            return told.answer(
                "pass" if code >= 500 else "fail",
                detail=f"{code} {text}"[:100].replace("\n", " "),
                way_out="" if code >= 500 else "Demand TLS on submission (smtpd_tls_security_level=encrypt; M=Ea)",
                dialogue=_told(wire),
            )
    except Invalid as error:
        return told.answer("invalid", str(error), _told(wire) or error.dialogue, reason=error.kind)


def inside(endpoint: Endpoint, login: Login) -> Finding:
    """T07 and T08: inside TLS the right password is let in."""
    number = "T08" if endpoint.implicit else "T07"
    told = Question(f"clear.{number}", "inside TLS the right password is let in", str(endpoint))
    if not login.given:
        return told.answer("none", detail="no login was given")
    wire = None
    try:
        with secured(endpoint, lenient(), login.hidden) as wire:
            if endpoint.product == "smtp" and "AUTH" not in wire.extensions:
                return told.answer("none", detail="no AUTH is offered", dialogue=_told(wire))
            fine, said = log_in(wire, login)
            return told.answer("pass" if fine else "fail", detail=said[:100].replace("\n", " "), dialogue=_told(wire))
    except Invalid as error:
        return told.answer("fail", detail=str(error), dialogue=_told(wire) or error.dialogue)


def wrong(endpoint: Endpoint, login: Login, empty: bool = False) -> Finding:
    """T07, T25: a wrong or an empty password is refused properly; how long the host takes for it."""
    what = "an empty password" if empty else "a wrong password"
    told = Question("clear.T07.empty" if empty else "clear.T07.wrong", f"{what} is refused", str(endpoint))
    other = Login(login.user, "" if empty else login.wrong)
    other.password = "" if empty else login.wrong
    wire: Optional[Wire] = None
    begun = time.monotonic()
    try:
        with secured(endpoint, lenient(), (other.initial(),), seconds=20) as wire:
            if endpoint.product == "smtp" and "AUTH" not in wire.extensions:
                return told.answer("none", "no AUTH is offered", _told(wire))
            fine, said = log_in(wire, other)
            detail = f"{said[:80]}, after {time.monotonic() - begun:.1f} s".replace("\n", " ")
            return told.answer("fail" if fine else "pass", detail, _told(wire))
    except Invalid as error:
        ended = error.is_an_end and empty
        return told.answer(
            "pass" if ended else "invalid",
            str(error),
            _told(wire) or error.dialogue,
            reason="" if ended else error.kind,
        )


def nobody(endpoint: Endpoint, outside: str = OUTSIDE) -> Finding:
    """S02: ANONYMOUS and EXTERNAL open nothing. A server may say that such a login succeeded (Postfix 2.3 with Dovecot 1.x does) and yet
    treat it as nobody: what it opens decides."""
    told = Question("clear.S02", "nobody is let in without a password", str(endpoint))
    wire: Optional[Wire] = None
    answers: "List[str]" = []
    offered = False
    for mechanism, response in (("ANONYMOUS", "cHJvYmU="), ("EXTERNAL", "=")):
        wire = None
        try:
            with secured(endpoint, lenient()) as wire:
                offered = offered or "ANONYMOUS" in _mechanisms(wire)
                fine, said = _authenticate(wire, mechanism, response)
                opens, shown = _opens(wire, outside) if fine else ("", "")
        except Invalid as error:
            if wire is None or not error.is_an_end:
                return told.answer("invalid", str(error), _told(wire) or error.dialogue, reason=error.kind)
            answers.append(f"{mechanism}: {error}")
            continue
        out = f"Take {mechanism} out of the mechanisms"
        if opens:
            return told.answer(opens, f"{mechanism}: {said[:80]}, then {shown}", _told(wire), out)
        answers.append(said.split("\n")[0][:40] + (f", but it opens nothing ({shown})" if fine else ""))
    if offered:
        return told.answer(
            "warn", "offers ANONYMOUS, which opens nothing", _told(wire), "Take ANONYMOUS out of the mechanisms"
        )
    return told.answer("pass", "; ".join(answers), _told(wire))


def _mechanisms(wire: Wire) -> "List[str]":
    if wire.endpoint.product == "smtp":
        return wire.extensions.get("AUTH", "").upper().split()
    return " ".join(wire.capabilities()).replace("AUTH=", "").split()


def _opens(wire: Wire, outside: str) -> "Tuple[str, str]":
    """The verdict on what a login opened (empty: nothing), and the answer: mail to elsewhere, a mailbox, the names of mailboxes."""
    if wire.endpoint.product == "smtp":
        code, text = ask(wire, Pattern("", f"<spam@{EVIL}>", f"<relaytest@{outside}>"))
        return "fail" if code < 400 else "warn" if code < 500 else "", f"{code} {text}"[:80].replace("\n", " ")
    if wire.endpoint.product == "pop3":
        fine, lines = wire.pop3("STAT")
        return "fail" if fine else "", lines[0][:80]
    said, _ = wire.imap("EXAMINE INBOX")
    if said.startswith("OK"):
        return "fail", f"INBOX: {said[:80]}"
    _, listed = wire.imap('LIST "" "*"')
    names = [line for line in listed if line.upper().startswith("* LIST ")]
    return ("fail", f"{len(names)} mailboxes are listed") if names else ("", said[:80])


def jobs(endpoint: Endpoint, login: Login, refuse: bool) -> "List[Job]":
    """The questions to one port, those that fail a login left out (``wrong``: at the end, since daemons then slow down)."""
    found: "List[Job]" = [lambda: inside(endpoint, login)]
    if not endpoint.implicit:
        found += [lambda: offer(endpoint, refuse), lambda: in_clear(endpoint, login, refuse, True)]
        if endpoint.product != "smtp":
            found.append(lambda: in_clear(endpoint, login, refuse, False))
        if endpoint.submission and not endpoint.extra:
            found.append(lambda: mail_before_tls(endpoint))
    return found


__all__ = ["Login", "imap_quoted", "jobs", "log_in", "opened", "wrong"]
