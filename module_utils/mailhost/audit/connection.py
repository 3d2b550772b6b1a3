"""Connections as a stranger makes them: plain, STARTTLS or TLS from the start, each with its own lenient TLS context.

A probe must reach hosts that only speak TLS 1.0 (CentOS 5), so its context allows them; nothing global is changed, and
whether the certificate is right is asked in a second handshake that verifies it.
"""

from __future__ import annotations

import imaplib
import poplib
import smtplib
import socket
import ssl
from dataclasses import dataclass
from typing import Optional

TIMEOUT = 15
PORTS = {"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995, "smtp": 25, "submission": 587}
HELO = "probe.mailhost.invalid"
LEGACY_SERVER_CONNECT = 0x4  # SSL_OP_LEGACY_SERVER_CONNECT, which has no name in ssl before Python 3.12


@dataclass(frozen=True)
class Target:
    """A host under test. ``fqdn`` is the name its certificate must cover, ``address`` where it is reached."""

    address: str
    fqdn: str


class Refused(Exception):
    """The server said no, properly."""


def lenient() -> ssl.SSLContext:
    """TLS 1.0 and newer, any cipher, no verification, with or without RFC 5746: to see what is served, not to trust it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.options |= LEGACY_SERVER_CONNECT
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def strict(der: bytes) -> ssl.SSLContext:
    """As lenient, but the certificate must be ``der``, in its dates and for the name."""
    context = lenient()
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    context.verify_flags |= 0x80000  # X509_V_FLAG_PARTIAL_CHAIN: the leaf itself may be the anchor
    context.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(der))
    return context


class Imap4(imaplib.IMAP4):
    """imaplib's IMAP4 with TLS under this module's contexts and names."""

    def __init__(self, target: Target, context: Optional[ssl.SSLContext]) -> None:
        self._target, self._context = target, context
        super().__init__(target.address, PORTS["imaps" if context else "imap"], TIMEOUT)
        self._encoding = "utf-8"  # passwords are sent as UTF-8 (RFC 9755), imaplib's default is ASCII

    def _create_socket(self, timeout: Optional[float] = None) -> socket.socket:
        plain = socket.create_connection((self._target.address, self.port), timeout)
        return self._context.wrap_socket(plain, server_hostname=self._target.fqdn) if self._context else plain


class _Pop3Tls(poplib.POP3):
    def __init__(self, target: Target, context: ssl.SSLContext) -> None:
        self._target, self._context = target, context
        super().__init__(target.address, PORTS["pop3s"], TIMEOUT)

    def _create_socket(self, timeout: Optional[float]) -> socket.socket:
        plain = socket.create_connection((self._target.address, self.port), timeout)
        return self._context.wrap_socket(plain, server_hostname=self._target.fqdn)


def imap(target: Target, how: str, context: Optional[ssl.SSLContext] = None) -> imaplib.IMAP4:
    """``how``: plain, starttls, implicit."""
    client = Imap4(target, (context or lenient()) if how == "implicit" else None)
    if how == "starttls":
        client.host = target.fqdn  # what imaplib hands to the handshake as server name
        client.starttls(context or lenient())
    return client


def pop3(target: Target, how: str, context: Optional[ssl.SSLContext] = None) -> poplib.POP3:
    if how == "implicit":
        return _Pop3Tls(target, context or lenient())
    client = poplib.POP3(target.address, PORTS["pop3"], TIMEOUT)
    if how == "starttls":
        client.host = target.fqdn
        client.stls(context or lenient())
    return client


def smtp(target: Target, how: str, port: int = 0, context: Optional[ssl.SSLContext] = None) -> smtplib.SMTP:
    client = smtplib.SMTP(local_hostname=HELO, timeout=TIMEOUT)
    code, text = client.connect(target.address, port or PORTS["smtp"])
    if code != 220:
        raise smtplib.SMTPConnectError(code, text)
    client.ehlo()
    if how == "starttls":
        client._host = target.fqdn  # type: ignore[attr-defined]  # the name smtplib hands to the handshake
        client.starttls(context=context or lenient())
        client.ehlo()
    return client


def close(client: "imaplib.IMAP4 | poplib.POP3 | smtplib.SMTP") -> None:
    """End a dialogue, whatever state it is in."""
    try:
        if isinstance(client, imaplib.IMAP4):
            client.logout()
        else:
            client.quit()
    except (OSError, imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPException):
        pass
