"""A ClientHello written by hand: whether a server would speak a version of TLS or a kind of cipher that this machine's own library
has long refused to.

Sources: RFC 2246 to 5246, section 7.4.1.2 (ClientHello); RFC 6101 (SSL 3.0); RFC 5246, appendix E.2 (SSL 2.0's hello); IANA's TLS cipher
suite registry. Nothing is negotiated to the end: the ServerHello or the alert is the answer.
"""

from __future__ import annotations

import os
import struct
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
        extensions += _extension(13, struct.pack(">H", 2 * len(algorithms)) + b"".join(struct.pack(">H", one) for one in algorithms))
    listed = b"".join(struct.pack(">H", suite) for suite in (*suites, 0x00FF))
    body = struct.pack(">H", version) + os.urandom(32) + b"\x00" + struct.pack(">H", len(listed)) + listed + b"\x01\x00"
    if extensions:
        body += struct.pack(">H", len(extensions)) + extensions
    handshake = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16" + struct.pack(">HH", min(version, 0x0301), len(handshake)) + handshake


def server_hello(data: bytes) -> "Optional[Tuple[int, int]]":
    """Version and suite of a ServerHello at the beginning of these bytes; None if they are something else."""
    if len(data) >= 5 and data[0] & 0x80 and data[2:3] == b"\x04":  # SSL 2.0's
        return 0x0002, 0
    if len(data) < 5 + 4 + 2 + 32 + 1 or data[0] != 0x16 or data[5] != 2:
        return None
    version = struct.unpack(">H", data[9:11])[0]
    at = 11 + 32
    at += 1 + data[at]
    if len(data) < at + 2:
        return None
    return version, struct.unpack(">H", data[at : at + 2])[0]


def offered(wire: Wire, version: str, suites: Sequence[int], or_older: bool = False) -> "Optional[Tuple[int, int]]":
    """Say hello in a dialogue that is where TLS begins: version and suite if the server takes it (or, if asked so, an older version);
    None if it refuses, by an alert or by closing. Silence is Invalid."""
    number = VERSIONS[version]
    wire.send_bytes(client_hello(number, suites, wire.endpoint.name))
    data = b""
    while len(data) < 5 + 4 + 2 + 32 + 1 + 32 + 2:
        try:
            data += wire._more()
        except Invalid as error:
            if "in time" in str(error):
                raise
            break
        if data[:1] == b"\x15" and len(data) >= 7:
            return None
        if data[:1] not in (b"\x15", b"\x16") and not data[0] & 0x80:
            raise Invalid("an answer that is not TLS")
    found = server_hello(data)
    return found if found and (found[0] == number or (or_older and found[0] < number)) else None
