"""Servers that answer a ClientHello as old ones do, byte by byte as ordered: what no library of today would send."""

from __future__ import annotations

import contextlib
import socket
import struct
import time

from mailhost.audit.wire import Endpoint

from . import hostile

TLS12, TLS11, TLS10, SSL3, SSL2 = 0x0303, 0x0302, 0x0301, 0x0300, 0x0002
EXTENSION = b"\xff\x01\x00\x01\x00"  # renegotiation_info, empty
SILENCE = object()


def filler(count):
    """Bytes that mean nothing, the same each time, since they are in the names of tests."""
    return (bytes(range(256)) * (count // 256 + 1))[:count]


def record(kind, version, data):
    return struct.pack(">BHH", kind, version, len(data)) + data


def message(kind, body):
    return struct.pack(">B", kind) + len(body).to_bytes(3, "big") + body


def hello(version, suite, extensions=EXTENSION):
    body = struct.pack(">H", version) + filler(32) + b"\x20" + filler(32) + struct.pack(">HB", suite, 0)
    return message(2, body + (struct.pack(">H", len(extensions)) + extensions if extensions else b""))


def taken(version, suite, extensions=EXTENSION):
    return record(22, version, hello(version, suite, extensions))


def alert(number, version=TLS12, level=2):
    return record(21, version, bytes([level, number]))


def prime(bits):
    """A ServerKeyExchange whose dh_p has so many bits."""
    number = (1 << (bits - 1) | 1).to_bytes((bits + 7) // 8, "big")
    return message(12, b"".join(struct.pack(">H", len(part)) + part for part in (number, b"\x02", number)) + bytes(260))


def key_exchange(bits, version=TLS10, suite=0x0039):
    """ServerHello, Certificate, ServerKeyExchange, ServerHelloDone."""
    return hello(version, suite), message(11, filler(3000)), prime(bits), message(14, b"")


def ssl2(specs=b"", kind=4):
    certificate = filler(700)
    body = (
        bytes([kind, 0, 1])
        + struct.pack(">HHHH", 2, len(certificate), len(specs), 16)
        + certificate
        + specs
        + filler(16)
    )
    return struct.pack(">H", 0x8000 | len(body)) + body


def read(sock):
    """Version and suites of the hello that comes."""
    data = sock.recv(4096)
    if data[:1] != b"\x16":
        return SSL2, ()
    at = 44 + data[43]
    count = struct.unpack(">H", data[at : at + 2])[0] // 2
    return struct.unpack(">H", data[9:11])[0], struct.unpack(f">{count}H", data[at + 2 : at + 2 + 2 * count])


@contextlib.contextmanager
def server(answer, product="imap", **more):
    """An endpoint of TLS from the first byte. ``answer`` is bytes,
    or gives them for (version, suites) of a hello; empty: it closes."""
    asked = []

    def says(sock, _):
        asked.append(read(sock))
        said = answer if isinstance(answer, bytes) or answer is SILENCE else answer(*asked[-1])
        if said is SILENCE:
            time.sleep(2)
        else:
            sock.sendall(said)
            sock.shutdown(socket.SHUT_WR)
            sock.recv(10)

    with hostile.server(says, product) as port:
        yield Endpoint("127.0.0.1", port, product, True, "mx.example.test", **more), asked
