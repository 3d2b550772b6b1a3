"""What lies on the host's disk as key, certificate and file of passwords:
T14 to T17 of the TLS battery, where only the host can answer.

Sources: RFC 7468 (PEM), x509(1); what a daemon needs of a key: readable by it and by nobody else, not encrypted.
"""

from __future__ import annotations

import calendar
import hashlib
import re
import time
from dataclasses import dataclass
from typing import List, Optional

from ..core.host import Command, FileState, Output, Seen
from ..core.shell.certificate import STANDS
from ..formats import der
from . import chains
from .cause import Cause

#: openssl's commands that show a key's public half; 0.9.8 has no pkey, says so and exits with 0,
#: so that only what they print counts
SHOWING = ("rsa", "pkey", "dsa", "ec")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def asked(path: str, key: str) -> Command:
    return Command(STANDS.argv(path, key, *SHOWING))


@dataclass(frozen=True)
class Standing:
    """What is on the host: the certificate's text, its public key and the key's, the key file's mode and owner, and
    which of the two are links."""

    shown: Output
    public: str
    key_public: str
    mode: str
    owner: str
    links: "tuple[str, ...]" = ()

    @property
    def safe(self) -> bool:
        return self.mode in ("600", "400") and self.owner == "root"

    @property
    def is_a_pair(self) -> bool:
        return bool(self.public) and self.public == self.key_public

    @property
    def ends(self) -> Optional[int]:
        """When the certificate expires, in seconds since 1970; None if it cannot be read."""
        return date_of(self.shown, "notAfter")

    @property
    def begins(self) -> Optional[int]:
        return date_of(self.shown, "notBefore")


def stands_of(seen: Seen, path: str, key: str) -> Standing:
    output = seen.output(*asked(path, key).argv).text
    shown, _, rest = output.partition("= key\n")
    public, _, mode = rest.partition("= mode\n")
    words = (mode + " ? ?").split()
    links = tuple(line[5:] for line in mode.splitlines() if line.startswith("link "))
    return Standing(Output(0, shown), public_of(shown), public_of(public), words[0], words[1], links)


def date_of(output: Output, name: str) -> Optional[int]:
    match = re.search(rf"{name}=(.+)", output.text)
    if not output.ok or not match:
        return None
    return date(match.group(1))


def date(text: str) -> Optional[int]:
    """A date as openssl writes it (``Nov  3 12:00:00 2026 GMT``), in seconds since 1970. Its months are English in
    every locale; those of ``strptime`` are the controller's."""
    match = re.fullmatch(r"([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.\d+)? (\d{4}) GMT", text.strip())
    if not match or match.group(1) not in MONTHS:
        return None
    month, day, hour, minute, second, year = match.groups()
    return calendar.timegm((int(year), MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second)))


def public_of(text: str) -> str:
    match = re.search(r"-----BEGIN PUBLIC KEY-----(.+?)-----END", text, re.S)
    return "".join(match.group(1).split()) if match else ""


def fingerprint(pem: str) -> str:
    """SHA-256 of the first certificate of a PEM file, hexadecimal; empty if there is none."""
    certificates = der.pems(pem)
    return hashlib.sha256(certificates[0]).hexdigest() if certificates else ""


def causes(
    who: str,
    certificate: FileState,
    key: str,
    shown: str,
    is_a_pair: bool,
    mode: str,
    ends: "Optional[int]",
    begins: "Optional[int]",
) -> "List[Cause]":
    """``shown`` is the certificate as openssl shows it, ``mode`` the key file's,
    ``is_a_pair`` whether both hold one public key."""
    causes, now, place = [], time.time(), certificate.path
    if certificate.kind != "file":
        return [
            Cause(
                f"certificate {who}",
                "dead",
                place,
                f"{who}'s certificate is not there",
                "Make or restore it (mail_certificate)",
            )
        ]
    if "PRIVATE KEY" in certificate.text and certificate.path != key and certificate.mode & 0o044:
        finding = "the certificate's file holds a private key and others may read it"
        causes.append(
            Cause(f"key in certificate {who}", "secret", place, finding, "Take the key out, and make a new one")
        )
    causes += chains.causes(who, place, certificate.text)
    if not is_a_pair:
        finding, out = (
            f"the key is not the one of {place}: no TLS at all",
            "Restore the pair that belongs together (mail_certificate)",
        )
        causes.append(Cause(f"key of {who}", "dead", key, finding, out))
    if ends is not None and ends < now:
        causes.append(Cause(f"expired {who}", "dead", place, f"expired on {_day(ends)}", "Renew it (mail_certificate)"))
    if begins is not None and begins > now:
        causes.append(
            Cause(
                f"not yet valid {who}", "dead", place, f"not valid before {_day(begins)}", "Renew it, or set the clock"
            )
        )
    if mode.isdigit() and int(mode[-1]) & 4:
        finding, out = (
            f"a private key that everybody may read (mode {mode})",
            f"chmod 600 {key}, and make a new key: this one was open to all",
        )
        causes.append(Cause(f"readable {key}", "secret", key, finding, out))
    bits = re.search(r"Public.Key: \((\d+) bit", shown)
    if bits and "rsaEncryption" in shown and int(bits.group(1)) < 2048:
        causes.append(
            Cause(f"short key {who}", "dead", place, f"an RSA key of {bits.group(1)} bits", "Make one of 2048")
        )
    return causes


def _day(seconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def folders(listing: str) -> "List[Cause]":
    """Folders of keys that others may write to: a line each, mode and path."""
    causes = []
    for line in listing.splitlines():
        match = re.match(r"^(\d{3,4}) (/.*)$", line)
        if match and int(match.group(1)[-1]) & 2 and not (len(match.group(1)) == 4 and int(match.group(1)[0]) & 1):
            path = match.group(2)
            finding = f"everybody may put a key of their own there (mode {match.group(1)})"
            causes.append(Cause(f"writable {path}", "secret", path, finding, f"chmod o-w {path}"))
    return causes


def sockets(listing: str) -> "List[Cause]":
    """Sockets that take mail or answer about passwords, open to every user of the host: a line each,
    the folder's mode, its own, path."""
    causes = []
    for line in listing.splitlines():
        match = re.match(r"^(\d{3,4}) (\d{3,4}) (/.*)$", line)
        if match and int(match.group(1)[-1]) & 1 and int(match.group(2)[-1]) & 2:
            path = match.group(3)
            finding, out = "every user of the host may speak to it", "Take others' rights from its folder"
            causes.append(Cause(f"socket {path}", "unknown", path, finding, out))
    return causes


def secrets(listing: str) -> "List[Cause]":
    """Files of secrets that others than their daemon can read; ``listing`` is a line each: mode, owner, path,
    and whether it holds passwords in clear."""
    causes = []
    for line in listing.splitlines():
        match = re.match(r"^(\d{3,4}) (\S+) (clear|hash) (/.+)$", line)
        if match and int(match.group(1)[-1]) & 4:
            contents = "passwords in clear" if match.group(3) == "clear" else "password hashes"
            causes.append(
                Cause(
                    f"readable {match.group(4)}",
                    "secret",
                    match.group(4),
                    f"{contents}, and everybody may read them (mode {match.group(1)})",
                    f"chmod 600 {match.group(4)}",
                    {},
                )
            )
    return causes
