"""``converge``, which every word calls: read, plan, and unless in check mode apply."""

from __future__ import annotations

import functools
import time
from typing import Any, Sequence

from .apply import apply, recover
from .errors import ChangedUnderUs
from .gather import gather
from .host import Host
from .operations import Plan, diff
from .word import Alone, Params, Planned, Word


def foresee(words: "Sequence[tuple[Planned, Params]]", host: Host) -> "list[Plan]":
    """What several words would do to a host, each as if it were alone,
    with the reads of all of them in the same round trips.

    A plan that is empty is what ``converge`` would come to; one that is not is the last, since what it changes the
    words behind it may read. A host with an unfinished or unconfirmed change gives one plan more, which says so.
    """

    seen = gather([functools.partial(word.reads, given) for word, given in words], host)
    plans: "list[Plan]" = []
    for word, given in words:
        plans.append(word.plan(given, seen))
        if plans[-1].differs:
            return plans
    if seen.unfinished or seen.pending:
        plans.append(Plan(warnings=["a change waits on the host"]))
    return plans


def converge(word: Word, params: Params, host: Host, check_mode: bool) -> "dict[str, Any]":
    """Read, plan, and unless in check mode apply. Returns the task's result; raises MailhostError.

    A file that somebody changed between reading and swapping is read and planned anew, for as long as a lock may take.
    """
    run = word.converge if isinstance(word, Alone) else functools.partial(_converge, word)
    ends = time.monotonic() + (params.get("lock_timeout") or 60)
    while True:
        try:
            return {**run(params, host, check_mode), "round_trips": host.round_trips}
        except ChangedUnderUs:
            if time.monotonic() > ends:
                raise


def _converge(word: Planned, params: Params, host: Host, check_mode: bool) -> "dict[str, Any]":
    lock_timeout, confirm_timeout = params.get("lock_timeout") or 60, params.get("confirm_timeout") or 0
    reads = [functools.partial(word.reads, params)]
    seen = gather(reads, host)
    if seen.unfinished and not check_mode:
        recover(host, lock_timeout)
        seen = gather(reads, host)
    plan = word.plan(params, seen)
    if seen.unfinished and check_mode:
        plan.warnings.append(
            "a run was left unfinished on the host; the next one that is not a check takes it back first"
        )
    result = {"changed": plan.changed, "diff": diff(plan), **plan.facts}
    if plan.warnings:
        result["warnings"] = plan.warnings
    result["pending"] = sorted({service for service, _ in seen.pending} | set(plan.services if plan.changed else ()))
    if plan.changed and not check_mode:
        result["journal"] = apply(plan, host, lock_timeout, confirm_timeout)
    return result
