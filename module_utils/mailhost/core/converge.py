"""``converge``, which every word calls: read, plan, and unless in check mode apply."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any, Mapping, Protocol, Sequence

from .apply import apply, recover
from .errors import ChangedUnderUs
from .gather import gather
from .host import Host, Request, Seen
from .operations import Plan, diff

if TYPE_CHECKING:
    from collections.abc import Iterable


class Feature(Protocol):
    """What a file in features/ offers: pure functions over data."""

    ARGUMENT_SPEC: "dict[str, Any]"

    def reads(self, params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]": ...

    def plan(self, params: Mapping[str, Any], seen: Seen) -> Plan: ...


def foresee(words: "Sequence[tuple[Feature, Mapping[str, Any]]]", host: Host) -> "list[Plan]":
    """What several words would do to a host, each as if it were alone, with the reads of all of them in the same round trips.

    A plan that is empty is what ``converge`` would come to; one that is not is the last, since what it changes the words behind it
    may read. A host with an unfinished or unconfirmed change gives one plan more, which says so.
    """

    seen = gather([functools.partial(feature.reads, given) for feature, given in words], host)
    plans: "list[Plan]" = []
    for feature, given in words:
        plans.append(feature.plan(given, seen))
        if plans[-1].differs:
            return plans
    if seen.unfinished or seen.pending:
        plans.append(Plan(warnings=["a change waits on the host"]))
    return plans


#: the options of every word that changes something
OPTIONS: "dict[str, Any]" = {
    "lock_timeout": {"type": "int", "default": 60},
    "confirm_timeout": {"type": "int", "default": 600},
}


def converge(feature: Feature, params: Mapping[str, Any], host: Host, check_mode: bool) -> "dict[str, Any]":
    """Read, plan, and unless in check mode apply. Returns the task's result; raises MailhostError.

    A file that somebody changed between reading and swapping is read and planned anew, for as long as a lock may take.
    """
    own = getattr(feature, "converge", None)
    ends = time.monotonic() + (params.get("lock_timeout") or 60)
    while True:
        try:
            result: "dict[str, Any]" = (own or functools.partial(_converge, feature))(params, host, check_mode)
            return {**result, "round_trips": host.round_trips}
        except ChangedUnderUs:
            if time.monotonic() > ends:
                raise


def _converge(feature: Feature, params: Mapping[str, Any], host: Host, check_mode: bool) -> "dict[str, Any]":
    lock_timeout, confirm_timeout = params.get("lock_timeout") or 60, params.get("confirm_timeout") or 0
    reads = [functools.partial(feature.reads, params)]
    seen = gather(reads, host)
    if seen.unfinished and not check_mode:
        recover(host, lock_timeout)
        seen = gather(reads, host)
    plan = feature.plan(params, seen)
    if seen.unfinished and check_mode:
        plan.warnings.append("a run was left unfinished on the host; the next one that is not a check takes it back first")
    result = {"changed": plan.changed, "diff": diff(plan), **plan.facts}
    if plan.warnings:
        result["warnings"] = plan.warnings
    result["pending"] = sorted({service for service, _ in seen.pending} | set(plan.services if plan.changed else ()))
    if plan.changed and not check_mode:
        result["journal"] = apply(plan, host, lock_timeout, confirm_timeout)
    return result
