"""A plan: what a feature wants to happen on a host, as data; its diff; and ``converge``, which every word calls."""

from __future__ import annotations

import difflib
import functools
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional, Protocol, Sequence, Union

from .errors import ChangedUnderUs, HostError
from .host import FileState, Host, Request, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable

_SECRET = re.compile(r"(?i)((?:pass(?:word|wd)?|secret|nopassword|_pw|key_password)\w*\s*[=:]\s*)\S.*")
_HASH = re.compile(r"(\{[A-Z0-9.-]+\})?\$[0-9a-zA-Z]+\$\S+")
ROUNDS = 8


@dataclass(frozen=True)
class Write:
    """Give a file this content. ``before`` is the state that was read; ``mode`` and ``owner`` (``user:group``) of an
    existing file are kept unless given; ``settings``, if given, are the lines the diff compares instead of the content."""

    before: FileState
    content: bytes
    mode: Optional[int] = None
    owner: Optional[str] = None
    fallback_mode: int = 0o644
    settings: Optional["tuple[Sequence[str], Sequence[str]]"] = None

    @property
    def path(self) -> str:
        return self.before.path

    def is_needed(self) -> bool:
        if self.before.kind != "file" or self.before.content != self.content:
            return True
        if self.mode is not None and self.mode != self.before.mode:
            return True
        return self.owner is not None and self.owner != f"{self.before.owner}:{self.before.group}"


@dataclass(frozen=True)
class Remove:
    """Remove a file that was read."""

    before: FileState


@dataclass(frozen=True)
class Run:
    """Run a command: ``about`` says what for (in errors and in the diff), ``undo`` takes it back with ``undo_stdin`` or the
    same stdin, ``after_undo`` follows once files are restored (a map built again). Secrets belong into ``stdin``."""

    about: str
    argv: "tuple[str, ...]"
    stdin: bytes = b""
    undo: "tuple[str, ...]" = ()
    after_undo: "tuple[str, ...]" = ()
    undo_stdin: bytes = b""


@dataclass(frozen=True)
class Check:
    """The daemon's own parser on a private copy of ``tree`` (a directory or a file) with the staged files in it;
    ``@TREE@`` at the beginning of an argument stands for the copy."""

    tree: str
    argv: "tuple[str, ...]"


Operation = Union[Write, Remove, Run, Check]


@dataclass
class Plan:
    """Operations in order, the services that must restart for them, and what the word tells besides."""

    operations: "list[Operation]" = field(default_factory=list)
    services: "tuple[str, ...]" = ()
    facts: "dict[str, Any]" = field(default_factory=dict)
    warnings: "list[str]" = field(default_factory=list)
    reverts: "tuple[str, ...]" = ()  # the journals that this plan takes back

    def write(self, write: Write) -> bool:
        """Add a write if it changes anything."""
        if write.is_needed():
            self.operations.append(write)
            return True
        return False

    @property
    def differs(self) -> bool:
        """Whether there is anything to do or to say."""
        return self.changed or bool(self.warnings)

    @property
    def changed(self) -> bool:
        return any(not isinstance(operation, Check) for operation in self.operations)


class Feature(Protocol):
    """What a file in features/ offers: pure functions over data."""

    ARGUMENT_SPEC: "dict[str, Any]"

    def reads(self, params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]": ...

    def plan(self, params: Mapping[str, Any], seen: Seen) -> Plan: ...


def hide(line: str) -> str:
    """A line of configuration without the secret in it."""
    return _HASH.sub("(hash)", _SECRET.sub(r"\1(hidden)", line))


def _lines_of(write: Write) -> "tuple[Sequence[str], Sequence[str]]":
    if write.settings is not None:
        return write.settings
    before = write.before.text.splitlines()
    return before, write.content.decode("utf-8", "surrogateescape").splitlines()


def _diff_of(operation: Operation) -> "Optional[dict[str, str]]":
    if isinstance(operation, Check):
        return None
    if isinstance(operation, Run):
        return {"before_header": "", "after_header": operation.about, "before": "", "after": operation.about + "\n"}
    path = operation.before.path
    if isinstance(operation, Remove):
        return {"before_header": path, "after_header": path, "before": f"{path}\n", "after": ""}
    before, after = _lines_of(operation)
    changes = (
        [line for line in difflib.ndiff(list(before), list(after)) if line[:2] in ("- ", "+ ")]
        if (len(before) + len(after) < 400)
        else _set_changes(before, after)
    )
    sides = {sign: [hide(line[2:]) for line in changes if line[0] == sign] for sign in "-+"}
    if operation.mode is not None and operation.before.kind == "file" and operation.mode != operation.before.mode:
        sides["-"].append(f"mode {operation.before.mode:04o}")
        sides["+"].append(f"mode {operation.mode:04o}")
    owner = f"{operation.before.owner}:{operation.before.group}"
    if operation.owner is not None and operation.before.kind == "file" and operation.owner != owner:
        sides["-"].append(f"owner {owner}")
        sides["+"].append(f"owner {operation.owner}")
    return {
        "before_header": path,
        "after_header": path,
        "before": _text(sides["-"]),
        "after": _text(sides["+"]),
    }


def _text(lines: "list[str]") -> str:
    return "".join(line.encode("utf-8", "backslashreplace").decode() + "\n" for line in lines)


def _set_changes(before: Sequence[str], after: Sequence[str]) -> "list[str]":
    """What ndiff would say of long files, in linear time: lines that only one side has."""
    old, new = set(before), set(after)
    return [f"- {line}" for line in before if line not in new] + [f"+ {line}" for line in after if line not in old]


def diff(plan: Plan) -> "list[dict[str, str]]":
    """The plan as Ansible's diff: changed settings only, no surrounding lines, no secrets."""
    return [entry for entry in map(_diff_of, plan.operations) if entry is not None]


def gather(reads: "Callable[[Seen], Iterable[Request]]", host: Host) -> Seen:
    """Read what is asked for: one round trip, and one more for each depth of includes."""
    seen = Seen()
    asked: "set[Request]" = set()
    for _ in range(ROUNDS):
        wanted = list(dict.fromkeys(request for request in reads(seen) if request not in asked))
        if not wanted:
            return seen
        seen.add(host.read(wanted))
        asked.update(wanted)
    raise HostError("the host", f"its configuration includes files more than {ROUNDS} deep", "Look for an include loop")


def foresee(words: "Sequence[tuple[Feature, Mapping[str, Any]]]", host: Host) -> "list[Plan]":
    """What several words would do to a host, each as if it were alone, with the reads of all of them in the same round trips.

    A plan that is empty is what ``converge`` would come to; one that is not is the last, since what it changes the words behind it
    may read. A host with an unfinished or unconfirmed change gives one plan more, which says so.
    """

    seen = gather(lambda seen: (request for feature, given in words for request in feature.reads(given, seen)), host)
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
    from .transaction import apply, recover

    lock_timeout, confirm_timeout = params.get("lock_timeout") or 60, params.get("confirm_timeout") or 0
    reads = functools.partial(feature.reads, params)
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
