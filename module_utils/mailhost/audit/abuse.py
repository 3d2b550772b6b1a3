"""What a stranger makes of a host beside sending through it: S04 to S09 of the relay battery, and who has a mailbox.

Sources: CVE-2023-51764 and CVE-2023-51765 (a message smuggled in behind LF.LF and its kind), RFC 5321, section 4.1.1.4
(only CRLF.CRLF ends a message); haproxy's PROXY protocol, 1; RFC 3030 (BDAT); RFC 2920 (pipelining); RFC 5321, sections
3.5.3 and 7.3 (VRFY and EXPN). What is sent goes to the probe's own mailbox alone.
"""

from __future__ import annotations

import re
import uuid
from typing import List, Optional, Tuple

from .cleartext import log_in
from .finding import Finding, Question
from .relay import NAMES_FIRST, PATTERNS, SPAM, UNASKED, Pattern, ask, filled, opened_as_clients_do
from .subject import Login, Subject
from .tls import PROFILES
from .wire import Endpoint, Invalid, Wire, secured

#: ends of a message that are none, by name
ENDS = {"LF.LF": "\n.\n", "LF.CRLF": "\n.\r\n", "CRLF.LF": "\r\n.\n"}
PROXY = "PROXY TCP4 127.0.0.1 127.0.0.1 52000 25"
#: recipients outside in forms that none of the patterns has
ODD = ("<{U}@{V},@{D}:>", "<@{D},:{U}@{V}>", "<{U}@{V}\\0@{V}>", "<{U}\\@{V}>", "<{U}@{V}\x7f>")
UPDATE = "Update the daemon"
PAUSE = 0.5  # seconds in which an answer to a line too many would come
REFUSED_PIPELINING = "the end is taken for one, but no second message with it"


def _invalid(question: Question, error: Invalid, wire: "Optional[Wire]") -> Finding:
    return question.answer("invalid", str(error), tuple(wire.dialogue) if wire else error.dialogue, reason=error.kind)


def _reply(code: int, text: str) -> str:
    return f"{code} {text}".replace("\n", " ")[:120]


def by_login(host: Subject, at: Endpoint) -> Finding:
    """S04: who logged in may send outside where users are to, and where they are not, nobody may."""
    question, wire = Question("relay.S04", str(at)), None
    if not host.login.given:
        return question.answer("none", "no login was given")
    try:
        with secured(at, host.context, host.login.hidden) as wire:
            if "AUTH" not in wire.extensions:
                return question.answer("none", "no AUTH is offered", wire.dialogue)
            fine, answer = log_in(wire, host.login)
            if not fine:
                return question.answer("none", f"the login is refused: {answer[:80]}", wire.dialogue)
            sender = f"<{host.login.user if '@' in host.login.user else f'{host.login.user}@{host.names.domain}'}>"
            code, text = ask(wire, filled(Pattern("", sender), host.names))
            if host.authenticated:
                return question.answer("pass" if code < 500 else "fail", _reply(code, text), wire.dialogue)
            out = "Nobody is to send by a login here (mailhost_relay_authenticated: false)"
            return question.answer("fail" if code < 400 else "pass", _reply(code, text), wire.dialogue, out)
    except Invalid as error:
        return _invalid(question, error, wire)


def proxied(host: Subject, at: Endpoint) -> Finding:
    """S05: a line that names another client (PROXY) is no way to be that client."""
    question = Question("relay.S05", str(at))
    wire: "Optional[Wire]" = None
    try:
        with Wire(at) as wire:
            wire.send(PROXY)
            if at.implicit:
                wire.handshake(host.context)
            code, text = wire.smtp()
            if code != 220 or wire.more_within(PAUSE):  # refused, or answered as a command that it does not know
                return question.answer("pass", _reply(code, text), wire.dialogue)
            wire.ehlo()
            code, text = ask(wire, filled(PATTERNS["R01"], host.names))
            if code < 400:
                out = "Take smtpd_upstream_proxy_protocol from ports that others than the proxy reach"
                return question.answer("fail", f"accepted: {_reply(code, text)}", wire.dialogue, out, accepted=True)
            return question.answer("pass", _reply(code, text), wire.dialogue)
    except Invalid as error:
        if error.kind in ("end", "protocol", "tls", "busy", "injected"):  # not understood, as it should be
            return question.answer("pass", str(error), tuple(wire.dialogue) if wire else error.dialogue)
        return _invalid(question, error, wire)


