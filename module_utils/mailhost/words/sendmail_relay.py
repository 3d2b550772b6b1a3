"""Who may relay through Sendmail, for which domains it accepts mail, and where it sends the rest.

sendmail.mc is edited in place and m4 on the host makes the cf of it while reading, so that the cf is a file like any
other: predicted, shown, checked, swapped and undone. Before the swap the candidate itself is asked (``sendmail -bt``).
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from typing import Any, Iterable, Mapping

from ..core.errors import BadConfiguration, BadInput
from ..core.host import Command, File, Request, Seen, decode, encode
from ..core.loss import accepted as policy_accepted
from ..core.operations import Plan, Run, Write
from ..core.shell.files import WRITTEN
from ..core.versions import dotted
from ..core.word import Planned
from ..formats.keyed import Keyed, Names
from ..products import relay
from ..products.cause import refuse
from ..products.dovecot import location
from ..products.sendmail import abuse, losses, shell
from ..products.sendmail import judge as policy
from ..products.sendmail import versions as dialect
from ..products.sendmail.ask import candidate, live, verdict
from ..products.sendmail.configure import (
    ACCESS,
    ALIASES,
    CF,
    DH,
    DIRECTORY,
    LOCAL,
    MC,
    PROCMAIL,
    RELAYED,
    STANDS,
    number_of,
)
from ..products.sendmail.judge import LOOPBACK_NAMES
from ..products.sendmail.mc import SendmailMc
from ..products.sendmail.wanted import wanted
from ..systems.families import REQUESTS

ARGUMENT_SPEC = relay.ARGUMENT_SPEC
FILES = (MC, ACCESS, LOCAL, RELAYED, PROCMAIL, ALIASES, DH)
OURS = WRITTEN.argv(LOCAL, ACCESS, RELAYED, CF)
STAMP = "# Built by mailhost from sendmail.mc "
BUILD = shell.BUILD.argv(DIRECTORY)
#: the same of the mc that stands, by another name: an answer is found by its words
BUILT = shell.BUILD.argv(DIRECTORY, "as it stands")


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    _validate(params)
    yield from (*REQUESTS, *map(File, FILES), Command(STANDS), Command(OURS))
    if params["access"] == "dovecot":
        yield from location.wants(params, seen)
    if seen.file(MC).kind != "file":
        return
    abuse.refuse(SendmailMc(seen.file(MC).text, MC), seen.file(MC))
    program = _tools(seen)[0]
    yield live(program, params)
    built = _wanted(params, seen)
    if not _is_current(seen, built):
        yield File(CF)
        yield Command(BUILD, built.render())
        if not _is_untouched(seen):
            yield Command(BUILT, seen.file(MC).text)


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


def prefixes(place: str, text: str) -> "list[str]":
    """A network as keys of the access map, which knows octets and IPv6 groups but no lengths (cf/README)."""
    relay.network(place, text)
    network = ipaddress.ip_network(text)
    if network.version == 4:
        step = next(length for length in (8, 16, 24, 32) if network.prefixlen <= length)
        octets = step // 8
        return [
            "Connect:" + ".".join(str(part.network_address).split(".")[:octets])
            for part in network.subnets(new_prefix=step)
        ]
    if network.prefixlen % 16:
        raise BadInput(
            place,
            f"{text}: Sendmail's access map knows IPv6 networks of 16, 32, 48 ... 128 bits only",
            "Use one of these lengths",
        )
    groups = [f"{int(group, 16):x}" for group in network.network_address.exploded.split(":")][: network.prefixlen // 16]
    keys = ["Connect:IPv6:" + ":".join(groups)]
    return keys if network.prefixlen < 128 else [*keys, f"Connect:IPv6:{network.network_address.compressed}"]


def _written(seen: Seen, path: str) -> bool:
    """Whether a file is as a run of ours wrote it."""
    return path in seen.output(*OURS).text.splitlines()


def _rows(params: Mapping[str, Any]) -> "list[str]":
    """The access map's keys that may stand with RELAY."""
    keys = [key for text in params["networks"] for key in prefixes("networks", text)]
    if any(ipaddress.ip_network(text).is_loopback for text in params["networks"]):
        keys += [f"Connect:{name}" for name in LOOPBACK_NAMES]
    return keys + [f"To:{relay.domain('relay_domains', text)}" for text in params["relay_domains"]]


