"""saslauthd, which checks passwords for Sendmail, Cyrus and Postfix where Dovecot does not: it must start, and ask PAM.

Sources: saslauthd(8); what its start script's file is called and says, the families' rows.
"""

from __future__ import annotations

from ...core.host import File, Seen, encode
from ...core.operations import Plan, Write
from ...formats.settings import Settings
from ...systems.families import FAMILIES, System

REQUESTS = tuple(dict.fromkeys(File(family.saslauthd.path) for family in FAMILIES))


def settings(plan: Plan, seen: Seen, platform: System) -> None:
    """Edit the file from which its start script takes its options."""
    row = platform.family.saslauthd
    state = seen.file(row.path)
    if not state.exists:
        return
    file = Settings(state.text, row.path, "=")
    before = file.settings()
    for name, value in row.starts.nearest(platform.release).items():
        file.set(name, value)
    if (file.get(row.mechanism) or "").strip("\"'") not in ("pam", "shadow"):
        file.set(row.mechanism, row.pam)
    plan.write(Write(state, encode(file.render()), settings=(before, file.settings())))
