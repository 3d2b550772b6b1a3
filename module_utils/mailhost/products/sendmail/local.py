"""Where local mail goes beside the mc: the postmaster's alias, and procmail's default mailbox."""

from __future__ import annotations

import re

from ...core.host import Seen, encode
from ...core.operations import Plan, Run, Write
from .configure import ALIASES, PROCMAIL


def postmaster(plan: Plan, seen: Seen, program: str) -> None:
    """RFC 5321, section 4.5.1: mail for postmaster must be taken. Without an alias it goes to root."""
    text = seen.file(ALIASES).text
    if re.search(r"^\"?postmaster\"?\s*:", text, re.M | re.I):
        return
    lines = text + ("" if not text or text.endswith("\n") else "\n") + "postmaster: root\n"
    if plan.write(Write(seen.file(ALIASES), encode(lines))):
        build = (program, "-bi")
        plan.operations.append(Run(f"build {ALIASES}.db", build, after_undo=build))


def procmail(plan: Plan, seen: Seen, maildir: str) -> None:
    """procmail's default mailbox is the Maildir that Dovecot reads (procmailrc(5)); without one the spool, its own."""
    lines = seen.file(PROCMAIL).text.splitlines(keepends=True)
    wanted = f"DEFAULT=$HOME/{maildir}/"
    at = [number for number, line in enumerate(lines) if re.match(r"DEFAULT\s*=", line)]
    if not maildir:
        lines = [line for number, line in enumerate(lines) if number not in at]
    elif at:
        lines[at[-1]] = lines[at[-1]] if lines[at[-1]].strip() == wanted else wanted + "\n"
    else:
        lines.insert(0, wanted + "\n")
    if lines or seen.file(PROCMAIL).exists:
        plan.write(Write(seen.file(PROCMAIL), encode("".join(lines))))
