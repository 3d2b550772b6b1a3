"""Servers that mean harm: each does one thing that must neither hold, crash nor fool a prober."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

BANNERS = {"smtp": b"220 hi\r\n", "imap": b"* OK hi\r\n", "pop3": b"+OK hi\r\n"}


def silent(sock, product):
    time.sleep(5)


def closes(sock, product):
    sock.close()


def resets(sock, product):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()


def tarpit(sock, product):
    for byte in BANNERS[product] * 100:
        sock.sendall(bytes([byte]))
        time.sleep(0.1)


def endless_line(sock, product):
    while True:
        sock.sendall(b"2" * 65536)


def endless_reply(sock, product):
    sock.sendall(BANNERS[product])
    while True:
        sock.sendall({"smtp": b"250-more\r\n", "imap": b"* OK more\r\n", "pop3": b"more\r\n"}[product] * 100)


def binary(sock, product):
    sock.sendall(bytes(range(256)) * 10 + b"\n")
    time.sleep(5)


def huge_literal(sock, product):
    sock.sendall(BANNERS[product])
    sock.recv(100)
    sock.sendall({"imap": b"* 1 FETCH {999999999}\r\n", "smtp": b"999 no\r\n", "pop3": b"+OK\r\n"}[product])
    time.sleep(5)


def another_protocol(sock, product):
    sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    time.sleep(5)


def control_characters(sock, product):
    sock.sendall(BANNERS[product].rstrip() + b"\x1b[2J\x1b]0;title\x07</script><script>alert(1)</script>\r\n")
    time.sleep(5)


def says_yes_to_tls_and_talks_on(sock, product):
    sock.sendall(BANNERS[product])
    sock.recv(200)
    if product == "smtp":
        sock.sendall(b"250-x\r\n250 STARTTLS\r\n")
        sock.recv(200)
    sock.sendall(
        {"smtp": b"220 go\r\n250 in clear\r\n", "imap": b"p0 OK go\r\np1 OK\r\n", "pop3": b"+OK go\r\n+OK\r\n"}[product]
    )
    time.sleep(5)


def alerts(sock, product):
    """What a good server does with a command smuggled in: the alert may come in one segment with its answer."""
    sock.sendall(BANNERS[product])
    sock.recv(200)
    if product == "smtp":
        sock.sendall(b"250-x\r\n250 STARTTLS\r\n")
        sock.recv(200)
    said = {"smtp": b"220 go\r\n", "imap": b"p0 OK go\r\n", "pop3": b"+OK go\r\n"}[product]
    sock.sendall(said + b"\x15\x03\x01\x00\x02\x02\x50")
    time.sleep(5)


EVERY = (
    silent, closes, resets, tarpit, endless_line, endless_reply, binary, huge_literal, another_protocol,
    control_characters, says_yes_to_tls_and_talks_on,
)  # fmt: skip


@contextlib.contextmanager
def server(behaviour, product):
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(sock,), daemon=True).start()

    def one(sock):
        with contextlib.suppress(OSError), sock:
            behaviour(sock, product)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
