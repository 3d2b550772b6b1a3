"""A dialogue with a server that may mean harm: every line, reply and second is bounded, and what was said is kept.

Sources: RFC 5321 (replies of SMTP), RFC 3501 (tags and literals of IMAP), RFC 1939 (POP3). A line is cut at 8 KiB, a
reply at 200 lines or 256 KiB, a dialogue at its seconds, whoever sends how slowly.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import List, Optional, Tuple

from .masks import NOTHING, Mask

LINE, REPLY, LINES = 8192, 262144, 200
LEGACY_SERVER_CONNECT = 0x4  # SSL_OP_LEGACY_SERVER_CONNECT, which has no name in ssl before Python 3.12
SECONDS = 12.0
HELO = "probe.mailhost.invalid"


#: why a question could not be asked
KINDS = {
    "connection": "no connection was made",
    "busy": "the host serves, but not us just now (421: RFC 5321, section 3.8)",
    "time": "no answer came in time",
    "endless": "the dialogue did not come to an end in its time",
    "end": "the server ended the connection",
    "tls": "TLS could not be begun",
    "injected": "the server continued without TLS after agreeing to start it",
    "protocol": "what came is not the protocol's",
    "login": "the login that the question needs is refused",
}


class Invalid(Exception):
    """The question could not be asked; ``kind`` (one of KINDS) says why, whatever words the server had for it."""

    dialogue: "Tuple[str, ...]" = ()

    def __init__(self, text: str, kind: str = "protocol") -> None:
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of end")
        super().__init__(text)
        self.kind = kind

    @property
    def is_an_end(self) -> bool:
        """Whether the server ended the connection: after a question that is an answer."""
        return self.kind == "end"


@dataclass(frozen=True)
class Endpoint:
    """A port of a host. ``product``: smtp, imap, pop3; ``implicit``: TLS from the first byte; ``submission``: for
    users, not servers; ``extra``: found on a port of no fixed use; ``service``: what an inventory calls it; ``mask``:
    what nothing that comes from there may show."""

    address: str
    port: int
    product: str
    implicit: bool = False
    name: str = ""
    submission: bool = False
    extra: bool = False
    service: str = ""
    mask: Mask = field(default=NOTHING, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.port}/{self.product}" + (" (IPv6)" if ":" in self.address else "")


def lenient() -> ssl.SSLContext:
    """TLS 1.0 and newer, any cipher, no verification, with or without RFC 5746: to see what is served, not to trust it.
    Nothing global is changed."""
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


class Wire:
    """A connection. ``hidden`` are secrets that the kept dialogue must not show; ``secret_sent`` is whether a line that
    the dialogue shows without its secret was sent, or begun to be."""

    def __init__(self, endpoint: Endpoint, hidden: "Tuple[str, ...]" = (), seconds: float = SECONDS) -> None:
        self.endpoint, self.mask = endpoint, endpoint.mask
        if hidden:
            self.mask = Mask(*hidden, *endpoint.mask.secrets)
        self.dialogue: "List[str]" = []
        self.secret_sent = False
        self._ends = time.monotonic() + seconds
        self._buffer = b""
        self._tag = 0
        self.extensions: "dict[str, str]" = {}
        self.greeting = ""
        try:
            self.sock: socket.socket = socket.create_connection((endpoint.address, endpoint.port), min(seconds, 8.0))
        except OSError as error:
            raise Invalid(f"port {endpoint.port}: no connection: {_reason(error)}", "connection") from None
        self.mine = str(self.sock.getsockname()[0])

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.sock.close()
        except OSError:
            pass

    # bytes and lines

    def seconds_left(self) -> float:
        seconds = self._ends - time.monotonic()
        if seconds <= 0:
            raise Invalid("the server did not come to an end within the dialogue's time", "endless")
        return seconds

    def note(self, sign: str, text: str) -> None:
        """Keep a line of the dialogue; masked, and cut to a line's length."""
        if len(self.dialogue) < 120:
            self.dialogue.append(f"{sign} {self._shown(text, 400)}")
            self.dialogue[-2:] = self.mask.lines(self.dialogue[-2:])

    def _shown(self, text: str, most: int) -> str:
        return self.mask.text(printable(self.mask.text(text)))[:most]

    def send_bytes(self, data: bytes) -> None:
        try:
            self.sock.settimeout(self.seconds_left())
            self.sock.sendall(data)
        except (OSError, ValueError) as error:
            raise Invalid(f"the connection ended: {_reason(error)}", "end") from None

    def send(self, line: str, shown: Optional[str] = None) -> None:
        if self._buffer:
            raise Invalid(f"the server talks out of turn: {self._shown(self._buffer.decode('utf-8', 'replace'), 60)!r}")
        self.note("C:", line if shown is None else shown)
        self.secret_sent = self.secret_sent or shown is not None
        self.send_bytes(line.encode("utf-8", "surrogateescape") + b"\r\n")

    def _more(self) -> bytes:
        try:
            self.sock.settimeout(self.seconds_left())
            data = self.sock.recv(16384)
        except socket.timeout:
            raise Invalid("no answer in time", "time") from None
        except (OSError, ValueError) as error:
            raise Invalid(f"the connection ended: {_reason(error)}", "end") from None
        if not data:
            raise Invalid("the server closed the connection", "end")
        return data

    def line(self) -> str:
        while b"\n" not in self._buffer:
            if len(self._buffer) > LINE:
                raise Invalid(f"a line of over {LINE} bytes")
            self._buffer += self._more()
        raw, _, self._buffer = self._buffer.partition(b"\n")
        text = raw[:LINE].rstrip(b"\r").decode("utf-8", "replace")
        self.note("S:", text)
        return text

    def octets(self, count: int) -> bytes:
        """A literal of IMAP."""
        if count > REPLY:
            raise Invalid(f"a literal of {count} bytes")
        while len(self._buffer) < count:
            self._buffer += self._more()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def is_quiet(self, seconds: float) -> bool:
        """Whether nothing comes within these seconds, or the connection just ends."""
        if self._buffer:
            return False
        try:
            self.sock.settimeout(seconds)
            data = self.sock.recv(4096)
        except OSError:
            return True
        self._buffer += data
        if data:
            self.note("S:", data.decode("utf-8", "replace"))
        return not data

    def more_within(self, seconds: float) -> bool:
        """Whether anything is to be read, or comes within these seconds; the end of the connection is an error."""
        if self._buffer:
            return True
        try:
            self.sock.settimeout(seconds)
            data = self.sock.recv(4096)
        except socket.timeout:
            return False
        except OSError as error:
            raise Invalid(f"the connection ended: {_reason(error)}", "end") from None
        if not data:
            raise Invalid("the server closed the connection", "end")
        self._buffer += data
        return True

    # TLS

    def handshake(self, context: ssl.SSLContext) -> None:
        """TLS from here on; what came in clear behind the answer is a fault of the server's, and ends the dialogue."""
        if self._buffer.startswith(b"\x15\x03"):
            raise Invalid("no TLS: the server ends it with an alert", "tls")
        if self._buffer:
            raise Invalid("the server sent more in clear after it had agreed to begin TLS", "injected")
        try:
            self.sock.settimeout(self.seconds_left())
            wrapped = context.wrap_socket(self.sock, server_hostname=self.endpoint.name or None)
        except ssl.SSLError as error:
            raise Invalid(
                f"no TLS: {getattr(error, 'verify_message', '') or error.reason or _reason(error)}", "tls"
            ) from None
        except (OSError, ValueError) as error:
            raise Invalid(f"no TLS: {_reason(error)}", "time" if isinstance(error, socket.timeout) else "tls") from None
        self.sock = wrapped
        self.note("*", f"{wrapped.version()} {(wrapped.cipher() or ('?',))[0]}")

    def certificate(self) -> bytes:
        """The certificate served, DER."""
        return (self.sock.getpeercert(binary_form=True) or b"") if isinstance(self.sock, ssl.SSLSocket) else b""

    # the protocols

    def smtp(self, line: Optional[str] = None, shown: Optional[str] = None) -> "Tuple[int, str]":
        """Send a command, if given; the reply's code and its text (lines joined by newlines)."""
        if line is not None:
            self.send(line, shown)
        texts: "List[str]" = []
        while len(texts) < LINES:
            text = self.line()
            match = re.match(r"^([2-5]\d\d)([ -]|$)(.*)", text)
            if not match:
                raise Invalid(f"not a reply of SMTP: {self._shown(text, 80)!r}")
            texts.append(match.group(3))
            if match.group(2) != "-":
                return int(match.group(1)), self.mask.text("\n".join(texts))
        raise Invalid(f"a reply of over {LINES} lines")

    def imap(self, command: str, shown: Optional[str] = None) -> "Tuple[str, List[str]]":
        """Send a command; its result (OK, NO, BAD) with text, and the untagged lines, literals put in."""
        self._tag += 1
        tag = f"p{self._tag}"
        self.send(f"{tag} {command}", None if shown is None else f"{tag} {shown}")
        return self.tagged(tag)

    def tagged(self, tag: str) -> "Tuple[str, List[str]]":
        """The answer to the command with this tag."""
        untagged: "List[str]" = []
        for _ in range(LINES):
            text = self.line()
            literal = re.search(r"\{(\d{1,9})\}$", text)
            while literal:
                text += "\r\n" + self.octets(int(literal.group(1))).decode("utf-8", "replace") + self.line()
                literal = re.search(r"\{(\d{1,9})\}$", text)
            if re.match(rf"{tag} (OK|NO|BAD)\b", text):
                return self.mask.text(text[len(tag) + 1 :]), untagged
            if not text.startswith("* "):
                raise Invalid(f"not an answer of IMAP: {self._shown(text, 80)!r}")
            untagged.append(text)
        raise Invalid(f"an answer of over {LINES} lines")

    def pop3(
        self, line: Optional[str] = None, shown: Optional[str] = None, many: bool = False
    ) -> "Tuple[bool, List[str]]":
        """Send a command, if given; whether it succeeded, and the answer's lines."""
        if line is not None:
            self.send(line, shown)
        first = self.line()
        if not first.startswith(("+OK", "-ERR")):
            raise Invalid(f"not an answer of POP3: {self._shown(first, 80)!r}")
        lines = [self.mask.text(first)]
        while many and first.startswith("+OK"):
            lines.append(self.line())
            if lines[-1] == ".":
                break
            if len(lines) > 4 * LINES:
                raise Invalid(f"an answer of over {4 * LINES} lines")
        return first.startswith("+OK"), lines

    # how a dialogue begins

    def greet(self, helo: str = HELO) -> "Wire":
        """The greeting, and for SMTP the EHLO behind it. What they took is no part of the dialogue's time: a host whose
        name server does not answer greets late, and then answers as fast as ever."""
        begun = time.monotonic()
        if self.endpoint.product == "smtp":
            code, self.greeting = self.smtp()
            if code != 220:
                raise Invalid(f"greets with {code} {self.greeting[:80]}", "busy" if code == 421 else "protocol")
            self.ehlo(helo)
        elif self.endpoint.product == "imap":
            self.greeting = self.line()
            if not self.greeting.startswith("* OK"):
                raise Invalid(f"greets with {self._shown(self.greeting, 80)!r}")
        else:
            fine, lines = self.pop3()
            self.greeting = lines[0]
            if not fine:
                raise Invalid(f"greets with {self._shown(lines[0], 80)!r}")
        self._ends += time.monotonic() - begun
        return self

    def ehlo(self, helo: str = HELO) -> None:
        code, text = self.smtp(f"EHLO {helo}")
        if code != 250:
            raise Invalid(f"EHLO: {code} {text[:80]}", "busy" if code == 421 else "protocol")
        pairs = [line.replace("=", " ").partition(" ") for line in text.split("\n")[1:]]
        self.extensions = {name.upper(): rest for name, _, rest in pairs}

    def capabilities(self) -> "List[str]":
        """What IMAP or POP3 says it can do, upper case."""
        if self.endpoint.product == "imap":
            _, lines = self.imap("CAPABILITY")
            return " ".join(line[13:] for line in lines if line.upper().startswith("* CAPABILITY ")).upper().split()
        _, lines = self.pop3("CAPA", many=True)
        return [line.upper() for line in lines[1:] if line != "."]

    def begin_tls(self) -> "Tuple[bool, str]":
        """The command that begins TLS; whether the server agreed, and what it said."""
        self.send({"smtp": "STARTTLS", "imap": "p0 STARTTLS", "pop3": "STLS"}[self.endpoint.product])
        return self.agreed()

    def agreed(self) -> "Tuple[bool, str]":
        """The answer to that command."""
        if self.endpoint.product == "smtp":
            code, text = self.smtp()
            return code == 220, f"{code} {text}"
        if self.endpoint.product == "imap":
            result, _ = self.tagged("p0")
            return result.startswith("OK"), result
        fine, lines = self.pop3()
        return fine, lines[0]

    def starttls(self, context: ssl.SSLContext, helo: str = HELO) -> "Wire":
        agreed, reply = self.begin_tls()
        if not agreed:
            raise Invalid(f"TLS was not started: {reply[:80]}", "tls")
        self.handshake(context)
        if self.endpoint.product == "smtp":
            self.ehlo(helo)
        return self


def secured(
    endpoint: Endpoint,
    context: ssl.SSLContext,
    hidden: "Tuple[str, ...]" = (),
    helo: str = HELO,
    seconds: float = SECONDS,
) -> Wire:
    """A dialogue inside TLS, whichever way the port begins it, greeted."""
    wire = Wire(endpoint, hidden, seconds)
    try:
        if endpoint.implicit:
            wire.handshake(context)
        wire.greet(helo)
        return wire if endpoint.implicit else wire.starttls(context, helo)
    except BaseException as error:
        if isinstance(error, Invalid):
            error.dialogue = tuple(wire.dialogue)
        wire.__exit__()
        raise


def opened(endpoint: Endpoint, context: ssl.SSLContext, hidden: "Tuple[str, ...]" = (), helo: str = HELO) -> Wire:
    """A dialogue as the port begins it: TLS only where it is implicit."""
    if endpoint.implicit:
        return secured(endpoint, context, hidden, helo)
    wire = Wire(endpoint, hidden)
    try:
        return wire.greet(helo)
    except BaseException as error:
        if isinstance(error, Invalid):
            error.dialogue = tuple(wire.dialogue)
        wire.__exit__()
        raise


def printable(text: str) -> str:
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}"[:120]
