"""Small mail servers with faults to order: what the probes are tried against, on loopback."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading


class Faults:
    """Everything that can be wrong with a host; a new one has nothing wrong."""

    def __init__(self, **wrong):
        self.open_relay = False  # True: all; or a pattern of RCPT
        self.code = 554
        self.clear = False
        self.control = 250
        self.anyone = False  # every password is let in
        self.closes_on_login = False
        self.loses_mail = False
        self.mail = []
        self.__dict__.update(wrong)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, handler, faults, context=None, implicit=False):
        super().__init__(("127.0.0.1", 0), handler)
        self.faults, self.context, self.implicit = faults, context, implicit
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request, client_address):
        """A probe may hang up: that is no error of the server's."""


class Handler(socketserver.StreamRequestHandler):
    def setup(self):
        self.tls = self.server.implicit
        if self.tls:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()
        self.faults = self.server.faults

    def upgrade(self):
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
        self.tls = True

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def lines(self):
        while True:  # upgrade() changes what rfile is
            line = self.rfile.readline()
            if not line:
                return
            yield line.decode("utf-8", "replace").rstrip("\r\n")

    def may(self, password):
        return password == "right ö" or self.faults.anyone


class Imap(Handler):
    def handle(self):
        self.say("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready")
        for line in self.lines():
            tag, verb, rest = [*line.split(" ", 2), ""][:3]
            verb = verb.upper()
            if verb == "CAPABILITY":
                self.say("* CAPABILITY IMAP4rev1 STARTTLS")
            elif verb == "STARTTLS":
                self.say(f"{tag} OK go")
                self.upgrade()
                continue
            elif verb == "LOGIN":
                if self.faults.closes_on_login:
                    return
                allowed = (self.tls or self.faults.clear) and self.may(rest.split('"')[-2] if '"' in rest else "")
                self.say(f"{tag} OK in" if allowed else f"{tag} NO not so")
                continue
            elif verb in ("SELECT", "EXAMINE"):
                self.say(f"* {len(self.faults.mail)} EXISTS")
            elif verb == "SEARCH":
                token = rest.split()[-1].strip('"')
                found = [str(n) for n, mail in enumerate(self.faults.mail, 1) if token in mail]
                self.say("* SEARCH " + " ".join(found))
            elif verb == "FETCH":
                body = self.faults.mail[int(rest.split()[0]) - 1].encode()
                self.wfile.write(b"* 1 FETCH (BODY[] {%d}\r\n%s)\r\n" % (len(body), body))
            elif verb == "LOGOUT":
                self.say("* BYE")
                self.say(f"{tag} OK")
                return
            self.say(f"{tag} OK done")


class Pop3(Handler):
    def handle(self):
        self.say("+OK ready")
        for line in self.lines():
            verb, _, rest = line.partition(" ")
            if verb == "STLS":
                self.say("+OK")
                self.upgrade()
            elif verb == "CAPA":
                self.say("+OK\r\nSTLS\r\n.")
            elif verb == "PASS" and self.faults.closes_on_login:
                return
            elif verb == "PASS":
                self.say("+OK" if (self.tls or self.faults.clear) and self.may(rest) else "-ERR [AUTH] no")
            elif verb == "STAT":
                self.say(f"+OK {len(self.faults.mail)} 100")
            elif verb == "TOP":
                self.say("+OK\r\n" + self.faults.mail[int(rest.split()[0]) - 1].split("\r\n\r\n")[0] + "\r\n.")
            elif verb == "QUIT":
                self.say("+OK bye")
                return
            else:
                self.say("+OK")


class Smtp(Handler):
    def handle(self):
        self.say("220 ready")
        for line in self.lines():
            verb = line.split(" ")[0].split(":")[0].upper()
            if verb == "EHLO":
                extra = "250-AUTH PLAIN\r\n" if self.tls or self.faults.clear else ""
                self.say(f"250-mx\r\n{extra}250 STARTTLS")
            elif verb == "STARTTLS":
                self.say("220 go")
                self.upgrade()
            elif verb == "RCPT":
                self.say(self.rcpt(line))
            elif verb == "AUTH":
                self.say("235 in" if self.faults.clear else "530 Must issue a STARTTLS command first")
            elif verb == "DATA":
                self.say("354 go")
                body = []
                for text in self.lines():
                    if text == ".":
                        break
                    body.append(text)
                if not self.faults.loses_mail:
                    self.faults.mail.append("\r\n".join(body))
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def rcpt(self, line):
        if re.search(r"<(postmaster|alice)(@example\.test)?>", line):
            return f"{self.faults.control} said"
        if self.faults.open_relay is True or (self.faults.open_relay and self.faults.open_relay in line):
            return "250 anything"
        return f"{self.faults.code} Relay access denied"


def context(certificate, key):
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(certificate, key)
    return found
