"""A ClientHello written by hand: whether a server would speak a version of TLS or a
kind of cipher that this machine's own library has long refused to.

Sources: RFC 2246 to 5246, section 7.4.1.2 (ClientHello); RFC 6101 (SSL 3.0); RFC 5246, appendix E.2 (SSL 2.0's hello);
IANA's TLS cipher suite registry. Nothing is negotiated to the end: the ServerHello (for the length of a key also the
ServerKeyExchange) or the alert is the answer.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, replace
from typing import Dict, Optional, Sequence, Tuple

from .wire import Invalid, Wire

VERSIONS: "Dict[str, int]" = {"SSLv2": 0x0002, "SSLv3": 0x0300, "TLSv1.0": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303}
#: suites by what is wrong with them
SUITES: "Dict[str, Tuple[int, ...]]" = {
    "NULL": (0x0001, 0x0002, 0x003B, 0x00B0, 0x00B1, 0xC006, 0xC010, 0xC001, 0xC00B),
    "EXPORT": (0x0003, 0x0006, 0x0008, 0x000B, 0x000E, 0x0011, 0x0014, 0x0017, 0x0019),
    "anonymous": (0x0018, 0x001B, 0x0034, 0x003A, 0x006C, 0x006D, 0x00A6, 0x00A7, 0xC016, 0xC017, 0xC018, 0xC019),
    "RC4": (0x0004, 0x0005, 0xC007, 0xC011),
    "3DES": (0x000A, 0x0013, 0x0016, 0xC008, 0xC012),
    "static RSA": (0x002F, 0x0035, 0x003C, 0x003D, 0x009C, 0x009D),
}
#: what a client of any age would name
USUAL = (
    0xC02F,
    0xC030,
    0xC02B,
    0xC02C,
    0xCCA8,
    0xCCA9,
    0x009E,
    0x009F,
    0xC027,
    0xC028,
    0xC023,
    0xC024,
    0xC013,
    0xC014,
    0xC009,
    0xC00A,
    0x0067,
    0x006B,
    0x0033,
    0x0039,
    0x009C,
    0x009D,
    0x003C,
    0x003D,
    0x002F,
    0x0035,
    0x000A,
    0x0016,
    0x0005,
    0x0004,
)
#: what agrees on a key by Diffie-Hellman over a finite field, with a certificate (DHE_DSS, DHE_RSA)
DHE = (
    0x009F,
    0x009E,
    0xCCAA,
    0x006B,
    0x0067,
    0x0039,
    0x0033,
    0x0088,
    0x0045,
    0x0016,
    0x00A3,
    0x00A2,
    0x006A,
    0x0040,
    0x0038,
    0x0032,
    0x0013,
)
#: all that is known here: to see whether a version is served at all
EVERY = tuple(dict.fromkeys((*USUAL, *DHE, *(suite for many in SUITES.values() for suite in many))))
#: in this order a question about suites is asked again where a server does not take the hello itself
OLDER = ("TLSv1.2", "TLSv1.0", "SSLv3")
RENEGOTIATION_INFO = 0xFF01  # RFC 5746, section 3.2
LIMIT = 131072  # bytes of an answer: a chain of certificates and a key
_ALERT, _HANDSHAKE = 21, 22  # kinds of records
_SERVER_HELLO, _SERVER_KEY_EXCHANGE, _SERVER_HELLO_DONE = 2, 12, 14  # kinds of messages
_NO_SUITE = (40, 71)  # handshake_failure, insufficient_security: the hello was understood, none of its suites taken
_SSL2 = (0x010080, 0x020080, 0x030080, 0x040080, 0x050080, 0x060040, 0x0700C0)


def _extension(kind: int, data: bytes) -> bytes:
    return struct.pack(">HH", kind, len(data)) + data


def client_hello(version: int, suites: Sequence[int], name: str = "") -> bytes:
    """The record of a ClientHello; SSL 2.0's own form for version 2."""
    if version == 0x0002:
        specs = b"".join(suite.to_bytes(3, "big") for suite in _SSL2)
        body = b"\x01" + struct.pack(">HHHH", 2, len(specs), 0, 16) + specs + os.urandom(16)
        return struct.pack(">H", 0x8000 | len(body)) + body
    extensions = b""
    if version >= 0x0301:
        if name:
            host = name.encode("idna" if not name.isascii() else "ascii")
            extensions += _extension(0, struct.pack(">HBH", len(host) + 3, 0, len(host)) + host)
        extensions += _extension(10, struct.pack(">HHHHH", 8, 29, 23, 24, 25)) + _extension(11, b"\x01\x00")
    if version >= 0x0303:
        algorithms = (0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201)
        extensions += _extension(
            13,
            struct.pack(">H", 2 * len(algorithms)) + b"".join(struct.pack(">H", algorithm) for algorithm in algorithms),
        )
    listed = b"".join(struct.pack(">H", suite) for suite in (*suites, 0x00FF))
    body = struct.pack(">H", version) + os.urandom(32) + b"\x00" + struct.pack(">H", len(listed)) + listed + b"\x01\x00"
    if extensions:
        body += struct.pack(">H", len(extensions)) + extensions
    handshake = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16" + struct.pack(">HH", min(version, 0x0301), len(handshake)) + handshake