def _tools(seen: Seen) -> "tuple[str, bool, bool]":
    """The daemon's own program; whether m4 with cf.m4, and makemap, are there."""
    lines = seen.output(*STANDS).text.splitlines()
    program = next((path for path in dialect.PROGRAMS if path in lines), "")
    if not program:
        raise BadConfiguration("/usr/sbin/sendmail", "no Sendmail is installed", "Install it (mail_packages)")
    have = {line.rsplit("/", 1)[-1] for line in lines if line.startswith("/")}
    return program, {"m4", "cf.m4"} <= have, "makemap" in have


def _is_current(seen: Seen, built: SendmailMc) -> bool:
    """Whether the cf that stands is what was built of this very mc, and untouched since."""
    return f"{STAMP}{_digest(built.render())} " in seen.output(*STANDS).text and _is_untouched(seen)


def _is_untouched(seen: Seen) -> bool:
    """Whether the cf is one of ours, and nobody has edited it since."""
    text = seen.output(*STANDS).text
    return _body(text) in text.partition(STAMP)[2].partition("\n")[0].split()


def _body(text: str) -> str:
    match = re.search(r"^([0-9a-f]{40})  -$", text, re.M)
    return match.group(1) if match else "?"


def _digest(text: str) -> str:
    return hashlib.sha1(encode(text)).hexdigest()


def _refuse_open(mc: SendmailMc, access: Keyed, relayed: Names, params: Mapping[str, Any]) -> "list[str]":
    """What lets strangers relay, whoever wrote it, with its place; warnings for what was accepted with a reason."""
    wanted = {key.lower() for key in _rows(params)}
    domain, host = params["domains"][0].lower(), params["hostname"].lower()
    return refuse(policy.causes(mc, access, relayed, wanted, domain, host), params["accept"], BadConfiguration)


def _wanted(params: Mapping[str, Any], seen: Seen) -> SendmailMc:
    """The mc as it should be, made once of the same answers."""

    def make() -> "tuple[Mapping[str, Any], SendmailMc]":
        return params, wanted(params, seen, params["access"] == "dovecot" and location.kept(params, seen))

    return seen.once(("sendmail_relay", id(params)), make)[1]


