"""Back by a run or several, as one more change: staged, checked, journalled, and confirmed by mail_commit."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from typing import Any, Iterable, Mapping, Optional

from ..core.errors import BadConfiguration, BadInput
from ..core.host import File, FileState, Request, Seen, named
from ..core.journals import SHOW, Journal, Step, by_run, journals, reverted
from ..core.operations import Check, Plan, Remove, Run, Write
from ..core.shell.switch import BEGIN, END, RESTART, STOP
from ..core.word import BOUNDS, Planned

ARGUMENT_SPEC: "dict[str, Any]" = {
    "count": {"type": "int", "default": 1},
    "id": {"type": "str"},
    "runs": {"type": "list", "elements": "str", "default": []},
    "force": {"type": "bool", "default": False},
    **BOUNDS,
}


@dataclass(frozen=True)
class Choice:
    """What is to be taken back: the journals, the newest first; what stands below them, likewise; whether they are the
    host's last changes and whole runs, so that what was confirmed before them is what serves without them."""

    journals: "list[Journal]"
    older: "list[Journal]"
    newer: "list[Journal]"
    on_top: bool

    @property
    def serving(self) -> "list[str]":
        """What was seen to serve before, as mail_commit takes it; empty if that is not known."""
        confirmed = next((journal.lines["v"] for journal in self.older if journal.lines.get("v")), [])
        return confirmed if self.on_top else []

    @property
    def idle(self) -> "dict[str, str]":
        """The services that did not run before, and were not this host's before either: each with what it was."""
        ours = {service for journal in self.older for service in journal.lines.get("s", [])}
        before: "dict[str, str]" = {}
        for journal in reversed(self.journals):
            for line in journal.lines.get("b", []):
                service, _, state = line.partition(" ")
                before.setdefault(service, state)
        gone = {service: state for service, state in before.items() if state.startswith("stopped") and self.on_top}
        return {service: state for service, state in gone.items() if service not in ours}


def chosen(params: Mapping[str, Any], seen: Seen) -> Choice:
    """What the options name. Raises BadInput for what is not there or was taken back before."""
    if params["count"] < 1:
        raise BadInput("count", f"{params['count']} runs cannot be taken back", "Give 1 or more")
    every = journals(seen.output(*SHOW.argv).text)
    undoing = reverted(every)
    standing = [
        journal
        for journal in reversed(every)
        if journal.state in ("applied", "committed") and not journal.reverts and journal.identity not in undoing
    ]
    if params.get("id"):
        mine = _named(params["id"], every, standing, undoing)
    elif params["runs"]:
        mine = _of_runs(standing, params["runs"])
    else:
        runs = by_run(standing[::-1])
        if not runs:
            raise BadInput(
                "count", "no run is left that can be taken back", "playbooks/history.yml shows what became of each"
            )
        if len(runs) < params["count"]:
            raise BadInput("count", f"the host's journal holds {len(runs)} runs that can be taken back", "Give no more")
        mine = [journal for run in runs[: params["count"]] for journal in run]
        mine.sort(key=standing.index)
    older = standing[standing.index(mine[-1]) + 1 :] if mine else []
    newer = [journal for journal in standing if journal not in mine and journal not in older]
    is_whole = not older or not mine or older[0].who != mine[-1].who
    return Choice(mine, older, newer, not newer and is_whole)


def _named(
    name: str, every: "list[Journal]", standing: "list[Journal]", undoing: "Mapping[str, Journal]"
) -> "list[Journal]":
    """The journals of a run, or one journal, by the name that mail_history shows."""
    mine = [journal for journal in every if name in (journal.run, journal.identity)]
    if not mine:
        raise BadInput("id", f"{name[:60]!r} is no run and no change of the host's history", "See mail_history")
    remaining = [journal for journal in standing if journal in mine]
    if remaining:
        return remaining
    by = undoing.get(mine[-1].identity)
    if by is not None:
        raise BadInput("id", f"{name} was taken back already, by run {by.run} of {_date(by)}", "There is nothing to do")
    if mine[-1].reverts:
        raise BadInput("id", f"{name} took changes back itself", "Run site.yml to bring them again")
    raise BadInput("id", f"{name} did not hold: the host took it back at once", "There is nothing to do")


