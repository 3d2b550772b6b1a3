"""The proofs: each returns a verdict and one line of what was seen. ``invalid`` means the proof could not be made:
it never counts as passed."""

from __future__ import annotations

import hashlib
import imaplib
import ipaddress
import poplib
import smtplib
import socket
import ssl
import time
import uuid
from dataclasses import dataclass
from typing import Callable, Sequence

from . import connection as c
from .connection import PORTS, Target

Dialogue = (OSError, imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPException, EOFError)


@dataclass(frozen=True)
class Proof:
    """``verdict``: pass, fail, warn, invalid, or none where nothing was asked."""

    verdict: str
    detail: str


@dataclass(frozen=True)
class Login:
    user: str
    password: str


def seen(error: BaseException) -> str:
    """An error of a dialogue as one short line."""
    text = " ".join(
        str(part.decode("utf-8", "replace") if isinstance(part, bytes) else part) for part in error.args
    ) or str(error)
    return f"{type(error).__name__}: {text}"[:160] if isinstance(error, OSError) else text[:160]


def vantage(target: Target, trusted: Sequence[str]) -> Proof:
    """Whether this place is a stranger's: not the host itself, and in no network that the host trusts."""
    try:
        with socket.create_connection((target.address, PORTS["smtp"]), c.TIMEOUT) as stream:
            mine, theirs = stream.getsockname()[0], stream.getpeername()[0]
    except OSError as error:
        return Proof("invalid", f"port 25 cannot be reached: {seen(error)}")
    if mine == theirs or ipaddress.ip_address(mine).is_loopback:
        return Proof("invalid", f"{mine} is the host itself: ask from another machine")
    for text in trusted:
        net = ipaddress.ip_network(text, strict=False)
        if net.version == ipaddress.ip_address(mine).version and ipaddress.ip_address(mine) in net:
            return Proof("invalid", f"{mine} lies in {text}, which the host trusts: ask from elsewhere")
    return Proof("pass", f"from {mine}")


def hows(protocols: Sequence[str]) -> "list[tuple[str, str, str]]":
    """(word, product, how) for each way in with TLS that these protocols open."""
    return [(word, word.rstrip("s"), "implicit" if word.endswith("s") else "starttls") for word in protocols]


def _open(
    target: Target, product: str, how: str, context: "ssl.SSLContext | None" = None
) -> "imaplib.IMAP4 | poplib.POP3":
    return c.imap(target, how, context) if product == "imap" else c.pop3(target, how, context)


def protocols(target: Target, wanted: Sequence[str], smtp: Sequence[str]) -> Proof:
    """Every protocol that was asked for greets; every other of the four ports refuses connections."""
    faults, greeted, closed = [], [], []
    for word in ("imap", "imaps", "pop3", "pop3s"):
        if word in wanted:
            product, how = word.rstrip("s"), "implicit" if word.endswith("s") else "plain"
            try:
                c.close(_open(target, product, how))
                greeted.append(word)
            except Dialogue as error:
                faults.append(f"{word} does not greet ({seen(error)})")
        else:
            try:
                socket.create_connection((target.address, PORTS[word]), c.TIMEOUT).close()
                faults.append(f"port {PORTS[word]} ({word}) is open")
            except ConnectionRefusedError:
                closed.append(word)
            except OSError as error:
                closed.append(f"{word} (no answer: {type(error).__name__})")
    for word in smtp:
        try:
            c.close(c.smtp(target, "plain", PORTS[word]))
            greeted.append(word)
        except Dialogue as error:
            faults.append(f"{word} does not greet ({seen(error)})")
    detail = f"served {' '.join(greeted)}" + (f"; closed {' '.join(closed)}" if closed else "")
    return Proof("fail", "; ".join(faults)) if faults else Proof("pass", detail)


def _served(client: "imaplib.IMAP4 | poplib.POP3 | smtplib.SMTP") -> bytes:
    stream = client.sock
    return (stream.getpeercert(binary_form=True) or b"") if isinstance(stream, ssl.SSLSocket) else b""