def pipelined(host: Subject, at: Endpoint) -> Finding:
    """S06: MAIL, RCPT and the message in one segment, by DATA or BDAT, get no further than one by one."""
    question = Question("relay.S06", str(at))
    wire: "Optional[Wire]" = None
    try:
        with opened_as_clients_do(at, host.context) as wire:
            pattern = filled(PATTERNS["R01"], host.names)
            by_chunk = "CHUNKING" in wire.extensions
            lines = ["MAIL FROM:<>", f"RCPT TO:{pattern.recipient}", "BDAT 2 LAST\r\n" if by_chunk else "DATA"]
            for line in lines:
                wire.note("C:", line)
            wire.send_bytes("\r\n".join([*lines, ""]).encode())
            replies = [wire.smtp() for _ in lines]
            codes, text = [code for code, _ in replies], replies[1][1]
            if re.match(r"4\.4\.\d", text):  # RFC 3463, X.4: not its policy answers, but its network
                detail = f"{UNASKED}: {_reply(codes[1], text)}"
                return question.answer("invalid", detail, wire.dialogue, NAMES_FIRST, "names")
            taken = codes[1] < 400
            out = "See the cause that relay.policy names; a stranger must be refused with 5xx"
            detail = " ".join(map(str, codes))
            verdict = "fail" if taken else "pass" if codes[1] >= 500 else "warn"
            return question.answer(verdict, detail, wire.dialogue, out if taken else "", "", taken)
    except Invalid as error:
        if wire is not None and error.is_an_end:
            return question.answer("pass", "the server ends the connection", wire.dialogue)
        return _invalid(question, error, wire)


def odd(host: Subject, at: Endpoint) -> Finding:
    """S07: odd recipients: a route behind a comma, NUL and DEL, a quoted at sign."""
    question = Question("relay.S07", str(at))
    wire: "Optional[Wire]" = None
    codes: "List[int]" = []
    try:
        for form in ODD:
            with opened_as_clients_do(at, host.context) as wire:
                code, text = ask(wire, filled(Pattern("", SPAM, form.replace("\\0", "\0")), host.names))
                if code < 400:
                    detail = f"accepted: {form!r}: {_reply(code, text)}"
                    return question.answer("fail", detail, wire.dialogue, "Update the daemon", accepted=True)
                codes.append(code)
    except Invalid as error:
        if not error.is_an_end:
            return _invalid(question, error, wire)
        codes.append(0)
    soft = any(400 <= code < 500 for code in codes)
    return question.answer("warn" if soft else "pass", " ".join(map(str, codes)), wire.dialogue if wire else ())


def unknown_user(host: Subject, at: Endpoint) -> Finding:
    """S08: who has no mailbox is refused at RCPT; taken and bounced later, mail comes back to whoever was forged."""
    question = Question("relay.S08", str(at))
    wire: "Optional[Wire]" = None
    try:
        with opened_as_clients_do(at, host.context) as wire:
            name = f"nobody-{uuid.uuid4().hex[:12]}"
            code, text = ask(wire, filled(Pattern("", SPAM, f"<{name}@{{D}}>"), host.names))
            if code >= 400:
                return question.answer("pass", _reply(code, text), wire.dialogue)
            out = "If no address is meant to take all (luser_relay, an empty local_recipient_maps), refuse at RCPT"
            return question.answer("warn", f"{_reply(code, text)}: taken, or bounced later", wire.dialogue, out)
    except Invalid as error:
        return _invalid(question, error, wire)


