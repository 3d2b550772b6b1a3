"""What a host does for people, taken over the wire: a table of effects, and what of it is lost between two of them."""

from __future__ import annotations

import contextlib
import fnmatch
import imaplib
import ipaddress
import poplib
import re
import smtplib
import socket
import ssl
import subprocess
import time
import uuid
from typing import Dict, Iterator

from ..wire.clients import context
from .hosts import BrownHost
from .row import PASSWORD, Row

Effects = Dict[str, str]
#: an address outside, which nobody but who logged in may send to
ELSEWHERE = "somebody@elsewhere.test"
#: what a user logs in by; by SMTP on each of its ports
WAYS = {"imap": 143, "pop3": 110, "smtp": 25, "submission": 587, "smtps": 465}
_LISTEN = "0A"
_SECONDS = 20.0


def take(host: BrownHost) -> Effects:
    found = dict(_listeners(host))
    found.update(_certificates(host))
    people = [*host.row.users, *host.row.logins]
    found.update((f"login {user} {way}", _logs_in(host, user, way)) for user in people for way in WAYS)
    readers = [user for user in people if found[f"login {user} imap"] == "yes"]
    for user in readers:
        found.update(_mail(host, user))
    found.update(_addresses(host, readers))
    found.update((f"sender {user} {sender}", _sends(host, user, sender)) for user, sender in host.row.senders)
    found.update(
        (f"asks {name}", host.sh(command, check=False).stdout.strip()) for name, command in host.row.asks.items()
    )
    return found


def lost(before: Effects, after: Effects, row: Row) -> "dict[str, str]":
    """What somebody had and has no more, or what was kept from somebody and is not, by effect."""
    worse = {
        name: f"{value} -> {after.get(name, 'nothing')}"
        for name, value in before.items()
        if _worse(name, value, after, row)
    }
    return {
        name: change for name, change in worse.items() if not any(fnmatch.fnmatch(name, like) for like in row.changes)
    }


def _worse(name: str, value: str, after: Effects, row: Row) -> bool:
    now, (kind, who, *_) = after.get(name, "nothing"), [*name.split(" "), ""]
    if now == value:
        return False
    if kind == "login":
        return value == "yes" or (now == "yes" and (who in row.denied or who not in row.listed))
    if kind == "mail":
        return int(now if now.isdigit() else -1) < int(value)
    if kind == "rcpt":
        return value.startswith("2") or (who == ELSEWHERE and now.startswith("2"))
    if kind == "listens":
        gone = set(value.split()) - set(now.split())
        return bool(gone) or (now != "nothing" and _is_any(now) and not _is_any(value))
    return value not in ("none", "nowhere")


def _is_any(addresses: str) -> bool:
    return bool({"0.0.0.0", "::"} & set(addresses.split()))


def _listeners(host: BrownHost) -> "Iterator[tuple[str, str]]":
    """Addresses by port, from the kernel's own tables."""
    ports: "dict[int, set[str]]" = {}
    for line in host.sh("cat /proc/net/tcp /proc/net/tcp6").stdout.splitlines():
        words = line.split()
        if len(words) < 4 or words[3] != _LISTEN:
            continue
        raw, port = words[1].split(":")
        groups = [bytes.fromhex(raw[at : at + 8])[::-1] for at in range(0, len(raw), 8)]
        ports.setdefault(int(port, 16), set()).add(str(ipaddress.ip_address(b"".join(groups))))
    for port, addresses in sorted(ports.items()):
        if port < 30000:  # above it are those that the system picks
            yield f"listens {port}", " ".join(sorted(addresses))


def _certificates(host: BrownHost) -> "Iterator[tuple[str, str]]":
    for port, start in ((993, ""), (995, ""), (465, ""), (143, "imap"), (110, "pop3"), (25, "smtp"), (587, "smtp")):
        for name in ("", *host.row.names):
            with contextlib.suppress(OSError, EOFError):
                yield f"certificate {port} {name}".strip(), _certificate(host.address, port, start, name)


