"""Relay patterns: what open-relay testers try, with the controls that prove the daemon alive.

The ids are those of the project's relay battery (abuse.net, nmap's smtp-open-relay, DSBL's relaytest, RFC 2505 section 2.1).
"""

from __future__ import annotations

import smtplib
from typing import Dict, Tuple

from . import connection as c
from .connection import HELO, Target
from .proofs import Dialogue, Proof, seen

OUTSIDE = "victim.invalid"
STRANGER = "spam@evil.invalid"
#: id -> MAIL FROM, RCPT TO; S is the server, D a domain of its own, IP its address
PATTERNS: "Dict[str, Tuple[str, str]]" = {
    "R01": (f"<{STRANGER}>", f"<relaytest@{OUTSIDE}>"),
    "R02": ("<>", f"<relaytest@{OUTSIDE}>"),
    "R05": ("<spam@{D}>", f"<relaytest@{OUTSIDE}>"),
    "R07": ("<spam@[{IP}]>", f"<relaytest@{OUTSIDE}>"),
    "R13": (f"<{STRANGER}>", f"<relaytest%{OUTSIDE}@{{D}}>"),
    "R18": (f"<{STRANGER}>", f'<"relaytest@{OUTSIDE}">'),
    "R20": (f"<{STRANGER}>", f'<"relaytest@{OUTSIDE}"@{{S}}>'),
    "R24": (f"<{STRANGER}>", f"<@{{S}}:relaytest@{OUTSIDE}>"),
    "R28": (f"<{STRANGER}>", f"<{OUTSIDE}!relaytest@{{S}}>"),
    "R40": (f"<{STRANGER}>", "<relaytest@sub.{D}>"),
}
CONTROLS: "Dict[str, Tuple[str, str]]" = {
    "C01": (f"<{STRANGER}>", "<postmaster>"),
    "C02": (f"<{STRANGER}>", "<postmaster@{D}>"),
    "C04": ("<>", "<postmaster@{D}>"),
}


def ask(target: Target, sender: str, recipient: str) -> "tuple[int, str]":
    """One connection: the reply code that decides, and its text. Ends with RSET: no message is sent."""
    client = c.smtp(target, "plain")
    try:
        code, text = client.docmd("MAIL", f"FROM:{sender}")
        if code < 400:
            code, text = client.docmd("RCPT", f"TO:{recipient}")
        client.rset()
        answer = text.decode("utf-8", "replace")
    finally:
        c.close(client)
    if sender == f"<{STRANGER}>" and ".1.8" in answer[:6]:  # RFC 3463: the sender's domain is refused, which proves nothing
        return ask(target, "<>", recipient)
    return code, answer


def relay(target: Target, domain: str) -> Proof:
    """Every pattern is refused for good (5xx), and every control accepted. A 4xx is a warning, silence is no refusal."""
    names = {"D": domain, "S": target.fqdn, "IP": target.address}
    warnings = []
    try:
        for name, (sender, recipient) in CONTROLS.items():
            code, text = ask(target, sender.format(**names), recipient.format(**names))
            if not 200 <= code < 300:
                return Proof("fail", f"control {name} {recipient.format(**names)}: {code} {text}"[:200])
        for name, (sender, recipient) in PATTERNS.items():
            code, text = ask(target, sender.format(**names), recipient.format(**names))
            if code < 400:
                return Proof("fail", f"OPEN: {name} {sender.format(**names)} to {recipient.format(**names)}: {code} {text}"[:200])
            if code < 500:
                warnings.append(f"{name}: {code}")
    except smtplib.SMTPResponseException as error:
        return Proof("invalid", f"{error.smtp_code} {error.smtp_error!r}"[:200])
    except Dialogue as error:
        return Proof("invalid", seen(error))
    if warnings:
        return Proof("warn", "not refused for good: " + ", ".join(warnings))
    return Proof("pass", f"{len(PATTERNS)} patterns refused, {len(CONTROLS)} controls accepted (HELO {HELO})")
