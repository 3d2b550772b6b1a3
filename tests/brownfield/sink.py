"""The smarthost of the hosts: takes mail for elsewhere, and notes for whom and who logged in."""

from __future__ import annotations

import base64
import socketserver
import threading


class _Dialogue(socketserver.StreamRequestHandler):
    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        self.who = "nobody"
        self.say("220 smarthost.test ESMTP")
        for raw in self.rfile:
            line = raw.decode("latin-1").strip()
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say("250-smarthost.test")
                self.say("250 AUTH PLAIN")
            elif verb == "AUTH":
                self.who = base64.b64decode(line.split()[2]).decode().split("\0")[1]
                self.say("235 welcome")
            elif verb == "DATA":
                self.data()
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def data(self) -> None:
        self.say("354 go on")
        lines = []
        for raw in self.rfile:
            if raw.rstrip(b"\r\n") == b".":
                break
            lines.append(raw.decode("latin-1"))
        self.server.taken.append((self.who, "".join(lines)))
        self.say("250 taken")


class Sink(socketserver.ThreadingTCPServer):
    """``taken`` are (who logged in, message)."""

    daemon_threads, allow_reuse_address = True, True

    def __init__(self, address: str) -> None:
        super().__init__((address, 0), _Dialogue)
        self.taken: "list[tuple[str, str]]" = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])
