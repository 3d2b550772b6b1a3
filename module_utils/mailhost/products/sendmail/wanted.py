"""The sendmail.mc that is wanted: names, TLS, AUTH, features, the smarthost, the local mailer. What stands and nothing
asks to change stays."""

from __future__ import annotations

import re
from typing import Any, Mapping

from ...core.host import Seen
from ...systems.families import System, system
from .. import relay
from . import abuse
from . import versions as dialect
from .configure import ACCESS, DH, LOCAL, MC, VIRTUSERS, number_of
from .listeners import listeners
from .mc import SendmailMc


def wanted(params: Mapping[str, Any], seen: Seen, mail_stays: bool) -> SendmailMc:
    """The mc as it should be; ``mail_stays``: mail lies where it is not ours to say, so delivery is left."""
    mc, platform = SendmailMc(_own_domains(seen.file(MC).text), MC), system(seen)
    for row, value in relay.given(params):
        mc.set_define(row.define, value)
    if params["smarthost"] is not None:
        _smarthost(mc, params["smarthost"])
    certificate = params.get("certificate") or platform.family.certificate
    mc.set_define("confCACERT_PATH", mc.get_define("confCACERT_PATH") or platform.family.authorities)
    mc.set_define(
        "confCACERT", mc.get_define("confCACERT") or certificate
    )  # a bundle that cannot be read takes STARTTLS away
    mc.set_define("confSERVER_CERT", certificate)
    mc.set_define("confSERVER_KEY", params.get("key") or platform.family.key)
    mc.set_define("confAUTH_OPTIONS", "A p y")  # no AUTH outside TLS, none that is anonymous
    abuse.quiet(mc)
    if params["authenticated"]:
        mc.set_define("confAUTH_MECHANISMS", "PLAIN LOGIN")
    elif mc.get_define("confAUTH_MECHANISMS") == "EXTERNAL":  # an earlier run's; the list is the client's too
        mc.unset_define("confAUTH_MECHANISMS")
    if params["authenticated"] and not mc.calls("TRUST_AUTH_MECH"):
        mc.set_call("TRUST_AUTH_MECH", "PLAIN LOGIN")
    if not params["authenticated"]:
        for call in mc.calls("TRUST_AUTH_MECH"):
            mc.drop(call)
    for name, args in _features(params, mail_stays):
        if mc.feature(name) is None:
            mc.set_call("FEATURE", name, *args)
    for name, seconds in dialect.RESOLVER.items():
        if mc.get_define(name) is None:
            mc.set_define(name, seconds)
    if _dh_is_short(mc.get_define("confDH_PARAMETERS") or "", number_of(seen)):
        mc.set_define("confDH_PARAMETERS", DH)
    _local_mailer(mc, params["access"], platform)
    listeners(mc, params["authenticated"], params["addresses"])
    return mc


def _own_domains(text: str) -> str:
    """The mc with a class P of the domains delivered here: the check of a sender asks no name server for them
    (cf/m4/proto.m4, Basic_check_mail). Where no sender's domain is asked for at all it is not needed."""
    if SendmailMc(text).feature("accept_unresolvable_domains") or re.search(rf"^F\{{?P\}}?.*{LOCAL}", text, re.M):
        return text
    end = "\r\n" if "\r\n" in text[:2000] else "\n"
    return text + ("" if text.endswith("\n") else end) + f"LOCAL_CONFIG{end}FP-o {LOCAL}{end}"


def _dh_is_short(stands: str, number: "tuple[int, ...]") -> bool:
    """Whether a current client would refuse the DH group. Only the value's first character counts
    (sendmail/tls.c): a path and ``none`` are the administrator's, 5 and 1 are 512 and 1024 bits, and one that a
    version does not know is its default."""
    if stands[:1] in ("/", "n", "N") and stands:
        return False
    default = dialect.DH_BITS.at(number) or 0
    return stands[:1] in ("1", "5") or default < dialect.DH_ENOUGH


def _features(params: Mapping[str, Any], mail_stays: bool) -> "list[tuple[str, tuple[str, ...]]]":
    features: "list[tuple[str, tuple[str, ...]]]" = [
        ("no_default_msa", ()),
        (
            "nocanonify",
            ("canonify_hosts",),
        ),  # local mail does not wait for a name server, which is asked for every domain otherwise
        ("use_cw_file", ()),
        ("access_db", (f"hash -T<TMPF> -o {ACCESS}.db",)),
        ("virtusertable", (f"hash -o {VIRTUSERS}.db",)),
    ]
    into_maildir = params["access"] == "dovecot" and params["mail_format"] != "mbox" and not mail_stays
    return features + ([("local_procmail", ("", "procmail -t -Y -a $h -d $u"))] if into_maildir else [])


def _smarthost(mc: SendmailMc, text: str) -> None:
    if not text:
        mc.unset_define("SMART_HOST")
        return
    host, port = re.fullmatch(r"(\[.*?\]|[^:]*)(?::(\d+))?", text).groups()  # type: ignore[union-attr]  # validate() has matched it
    mc.set_define("SMART_HOST", host)
    if port:
        mc.set_define("RELAY_MAILER_ARGS", f"TCP $h {port}")
    elif re.fullmatch(r"TCP \$h \d+", mc.get_define("RELAY_MAILER_ARGS") or ""):
        mc.unset_define("RELAY_MAILER_ARGS")


def _local_mailer(mc: SendmailMc, access: str, platform: System) -> None:
    """Where local mail goes: procmail into the Maildir that Dovecot reads, or LMTP to Cyrus."""
    if access == "cyrus":
        mc.set_define("CYRUSV2_MAILER_ARGS", f"FILE {platform.family.cyrus_socket}")
        mc.set_define("confLOCAL_MAILER", "cyrusv2")
        mc.set_call("MODIFY_MAILER_FLAGS", "CYRUSV2", "+w")  # an unknown user is refused at RCPT, not bounced later
        if not any(call.args[:1] == ["cyrusv2"] for call in mc.calls("MAILER")):
            last = mc.calls("MAILER")[-1:]
            mc.append_call("MAILER", "cyrusv2", after=last[0] if last else None)
        return
    if mc.get_define("confLOCAL_MAILER") == "cyrusv2":
        mc.unset_define("confLOCAL_MAILER")
