"""The ways a message takes, each known by its token: in by SMTP and out by IMAP and POP3,
between users, outwards, and back as a bounce.

Sources: RFC 5322 and RFC 2045 to 2047 (the message has an attachment, a body of eight bits and a subject in an encoded
word), RFC 3464 (bounces). Raw eight bits in a header are not RFC 5322's: Sendmail 8.13 takes the bytes 0x80 to 0x9F out
of it, and ``strict_7bit_headers`` of Postfix refuses them, so they are asked about by a message of their own.
"""

from __future__ import annotations

import base64
import email
import email.policy
import re
import time
import uuid
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from .cleartext import log_in
from .finding import Finding, Question
from .sink import Sink
from .subject import Login, Names
from .wire import HELO, Endpoint, Invalid, Wire, lenient, opened, secured

WAIT = 12.0  # seconds in which a message must come out; the whole of an audit has fifteen
ATTACHMENT = bytes(range(256)) * 4
RAW_WAIT = 5.0  # the same for the message with raw eight bits in its header, which is no more than a warning
PAUSE = 0.3  # seconds between two looks into a mailbox
BODY = "Zur Prüfung."
RAW = "Grüße an"


def message(token: str, sender: str, recipient: str) -> str:
    """A message of text and one attachment, with eight bits in its body and behind its subject's encoded word."""
    body = base64.encodebytes(ATTACHMENT).decode().replace("\n", "\r\n")
    return (
        f"From: {sender or 'postmaster@' + HELO}\r\nTo: {recipient}\r\n"
        f"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_an?= {token}\r\n"
        f"Message-ID: <{token}@{HELO}>\r\nX-Mailhost-Token: {token}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="mailhost"\r\n\r\n'
        "--mailhost\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"{BODY}\r\n"
        "--mailhost\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="all.bin"\r\n\r\n{body}--mailhost--\r\n'
    )


def raw_message(token: str, sender: str, recipient: str) -> str:
    """A short one with raw eight bits in its subject."""
    return (
        f"From: {sender or 'postmaster@' + HELO}\r\nTo: {recipient}\r\nSubject: {RAW} {token}\r\n"
        f"Message-ID: <{token}@{HELO}>\r\nX-Mailhost-Token: {token}\r\n\r\nA test of a header.\r\n"
    )


def _submit(wire: Wire, sender: str, recipient: str, letter: str, token: str) -> "Tuple[int, str]":
    eight = " BODY=8BITMIME" if "8BITMIME" in wire.extensions else ""
    for line in (f"MAIL FROM:<{sender}>{eight}", f"RCPT TO:<{recipient}>", "DATA"):
        code, text = wire.smtp(line)
        if code >= 400:
            return code, text
    return wire.smtp(letter + ".", shown=f"(a message of {len(letter)} characters, token {token})")


def harm(text: str) -> str:
    """What the way did to the message (a subject that was decoded on the way counts as whole);
    empty if it came whole."""
    parsed = email.message_from_bytes(text.encode("utf-8", "replace"), policy=email.policy.default)
    parts = {part.get_content_type(): part for part in parsed.walk()}
    plain, binary = parts.get("text/plain"), parts.get("application/octet-stream")
    if binary is None or binary.get_content() != ATTACHMENT:
        return "the attachment is not what was sent"
    if plain is None or str(plain.get_content()).strip() != BODY:
        return "the eight bits of the text are lost"
    return (
        ""
        if str(parsed["Subject"]).startswith("Grüße an ")
        else f"the subject is not what was sent: {str(parsed['Subject'])[:40]!r}"
    )


def by_imap(endpoint: Endpoint, login: Login, token: str) -> "Tuple[Optional[str], Tuple[str, ...]]":
    """The message from INBOX as text; None if it is not there."""
    with secured(endpoint, lenient(), login.hidden) as wire:
        fine, answer = log_in(wire, login)
        if not fine:
            raise Invalid(f"the login is refused: {answer[:80]}", "login")
        wire.imap("EXAMINE INBOX")
        _, lines = wire.imap(f"SEARCH HEADER X-Mailhost-Token {token}")
        numbers = [number for line in lines if line.upper().startswith("* SEARCH") for number in line.split()[2:]]
        if not numbers:
            return None, tuple(wire.dialogue)
        _, lines = wire.imap(f"FETCH {numbers[-1]} BODY.PEEK[]")
        literal = next((line for line in lines if token in line), "")
        return literal.partition("\r\n")[2].rpartition(")")[0], tuple(wire.dialogue)