def smuggled(host: Subject, at: Endpoint) -> Finding:
    """S09: LF.LF and its kind do not end a message, so that no second one can be smuggled in behind it."""
    question = Question("relay.S09", str(at))
    if not host.names.user:
        return question.answer("none", "there is no mailbox to send it to")
    weak, dialogue = [], ()  # type: Tuple[List[str], Tuple[str, ...]]
    wire: "Optional[Wire]" = None
    for name, end in ENDS.items():
        wire = None
        try:
            with opened_as_clients_do(at, host.context) as wire:
                queued, said = _behind(wire, host, end)
                dialogue = tuple(wire.dialogue)
        except Invalid as error:
            return _invalid(question, error, wire)
        if queued:
            detail, by = f"{name} ends a message, and a second one is taken: {said}", host.daemon(at)
            if by and by.product == "sendmail" and PROFILES[host.profile].legacy:  # no setting, and no newer one there
                return question.answer("warn", f"{detail}; this version has no setting for it", dialogue, UPDATE)
            return question.answer("fail", detail, dialogue, f"Set smtpd_forbid_bare_newline (Postfix), or: {UPDATE}")
        weak += [name] if said == REFUSED_PIPELINING else []
    if weak:
        return question.answer("warn", f"{', '.join(weak)}: {REFUSED_PIPELINING}", dialogue, "Update the daemon")
    return question.answer("pass", f"{', '.join(ENDS)} end nothing", dialogue)


def _behind(wire: Wire, host: Subject, end: str) -> "Tuple[bool, str]":
    """Whether a second message behind this end is taken, and what was said of it."""
    to = f"<{host.names.user}@{host.names.domain}>"
    for line in ("MAIL FROM:<>", f"RCPT TO:{to}", "DATA"):
        code, text = wire.smtp(line)
        if code >= 400:
            raise Invalid(f"no message is taken: {_reply(code, text)}", "busy" if code == 421 else "protocol")
    token = uuid.uuid4().hex
    head = f"Subject: smuggling test {token}\r\nX-Mailhost-Token: {token}\r\n\r\n"
    second = f"MAIL FROM:<>\r\nRCPT TO:{to}\r\nDATA\r\n{head}The second.\r\n.\r\n"
    wire.note("C:", f"(a message whose text holds {end!r} and a second message)")
    wire.send_bytes(f"{head}The first.{end}{second}".encode())
    replies = [wire.smtp()[0]]
    try:
        while len(replies) < 12 and wire.more_within(PAUSE):
            replies.append(wire.smtp()[0])
    except Invalid as error:
        if not error.is_an_end:
            raise
    shown = " ".join(map(str, replies))
    if 354 in replies[1:]:
        return True, shown
    return False, REFUSED_PIPELINING if len(replies) > 1 and replies[0] < 400 else shown


def mailboxes_told(host: Subject, at: Endpoint) -> Finding:
    """VRFY and EXPN: one answer for who has a mailbox and who has none."""
    question = Question("relay.names", str(at))
    wire: "Optional[Wire]" = None
    try:
        with opened_as_clients_do(at, host.context) as wire:
            told = []
            for verb in ("VRFY", "EXPN"):
                known, text = wire.smtp(f"{verb} {host.names.user or 'postmaster'}@{host.names.domain}")
                other, _ = wire.smtp(f"{verb} nobody-{uuid.uuid4().hex[:12]}@{host.names.domain}")
                if known < 300 <= other:
                    told.append(f"{verb}: {_reply(known, text)}, and {other} for nobody")
            out = "Set disable_vrfy_command = yes (Postfix), or goaway in PrivacyOptions (Sendmail)"
            return question.answer("warn" if told else "pass", "; ".join(told), wire.dialogue, out if told else "")
    except Invalid as error:
        if wire is not None and error.is_an_end:
            return question.answer("pass", "the server ends the connection", wire.dialogue)
        return _invalid(question, error, wire)


def unlisted(host: Subject, at: Endpoint) -> Finding:
    """T28: root by the probe's password, and a name that nobody has by any: neither is let in."""
    question = Question("clear.T28", str(at))
    stranger = Login("nobody-mailhost", uuid.uuid4().hex)
    for login in (Login("root", host.login.password), stranger):
        wire: "Optional[Wire]" = None
        try:
            with secured(at, host.context, login.hidden, seconds=20) as wire:
                if at.product == "smtp" and "AUTH" not in wire.extensions:
                    return question.answer("none", "no AUTH is offered", wire.dialogue)
                fine, answer = log_in(wire, login)
                if fine:
                    detail = f"{login.user} is let in: {answer[:80]}"
                    out = "Let only listed users in; see what policy says of nopassword and of accounts"
                    return question.answer("fail", detail, wire.dialogue, out)
        except Invalid as error:
            if wire is None or not error.is_an_end:
                return _invalid(question, error, wire)
    return question.answer("pass", "root and a name that nobody has are refused")