_START = {"imap": (b"a STARTTLS\r\n",), "pop3": (b"STLS\r\n",), "smtp": (b"EHLO probe.test\r\n", b"STARTTLS\r\n")}


def _certificate(address: str, port: int, start: str, name: str) -> str:
    with socket.create_connection((address, port), 6) as plain:
        if start:
            plain.recv(2000)
            for line in _START[start]:
                plain.sendall(line)
                time.sleep(0.1)
                plain.recv(4000)
        with context().wrap_socket(plain, server_hostname=name or None) as tls:
            der = tls.getpeercert(True)
    words = ["openssl", "x509", "-inform", "DER", "-noout", "-subject", "-issuer", "-fingerprint", "-sha256"]
    said = subprocess.run(words, input=der, capture_output=True, check=True).stdout.decode().splitlines()
    subject, issuer, fingerprint = (line.partition("=")[2].strip() for line in said)
    return "self-signed" if subject == issuer else fingerprint


def _port(host: BrownHost, tls: int, plain: int) -> "tuple[int, bool]":
    for port, wrapped in ((tls, True), (plain, False)):
        with contextlib.suppress(OSError):
            socket.create_connection((host.address, port), 3).close()
            return port, wrapped
    return 0, False


@contextlib.contextmanager
def _imap(host: BrownHost, user: str) -> "Iterator[imaplib.IMAP4]":
    port, wrapped = _port(host, 993, 143)
    if wrapped:
        client: imaplib.IMAP4 = imaplib.IMAP4_SSL(host.address, port, ssl_context=context(), timeout=30)
    else:
        client = imaplib.IMAP4(host.address, port, timeout=30)
        if "STARTTLS" in client.capabilities:
            client.starttls(context())
    try:
        client.login(user, PASSWORD)
        yield client
    finally:
        with contextlib.suppress(Exception):
            client.logout()


def _pop3(host: BrownHost, user: str) -> None:
    port, wrapped = _port(host, 995, 110)
    if wrapped:
        client: poplib.POP3 = poplib.POP3_SSL(host.address, port, context=context(), timeout=30)
    else:
        client = poplib.POP3(host.address, port, timeout=30)
        with contextlib.suppress(poplib.error_proto):
            client.stls(context())
    client.user(user)
    client.pass_(PASSWORD)
    client.quit()


@contextlib.contextmanager
def _smtp(host: BrownHost, port: int) -> "Iterator[smtplib.SMTP]":
    if port == 465:
        client: smtplib.SMTP = smtplib.SMTP_SSL(host.address, port, "probe.test", timeout=30, context=context())
    else:
        client = smtplib.SMTP(host.address, port, "probe.test", timeout=30)
        client.ehlo()
        if client.has_extn("starttls"):
            client.starttls(context=context())
            client.ehlo()
    with client:
        yield client


def _logs_in(host: BrownHost, user: str, way: str) -> str:
    """yes, no, or closed."""
    try:
        if way == "imap":
            with _imap(host, user):
                return "yes"
        if way == "pop3":
            _pop3(host, user)
            return "yes"
        with _smtp(host, WAYS[way]) as client:
            client.login(user, PASSWORD)
            return "yes"
    except (imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPException, ssl.SSLError):
        return "no"
    except OSError:
        return "closed"


def _folders(client: imaplib.IMAP4) -> "list[str]":
    found = []
    for line in client.list()[1]:
        match = re.match(
            rb'\(([^)]*)\) (?:"[^"]*"|NIL) (.*)$', line if isinstance(line, bytes) else b"".join(line or ())
        )
        if match and b"\\noselect" not in match[1].lower() and b"\\nonexistent" not in match[1].lower():
            found.append(match[2].decode().strip('"'))
    return found


