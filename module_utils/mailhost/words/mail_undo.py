"""Back by one change or several, as one more change: staged, checked, journalled, and confirmed by mail_commit."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any, Iterable, Mapping

from ..core.errors import BadConfiguration, BadInput
from ..core.host import File, FileState, Request, Seen, named
from ..core.journals import SHOW, Journal, Step, journals
from ..core.operations import Check, Plan, Remove, Run, Write
from ..core.word import OPTIONS, Planned

ARGUMENT_SPEC: "dict[str, Any]" = {
    "count": {"type": "int", "default": 1},
    "runs": {"type": "list", "elements": "str", "default": []},
    "force": {"type": "bool", "default": False},
    **OPTIONS,
}


def wanted(params: Mapping[str, Any], seen: Seen) -> "tuple[list[Journal], list[str]]":
    """The journals to take back, the newest first, and what served before them."""
    if params["count"] < 1:
        raise BadInput("count", f"{params['count']} changes cannot be taken back", "Give 1 or more")
    every = journals(seen.output(*SHOW.argv).text)
    reverted = {identity for journal in every if journal.state != "undone" for identity in journal.reverts}
    open_ = [
        journal
        for journal in reversed(every)
        if journal.state in ("applied", "committed") and not journal.reverts and journal.identity not in reverted
    ]
    if params["runs"]:
        mine = _of_runs(open_, [named(run) for run in params["runs"]])
        older = open_[open_.index(mine[-1]) + 1 :] if mine else []
        return mine, next((journal.said["v"] for journal in older if journal.said.get("v")), [])
    if len(open_) < params["count"]:
        raise BadInput(
            "count", f"the host's journal holds {len(open_)} changes that can be taken back", "See mail_history"
        )
    before = next((journal.said["v"] for journal in open_[params["count"] :] if journal.said.get("v")), [])
    return open_[: params["count"]], before


def _of_runs(newest_first: "list[Journal]", runs: "list[str]") -> "list[Journal]":
    """All that the first run did, be it nothing; of the others what lies below no change of somebody else, who went on from there."""
    found, is_covered = [], False
    for journal in newest_first:
        who = (journal.said.get("w") or [""])[0]
        is_covered = is_covered or who not in runs
        if who == runs[0] or who in runs and not is_covered:
            found.append(journal)
    return found


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    yield SHOW
    for journal in wanted(params, seen)[0]:
        for step in journal.steps:
            if step.one("p"):
                yield File(step.one("p"))
                yield from [File(f"{step.folder}/old")] if step.has_old else []
            if step.one("u"):
                yield from (File(f"{step.folder}/undo-stdin"), File(f"{step.folder}/stdin"))


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    chosen, serving = wanted(params, seen)
    services = tuple(dict.fromkeys(service for journal in chosen for service in journal.said.get("s", [])))
    plan = Plan(services=services, reverts=tuple(journal.identity for journal in chosen))
    plan.facts = {"undone": [journal.told() for journal in chosen], "serving": serving, "not_undone": []}
    if services and not serving:
        plan.warnings.append("what served before is not known: mail_commit can only see that the services run")
    back: "dict[str, FileState]" = {}
    for journal in chosen:
        for step in reversed(journal.steps):
            if step.begun and step.one("p"):
                _file(step, seen, back, params["force"])
            elif step.begun and step.one("k") == "R":
                _command(step, seen, plan)
    for path, state in back.items():
        _restore(seen.file(path), state, plan)
    steps = [step for journal in chosen for step in journal.steps]
    checks = dict.fromkeys((step.one("T"), tuple(step.said.get("g", []))) for step in steps if step.one("k") == "K")
    plan.operations += [Check(tree, argv) for tree, argv in checks]
    follow = dict.fromkeys(tuple(step.said["f"]) for step in steps if step.begun and step.said.get("f"))
    plan.operations += [Run(f"build again: {' '.join(argv)}", argv, after_undo=argv) for argv in follow]
    return plan


def _file(step: Step, seen: Seen, back: "dict[str, FileState]", force: bool) -> None:
    """What a file was before a step; ``back`` has what the steps after it found there."""
    path = step.one("p")
    now = back.get(path, seen.file(path))
    old = seen.file(f"{step.folder}/old") if step.has_old else FileState(path, "absent")
    left = "file " + hashlib.sha1(now.content).hexdigest() if now.kind == "file" else now.kind
    if not force and left != (f"file {step.one('m')}" if step.one("k") == "W" else "absent"):
        raise BadConfiguration(
            path, "is not what that change left: somebody changed it since", "Undo by hand, or say force: true"
        )
    if step.has_old and old.kind != "file":
        raise BadConfiguration(old.path, "cannot be read, so what the file was is not known", "Undo by hand")
    back[path] = replace(old, path=path)


def _restore(now: FileState, then: FileState, plan: Plan) -> None:
    if then.kind == "file":
        plan.write(Write(now, then.content, mode=then.mode, owner=f"{then.owner}:{then.group}"))
    elif now.kind == "file":
        plan.operations.append(Remove(now))


def _command(step: Step, seen: Seen, plan: Plan) -> None:
    if not step.one("u"):
        if not step.said.get("f"):
            plan.facts["not_undone"].append(step.one("a"))
        return
    given = seen.file(f"{step.folder}/undo-stdin")
    stdin = given.content if given.kind == "file" else seen.file(f"{step.folder}/stdin").content
    plan.operations.append(Run(f"take back: {step.one('a')}", tuple(step.said["u"]), stdin))


WORD = Planned(ARGUMENT_SPEC, reads, plan)
