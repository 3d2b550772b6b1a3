"""``converge``, which every word calls: read, plan, and unless in check mode apply."""

from __future__ import annotations

import functools
import time
from typing import Any, Iterator, NamedTuple, Optional, Sequence

from .apply import apply, recover
from .errors import ChangedUnderUs, MailhostError, Unasked
from .gather import gather
from .host import Host, Request, Seen
from .loss import Loss, WouldLose, settle
from .operations import Plan, diff
from .word import Alone, Params, Planned, Word


class Foreseen(NamedTuple):
    """The plans up to the first that is not empty; what all of the words would lose that nobody accepted."""

    plans: "list[Plan]"
    losses: "list[Loss]"
    refusal: str = ""


def foresee(words: "Sequence[tuple[Planned, Params]]", host: Host) -> Foreseen:
    """What several words would do to a host, each as if it were alone,
    with the reads of all of them in the same round trips.

    A plan that is empty is what ``converge`` would come to; one that is not is the last, since what it changes the
    words behind it may read. Those are asked for their losses alone, which are of what stands: a run that would take
    something away is refused as a whole, before its first word writes. A word that refuses ends all of it, unless
    there are losses, which are told with it.
    A host with an unfinished or unconfirmed change gives one plan more, which says so.
    """
    seen = gather([functools.partial(_reads, word, given) for word, given in words], host)
    plans: "list[Plan]" = []
    losses: "list[Loss]" = []
    refusal: "Optional[MailhostError]" = None
    for word, given in words:
        is_open = not refusal and not (plans and plans[-1].differs)
        try:
            plan = word.plan(given, seen)
        except MailhostError as error:
            refusal = error if is_open else refusal
            continue
        losses += settle(plan.losses, given.get("accept") or ())[0]
        if is_open:
            plans.append(plan)
    if refusal and not losses:
        raise refusal
    if (seen.unfinished or seen.pending) and not any(plan.differs for plan in plans):
        plans.append(Plan(warnings=["a change waits on the host"]))
    return Foreseen(plans, losses, str(refusal or ""))


def _reads(word: Planned, given: Params, seen: Seen) -> "Iterator[Request]":
    """What a word asks for, up to where it refuses the host: its plan refuses for the same, and the others go on."""
    try:
        yield from word.reads(given, seen)
    except Unasked:
        raise
    except MailhostError:
        return


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
    lost, accepted = settle(plan.losses, params.get("accept") or ())
    if lost:
        raise WouldLose(lost)
    plan.warnings += [f"{loss.place}: {loss.what}: accepted, {reason}" for loss, reason in accepted]
    plan.accepted = tuple(f"{loss.rule}: {reason}" for loss, reason in accepted)
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
