"""Small mail servers with faults to order: what the probes are tried against, on loopback."""

from __future__ import annotations

import base64
import re
import socketserver
import ssl
import threading
import urllib.parse


class Faults:
    """Everything that can be wrong with a host; a new one has nothing wrong."""

    def __init__(self, **wrong):
        self.open_relay = False  # True: all; or a pattern of RCPT
        self.code = 554
        self.clear = False
        self.control = 250
        self.anyone = False  # every password is let in
        self.auth = 530  # the answer to SMTP's AUTH in clear
        self.closes_on_login = False
        self.loses_mail = False
        self.harms_mail = False
        # True: lets nobody in; "nothing": says so and opens nothing; "offered": offers it only;
        # "closes"; "asks" once more
        self.anonymous = False
        self.external = False  # EXTERNAL lets somebody in
        self.lists = False  # a login that opens no mailbox may yet list their names
        self.raw = ""  # a header of raw eight bits is "refused", or "lost": bytes 0x80 to 0x9F are dropped
        self.twice = False  # TLS is begun a second time
        self.no_tls = False  # SMTP offers TLS and then has none
        self.echo = False  # says back every login, in each form and line by line
        self.smuggles = False  # ends a message at LF.LF
        self.tells = False  # VRFY says who has a mailbox
        self.proxy = False  # believes PROXY
        self.too = "alice"  # another who has the same password
        self.mail = []
        self.__dict__.update(wrong)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler, faults, context=None, implicit=False, submission=False):
        super().__init__(("127.0.0.1", 0), handler)
        self.faults, self.context, self.implicit, self.submission = faults, context, implicit, submission
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request, client_address):
        """A probe may hang up: that is no error of the server's."""


class Handler(socketserver.StreamRequestHandler):
    def setup(self):
        self.tls = self.server.implicit
        self.shut = False  # after a login that opens nothing
        if self.tls:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()
        self.said = ""
        self.faults = self.server.faults

    def upgrade(self):
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
        self.tls = True

    def say(self, text):
        for echoed in self.echoed():
            self.wfile.write(self.untagged(text, echoed).encode() + b"\r\n")
        self.wfile.write(text.encode() + b"\r\n")

    def lines(self):
        while True:  # upgrade() changes what rfile is
            line = self.rfile.readline()
            if not line:
                return
            self.said = line.decode("utf-8", "replace").rstrip("\r\n")
            yield self.said

    def echoed(self):
        """What was said and the right password, in the forms that a server may have of them."""
        if not self.faults.echo or not re.search(r"\b(LOGIN|PASS|AUTH|AUTHENTICATE)\b", self.said):
            return
        password = "right ö"
        as_base64 = base64.b64encode(password.encode()).decode()
        yield from (self.said, password, as_base64, base64.b64encode(f"x{password}y".encode()).decode())
        yield from (urllib.parse.quote(password), "".join(f"+{byte:02X}" for byte in password.encode()))
        yield from (f"no such password: {password[:3]}", password[3:], as_base64[:5], as_base64[5:])
        yield "x" * 70 + password

    def untagged(self, text, echoed):
        return f"* OK {echoed}"

    def authenticates(self, line):
        """AUTH and AUTHENTICATE with an initial response."""
        mechanism, response = ["", *line.split()][-2:]
        if mechanism == "ANONYMOUS" and self.faults.anonymous == "closes":
            raise ConnectionError
        if mechanism == "ANONYMOUS" and self.faults.anonymous == "asks":  # SMTP: it does not take the initial response
            self.say("334 ")
            self.rfile.readline()
            return True
        if mechanism != "PLAIN":
            if mechanism == "EXTERNAL":
                return self.faults.external
            self.shut = self.faults.anonymous == "nothing"
            return mechanism == "ANONYMOUS" and self.faults.anonymous in (True, "nothing")
        _, user, text = base64.b64decode(response).decode("utf-8", "replace").split("\0")
        return (self.tls or self.faults.clear) and self.may(text, user)

    def may(self, password, user):
        return (password == "right ö" and user in ("alice", self.faults.too)) or self.faults.anyone


