"""What Cyrus IMAP's configuration says of passwords in clear and logins by nobody (imapd.conf(5),
lib/imapoptions of 2.3.7 and 3.6.1)."""

from __future__ import annotations

from typing import List, Tuple

from ...core.versions import Version
from ...formats.settings import Setting, Settings
from ..cause import Cause
from . import versions as dialect


def judge(imapd: Settings, number: Version) -> "List[Cause]":
    lines = {entry.name.lower(): entry for entry in imapd.entries if isinstance(entry, Setting)}
    causes = []

    def value(name: str, default: str) -> "Tuple[str, str]":
        entry = lines.get(name)
        return (
            (entry.value.lower(), f"{imapd.name}:{entry.line}")
            if entry
            else (default, f"{imapd.name} (the default of {name})")
        )

    on = ("yes", "1", "on", "true", "t")
    clear, place = value("allowplaintext", dialect.ALLOWPLAINTEXT.nearest(number))
    if clear in on:
        causes.append(
            Cause(
                "cleartext allowplaintext",
                "clear",
                place,
                "allowplaintext: Cyrus accepts passwords without TLS",
                "Set allowplaintext to no",
                {},
                "143",
                "cleartext_login",
            )
        )
    anonymous, place = value("allowanonymouslogin", "no")
    if anonymous in on:
        causes.append(
            Cause(
                "allowanonymouslogin",
                "clear",
                place,
                "allowanonymouslogin: no password is needed",
                "Set it to no",
                {},
                "143",
            )
        )
    mechanisms, place = value("sasl_mech_list", "")
    if "anonymous" in mechanisms.split():
        causes.append(
            Cause(
                "anonymous sasl_mech_list", "clear", place, "sasl_mech_list holds ANONYMOUS", "Take it out", {}, "143"
            )
        )
    admins, place = value("admins", "")
    if {"anyone", "anonymous"} & set(admins.split()):
        causes.append(
            Cause("admins", "clear", place, f"admins: {admins} lets anybody administer", "Name accounts", {}, "143")
        )
    return causes
