"""Who may relay through Postfix, for which domains it accepts mail, and where it sends the rest.

A rule that would let a stranger relay is refused, whoever wrote it: the options' values, and what stands on the host.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.errors import BadConfiguration, BadInput
from ..core.host import Command, File, Request, Seen
from ..core.operations import Check, Plan, Write
from ..core.shell.accounts import IN_HOMES
from ..core.shell.files import WRITTEN
from ..core.versions import dotted
from ..core.word import Planned
from ..products import relay
from ..products.cause import refuse
from ..products.dovecot import location
from ..products.postfix import abuse, ask, losses, settings
from ..products.postfix import judge as policy
from ..products.postfix import setup as postfix_setup
from ..products.postfix import versions as dialect
from ..products.postfix.configure import (
    ALIASES,
    MAILBOXES,
    MAIN,
    MAP_TYPE,
    MASTER,
    VERSION,
    map_files,
    map_type,
    number_of,
    setup,
    table,
)
from ..products.postfix.main_cf import MainCf
from ..products.postfix.master_cf import MasterCf
from ..products.postfix.services import GROUP, beside_cyrus, submission
from ..products.postfix.setup import Setup
from ..systems.families import FAMILIES, REQUESTS, system

OURS = WRITTEN.argv(MAIN)
PROCMAILRC, RULES = "/etc/procmailrc", IN_HOMES.argv(".procmailrc")
_SASL = [family.smtpd_sasl for family in FAMILIES if family.smtpd_sasl]
ARGUMENT_SPEC = relay.ARGUMENT_SPEC


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    _validate(params)
    files = (MAIN, MASTER, ALIASES, MAILBOXES, *((GROUP, *_SASL) if params["access"] == "cyrus" else ()))
    yield from (*REQUESTS, Command(VERSION), Command(MAP_TYPE), Command(OURS), abuse.ASKED, *map(File, files))
    if params["access"] == "dovecot":
        yield from location.wants(params, seen)
    main, master = MainCf(seen.file(MAIN).text, MAIN), MasterCf(seen.file(MASTER).text, MASTER)
    if losses.by_procmail(main):
        yield from (File(PROCMAILRC), Command(RULES))
    yield from map(File, postfix_setup.tables(setup(main, master, (), seen)))
    try:  # what the plan would ask of the candidate
        plan(params, seen)
    except ask.Open as candidate:
        yield candidate.question


def _validate(params: Mapping[str, Any]) -> None:
    relay.validate(params)
    if params["access"] == "cyrus" and params["mailbox_store"] == "virtual" and params["authenticated"]:
        raise BadInput(
            "authenticated",
            "true, and Postfix cannot ask anybody about the passwords of Cyrus' own users, which only Cyrus may read",
            "Set mailhost_relay_authenticated to false, or use mailbox_store system",
        )


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    """Made once of the same answers: what is to be asked of the candidate is known by making it."""

    def make() -> "tuple[Mapping[str, Any], Plan]":
        return params, _plan(params, seen)

    return seen.once(("postfix_relay", id(params)), make)[1]


def _plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    _validate(params)
    number, platform, kind = number_of(seen), system(seen), map_type(seen)
    for path in (MAIN, MASTER):
        if seen.file(path).kind != "file":
            raise BadConfiguration(path, "is not there or is not a file", "Reinstall Postfix' configuration")
    main, master = MainCf(seen.file(MAIN).text, MAIN), MasterCf(seen.file(MASTER).text, MASTER)
    standing, services = MainCf(main.render(), MAIN), master.settings()
    rule = dialect.RELAY_LISTS.nearest(number)[0]
    mail_stays = params["access"] == "dovecot" and location.kept(params, seen)
    wanted = settings.settings(params, number, platform, kind, main, mail_stays)
    settings.unset(params, wanted, platform, main)
    wanted.update(abuse.settings(main, number, abuse.known(seen)))
    for name, value in wanted.items():
        main.set(name, value)
    plan = Plan(
        services=("postfix",),
        facts={"version": dotted(number)},
        warnings=settings.unread(main, number, params["authenticated"]),
    )
    is_ours = MAIN in seen.output(*OURS).text.splitlines()
    idle = losses.by_procmail(standing) and losses.is_idle(seen.file(PROCMAILRC).text, seen.output(*RULES).text)
    plan.losses += losses.losses(params, standing, main, wanted, rule, table(seen), is_ours, idle)
    if params["access"] == "cyrus":
        beside_cyrus(plan, seen, master, platform)
    submission(master, params["authenticated"], rule)
    first = _first_maps(params, seen)
    plan.warnings += _judged(params, seen, setup(main, master, number, seen), [f"{kind}:{path}" for path in first])
    map_files(plan, seen, kind, first)
    changed = plan.write(Write(seen.file(MAIN), _bytes(main.render()), settings=(standing.settings(), main.settings())))
    changed |= plan.write(Write(seen.file(MASTER), _bytes(master.render()), settings=(services, master.settings())))
    if changed:
        plan.operations.append(Check("/etc/postfix", ("postconf", "-c", "@TREE@", "-n")))
        plan.operations.append(Check("/etc/postfix", ("postfix", "-c", "@TREE@", "check")))
    return plan


def _judged(params: Mapping[str, Any], seen: Seen, candidate: Setup, missing: "list[str]") -> "list[str]":
    """Refuses what lets strangers relay; a candidate that differs, or cannot be read, is asked itself."""
    causes = policy.causes(candidate)
    stands = (seen.file(MAIN).text, seen.file(MASTER).text)
    if (candidate.main.render(), candidate.master.render()) != stands or ask.is_needed(causes):
        causes = ask.Questions(candidate, missing).judged(causes, seen)
    return refuse(causes, params["accept"], BadConfiguration)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _first_maps(params: Mapping[str, Any], seen: Seen) -> "dict[str, str]":
    """Tables that the settings name must exist: empty ones, until mailboxes fills them."""
    paths = [ALIASES] + ([MAILBOXES] if params["mailbox_store"] == "virtual" else [])
    return {path: "# Written by mailhost (mailboxes).\n" for path in paths if not seen.file(path).exists}


WORD = Planned(ARGUMENT_SPEC, reads, plan)
