"""Who may relay through Sendmail, for which domains it accepts mail, and where it sends the rest.

sendmail.mc is edited in place and m4 on the host makes the cf of it while reading, so that the cf is a file like any
other: predicted, shown, checked, swapped and undone. Before the swap the candidate itself is asked (``sendmail -bt``).
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.errors import BadConfiguration, BadInput
from ..core.host import Command, File, Request, Seen
from ..core.operations import Plan
from ..core.versions import dotted
from ..core.word import Planned
from ..products import relay
from ..products.dovecot import location
from ..products.sendmail import abuse, build, local
from ..products.sendmail.access import OURS, Classes, prefixes
from ..products.sendmail.ask import candidate, live, verdict
from ..products.sendmail.configure import ACCESS, ALIASES, DH, LOCAL, MC, PROCMAIL, RELAYED, STANDS, number_of
from ..products.sendmail.mc import SendmailMc
from ..products.sendmail.wanted import wanted
from ..systems.families import REQUESTS

ARGUMENT_SPEC = relay.ARGUMENT_SPEC
FILES = (MC, ACCESS, LOCAL, RELAYED, PROCMAIL, ALIASES, DH)


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    _validate(params)
    yield from (*REQUESTS, *map(File, FILES), Command(STANDS), OURS)
    if params["access"] == "dovecot":
        yield from location.wants(params, seen)
    if seen.file(MC).kind != "file":
        return
    abuse.refuse(SendmailMc(seen.file(MC).text, MC), seen.file(MC))
    yield live(build.tools(seen)[0], params)
    yield from build.reads(seen, _wanted(params, seen))


def _validate(params: Mapping[str, Any]) -> None:
    relay.validate(params)
    if params["mailbox_store"] == "virtual":
        raise BadInput(
            "mailbox_store",
            "virtual: Sendmail delivers to accounts of the system or to Cyrus, not to Dovecot's own users",
            "Use system, or Postfix (mailhost_mta: postfix)",
        )
    for number, text in enumerate(params["networks"]):
        prefixes(f"networks[{number}]", text)


def _wanted(params: Mapping[str, Any], seen: Seen) -> SendmailMc:
    """The mc as it should be, made once of the same answers."""

    def make() -> "tuple[Mapping[str, Any], SendmailMc]":
        return params, wanted(params, seen, params["access"] == "dovecot" and location.kept(params, seen))

    return seen.once(("sendmail_relay", id(params)), make)[1]


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    _validate(params)
    if seen.file(MC).kind != "file":
        way = "Install Sendmail (mail_packages), or restore its package's file"
        raise BadConfiguration(MC, "is not there or is not a file", way)
    program, has_m4, has_makemap = build.tools(seen)
    before, mc = SendmailMc(seen.file(MC).text, MC), _wanted(params, seen)
    standing, classes = Classes.standing(seen), Classes.standing(seen)
    warnings = standing.refuse_open(before, params)
    plan = Plan(services=("sendmail",), facts={"version": dotted(number_of(seen))}, warnings=warnings)
    classes.configure(params)
    plan.losses += classes.losses(standing, params, seen)
    build.write_mc(plan, seen, before, mc)
    build.build(plan, seen, mc, has_m4)
    is_new = classes.write(plan, seen, standing)
    if params["access"] == "dovecot" and not location.kept(params, seen):
        local.procmail(plan, seen, params["maildir"] if params["mail_format"] != "mbox" else "")
    local.postmaster(plan, seen, program)
    build.build_map(plan, seen, is_new, has_makemap)
    if plan.changed:
        plan.operations.insert(0, candidate(program, params))
    else:
        verdict(program, params, seen)
    return plan


WORD = Planned(ARGUMENT_SPEC, reads, plan)