def _access(params: Mapping[str, Any], seen: Seen) -> Keyed:
    """The access map: RELAY for exactly whom the options name; every other row stays."""
    access = Keyed(seen.file(ACCESS).text, ACCESS)
    wanted = _rows(params)
    keep = {key.lower() for key in wanted}
    keep |= {rule[7:].lower() for rule in policy_accepted(params["accept"]) if rule.startswith("access ")}
    access.unset(*(row.key for row in access.rows() if row.value == "RELAY" and row.key.lower() not in keep))
    for key in wanted:
        if key.partition(":")[2] not in LOOPBACK_NAMES or access.get(key) is not None:
            access.set(key, "RELAY")
    if (
        access.get("ClientRate:") == "10"
    ):  # Debian's: ten connections in ten minutes, which a busy sender passes at once
        access.set("ClientRate:", "600")
        access.set("ClientConn:", "100")
    return access


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    _validate(params)
    if seen.file(MC).kind != "file":
        raise BadConfiguration(
            MC, "is not there or is not a file", "Install Sendmail (mail_packages), or restore its package's file"
        )
    program, has_m4, has_makemap = _tools(seen)
    before = SendmailMc(seen.file(MC).text, MC)
    access, relayed, local = (
        Keyed(seen.file(ACCESS).text, ACCESS),
        Names(seen.file(RELAYED).text, RELAYED),
        Names(seen.file(LOCAL).text, LOCAL),
    )
    accepted = _refuse_open(before, access, relayed, params)
    plan = Plan(services=("sendmail",), facts={"version": dotted(number_of(seen))}, warnings=accepted)
    names = [*(relay.domain("domains", text) for text in params["domains"]), params["hostname"].lower(), "localhost"]
    settings = (access.settings(), local.settings(), relayed.settings())
    keep = policy_accepted(params["accept"])
    access = _access(params, seen)
    stands = local.names()
    local.set_names(names)
    relayed.set_names(name for name in relayed.names() if f"relay-domains {name}" in keep)
    mc = _wanted(params, seen)
    _configuration(plan, seen, before, mc)
    _build(plan, seen, mc, has_m4)
    fresh = plan.write(
        Write(
            seen.file(ACCESS), encode(access.render()), settings=(settings[0], access.settings()), fallback_mode=0o640
        )
    )
    plan.write(Write(seen.file(LOCAL), encode(local.render()), settings=(settings[1], local.settings())))
    if not _written(seen, LOCAL):
        plan.losses += losses.domains(LOCAL, seen.file(LOCAL).text, stands, [*names, *params["relay_domains"]])
    if seen.file(RELAYED).exists:
        plan.write(Write(seen.file(RELAYED), encode(relayed.render()), settings=(settings[2], [])))
    if params["access"] == "dovecot" and not location.kept(params, seen):
        _procmail(plan, seen, params["maildir"] if params["mail_format"] != "mbox" else "")
    _postmaster(plan, seen, program)
    if fresh or "stale" in seen.output(*STANDS).text.split("\n"):
        if not has_makemap:
            raise BadConfiguration(
                "makemap", "the host has none, so the access map cannot be built", "Install sendmail's package"
            )
        make = shell.MAKEMAP.argv(ACCESS)
        plan.operations.append(Run(f"build {ACCESS}.db", make, after_undo=make))
    if plan.changed:
        plan.operations.insert(0, candidate(program, params))
    else:
        verdict(program, params, seen)
    return plan


def _configuration(plan: Plan, seen: Seen, before: SendmailMc, mc: SendmailMc) -> None:
    """The mc, and the file of the key exchange that it names."""
    if plan.write(
        Write(seen.file(MC), encode(mc.render()), settings=(before.settings(), mc.settings()))
    ) and _is_current(seen, mc):
        # the cf stays and is now the older one: its package's make, at every start,
        # would build it anew without our stamp
        plan.operations.append(Run(f"date {CF} behind {MC}", ("touch", CF)))
    if mc.get_define("confDH_PARAMETERS") == DH:
        plan.write(Write(seen.file(DH), encode(dialect.DH_PEM), mode=0o644, owner="root:root"))


def _build(plan: Plan, seen: Seen, mc: SendmailMc, has_m4: bool) -> None:
    """The cf as m4 made it of the new mc, with a stamp by which the next run knows it."""
    if _is_current(seen, mc):
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
    if not _is_untouched(seen):
        standing, _, code = seen.output(*BUILT).text.partition("\n= ")
        plan.losses += losses.by_hand(CF, seen.file(CF).text, standing) if code[:1] == "0" else []
    content = f"{STAMP}{_digest(mc.render())} {_digest(cf)}\n{cf}"
    old = [line for line in seen.file(CF).text.splitlines() if line and line[0] not in "#\t "]
    new = [line for line in decode(encode(cf)).splitlines() if line and line[0] not in "#\t "]
    plan.write(Write(seen.file(CF), encode(content), settings=(old, new)))


def _postmaster(plan: Plan, seen: Seen, program: str) -> None:
    """RFC 5321, section 4.5.1: mail for postmaster must be taken. Without an alias it goes to root."""
    text = seen.file(ALIASES).text
    if re.search(r"^\"?postmaster\"?\s*:", text, re.M | re.I):
        return
    lines = text + ("" if not text or text.endswith("\n") else "\n") + "postmaster: root\n"
    if plan.write(Write(seen.file(ALIASES), encode(lines))):
        build = (program, "-bi")
        plan.operations.append(Run(f"build {ALIASES}.db", build, after_undo=build))


def _procmail(plan: Plan, seen: Seen, maildir: str) -> None:
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


WORD = Planned(ARGUMENT_SPEC, reads, plan)
