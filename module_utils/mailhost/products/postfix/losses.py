"""What a change of Postfix' configuration would take away from somebody, by effect."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, List, Mapping

from ...core.loss import Loss
from .main_cf import MainCf
from .settings import beating
from .setup import is_wide, network_of
from .tables import words

#: names that no address of the Internet has, and what the file does not say by itself
_LOCAL = re.compile(r"^(localhost(\..*)?|[^.]*|.*\$.*)$", re.I)


_NETWORKS = "Name them in mailhost_relay_networks"


def losses(
    params: Mapping[str, Any],
    before: MainCf,
    after: MainCf,
    wanted: "Mapping[str, str]",
    is_ours: bool,
    is_idle: bool = False,
) -> "List[Loss]":
    """``is_ours``: main.cf is as a run of ours wrote it, so its lists say what an earlier inventory did. ``is_idle``:
    procmail, where it delivers, has no rules of anybody's."""
    lost = [*_delivery(before, wanted, is_idle), *_interfaces(params, before, after)]
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