def by_pop3(endpoint: Endpoint, login: Login, token: str) -> "Tuple[Optional[str], Tuple[str, ...]]":
    with secured(endpoint, lenient(), login.hidden) as wire:
        fine, answer = log_in(wire, login)
        if not fine:
            raise Invalid(f"the login is refused: {answer[:80]}", "login")
        text = None
        for number in reversed(_last_numbers(wire)):
            _, lines = wire.pop3(f"TOP {number} 0", many=True)
            if any(token in line for line in lines):
                _, lines = wire.pop3(f"RETR {number}", many=True)
                text = "\r\n".join(line[1:] if line.startswith("..") else line for line in lines[1:-1]) + "\r\n"
                break
        wire.pop3("QUIT")
        return text, tuple(wire.dialogue)


def _last_numbers(wire: Wire, count: int = 15) -> "List[int]":
    """Numbers of the newest messages."""
    _, lines = wire.pop3("STAT")
    match = re.match(r"\+OK (\d{1,6}) ", lines[0])
    last = int(match.group(1)) if match else 0
    return list(range(max(1, last - count + 1), last + 1))


Fetch = Callable[[Endpoint, Login, str], "Tuple[Optional[str], Tuple[str, ...]]"]
FETCH: "Dict[str, Fetch]" = {"imap": by_imap, "pop3": by_pop3}


def comes_out(name: str, endpoint: Endpoint, login: Login, token: str, begun: float) -> Finding:
    """The message with this token comes out here, whole."""
    question = Question(f"way.{name}", str(endpoint))
    dialogue: "Tuple[str, ...]" = ()
    while True:
        try:
            text, dialogue = FETCH[endpoint.product](endpoint, login, token)
        except Invalid as error:
            return question.answer("fail", detail=str(error), dialogue=dialogue)
        if text is not None:
            problem = harm(text)
            detail = f"it came, but {problem}" if problem else f"{time.monotonic() - begun:.1f} s"
            return question.answer("fail" if problem else "pass", detail=detail, dialogue=dialogue)
        if time.monotonic() - begun > WAIT:
            return question.answer(
                "fail",
                detail=f"it did not come out within {WAIT:.0f} s",
                dialogue=dialogue,
                way_out="Look for it in the queue and in the mail log",
            )
        time.sleep(PAUSE)


Make = Callable[[str, str, str], str]


def _sent(
    endpoint: Endpoint, login: "Login | None", sender: str, recipient: str, token: str, make: Make = message
) -> "Tuple[str, Tuple[str, ...]]":
    """Hand a message in, logged in if a login is given; what went wrong (empty: nothing), and the dialogue."""
    wire: Optional[Wire] = None
    hidden = login.hidden if login else ()
    try:
        context = lenient()
        with secured(endpoint, context, hidden) if login else opened(endpoint, context, hidden) as wire:
            if login:
                fine, answer = log_in(wire, login)
                if not fine:
                    return f"the login is refused: {answer[:80]}", tuple(wire.dialogue)
            code, text = _submit(wire, sender, recipient, make(token, sender, recipient), token)
            return ("" if code < 400 else f"{code} {text}"[:160].replace("\n", " ")), tuple(wire.dialogue)
    except Invalid as error:
        return str(error), tuple(wire.dialogue) if wire else error.dialogue


def _way(
    name: str, way_in: "Tuple[Endpoint, Optional[Login], str, str]", outs: "Sequence[Endpoint]", login: Login
) -> "List[Finding]":
    token = uuid.uuid4().hex
    problem, dialogue = _sent(*way_in, token)
    begun = time.monotonic()
    if problem:
        return [Question(f"way.{name}", str(way_in[0])).answer("fail", problem, dialogue)]
    return [comes_out(f"{name}.{out.product}", out, login, token, begun) for out in outs]


class Raw:
    """The message with raw eight bits in its header: handed in as the first way has passed, and looked for behind the
    others, so that nobody waits for it. The worst of it is a warning, since RFC 5322 does not allow such a header."""

    def __init__(self, way_in: "Tuple[Endpoint, Optional[Login], str, str]", out: Endpoint, login: Login) -> None:
        self.out, self.login, self.token = out, login, uuid.uuid4().hex
        self.question = Question(f"way.raw.{out.product}", str(out))
        self.problem, self.dialogue = _sent(*way_in, self.token, raw_message)
        self.begun = time.monotonic()

    def finding(self) -> Finding:
        if self.problem:
            return self.question.answer("warn", f"not taken: {self.problem}", self.dialogue)
        try:
            text = self._fetched()
        except Invalid as error:
            return self.question.answer("warn", str(error), error.dialogue or self.dialogue)
        if text is None:
            return self.question.answer("warn", f"it did not come out within {RAW_WAIT:.0f} s", self.dialogue)
        header = next((line for line in text.split("\r\n") if line.lower().startswith("subject:")), "no subject")
        survived = RAW in str(
            email.message_from_bytes(text.encode("utf-8", "replace"), policy=email.policy.default)["Subject"]
        )
        return self.question.answer(
            "pass" if survived else "warn", "" if survived else f"it came as {header[:60]!r}", self.dialogue
        )

    def _fetched(self) -> "Optional[str]":
        while True:
            text, self.dialogue = FETCH[self.out.product](self.out, self.login, self.token)
            if text is not None or time.monotonic() - self.begun > min(RAW_WAIT, WAIT):
                return text
            time.sleep(PAUSE)


