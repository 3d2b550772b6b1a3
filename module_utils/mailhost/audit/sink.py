"""A place outside that mail from a host under test must come to, or must not:
a small SMTP server that keeps tokens only.

RFC 5321, as much of it as takes a message. It refuses recipients that begin with ``refused`` (to see the bounce), keeps
at most 1,000 tokens and no message, and ends with the audit.
"""

from __future__ import annotations

import re
import socketserver
import threading
import time
from typing import Set

TOKEN = re.compile(rb"X-Mailhost-Token: ([0-9a-f]{32})")
SIZE, CONNECTIONS, SECONDS = 262144, 50, 30


class _Handler(socketserver.StreamRequestHandler):
    timeout = SECONDS
    server: "Sink"

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self) -> None:
        if not self.server.slots.acquire(blocking=False):
            self._say("421 4.3.2 too many connections")
            return
        try:
            self._dialogue()
        except OSError:
            pass
        finally:
            self.server.slots.release()

    def _dialogue(self) -> None:
        self._say("220 sink.mailhost.invalid ESMTP")
        for _ in range(1000):
            line = self.rfile.readline(2048)
            verb = line[:4].upper()
            if not line or verb == b"QUIT":
                self._say("221 2.0.0 bye")
                return
            if verb == b"RCPT":
                self._say("550 5.1.1 refused, as asked" if re.search(rb"(?i)to:\s*<?refused", line) else "250 2.1.5 ok")
            elif verb == b"DATA":
                self._say("354 go ahead")
                self._message()
            elif verb in (b"EHLO", b"HELO", b"MAIL", b"RSET", b"NOOP"):
                self._say("250 2.0.0 ok")
            else:
                self._say("502 5.5.1 not here")

    def _message(self) -> None:
        data, tail = b"", b""
        while len(data) < SIZE:
            line = self.rfile.readline(65536)
            if not line or line in (b".\r\n", b".\n"):
                break
            data, tail = data + line, line
        if tail and len(data) >= SIZE:
            raise OSError("a message of over 256 KiB")
        for token in TOKEN.findall(data):
            if len(self.server.tokens) < 1000:
                self.server.tokens.add(token.decode())
        self._say("250 2.0.0 taken")


class Sink(socketserver.ThreadingTCPServer):
    """Listens on ``address`` and ``port`` (0: any) while its ``with`` block runs."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: str, port: int = 0) -> None:
        self.tokens: "Set[str]" = set()
        self.slots = threading.Semaphore(CONNECTIONS)
        super().__init__((address, port), _Handler)
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no error of the audit's."""

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def wait_for(self, tokens: "Set[str]", seconds: float) -> "Set[str]":
        """Which of these tokens came, at the latest after these seconds."""
        ends = time.monotonic() + seconds
        while not tokens <= self.tokens and time.monotonic() < ends:
            time.sleep(0.1)
        return tokens & self.tokens
