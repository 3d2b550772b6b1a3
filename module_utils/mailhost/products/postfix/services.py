"""What Postfix' master.cf is given: the service for those who log in, and a way out of the chroot to other daemons."""

from __future__ import annotations

from ...core.host import Seen
from ...core.operations import Plan, Run, Write
from ...systems.families import System
from .master_cf import MasterCf

GROUP = "/etc/group"
SUBMISSION = ("submission", "587")
#: at least as strict as what submission is given (smtpd(8), smtpd_tls_security_level)
_ENCRYPTED = ("encrypt", "dane", "dane-only", "verify", "secure", "fingerprint")


def submission(master: MasterCf, authenticated: bool, rule: str) -> None:
    """Port 587 for those who log in. One that stands, by its name or its number, keeps what it has, and is told no
    more than that TLS and logins are needed; where there is none, one of ours lets nobody else in, with the chroot of
    port 25."""
    standing = master.on(SUBMISSION)
    if not authenticated:
        for service in standing:
            master.unset(service)
        return
    ours = {"smtpd_tls_security_level": "encrypt", "smtpd_sasl_auth_enable": "yes"}
    for service in standing:
        level = service.options.get("smtpd_tls_security_level", "")
        master.adjust(service, {**ours, **({"smtpd_tls_security_level": level} if level in _ENCRYPTED else {})})
    if not standing:
        smtp = master.get("smtp", "inet")
        chroot = smtp.fields[4] if smtp else "n"
        fields = ["submission", "inet", "n", "-", chroot, "-", "-", "smtpd"]
        master.set(fields, {**ours, rule: "permit_sasl_authenticated,reject"})


def beside_cyrus(plan: Plan, seen: Seen, master: MasterCf, platform: System) -> None:
    """Postfix must reach the sockets of Cyrus and saslauthd: they lie outside its chroot, in folders of two groups."""
    for service in (("smtp", "inet"), ("lmtp", "unix")):
        master.set_chroot(*service, "n")
    members = {
        line.split(":")[0]: line.rpartition(":")[2].strip().split(",") for line in seen.file(GROUP).text.splitlines()
    }
    for name in ("mail", "sasl"):
        if name in members and "postfix" not in members[name]:
            add, drop = ("gpasswd", "-a", "postfix", name), ("gpasswd", "-d", "postfix", name)
            plan.operations.append(Run(f"put postfix into group {name}", add, undo=drop))
    if platform.family.smtpd_sasl:
        plan.write(Write(seen.file(platform.family.smtpd_sasl), b"pwcheck_method: saslauthd\nmech_list: plain login\n"))
