"""Asking Sendmail itself who may relay: ``sendmail -bt`` with a stranger's address,
for what stands and for a candidate.

Source: sendmail(8), address test mode; ``.D`` sets a macro as the daemon would for a client, ``check_rcpt`` is the rule
set that answers RCPT. ``$# error`` is a refusal, anything else an acceptance.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Mapping

from ...core.errors import BadConfiguration
from ...core.host import Command, Seen
from ...core.loss import accepted
from ...core.operations import Check
from ..cause import Cause
from .shell import CANDIDATE, LIVE

FOLDER = "/etc/mail"
STRANGERS = ("203.0.113.77", "198.51.100.77", "192.0.2.77")
ELSEWHERE = "elsewhere.invalid"


def stranger(params: Mapping[str, Any]) -> str:
    """An address of the documentation's networks (RFC 5737) that no network of the options holds."""
    networks = [ipaddress.ip_network(text) for text in params["networks"]]
    return next(
        (address for address in STRANGERS if not any(ipaddress.ip_address(address) in network for network in networks)),
        STRANGERS[0],
    )


def patterns(params: Mapping[str, Any]) -> "tuple[list[str], list[str]]":
    """Recipients that must be refused, and those that must be accepted."""
    here, domain, user = params["hostname"].lower(), params["domains"][0].lower(), f"user@{ELSEWHERE}"
    local = [f"<postmaster@{name.lower()}>" for name in params["domains"][:20]]
    rules = accepted(params["accept"])
    if rules:  # what was accepted with a reason would answer some of these; a plain third party is refused all the same
        return ([] if "FEATURE promiscuous_relay" in rules else [f"<{user}>"]), local
    inner = f"user%{ELSEWHERE}"
    refused = [
        f"<{user}>",
        f"<{inner}@{domain}>",
        f"<{inner}@{here}>",
        f"<@{here}:{user}>",
        f"<{ELSEWHERE}!user@{here}>",
        f"<user@sub.{domain}>",
    ]
    if len(here.split(".")) > 2:
        refused.append(f"<user@mailhost-relay-test.{here.split('.', 1)[1]}>")
    refused = [
        recipient for recipient in refused if recipient.strip("<>").rpartition("@")[2] not in _accepted_domains(params)
    ]
    return refused, local


def _accepted_domains(params: Mapping[str, Any]) -> "set[str]":
    names = {name.lower() for name in params["domains"]} | {name.lower() for name in params["relay_domains"]}
    tested = {
        f"sub.{params['domains'][0].lower()}",
        f"mailhost-relay-test.{params['hostname'].lower().split('.', 1)[-1]}",
    }
    relayed = {name for name in tested for domain in params["relay_domains"] if name.endswith("." + domain.lower())}
    return (names & tested) | relayed


def _questions(params: Mapping[str, Any]) -> "tuple[int, list[str]]":
    address = stranger(params)
    refused, accepted = patterns(params)
    senders = ("spam@" + ELSEWHERE, f"spam@{params['domains'][0].lower()}")[: 1 if params["accept"] else 2]
    head = [f".D{{client_addr}}{address}", f".D{{client_name}}[{address}]", ".D{client_resolve}FAIL"]
    lines = list(head)
    for sender in senders:
        lines += [f".D{{mail_addr}}{sender}", f".Df{sender}", *(f"check_rcpt {recipient}" for recipient in refused)]
    return len(senders) * len(refused), [*lines, *(f"check_rcpt {recipient}" for recipient in accepted)]


def candidate(program: str, params: Mapping[str, Any]) -> Check:
    count, lines = _questions(params)
    return Check(FOLDER, CANDIDATE.argv("@TREE@", FOLDER, program, str(count), *lines))


def live(program: str, params: Mapping[str, Any]) -> Command:
    """The same questions to what stands."""
    return Command(LIVE.argv(program, f"{FOLDER}/sendmail.cf"), "\n".join(_questions(params)[1]) + "\n")


def holes(program: str, params: Mapping[str, Any], seen: Seen) -> "list[Cause]":
    """What the running configuration's own rules let a stranger do, as they answer themselves."""
    count, lines = _questions(params)
    answers = seen.output(*live(program, params).argv).text.splitlines()
    asked = [line.partition(" ")[2] for line in lines if line.startswith("check_rcpt")]
    if len(answers) != len(asked):
        out = "Look at what sendmail -bt says"
        return [Cause("sendmail -bt", "dead", "/etc/mail/sendmail.cf", "sendmail -bt does not answer for it", out)]
    causes = {}
    for recipient, answer in zip(asked[:count], answers):
        if "$# error" not in answer:
            finding, out = (
                f"a stranger may relay to {recipient}",
                "Look for a rule of one's own in sendmail.mc or what it includes",
            )
            causes[recipient] = Cause(
                f"sendmail.cf {recipient}",
                "open",
                "/etc/mail/sendmail.cf",
                finding,
                out,
                {"recipient": recipient},
                "25",
            )
    return list(causes.values())


def verdict(program: str, params: Mapping[str, Any], seen: Seen) -> None:
    """Refuses what stands if it answers a stranger otherwise than with a refusal."""
    for cause in holes(program, params, seen):
        raise BadConfiguration(cause.place, cause.what, cause.way_out)
