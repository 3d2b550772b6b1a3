"""What strangers make of a Postfix beside relaying: messages smuggled in, mail bounced to the forged, mailboxes told.

Sources: postconf(5) of 2.3 to 3.10; "SMTP Smuggling" of Postfix' author (which versions have which setting, and the
work-around for the others); LOCAL_RECIPIENT_README; SASL_README.
"""

from __future__ import annotations

import re
from typing import Dict, List, Set

from ...core.host import Command, Seen
from ...core.versions import Version
from ..cause import Cause
from . import versions as dialect
from .main_cf import MainCf
from .tables import words

#: asked of the host itself: patches of older versions have them too
ASKED = Command(("postconf", "-d", *dialect.FORBIDS))


def known(seen: Seen) -> "Set[str]":
    """Those of the settings against smuggling that this host's Postfix has."""
    text = seen.output(*ASKED.argv).text
    return {name for name in dialect.FORBIDS if re.search(rf"^{name} = ", text, re.M)}


def settings(main: MainCf, number: Version, has: "Set[str]") -> "Dict[str, str]":
    """What costs nobody anything, where nothing else stands: no message is smuggled in, VRFY tells nothing."""
    wanted = {name: value for name, value in dialect.QUIET.items() if main.get(name) is None}
    if dialect.FORBIDS[0] in has:
        stands = (main.get(dialect.FORBIDS[0]) or "no").lower()
        return {**wanted, **({dialect.FORBIDS[0]: "yes"} if stands == "no" else {})}
    if dialect.FORBIDS[1] in has:
        wanted[dialect.FORBIDS[1]] = "yes"
    for name, word in dialect.WORK_AROUND.at(number) or ():
        stands = main.get(name) or ""
        wanted[name] = stands if word in words(stands) else ", ".join(filter(None, (word, stands)))
    return wanted


def causes(main: MainCf, number: Version, has: "Set[str]", defaults: str) -> "List[Cause]":
    """``defaults`` is what ``ASKED`` answered."""
    found = []

    def add(rule: str, kind: str, name: str, finding: str, out: str) -> None:
        parameter = main.parameter(name)
        place = f"{main.name}:{parameter.line}" if parameter else f"{main.name} (the default of {name})"
        found.append(Cause(rule, kind, place, finding, out, service="25"))

    name = dialect.FORBIDS[0]
    default = re.search(rf"^{name} = (\S*)", defaults, re.M)
    stands = (main.get(name) or (default.group(1) if default else "no")).lower()
    if (stands == "no" or name not in has) and not _works_around(main, number):
        finding = "LF.LF and its kind end a message, and a second one can be smuggled in (CVE-2023-51764)"
        add("smuggling", "forged", name, finding, f"Set {name} = yes, or what postfix.org names for older versions")
    for name, about in dialect.ABUSE.items():
        value = main.get(name)
        if value is not None and re.fullmatch(about[0], main.filled(value).strip(), re.I):
            add(f"{name}", about[1], name, f"{name} = {value}: {about[2]}", about[3])
    return found


def _works_around(main: MainCf, number: Version) -> bool:
    asked = dialect.WORK_AROUND.at(number) or ()
    return bool(asked) and all(word in words(main.filled(main.get(name) or "")) for name, word in asked)
