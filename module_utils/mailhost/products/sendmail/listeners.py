"""Where Sendmail listens: DAEMON_OPTIONS of sendmail.mc (op.me, DaemonPortOptions)."""

from __future__ import annotations

import re
from typing import Mapping

from .mc import Call, SendmailMc


def _options(call: Call) -> "dict[str, str]":
    """DAEMON_OPTIONS as a dictionary; keys by their first letter,
    as the daemon reads them (op.me, DaemonPortOptions)."""
    pairs = (part.partition("=") for part in ",".join(call.args).split(","))
    return {name.strip()[:1].upper(): value.strip() for name, separator, value in pairs if separator}


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address in ("::1", "localhost")


def listeners(mc: SendmailMc, authenticated: bool, addresses: "list[str]") -> None:
    """Port 25 beyond loopback, and 587 for those who log in. A listener that stands keeps what else it says; AUTH is
    switched off for a listener (op.me, DaemonPortOptions, Modify=A), never for the client."""
    outside = submission = False
    for call in mc.calls("DAEMON_OPTIONS"):
        options = _options(call)
        is_old = "inet6" not in options.get("F", "")
        text = ",".join(call.args)
        if is_old and _is_loopback(options.get("A", "")):  # as packages have it
            text = re.sub(r"\s*,?\s*Addr?\s*=[^,]*", "", text).lstrip(" ,")
        if options.get("P", "smtp") in ("smtp", "25"):
            mc.replace(call, _modified(text, options, "" if authenticated else "A", "A" if authenticated else ""))
            outside = outside or is_old
        elif options["P"] in ("submission", "587") and is_old:
            if not authenticated:
                mc.drop(call)
                continue
            mc.replace(call, _modified(text, options, "Ea", "A"))
            submission = True
    if addresses and "*" not in addresses:
        _on(mc, addresses, authenticated)
    elif not outside:
        mc.set_call("DAEMON_OPTIONS", f"Port=smtp, Name=MTA{'' if authenticated else ', M=A'}")
    if authenticated and not submission:
        mc.set_call("DAEMON_OPTIONS", "Port=submission, Name=MSA, M=Ea")


def _modified(text: str, options: "Mapping[str, str]", more: str, less: str) -> str:
    """A listener's text with these letters in its ``M=``, and without those."""
    stands = options.get("M", "")
    letters = "".join(letter for letter in stands if letter not in less)
    letters += "".join(letter for letter in more if letter not in letters)
    if letters == stands:
        return text
    if not stands:
        return f"{text.rstrip()}, M={letters}"
    return re.sub(r"\bM\w*\s*=[^,]*", f"M={letters}", text) if letters else re.sub(r"\s*,\s*M\w*\s*=[^,]*", "", text)


def _on(mc: SendmailMc, addresses: "list[str]", authenticated: bool) -> None:
    """A listener on port 25 for each address and for loopback, for those that name none."""
    wanted = dict.fromkeys(["127.0.0.1", *addresses])
    for call in mc.calls("DAEMON_OPTIONS"):
        options = _options(call)
        if options.get("P", "smtp") in ("smtp", "25"):
            if options.get("A", "") in wanted:
                del wanted[options["A"]]
            elif not options.get("A"):
                mc.drop(call)
    for address in wanted:
        family = "inet6" if ":" in address else "inet"
        text = f"Family={family}, Port=smtp, Addr={address}, Name=MTA-{address.replace(':', '.')}"
        last = mc.calls("DAEMON_OPTIONS")[-1:]
        mc.append_call("DAEMON_OPTIONS", f"{text}{'' if authenticated else ', M=A'}", after=last[0] if last else None)