def _of_runs(newest_first: "list[Journal]", runs: "list[str]") -> "list[Journal]":
    """All that the first run did, be it nothing; of the others what lies below no change of somebody else,
    who went on from there. A journal without a run's id is told by who made it, as a record of that time has it."""
    names, mine, is_covered = [named(run) for run in runs], [], False
    for journal in newest_first:
        name = journal.run if journal.first("i") else journal.who
        is_covered = is_covered or name not in names
        if name == names[0] or name in names and not is_covered:
            mine.append(journal)
    return mine


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    yield SHOW
    for journal in chosen(params, seen).journals:
        for step in journal.steps:
            if step.first("p"):
                yield File(step.first("p"))
                yield from [File(f"{step.folder}/old")] if step.has_old else []
            if step.first("u"):
                yield from (File(f"{step.folder}/undo-stdin"), File(f"{step.folder}/stdin"))


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    choice = chosen(params, seen)
    services = tuple(dict.fromkeys(service for journal in choice.journals for service in journal.lines.get("s", [])))
    running = tuple(service for service in services if service not in choice.idle)
    plan = Plan(services=running, reverts=tuple(journal.identity for journal in choice.journals))
    plan.facts = {
        "undone": [journal.data() for journal in choice.journals],
        "services": list(running),
        "serving": _serving(choice, running),
        "not_undone": [],
    }
    if (running or _starts_another(choice)) and not plan.facts["serving"]:
        plan.warnings.append("what served before is not known: mail_commit can only see that the services run")
    back = _files(choice, seen, params["force"])
    # first: accounts in use cannot be removed
    plan.operations += [_idle(service, state) for service, state in choice.idle.items()]
    for journal in choice.journals:
        for step in reversed(journal.steps):
            if step.begun and step.first("k") == "R":
                _command(step, seen, plan)
    for path, state in back.items():
        _restore(seen.file(path), state, plan)
    steps = [step for journal in choice.journals for step in journal.steps]
    checks = dict.fromkeys(
        (step.first("T"), tuple(step.lines.get("g", []))) for step in steps if step.first("k") == "K"
    )
    plan.operations += [Check(tree, argv) for tree, argv in checks]
    follow = dict.fromkeys(tuple(step.lines["f"]) for step in steps if step.begun and step.lines.get("f"))
    # what a first run made is taken away by its own way back, with the text that a later run would build it from
    made = {tuple(step.lines["g"]) for step in steps if step.begun and step.first("u") and step.lines.get("g")}
    plan.operations += [
        Run(f"build again: {' '.join(argv)}", argv, after_undo=argv) for argv in follow if argv not in made
    ]
    plan.facts["lines"] = _lines(choice, plan.facts["not_undone"])
    return plan


def _lines(choice: Choice, not_undone: "list[str]") -> "list[str]":
    """For people: what was taken back, run by run, what stands still, and what stays."""
    lines = []
    for run in by_run(choice.journals[::-1]):
        lines += [f"run {run[0].run} of {_date(run[-1])} by {run[-1].who}:"]
        lines += [f"  {change}" for journal in run for change in journal.changes if change not in not_undone]
    lines += [f"stopped, as before: {', '.join(choice.idle)}"] if choice.idle else []
    return lines + [f"NOT taken back, it stays: {about}" for about in dict.fromkeys(not_undone)]


def _date(journal: Journal) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(journal.when))