class Imap(Handler):
    def quoted(self, rest):
        """Password and user of LOGIN."""
        words = rest.split('"')
        return (words[-2], words[1] if len(words) > 3 else words[0].strip()) if len(words) > 2 else ("", "")

    def handle(self):
        self.say("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready")
        for line in self.lines():
            tag, verb, rest = [*line.split(" ", 2), ""][:3]
            verb = verb.upper()
            if verb == "CAPABILITY":
                more = "AUTH=PLAIN" if self.tls or self.faults.clear else "STARTTLS LOGINDISABLED"
                self.say(
                    f"* CAPABILITY IMAP4rev1 {more}"
                    + (" AUTH=ANONYMOUS" if self.faults.anonymous in (True, "offered") else "")
                )
            elif verb == "AUTHENTICATE":
                self.say(f"{tag} " + ("OK in" if self.authenticates(rest) else "NO not so"))
                continue
            elif verb == "STARTTLS" and self.tls and not self.faults.twice:
                self.say(f"{tag} BAD already")
                continue
            elif verb == "STARTTLS":
                self.say(f"{tag} OK go")
                self.upgrade()
                continue
            elif verb == "LOGIN":
                if self.faults.closes_on_login:
                    return
                allowed = (self.tls or self.faults.clear) and self.may(*self.quoted(rest))
                self.say(f"{tag} OK in" if allowed else f"{tag} NO not so")
                continue
            elif verb in ("SELECT", "EXAMINE") and self.shut:
                self.say(f"{tag} NO no such mailbox")
                continue
            elif verb == "LIST" and (self.faults.lists or not self.shut):
                self.say('* LIST () "/" INBOX')
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
    def say(self, text):
        self.wfile.write(" ".join([text, *self.echoed()]).encode() + b"\r\n")

    def handle(self):
        self.say("+OK ready")
        for line in self.lines():
            verb, _, rest = line.partition(" ")
            if verb == "STLS" and self.tls and not self.faults.twice:
                self.say("-ERR already")
            elif verb == "STLS":
                self.say("+OK")
                self.upgrade()
            elif verb == "CAPA":
                self.say("+OK\r\n" + ("USER\r\nSASL PLAIN" if self.tls or self.faults.clear else "STLS") + "\r\n.")
            elif verb == "AUTH":
                self.say("+OK" if self.authenticates(rest) else "-ERR no")
            elif verb == "USER" and not (self.tls or self.faults.clear):
                self.say("-ERR not in clear")
            elif verb == "USER":
                self.user = rest
                self.say("+OK")
            elif verb == "RETR":
                self.say("+OK\r\n" + self.faults.mail[int(rest.split()[0]) - 1] + "\r\n.")
            elif verb == "PASS" and self.faults.closes_on_login:
                return
            elif verb == "PASS":
                self.say("+OK" if (self.tls or self.faults.clear) and self.may(rest, self.user) else "-ERR [AUTH] no")
            elif verb == "STAT" and self.shut:
                self.say("-ERR nothing here")
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
    def untagged(self, text, echoed):
        return f"{text[:3]}-{echoed}"

    def handle(self):
        logged_in = False
        self.say("220 ready")
        for line in self.lines():
            verb = line.split(" ")[0].split(":")[0].upper()
            if verb == "EHLO":
                extra = "250-AUTH PLAIN\r\n250-8BITMIME\r\n" if self.tls or self.faults.clear else ""
                self.say(f"250-mx\r\n{extra}250 STARTTLS")
            elif verb == "STARTTLS" and self.faults.no_tls:
                self.say("454 TLS not available")
            elif verb == "STARTTLS" and self.tls and not self.faults.twice:
                self.say("503 already")
            elif verb == "STARTTLS":
                self.say("220 go")
                self.upgrade()
            elif verb == "MAIL" and self.server.submission and not (self.tls or self.faults.clear):
                self.say("530 Must issue a STARTTLS command first")
            elif verb == "RCPT":
                self.say("250 yours" if logged_in and not self.shut and "refused" not in line else self.rcpt(line))
            elif verb == "AUTH" and not (self.tls or self.faults.clear):
                self.say(f"{self.faults.auth} Must issue a STARTTLS command first")
            elif verb == "AUTH":
                logged_in = self.authenticates(line)
                self.say("235 in" if logged_in or self.faults.clear else "535 no")
            elif verb == "DATA":
                self.say("354 go")
                text = self.message()
                if self.faults.raw == "refused" and "Grüße" in text.partition("\r\n\r\n")[0]:
                    self.say("550 5.6.0 improper use of 8-bit data in message header")
                    continue
                if self.faults.raw == "lost":
                    text = text.replace("Grüße", "Grü\ufffde", 1)
                if not self.faults.loses_mail:
                    self.faults.mail.append(text.replace("AAECAwQF", "AAAAAAAA") if self.faults.harms_mail else text)
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            elif verb == "VRFY" and self.faults.tells:
                self.say("250 alice" if "alice" in line else "550 no such user")
            elif verb == "PROXY" and self.faults.proxy:
                logged_in = True
            else:
                self.say("250 ok")

    def message(self):
        """What comes before the end, which is CRLF.CRLF, or any line of a dot for who can be fooled."""
        body = b""
        while not body.endswith(b"\r\n.\r\n"):
            line = self.rfile.readline()
            if not line or (self.faults.smuggles and line.strip(b"\r\n") == b"."):
                break
            body += line
        return body.decode("utf-8", "replace").rpartition("\r\n.")[0] if not self.faults.smuggles else body.decode()

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
