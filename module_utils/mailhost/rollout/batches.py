"""Which hosts go first and which go together: pure rules over what the inventory says of each host.

Sizes are those of Ansible's ``serial``: a number of hosts, or a share of the whole fleet; the last one repeats until
every host has had its turn. The rule above all sizes: hosts that serve one and the same domain are never in one batch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

from ..core.errors import BadInput

BATCHES = "mailhost_rollout_batches"
CANARY = "mailhost_canary"
HOLD = "mailhost_rollout_hold"
_YES, _NO = ("true", "yes", "on", "1"), ("", "false", "no", "off", "0")


@dataclass(frozen=True)
class Member:
    """A host as the inventory describes it; ``canary`` is the raw value of mailhost_canary."""

    name: str
    fqdn: str
    domains: "Tuple[str, ...]"
    canary: Any = False


def members(fleet: "Iterable[Mapping[str, Any]]") -> "List[Member]":
    hosts = []
    for host in fleet:
        domains = tuple(dict.fromkeys(str(domain).lower().rstrip(".") for domain in host.get("domains") or ()))
        hosts.append(
            Member(
                str(host["name"]),
                str(host.get("fqdn") or host["name"]).lower().rstrip("."),
                domains,
                host.get("canary", False),
            )
        )
    return hosts


def size(entry: Any, hosts: int) -> int:
    """How many hosts an entry of mailhost_rollout_batches is, at least one. Raises BadInput."""
    text = str(entry).strip()
    share = re.match(r"^([0-9]+(?:\.[0-9]+)?) *%$", text)
    if share and 0 < float(share.group(1)) <= 100:
        return max(1, int(hosts * float(share.group(1)) / 100))
    if share:
        raise BadInput(
            BATCHES, f"{text!r} is not more than 0% and at most 100%", "Give a share of the fleet, or a number of hosts"
        )
    if isinstance(entry, bool) or not re.match(r"^[0-9]{1,6}$", text) or int(text) < 1:
        raise BadInput(
            BATCHES, f"{text!r} is neither a number of hosts nor a share of them", "Give entries like 1 or 10%"
        )
    return int(text)


def hold(value: Any, terminal: bool) -> "Optional[int]":
    """Seconds between batches, or None where somebody is asked. Raises BadInput."""
    text = str(value).strip().lower()
    if text == "ask":
        if not terminal:
            raise BadInput(HOLD, "'ask' needs a terminal, and there is none", "Give seconds, or run it at a terminal")
        return None
    if isinstance(value, bool) or not re.match(r"^[0-9]{1,6}$", text):
        raise BadInput(HOLD, f"{str(value)!r} is neither a number of seconds nor 'ask'", "Correct it")
    return int(text)


def canaries(fleet: "Sequence[Member]") -> "List[str]":
    """The hosts that mailhost_canary names: a boolean at a host, or names of hosts for all. Raises BadInput."""
    chosen: "Dict[str, None]" = {}
    known = {member.name for member in fleet}
    for member in fleet:
        value = member.canary
        text = str(value).strip().lower()
        if value is None or text in _NO or value == []:
            continue
        if text in _YES:
            chosen[member.name] = None
            continue
        for name in value if isinstance(value, (list, tuple)) else [part.strip() for part in str(value).split(",")]:
            if str(name) not in known:
                raise BadInput(
                    CANARY,
                    f"{str(name)!r} is not among the hosts of this rollout",
                    "Name a host of it, or say true at a host",
                )
            chosen[str(name)] = None
    return [member.name for member in fleet if member.name in chosen]


def check(fleet: "Sequence[Member]", sizes: "Sequence[Any]") -> "List[str]":
    """Refuse what no rollout can begin with; the canaries that are named. Raises BadInput."""
    if not fleet:
        raise BadInput(
            "mailhosts",
            "the inventory has no host to roll out to",
            "Name hosts in the group mailhosts, or in mailhost_hosts",
        )
    if not sizes:
        raise BadInput(BATCHES, "empty", "Give at least one entry, such as 100%")
    for entry in sizes:
        size(entry, len(fleet))
    names: "Dict[str, str]" = {}
    for member in fleet:
        if member.fqdn in names:
            raise BadInput(
                "mailhost_fqdn",
                f"{member.fqdn!r} is the name of two hosts: {names[member.fqdn]} and {member.name}",
                "Give each its own",
            )
        names[member.fqdn] = member.name
    chosen = canaries(fleet)
    for domain, servers in _servers(fleet).items():
        if len(servers) > 1 and set(servers) <= set(chosen):
            raise BadInput(
                CANARY,
                f"every host of the domain {domain!r} is a canary: {', '.join(servers)}",
                "Leave one of them for a later batch",
            )
    return chosen


def _servers(fleet: "Iterable[Member]") -> "Dict[str, List[str]]":
    servers: "Dict[str, List[str]]" = {}
    for member in fleet:
        for domain in member.domains:
            servers.setdefault(domain, []).append(member.name)
    return servers


def of_each_kind(fleet: "Sequence[Member]", kinds: "Mapping[str, Optional[str]]") -> "List[str]":
    """One host of each kind; where several would do, one whose domains no other canary serves.
    A host whose kind is not known is none."""
    chosen: "Dict[str, Member]" = {}
    for kind in dict.fromkeys(kinds.get(member.name) for member in fleet):
        candidates = [member for member in fleet if kind is not None and kinds.get(member.name) == kind]
        taken = {domain for member in chosen.values() for domain in member.domains}
        for member in sorted(candidates, key=lambda candidate: bool(taken & set(candidate.domains)))[:1]:
            chosen[member.name] = member
    return list(chosen)


def _fill(queue: "List[Member]", count: int) -> "List[Member]":
    """Take up to so many hosts from the queue, no two of one domain."""
    batch: "List[Member]" = []
    taken: "Set[str]" = set()
    for member in list(queue):
        if len(batch) < count and not taken & set(member.domains):
            batch.append(member)
            taken.update(member.domains)
            queue.remove(member)
    return batch


def batches(fleet: "Sequence[Member]", first: "Sequence[str]", sizes: "Sequence[Any]") -> "List[List[str]]":
    """The canaries in as few batches as their domains allow, then batches that grow."""
    ordered: "List[List[Member]]" = []
    ahead = [member for member in fleet if member.name in set(first)]
    while ahead:
        ordered.append(_fill(ahead, len(ahead)))
    queue = [member for member in fleet if member.name not in set(first)]
    wanted = [size(entry, len(fleet)) for entry in sizes]
    for count in wanted:
        if queue:
            ordered.append(_fill(queue, count))
    while queue:
        ordered.append(_fill(queue, wanted[-1]))
    return [[member.name for member in batch] for batch in ordered]