def _mail(host: BrownHost, user: str) -> "Iterator[tuple[str, str]]":
    with _imap(host, user) as client:
        for folder in _folders(client):
            said = client.status(f'"{folder}"', "(MESSAGES)")[1][0] or b""
            number = re.search(rb"MESSAGES (\d+)", said)
            if number:
                yield f"mail {user} {folder}", number[1].decode()


def put(host: BrownHost) -> None:
    """The row's mail that goes in over IMAP."""
    for user, folders in host.row.puts.items():
        with _imap(host, user) as client:
            for folder, number in folders.items():
                client.create(f'"{folder}"')
                for _ in range(number):
                    client.append(f'"{folder}"', "", "", b"Subject: old\r\n\r\nOld.\r\n")


def _addresses(host: BrownHost, readers: "list[str]") -> "Iterator[tuple[str, str]]":
    """What the host answers to an address from outside, and where a message to it comes out."""
    sent: "dict[str, str]" = {}
    for address in (*host.row.addresses, ELSEWHERE):
        answer = _send(host, address, sent)
        yield f"rcpt {address}", answer
    for address in host.row.sends:
        token = uuid.uuid4().hex
        text = f"Subject: {token}\n\nOut.\n"
        host.feed(["sh", "-c", f"for s in /usr/sbin/sendmail; do $s -i {address}; done"], text)
        sent[token] = address
    until = time.monotonic() + _SECONDS
    where: "dict[str, str]" = {}
    while sent.keys() - where.keys() and time.monotonic() < until:
        time.sleep(0.5)
        where.update(_in_sink(host, sent))
        for user in readers:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                where.update(_in_mail(host, user, sent.keys() - where.keys()))
    for token, address in sent.items():
        yield f"arrives {address}", where.get(token, "nowhere")


def _sends(host: BrownHost, user: str, sender: str) -> str:
    """What who logged in is answered who sends as somebody."""
    try:
        with _smtp(host, 587) as client:
            client.login(user, PASSWORD)
            client.mail(sender)
            return f"{client.rcpt('alice@example.test')[0] // 100}xx"
    except (smtplib.SMTPException, OSError) as reason:
        return type(reason).__name__


def _send(host: BrownHost, address: str, sent: "dict[str, str]") -> str:
    token = uuid.uuid4().hex
    try:
        with _smtp(host, 25) as client:
            client.mail("")
            code, _ = client.rcpt(address)
            if code // 100 == 2 and address != ELSEWHERE:
                client.data(f"From: stranger@outside.test\r\nTo: {address}\r\nSubject: {token}\r\n\r\nIn.\r\n")
                sent[token] = address
            return f"{code // 100}xx"
    except smtplib.SMTPException as reason:
        return f"refused: {type(reason).__name__}"
    except OSError:
        return "closed"


def _in_sink(host: BrownHost, sent: "dict[str, str]") -> "dict[str, str]":
    found = {}
    for who, text in list(host.sink.taken):
        for token in sent:
            if token in text:
                sender = re.search(r"^From: .*?([^<\s]+@[^>\s]+)", text, re.M)
                found[token] = f"smarthost, as {who}, from {sender[1] if sender else 'nobody'}"
    return found


def _in_mail(host: BrownHost, user: str, tokens: "set[str]") -> "dict[str, str]":
    """Found in the user's folders, and taken out again, so that counts are of the host's own mail."""
    found = {}
    with _imap(host, user) as client:
        for folder in _folders(client):
            if client.select(f'"{folder}"')[0] != "OK":
                continue
            for token in tokens:
                numbers = (client.search(None, "SUBJECT", token)[1][0] or b"").split()
                if numbers:
                    found[token] = f"{user}'s {folder}" + (f" {len(numbers)} times" if len(numbers) > 1 else "")
                    client.store(b",".join(numbers).decode(), "+FLAGS", "(\\Deleted)")
            if found:
                client.expunge()
    return found
