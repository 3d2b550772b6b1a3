"""What strangers make of a Sendmail beside relaying, and what in its mc runs as root.

Sources: cf/README (PrivacyOptions, LUSER_RELAY, the features), op.me (DontBlameSendmail), m4's manual (syscmd).
"""

from __future__ import annotations

import re
from typing import List

from ..cause import Cause
from . import versions as dialect
from .mc import SendmailMc


def flags(mc: SendmailMc) -> "List[str]":
    """PrivacyOptions as they stand (confPRIVACY_FLAGS; cf/README's default is authwarnings)."""
    return re.split(r"[\s,]+", (mc.get_define("confPRIVACY_FLAGS") or "authwarnings").strip())


def quiet(mc: SendmailMc) -> None:
    """VRFY and EXPN tell nothing; every flag that stands stays."""
    missing = [flag for flag in dialect.QUIET_FLAGS if flag not in flags(mc)]
    if missing and "goaway" not in flags(mc):
        mc.set_define("confPRIVACY_FLAGS", ",".join([*flags(mc), *missing]))


def causes(mc: SendmailMc) -> "List[Cause]":
    found = []

    def add(rule: str, kind: str, line: int, finding: str, out: str) -> None:
        found.append(Cause(rule, kind, f"{mc.name}:{line}", finding, out, service="25"))

    named = mc.definition("confPRIVACY_FLAGS")
    for flag in dialect.QUIET_FLAGS:
        if flag not in flags(mc) and "goaway" not in flags(mc):
            finding = f"PrivacyOptions lack {flag}: {flag[2:].upper()} tells strangers who has a mailbox"
            add(f"confPRIVACY_FLAGS {flag}", "abuse", named.line if named else 1, finding, f"Add {flag}")
    for call in mc.every_call():
        first = (call.args or [""])[0].strip()
        about = dialect.ABUSE.get(f"{call.name} {first}")
        if about:
            add(f"{call.name} {first}", "abuse", call.line, f"{call.name}({first}): {about}", "Take that line out")
        if call.name == "define" and first == "confDONT_BLAME_SENDMAIL":
            for word in re.split(r"[\s,]+", ",".join(call.args[1:]).strip("`' ")):
                if re.search(r"(?i)world|runprogramin|unsafe", word):
                    finding = f"DontBlameSendmail {word}: files that others may write to are believed"
                    add(f"confDONT_BLAME_SENDMAIL {word}", "foreign", call.line, finding, f"Take {word} out")
    return found + _commands(mc)


def _commands(mc: SendmailMc) -> "List[Cause]":
    """m4 runs commands, and reads any file, as whoever builds the cf."""
    found = []
    for number, line in enumerate(mc.render().splitlines(), 1):
        code = re.split(r"(?:^|\s)(?:dnl\b|#)", line)[0]
        for word in re.findall(r"(?<![\w])(e?syscmd|maketemp|mkstemp)\s*\(", code):
            finding = f"{word}(...) in the mc is run by m4, as root where the cf is built by root"
            found.append(Cause(f"sendmail.mc {word}", "foreign", f"{mc.name}:{number}", finding, "Take that line out"))
    return found