def _serving(choice: Choice, running: "tuple[str, ...]") -> "list[str]":
    """What is to answer afterwards; where nothing of ours ran before, that nothing does,
    unless the way back starts another daemon, whose ports nobody noted."""
    if choice.serving or running or not choice.on_top or _starts_another(choice):
        return choice.serving
    served = next((journal.lines["v"] for journal in choice.journals if journal.lines.get("v")), [])
    return list(dict.fromkeys(f"closed {line.rpartition(' ')[2]}" for line in served if line.startswith("serve ")))


def _starts_another(choice: Choice) -> bool:
    """Whether a switch between daemons is among the steps:
    what is given to its way back says who ran (``active NAME``)."""
    commands = [step.lines.get("u", []) for journal in choice.journals for step in journal.steps if step.begun]
    return any(
        state == "active" and unit not in choice.idle
        for argv in commands
        for argument in argv
        for state, unit in zip(argument.split(), argument.split()[1:])
    )


def _idle(service: str, state: str) -> Run:
    """A service that did not run before does not run after, and begins at boot if it did."""
    down, up = (END, BEGIN) if state.endswith("disabled") else (STOP, RESTART)
    about = f"stop {service}: not running before"
    return Run(about, down.argv(service), down.stdin, undo=up.argv(service), undo_stdin=up.stdin)


def _files(choice: Choice, seen: Seen, force: bool) -> "dict[str, FileState]":
    """What each file was before the changes. Raises BadConfiguration that names every one that cannot be had back."""
    back: "dict[str, FileState]" = {}
    faults = []
    for journal in choice.journals:
        for step in reversed(journal.steps):
            if step.begun and step.first("p"):
                fault = _file(step, seen, back, force)
                if fault:
                    faults.append(f"{step.first('p')}: {fault}{_by(step.first('p'), choice.newer)}")
    if faults:
        raise BadConfiguration(
            "the host's journal",
            f"nothing was taken back, since not all of it can be: {'; '.join(dict.fromkeys(faults))}",
            "Undo these by hand, or say force: true (mailhost_undo_force) to overwrite what was changed since; "
            "a single change is taken back by its own id (mailhost_undo_id)",
        )
    return back


def _by(path: str, newer: "list[Journal]") -> str:
    run = next((journal.run for journal in newer if path in journal.changes), "")
    return f" (run {run} did: take it back first)" if run else ""


def _file(step: Step, seen: Seen, back: "dict[str, FileState]", force: bool) -> Optional[str]:
    """Puts what a file was before a step into ``back``, which has what the steps after it found there;
    or tells why it cannot."""
    path = step.first("p")
    now = back.get(path, seen.file(path))
    old = seen.file(f"{step.folder}/old") if step.has_old else FileState(path, "absent")
    fingerprint = "file " + hashlib.sha1(now.content).hexdigest() if now.kind == "file" else now.kind
    back[path] = replace(old, path=path)
    if step.has_old and old.kind != "file":
        return f"its copy {old.path} cannot be read"
    if not force and fingerprint != (f"file {step.first('m')}" if step.first("k") == "W" else "absent"):
        return "is not what that change left: somebody changed it since"
    return None


def _restore(now: FileState, then: FileState, plan: Plan) -> None:
    if then.kind == "file":
        plan.write(Write(now, then.content, mode=then.mode, owner=f"{then.owner}:{then.group}"))
    elif now.kind == "file":
        plan.operations.append(Remove(now))


def _command(step: Step, seen: Seen, plan: Plan) -> None:
    if not step.first("u"):
        if not step.lines.get("f"):
            plan.facts["not_undone"].append(step.first("a"))
        return
    given = seen.file(f"{step.folder}/undo-stdin")
    stdin = given.content if given.kind == "file" else seen.file(f"{step.folder}/stdin").content
    again = (
        () if given.kind == "file" else tuple(step.lines["g"])
    )  # what its input was is not kept where the way back has its own
    plan.operations.append(Run(f"take back: {step.first('a')}", tuple(step.lines["u"]), stdin, undo=again))


WORD = Planned(ARGUMENT_SPEC, reads, plan)
