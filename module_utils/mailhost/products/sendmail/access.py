"""Who may relay, as Sendmail's access map and class files have it: what is asked for, and what would be lost.

Source: cf/README, "ANTI-SPAM CONFIGURATION CONTROL": keys are octets, IPv6 groups, names, with a tag; relay-domains
names clients and recipients alike.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any, List, Mapping

from ...core.errors import BadConfiguration, BadInput
from ...core.host import Command, Seen, encode
from ...core.loss import Loss, accepted
from ...core.operations import Plan, Write
from ...core.shell.files import WRITTEN
from ...formats.keyed import Keyed, Names
from .. import relay
from ..cause import refuse
from . import judge, losses
from .configure import ACCESS, LOCAL, RELAYED
from .judge import LOOPBACK_NAMES
from .mc import SendmailMc

#: whether these are as a run of ours wrote them
OURS = Command(WRITTEN.argv(LOCAL, ACCESS, RELAYED))


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


def rows(params: Mapping[str, Any]) -> "list[str]":
    """The access map's keys that may stand with RELAY."""
    keys = [key for text in params["networks"] for key in prefixes("networks", text)]
    if any(ipaddress.ip_network(text).is_loopback for text in params["networks"]):
        keys += [f"Connect:{name}" for name in LOOPBACK_NAMES]
    return keys + [f"To:{relay.domain('relay_domains', text)}" for text in params["relay_domains"]]


@dataclass
class Classes:
    """The access map and the class files, as they stand and as they are to be."""

    access: Keyed
    local: Names
    relayed: Names

    @classmethod
    def standing(cls, seen: Seen) -> "Classes":
        access, local, relayed = (seen.file(path).text for path in (ACCESS, LOCAL, RELAYED))
        return cls(Keyed(access, ACCESS), Names(local, LOCAL), Names(relayed, RELAYED))

    def refuse_open(self, mc: SendmailMc, params: Mapping[str, Any]) -> "List[str]":
        """What lets strangers relay, whoever wrote it, with its place; warnings for what was accepted with a reason."""
        wanted = {key.lower() for key in rows(params)}
        domain, host = params["domains"][0].lower(), params["hostname"].lower()
        causes = judge.causes(mc, self.access, self.relayed, wanted, domain, host)
        return refuse(causes, params["accept"], BadConfiguration)

    def configure(self, params: Mapping[str, Any]) -> None:
        """RELAY for exactly whom the options name, and the domains delivered here; every other row stays."""
        keep, wanted = accepted(params["accept"]), rows(params)
        stay = {key.lower() for key in wanted} | {rule[7:].lower() for rule in keep if rule.startswith("access ")}
        access = self.access
        access.unset(*(row.key for row in access.rows() if row.value == "RELAY" and row.key.lower() not in stay))
        for key in wanted:
            if key.partition(":")[2] not in LOOPBACK_NAMES or access.get(key) is not None:
                access.set(key, "RELAY")
        if access.get("ClientRate:") == "10":  # Debian's: ten connections in ten minutes are a busy sender's at once
            access.set("ClientRate:", "600")
            access.set("ClientConn:", "100")
        domains = [relay.domain("domains", text) for text in params["domains"]]
        self.local.set_names([*domains, params["hostname"].lower(), "localhost"])
        self.relayed.set_names(name for name in self.relayed.names() if f"relay-domains {name}" in keep)

    def losses(self, before: "Classes", params: Mapping[str, Any], seen: Seen) -> "List[Loss]":
        """What would be relayed or delivered no more, in files that are not as a run of ours wrote them."""
        ours = seen.output(*OURS.argv).text.splitlines()
        kept = [*self.local.names(), *params["relay_domains"]]
        found = [] if LOCAL in ours else losses.domains(before.local, kept)
        wanted = {key.lower() for key in rows(params)}
        found += [] if ACCESS in ours else losses.relayed(before.access, self.access.settings(), wanted)
        return found + ([] if RELAYED in ours else losses.relayed(before.relayed, self.relayed.settings(), wanted))

    def write(self, plan: Plan, seen: Seen, before: "Classes") -> bool:
        """Whether the access map changes, and has to be built."""
        settings = (before.access.settings(), self.access.settings())
        fresh = plan.write(
            Write(seen.file(ACCESS), encode(self.access.render()), settings=settings, fallback_mode=0o640)
        )
        settings = (before.local.settings(), self.local.settings())
        plan.write(Write(seen.file(LOCAL), encode(self.local.render()), settings=settings))
        if seen.file(RELAYED).exists:
            settings = (before.relayed.settings(), self.relayed.settings())
            plan.write(Write(seen.file(RELAYED), encode(self.relayed.render()), settings=settings))
        return fresh