@dataclass(frozen=True)
class Answer:
    """What a server made of a hello. ``kind``: ``taken``; ``suites``, none of them is taken; ``hello``, the hello
    itself is not (its version, an intolerance), so that an older one may be. ``bits`` is the length of the prime,
    where the key exchange was asked for."""

    kind: str
    version: int = 0
    suite: int = 0
    extensions: "Tuple[int, ...]" = ()
    bits: int = 0

    def __str__(self) -> str:
        version = next((name for name, number in VERSIONS.items() if number == self.version), hex(self.version))
        return f"{version} with suite 0x{self.suite:04x}" if self.kind == "taken" else f"the {self.kind} refused"


class _Alert(Exception):
    """A fatal alert, or the end of the connection by one."""

    def __init__(self, number: int, version: int) -> None:
        super().__init__(f"alert {number}")
        self.number, self.version = number, version


def server_hello(body: bytes) -> "Optional[Answer]":
    """The message without its head (RFC 5246, section 7.4.1.3); None if it is something else."""
    at = 35 + body[34] if len(body) > 34 else len(body)
    if len(body) < at + 2:
        return None
    version, suite = struct.unpack(">H", body[:2])[0], struct.unpack(">H", body[at : at + 2])[0]
    return Answer("taken", version, suite, _extensions(body[at + 5 :]))  # behind the compression and the length of all


def _extensions(data: bytes) -> "Tuple[int, ...]":
    kinds = []
    while len(data) >= 4:
        kind, length = struct.unpack(">HH", data[:4])
        kinds.append(kind)
        data = data[4 + length :]
    return tuple(kinds)


def ssl2_server_hello(body: bytes) -> Answer:
    """SSL 2.0's: it is a refusal unless its list of ciphers holds one, which the list's own length says (RFC 6101,
    appendix E.2, and the draft of SSL 2.0, section 2.6)."""
    if len(body) < 11 or body[0] != 4:
        return Answer("hello")
    certificate, listed = struct.unpack(">HH", body[5:9])
    if listed < 3:
        return Answer("suites")
    if len(body) < 11 + certificate + listed:
        raise Invalid("an answer of SSL 2.0 whose lengths make no sense")
    return Answer("taken", 0x0002, int.from_bytes(body[11 + certificate : 14 + certificate], "big"))