def certificate(target: Target, wanted: Sequence[str], smtp: Sequence[str]) -> Proof:
    """A full handshake on every port; one certificate on all of them, in its dates and for the host's name."""
    ways: "list[tuple[str, Callable[[ssl.SSLContext | None], imaplib.IMAP4 | poplib.POP3 | smtplib.SMTP]]]" = []
    for word, product, how in hows(wanted):
        ways.append((word, lambda context, p=product, h=how: _open(target, p, h, context)))  # type: ignore[misc]
    for word in smtp:
        ways.append((word, lambda context, w=word: c.smtp(target, "starttls", PORTS[w], context)))  # type: ignore[misc]
    prints = {}
    ends = ""
    for word, open_ in ways:
        try:
            client = open_(None)
            der = _served(client)
            c.close(client)
            client = open_(c.strict(der))
            found = client.sock.getpeercert() if isinstance(client.sock, ssl.SSLSocket) else None
            c.close(client)
        except Dialogue as error:
            reason = getattr(error, "verify_message", "") or seen(error)
            return Proof("fail", f"{word}: {reason}")
        prints[hashlib.sha256(der).hexdigest()] = word
        ends = str((found or {}).get("notAfter", ""))
    if len(prints) != 1:
        return Proof(
            "fail", f"{len(prints)} different certificates: {', '.join(f'{w} {p[:12]}' for p, w in prints.items())}"
        )
    left = int((ssl.cert_time_to_seconds(ends) - time.time()) // 86400)
    return Proof(
        "warn" if left < 14 else "pass", f"sha256 {next(iter(prints))[:16]} for {target.fqdn}, {left} days left"
    )


def cleartext(target: Target, wanted: Sequence[str], smtp: Sequence[str], login: "Login | None", refuse: bool) -> Proof:
    """A password over an unencrypted connection is refused, even the right one (from an address that is not the host's)."""
    user, password = (login.user, login.password) if login else ("nobody", uuid.uuid4().hex)
    faults, asked = [], []
    for word in ("imap", "pop3"):
        if word in wanted:
            asked.append(word)
            try:
                if _clear_login(target, word, user, password) and refuse:
                    faults.append(f"{word} lets a password in clear in")
            except Dialogue as error:
                return Proof("invalid", f"{word}: {seen(error)}")
    for word in smtp:
        asked.append(word)
        try:
            client = c.smtp(target, "plain", PORTS[word])
            offered = client.has_extn("auth")
            code, text = client.docmd("AUTH", "PLAIN AGEAYg==")
            c.close(client)
        except Dialogue as error:
            return Proof("invalid", f"{word}: {seen(error)}")
        if offered or code < 500:
            faults.append(f"{word} takes AUTH before TLS ({code})")
    if faults:
        return Proof("fail", "; ".join(faults))
    return Proof("pass", f"refused on {' '.join(asked)}" if refuse else "allowed, as asked")


def _clear_login(target: Target, word: str, user: str, password: str) -> bool:
    client = _open(target, word, "plain")
    try:
        _login(client, Login(user, password))
        return True
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        return False
    except poplib.error_proto as error:
        if not error.args or not bytes(error.args[0]).startswith(b"-ERR"):
            raise
        return False
    finally:
        c.close(client)


def _login(client: "imaplib.IMAP4 | poplib.POP3", login: Login) -> None:
    if isinstance(client, imaplib.IMAP4):
        client.login(login.user, login.password)
    else:
        client.user(login.user)
        client.pass_(login.password)


def logins(target: Target, wanted: Sequence[str], login: "Login | None") -> Proof:
    """On every way in with TLS the right password is let in, and a wrong one gets a proper no."""
    if login is None:
        return Proof("none", "no login was given")
    done = []
    for word, product, how in hows(wanted):
        try:
            client = _open(target, product, how)
            _login(client, login)
            c.close(client)
        except Dialogue as error:
            return Proof("fail", f"{word} ({how}): {seen(error)}")
        done.append(word)
    word, product, how = hows(wanted)[0]
    client = _open(target, product, how)
    try:
        _login(client, Login(login.user, "wrong" + uuid.uuid4().hex))
        return Proof("fail", f"{word}: a wrong password is let in")
    except (imaplib.IMAP4.abort, EOFError, OSError) as error:
        return Proof("fail", f"{word}: a wrong password is not refused but the connection ends: {seen(error)}")
    except (imaplib.IMAP4.error, poplib.error_proto):
        pass
    finally:
        c.close(client)
    return Proof("pass", f"let in on {' '.join(done)}, a wrong password refused")


def message(target: Target, wanted: Sequence[str], login: "Login | None", domain: str) -> "dict[str, Proof]":
    """A message sent to port 25 as a stranger would comes out by IMAP and by POP3, each found by its token."""
    if login is None:
        return {name: Proof("none", "no login was given") for name in ("imap", "pop3")}
    token = uuid.uuid4().hex
    try:
        client = c.smtp(target, "plain")
        body = (
            f"Subject: mailhost probe {token}\r\nMessage-ID: <{token}@{c.HELO}>\r\n\r\nÄ message to prove its way.\r\n"
        )
        client.sendmail("", [f"{login.user.split('@')[0]}@{domain}"], body.encode("utf-8"))
        c.close(client)
    except Dialogue as error:
        return {name: Proof("fail", f"not accepted by SMTP: {seen(error)}") for name in ("imap", "pop3")}
    found = {}
    for name, fetch in (("imap", _by_imap), ("pop3", _by_pop3)):
        ways = [way for way in hows(wanted) if way[1] == name]
        found[name] = (
            _wait_for(fetch, target, ways[-1][2], login, token) if ways else Proof("none", f"{name} is not served")
        )
    return found


def _wait_for(
    fetch: "Callable[[Target, str, Login, str], bool]", target: Target, how: str, login: Login, token: str
) -> Proof:
    begun = time.monotonic()
    while time.monotonic() - begun < 20:
        try:
            if fetch(target, how, login, token):
                return Proof("pass", f"{how}, {time.monotonic() - begun:.1f} s")
        except Dialogue as error:
            return Proof("fail", seen(error))
        time.sleep(0.3)
    return Proof("fail", "the message did not come out within 20 s")


def _by_imap(target: Target, how: str, login: Login, token: str) -> bool:
    client = c.imap(target, how)
    try:
        _login(client, login)
        client.select("INBOX", readonly=True)
        _, numbers = client.search(None, "HEADER", "Message-ID", token)
        return bool(numbers and numbers[0] and token.encode() in _fetched(client, numbers[0].split()[-1]))
    finally:
        c.close(client)


def _fetched(client: imaplib.IMAP4, number: bytes) -> bytes:
    _, data = client.fetch(number.decode(), "(BODY.PEEK[])")
    return b"".join(part[1] for part in data if isinstance(part, tuple))


def _by_pop3(target: Target, how: str, login: Login, token: str) -> bool:
    client = c.pop3(target, how)
    try:
        _login(client, login)
        count = client.stat()[0]
        for number in range(count, max(0, count - 20), -1):
            if token.encode() in b"\n".join(client.top(number, 0)[1]):
                return True
        return False
    finally:
        c.close(client)
