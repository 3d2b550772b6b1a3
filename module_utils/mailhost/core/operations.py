"""What a word wants to happen on a host, as data: operations in order, the plan that holds them, and its diff."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import Any, Optional, Sequence, Union

from .host import FileState
from .loss import Loss

_SECRET = re.compile(r"(?i)((?:pass(?:word|wd)?|secret|nopassword|_pw|key_password)\w*\s*[=:]\s*)\S.*")
_HASH = re.compile(r"(\{[A-Z0-9.-]+\})?\$[0-9a-zA-Z]+\$\S+")


@dataclass(frozen=True)
class Write:
    """Give a file this content. ``before`` is the state that was read; ``mode`` and ``owner``
    (``user:group``) of an existing file are kept unless given; ``settings``, if given, are the lines the
    diff compares instead of the content."""

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
    """Run a command: ``about`` says what for (in errors and in the diff), ``undo`` takes it back with ``undo_stdin`` or
    the same stdin, ``after_undo`` follows once files are restored (a map built again). Secrets belong into ``stdin``.
    ``final`` is what nothing can bring back, and so goes last: mail that is deleted."""

    about: str
    argv: "tuple[str, ...]"
    stdin: bytes = b""
    undo: "tuple[str, ...]" = ()
    after_undo: "tuple[str, ...]" = ()
    undo_stdin: bytes = b""
    final: bool = False


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
    losses: "list[Loss]" = field(default_factory=list)  # what works now and would not, whoever accepted it
    accepted: "tuple[str, ...]" = ()  # the rules of those that somebody accepted, each with the reason
    reverts: "tuple[str, ...]" = ()  # the journals that this plan takes back
    # services that the plan may bring: an undo stops those that did not run before
    new_services: "tuple[str, ...]" = ()

    def write(self, write: Write) -> bool:
        """Add a write if it changes anything."""
        if write.is_needed():
            self.operations.append(write)
            return True
        return False

    @property
    def differs(self) -> bool:
        """Whether there is anything to do or to say."""
        return self.changed or bool(self.warnings or self.losses)

    @property
    def changed(self) -> bool:
        return any(not isinstance(operation, Check) for operation in self.operations)


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
    """The plan as Ansible's diff: changed settings only, no surrounding lines, no secrets; what is lost first."""
    entries = [entry for entry in map(_diff_of, plan.operations) if entry is not None]
    if plan.accepted:
        lost = {"before_header": "what is lost", "after_header": "what is lost", "after": ""}
        entries.insert(0, {**lost, "before": _text([hide(line) for line in plan.accepted])})
    return entries
