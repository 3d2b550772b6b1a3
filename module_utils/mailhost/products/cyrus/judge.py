"""What Cyrus IMAP's configuration says of passwords in clear and logins by nobody (imapd.conf(5),
lib/imapoptions of 2.3.7 and 3.6.1)."""

from __future__ import annotations

from typing import Iterable, List, Tuple

from ...core.versions import Version
from ...formats.settings import Setting, Settings
from ..cause import Cause
from . import versions as dialect

_ON = ("yes", "1", "on", "true", "t")


def judge(imapd: Settings, number: Version) -> "List[Cause]":
    lines = {entry.name.lower(): entry for entry in imapd.entries if isinstance(entry, Setting)}

    def value(name: str, default: str) -> "Tuple[str, str]":
        entry = lines.get(name)
        if entry:
            return entry.value.lower(), f"{imapd.name}:{entry.line}"
        return default, f"{imapd.name} (the default of {name})"

    return [
        *_cleartext(*value("allowplaintext", dialect.ALLOWPLAINTEXT.nearest(number))),
        *_anonymous(*value("allowanonymouslogin", "no")),
        *_mechanisms(*value("sasl_mech_list", "")),
        *_admins(*value("admins", "")),
    ]


def _cleartext(value: str, place: str) -> "Iterable[Cause]":
    if value in _ON:
        what, way_out = "allowplaintext: Cyrus accepts passwords without TLS", "Set allowplaintext to no"
        yield Cause("cleartext allowplaintext", "clear", place, what, way_out, {}, "143", "cleartext_login")


def _anonymous(value: str, place: str) -> "Iterable[Cause]":
    if value in _ON:
        what = "allowanonymouslogin: no password is needed"
        yield Cause("allowanonymouslogin", "clear", place, what, "Set it to no", {}, "143")


def _mechanisms(value: str, place: str) -> "Iterable[Cause]":
    if "anonymous" in value.split():
        what = "sasl_mech_list holds ANONYMOUS"
        yield Cause("anonymous sasl_mech_list", "clear", place, what, "Take it out", {}, "143")


def _admins(value: str, place: str) -> "Iterable[Cause]":
    if {"anyone", "anonymous"} & set(value.split()):
        yield Cause("admins", "clear", place, f"admins: {value} lets anybody administer", "Name accounts", {}, "143")
