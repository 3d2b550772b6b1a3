"""What a change of Postfix' configuration would take away from somebody, by effect."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Callable, List, Mapping, Optional

from ...core.loss import Loss
from .access import ON
from .main_cf import MainCf
from .settings import GUARDS, beating, entries
from .setup import is_wide, network_of, path_of
from .tables import rows, table_of, words

#: names that no address of the Internet has, and what the file does not say by itself
_LOCAL = re.compile(r"^(localhost(\..*)?|[^.]*|.*\$.*)$", re.I)


_OF_CLIENTS = ("check_client_access", "check_ccert_access", "check_sasl_access")
_NETWORKS = "Name them in mailhost_relay_networks"


def losses(
    params: Mapping[str, Any],
    before: MainCf,
    after: MainCf,
    wanted: "Mapping[str, str]",
    rule: str,
    table: "Callable[[str], Optional[str]]",
    is_ours: bool,
    is_idle: bool = False,
) -> "List[Loss]":
    """``rule``: the list that guards relaying; ``table``: the text of a table by its path. ``is_ours``: main.cf is as a
    run of ours wrote it, so its lists say what an earlier inventory did. ``is_idle``: procmail, where it delivers, has
    no rules of anybody's."""
    lost = [*_delivery(before, wanted, is_idle), *_interfaces(params, before, after)]
    lost += _permits(before, after, rule, table)
    return lost if is_ours else [*lost, *_domains(before, after), *_networks(before, after)]


def _place(main: MainCf, name: str) -> str:
    parameter = main.parameter(name)
    return f"{main.name}:{parameter.line}" if parameter else main.name


def _domains(before: MainCf, after: MainCf) -> "List[Loss]":
    """Domains that mail is taken for, and that no list of the new configuration has; tables stand for themselves."""
    lists = ("mydestination", "virtual_mailbox_domains", "virtual_alias_domains", "relay_domains")
    own = {before.filled(name).lower() for name in ("$myhostname", "$mydomain", "localhost.$mydomain")}
    stay = {word.lower() for name in lists for word in words(after.filled(after.get(name) or ""))} | own
    return [
        Loss(
            f"loss.address @{word.lower()}",
            _place(before, name),
            f"mail for {word} is taken ({name}) and would be refused",
            "Name it in mailhost_domains or mailhost_relay_domains",
        )
        for name in lists
        for word in words(before.filled(before.get(name) or ""))
        if word.lower() not in stay and not _LOCAL.match(word)
    ]


def _networks(before: MainCf, after: MainCf) -> "List[Loss]":
    """Networks whose hosts may send anywhere, and would not."""
    kept = [network for network in map(network_of, words(after.get("mynetworks") or "")) if network]
    lost = []
    for word in words(before.filled(before.get("mynetworks") or "")):
        network = network_of(word)
        if network is None and re.search("[:/]", word):
            text = f"{word} names hosts that may send anywhere (mynetworks), and would not any more"
            lost.append(Loss(f"loss.route {word}", _place(before, "mynetworks"), text, _NETWORKS))
        if network is None or _is_local(network) or is_wide(network):
            continue
        if not any(_is_within(network, other) for other in kept):
            text = f"{word}: its hosts may send anywhere (mynetworks), and would be refused"
            lost.append(Loss(f"loss.route {network}", _place(before, "mynetworks"), text, _NETWORKS))
    return lost


def _permits(before: MainCf, after: MainCf, rule: str, table: "Callable[[str], Optional[str]]") -> "List[Loss]":
    """What lets some clients send anywhere from in front of the guard; behind it, it would open nothing."""
    front = _in_front(after.get(rule) or "")
    return [
        Loss(
            f"loss.route {entry}",
            _place(before, rule),
            f"{entry} in {rule} lets clients send anywhere, and would not any more",
            f"Name them in mailhost_relay_networks, or accept the rule {entry!r}, and it stays",
        )
        for entry in _in_front(before.filled(before.get(rule) or ""))
        if entry not in front and _lets_by(entry, table)
    ]


def _in_front(value: str) -> "List[str]":
    found = entries(value)
    ends = [at for at, entry in enumerate(found) if entry in GUARDS[2:4]]
    return [entry for entry in found[: ends[0] if ends else len(found)] if entry not in GUARDS]


def _lets_by(entry: str, table: "Callable[[str], Optional[str]]") -> bool:
    """Whether known clients get by it: by a certificate, as a backup, or by an answer of a table (access(5))."""
    word, _, argument = entry.partition(" ")
    if word.startswith("permit_"):
        return True
    path = path_of(argument) if word in _OF_CLIENTS else None
    text = table(path) if path else None
    answers = [row.value.split(" ")[0].upper() for row in rows(text or "", table_of(argument).kind)]
    return any(answer not in ON and not answer.startswith(("4", "5", "REJECT_")) for answer in answers)


def _is_within(network: Any, other: Any) -> bool:
    return bool(network.version == other.version and network.subnet_of(other))


def _is_local(network: Any) -> bool:
    mapped = ipaddress.ip_network("::ffff:127.0.0.0/104")
    return bool(network.is_loopback or (network.version == 6 and network.subnet_of(mapped)))


#: no rule of procmail's: a comment, or where mail lies by default (procmailrc(5))
_NO_RULE = re.compile(r"^\s*(#.*|DEFAULT\s*=.*|)$")


def by_procmail(main: MainCf) -> bool:
    return "procmail" in (main.get("mailbox_command") or "")


def is_idle(procmailrc: str, owners: str) -> bool:
    """Whether neither the host nor a user has a rule for procmail, which Debian's Postfix is told to deliver by where
    it is installed: mail then lies where it would without."""
    return not owners.strip() and all(_NO_RULE.match(line) for line in procmailrc.splitlines())


def _delivery(before: MainCf, wanted: "Mapping[str, str]", is_idle: bool) -> "List[Loss]":
    return [
        Loss(
            f"loss.delivery {name}",
            _place(before, name),
            f"{name} = {before.get(name)} delivers mail, and would not any more",
            "Take it out, or keep where it delivers to (mailhost_mail_format: keep) if Dovecot reads there",
        )
        for name in beating(wanted, before)
        if not (is_idle and name == "mailbox_command" and by_procmail(before))
    ]


def _interfaces(params: Mapping[str, Any], before: MainCf, after: MainCf) -> "List[Loss]":
    """Addresses that are listened on by name, and that the inventory's own leave out."""
    kept = words(after.get("inet_interfaces") or "")
    return [
        Loss(
            f"loss.listener {word}",
            _place(before, "inet_interfaces"),
            f"SMTP listens on {word}, and would not any more",
            "Name it in mailhost_addresses",
        )
        for word in words(before.get("inet_interfaces") or "")
        if params["addresses"] and kept != ["all"] and re.match(r"^\[?[0-9]", word) and word not in kept
    ]
