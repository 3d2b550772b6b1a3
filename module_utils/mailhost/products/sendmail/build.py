"""sendmail.cf as m4 makes it of sendmail.mc while the host is read: by whom it was made, what is written, what is lost.

A cf of ours begins with a stamp: the digests of the mc that it was made of and of itself.
"""

from __future__ import annotations

import hashlib
import re
from typing import Iterable

from ...core.errors import BadConfiguration
from ...core.host import Command, File, Request, Seen, decode, encode
from ...core.operations import Plan, Run, Write
from . import losses, shell
from . import versions as dialect
from .configure import ACCESS, CF, DH, DIRECTORY, MC, STANDS
from .mc import SendmailMc

STAMP = "# Built by mailhost from sendmail.mc "
BUILD = shell.BUILD.argv(DIRECTORY)
#: the same of the mc that stands, by another name: an answer is found by its words
BUILT = shell.BUILD.argv(DIRECTORY, "as it stands")


def reads(seen: Seen, mc: SendmailMc) -> "Iterable[Request]":
    """What is asked where the cf that stands is not made of this mc."""
    if is_current(seen, mc):
        return
    yield File(CF)
    yield Command(BUILD, mc.render())
    if not is_untouched(seen):
        yield Command(BUILT, seen.file(MC).text)


def tools(seen: Seen) -> "tuple[str, bool, bool]":
    """The daemon's own program; whether m4 with cf.m4, and makemap, are there."""
    lines = seen.output(*STANDS).text.splitlines()
    program = next((path for path in dialect.PROGRAMS if path in lines), "")
    if not program:
        raise BadConfiguration("/usr/sbin/sendmail", "no Sendmail is installed", "Install it (mail_packages)")
    have = {line.rsplit("/", 1)[-1] for line in lines if line.startswith("/")}
    return program, {"m4", "cf.m4"} <= have, "makemap" in have


def is_current(seen: Seen, built: SendmailMc) -> bool:
    """Whether the cf that stands is what was built of this very mc, and untouched since."""
    return f"{STAMP}{_digest(built.render())} " in seen.output(*STANDS).text and is_untouched(seen)


def is_untouched(seen: Seen) -> bool:
    """Whether the cf is one of ours, and nobody has edited it since."""
    text = seen.output(*STANDS).text
    return _body(text) in text.partition(STAMP)[2].partition("\n")[0].split()


def _body(text: str) -> str:
    match = re.search(r"^([0-9a-f]{40})  -$", text, re.M)
    return match.group(1) if match else "?"


def _digest(text: str) -> str:
    return hashlib.sha1(encode(text)).hexdigest()


def write_mc(plan: Plan, seen: Seen, before: SendmailMc, mc: SendmailMc) -> None:
    """The mc, and the file of the key exchange that it names."""
    if plan.write(
        Write(seen.file(MC), encode(mc.render()), settings=(before.settings(), mc.settings()))
    ) and is_current(seen, mc):
        # the cf stays and is now the older one: its package's make, at every start,
        # would build it anew without our stamp
        plan.operations.append(Run(f"date {CF} behind {MC}", ("touch", CF)))
    if mc.get_define("confDH_PARAMETERS") == DH:
        plan.write(Write(seen.file(DH), encode(dialect.DH_PEM), mode=0o644, owner="root:root"))


def build(plan: Plan, seen: Seen, mc: SendmailMc, has_m4: bool) -> None:
    """The cf as m4 made it of the new mc, with a stamp by which the next run knows it."""
    if is_current(seen, mc):
        return
    if not has_m4:
        raise BadConfiguration(
            MC,
            "the host has no m4 or no cf/m4/cf.m4, so the cf cannot be built",
            "Install sendmail-cf and m4 (mail_packages)",
        )
    cf, _, rest = seen.output(*BUILD).text.rpartition("= ")
    code, _, complaints = rest.partition("\n")
    if code.strip() != "0" or "\nV" not in cf:
        lines = [line for line in complaints.splitlines() if line.strip()]
        raise BadConfiguration(
            MC, f"m4 refuses it: {'; '.join(lines[-3:])[:300] or 'it makes no cf'}", "Correct the file"
        )
    if not is_untouched(seen):
        standing, _, code = seen.output(*BUILT).text.partition("\n= ")
        plan.losses += losses.by_hand(CF, seen.file(CF).text, standing) if code[:1] == "0" else []
    content = f"{STAMP}{_digest(mc.render())} {_digest(cf)}\n{cf}"
    old = [line for line in seen.file(CF).text.splitlines() if line and line[0] not in "#\t "]
    new = [line for line in decode(encode(cf)).splitlines() if line and line[0] not in "#\t "]
    plan.write(Write(seen.file(CF), encode(content), settings=(old, new)))


def build_map(plan: Plan, seen: Seen, is_new: bool, has_makemap: bool) -> None:
    """The access map's database, where its text changes or is newer."""
    if not is_new and "stale" not in seen.output(*STANDS).text.split("\n"):
        return
    if not has_makemap:
        reason = "the host has none, so the access map cannot be built"
        raise BadConfiguration("makemap", reason, "Install sendmail's package")
    make = shell.MAKEMAP.argv(ACCESS)
    plan.operations.append(Run(f"build {ACCESS}.db", make, after_undo=make))
