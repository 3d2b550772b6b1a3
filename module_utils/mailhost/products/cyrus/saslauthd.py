"""saslauthd, which checks passwords for Sendmail, Cyrus and Postfix where Dovecot does not: it must start, and ask PAM.

Sources: saslauthd(8); Debian's /etc/default/saslauthd (before Debian 13 its script starts nothing without START=yes),
Red Hat's /etc/sysconfig/saslauthd (MECH).
"""

from __future__ import annotations

from ...core.host import File, Seen, encode
from ...core.operations import Plan, Write
from ...formats.settings import Settings
from ...systems.families import System

DEFAULT, SYSCONFIG = "/etc/default/saslauthd", "/etc/sysconfig/saslauthd"
REQUESTS = (File(DEFAULT), File(SYSCONFIG))


def settings(plan: Plan, seen: Seen, platform: System) -> None:
    """Edit the file from which its start script takes its options."""
    path = DEFAULT if platform.family == "debian" else SYSCONFIG
    if not seen.file(path).exists:
        return
    file = Settings(seen.file(path).text, path, "=")
    before = file.settings()
    if path == SYSCONFIG:
        if file.get("MECH") not in ("pam", "shadow"):
            file.set("MECH", "pam")
    else:
        if platform.release < (13,):
            file.set("START", "yes")
        if (file.get("MECHANISMS") or "").strip("\"'") not in ("pam", "shadow"):
            file.set("MECHANISMS", '"pam"')
    plan.write(Write(seen.file(path), encode(file.render()), settings=(before, file.settings())))