def ways(
    endpoints: "Sequence[Endpoint]", names: Names, login: Login, authenticated: bool, sink: "Sink | None"
) -> "List[Finding]":
    """Every way that these ports and this login allow; those that lack something are told as ``none``."""
    if not login.given:
        return [Question("way.in").answer("none", "no login was given")]
    outs = [endpoint for product in ("imap", "pop3") for endpoint in [_best(endpoints, product)] if endpoint]
    smtp = next((endpoint for endpoint in endpoints if endpoint.service == "smtp"), None)
    users = sorted(
        (endpoint for endpoint in endpoints if endpoint.product == "smtp" and endpoint.submission),
        key=lambda endpoint: endpoint.implicit,
    )
    submission = users[0] if users and authenticated else None  # 587 before 465, which may be a tunnel to port 25
    mine = login.user if "@" in login.user else f"{login.user}@{names.domain}"
    findings: "List[Finding]" = []
    raw: "Optional[Raw]" = None
    if smtp:
        findings += _way("in", (smtp, None, "", mine), outs, login)
        if outs and findings[0].verdict == "pass":
            raw = Raw((smtp, None, "", mine), outs[0], login)
    if submission:
        findings += _way("local", (submission, login, mine, mine), outs[:1], login)
    if not sink:
        findings.append(Question("way.out").answer("none", "no sink was given"))
    elif submission:
        findings += _outwards(submission, names, login, mine, outs, sink)
    return [*findings, raw.finding()] if raw else findings


def _best(endpoints: "Sequence[Endpoint]", product: str) -> "Endpoint | None":
    """The port to fetch from: with TLS from the first byte where there is one."""
    of_it = sorted(
        (endpoint for endpoint in endpoints if endpoint.product == product), key=lambda endpoint: not endpoint.implicit
    )
    return of_it[0] if of_it else None


def _outwards(
    endpoint: Endpoint, names: Names, login: Login, mine: str, outs: "Sequence[Endpoint]", sink: Sink
) -> "List[Finding]":
    token = uuid.uuid4().hex
    problem, dialogue = _sent(endpoint, login, mine, f"someone@{names.outside}", token)
    if not problem and not sink.wait_for({token}, WAIT):
        problem = f"it did not come to the sink within {WAIT:.0f} s"
    question = Question("way.out", str(endpoint))
    findings = [question.answer("fail" if problem else "pass", problem or "it came to the sink", dialogue)]
    token = uuid.uuid4().hex
    problem, dialogue = _sent(endpoint, login, mine, f"refused@{names.outside}", token)
    begun = time.monotonic()
    if problem or not outs:
        return [*findings, Question("way.bounce").answer("fail", problem or "no way to read it", dialogue)]
    return [*findings, _bounced(outs[0], login, token, begun)]


def _bounced(endpoint: Endpoint, login: Login, token: str, begun: float) -> Finding:
    question = Question("way.bounce", str(endpoint))
    dialogue: "Tuple[str, ...]" = ()
    while time.monotonic() - begun < WAIT:
        try:
            with secured(endpoint, lenient(), login.hidden) as wire:
                log_in(wire, login)
                if endpoint.product == "imap":
                    _, lines = wire.imap("EXAMINE INBOX")
                    last = next((int(line.split()[1]) for line in lines if re.match(r"\* \d{1,9} EXISTS", line)), 0)
                    newest = range(
                        max(1, last - 2), last + 1
                    )  # a search need not look into the message that a bounce carries
                    seen = any(token in line for n in newest for line in wire.imap(f"FETCH {n} BODY.PEEK[]")[1])
                else:
                    seen = any(
                        token in line for n in _last_numbers(wire, 3) for line in wire.pop3(f"RETR {n}", many=True)[1]
                    )
                dialogue = tuple(wire.dialogue)
        except Invalid as error:
            return question.answer("fail", detail=str(error), dialogue=dialogue)
        if seen:
            return question.answer("pass", detail=f"{time.monotonic() - begun:.1f} s", dialogue=dialogue)
        time.sleep(PAUSE)
    return question.answer("fail", detail=f"none came within {WAIT:.0f} s", dialogue=dialogue)