class _Messages:
    """The handshake messages that come in a dialogue: many in one record, or one in many (RFC 5246, section 6.2.1)."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._raw, wire._buffer = wire._buffer, b""  # what came in one segment with the answer to STARTTLS
        self._pending, self._count = b"", 0

    def octets(self, count: int) -> bytes:
        self._count += count
        if self._count > LIMIT:
            raise Invalid(f"an answer of over {LIMIT} bytes to a hello")
        while len(self._raw) < count:
            self._raw += self._wire._more()
        piece, self._raw = self._raw[:count], self._raw[count:]
        return piece

    def _record(self) -> bytes:
        """The next record of a handshake; warnings are passed over, what is fatal is an ``_Alert``."""
        while True:
            kind, version, length = struct.unpack(">BHH", self.octets(5))
            if kind not in (_ALERT, _HANDSHAKE) or version >> 8 != 3:
                raise Invalid("an answer that is not TLS")
            data = self.octets(length)
            if kind == _HANDSHAKE:
                return data
            level, number = (data[0], data[1]) if len(data) == 2 else (2, 0)
            if level != 1 or number == 0:  # close_notify is a warning, and an end
                raise _Alert(number, version)

    def next(self) -> "Tuple[int, bytes]":
        """Kind and body of the next message."""
        while len(self._pending) < 4 or len(self._pending) < 4 + int.from_bytes(self._pending[1:4], "big"):
            self._pending += self._record()
        end = 4 + int.from_bytes(self._pending[1:4], "big")
        message, self._pending = self._pending[:end], self._pending[end:]
        return message[0], message[4:]

    def ssl2(self) -> Answer:
        """The answer to SSL 2.0's hello: a record of its own kind, or what a server without SSL 2.0 says."""
        head = self.octets(2)
        if head[0] & 0x80:
            try:
                body = self.octets(struct.unpack(">H", head)[0] & 0x7FFF)
            except Invalid:
                raise Invalid("half an answer of SSL 2.0") from None
            return ssl2_server_hello(body)
        if head[0] in (_ALERT, _HANDSHAKE) and head[1] == 3:
            return Answer("hello")
        raise Invalid("an answer that is not TLS")


def ask(wire: Wire, version: str, suites: Sequence[int], key: bool = False) -> Answer:
    """Say hello in a dialogue that is where TLS begins. An older version is an answer too; a newer one, or a suite that
    was not asked for, serves nobody. Silence is Invalid. ``key``: read on to the length of the prime."""
    number = VERSIONS[version]
    wire.send_bytes(client_hello(number, suites, wire.endpoint.name))
    messages = _Messages(wire)
    try:
        answer = messages.ssl2() if number == 0x0002 else _answer(messages, number, suites)
    except _Alert as alert:
        # SSL 3.0 has no alert about versions:
        # a server that knows nothing else says handshake_failure in a record of its own
        last = alert.number in _NO_SUITE and (alert.version > 0x0300 or number == 0x0300)
        answer = Answer("suites" if last else "hello")
    except Invalid as error:
        if not error.is_an_end:
            raise
        answer = Answer("hello")
    if key and answer.kind == "taken":
        answer = replace(answer, bits=_prime(messages))
    wire.note("*", f"ClientHello of {version} with {len(suites)} suites: {answer}")
    return answer


def _answer(messages: _Messages, number: int, suites: Sequence[int]) -> Answer:
    kind, body = messages.next()
    answer = server_hello(body) if kind == _SERVER_HELLO else None
    if answer is None:
        raise Invalid("an answer that is no ServerHello")
    return answer if answer.version <= number and answer.suite in suites else Answer("suites")


def _prime(messages: _Messages) -> int:
    """How many bits dh_p of the ServerKeyExchange has (RFC 5246, section 7.4.3); certificates lie before it."""
    try:
        kind, body = messages.next()
        while kind not in (_SERVER_KEY_EXCHANGE, _SERVER_HELLO_DONE):
            kind, body = messages.next()
    except _Alert as alert:
        raise Invalid(f"no key exchange: {alert}") from None
    length = int.from_bytes(body[:2], "big")
    if kind == _SERVER_HELLO_DONE or not 0 < length <= len(body) - 2:
        raise Invalid("a key exchange that cannot be read")
    return int.from_bytes(body[2 : 2 + length], "big").bit_length()
