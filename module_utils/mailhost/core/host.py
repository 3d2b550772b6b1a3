"""Host: the port to a mail host, and its one implementation over POSIX sh.

What differs between the routes is only who runs sh: ``Run`` is given the constant program and the bytes for its stdin
and returns exit status, stdout and stderr. Answers are hex (``od``) between marks with a nonce: banners before the
first mark are skipped, an answer without the last is refused.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field
from typing import Any, Callable, Hashable, Optional, Sequence, TypeVar, Union, cast

from .errors import ChangedUnderUs, HostError, Unasked
from .shell.read import PROGRAM as READ

#: characters of one question's words and input, which the host's sh reads byte by byte and line by line
LONGEST_INPUT = 1024 * 1024
T = TypeVar("T")
Run = Callable[[str, bytes], "tuple[int, bytes, bytes]"]


@dataclass(frozen=True)
class File:
    """Ask for a file: its content (symbolic links followed), mode, owner and group."""

    path: str


@dataclass(frozen=True)
class Glob:
    """Ask for every file whose path matches a shell pattern, in the order of the C locale."""

    pattern: str


@dataclass(frozen=True)
class Command:
    """Ask for what a command that changes nothing prints (stdout and stderr together) and its exit status."""

    argv: "tuple[str, ...]"
    stdin: str = ""


Request = Union[File, Glob, Command]


@dataclass(frozen=True)
class FileState:
    """A file as it was read. ``kind``: file, absent, dangling (link), other (directory, device, ...), unreadable."""

    path: str
    kind: str
    content: bytes = b""
    mode: int = 0
    owner: str = ""
    group: str = ""

    @property
    def exists(self) -> bool:
        return self.kind != "absent"

    @property
    def text(self) -> str:
        return decode(self.content)


@dataclass(frozen=True)
class Output:
    """What a command said."""

    code: int
    text: str

    @property
    def ok(self) -> bool:
        return self.code == 0


@dataclass
class Seen:
    """The answers of one or more reads, by request, the host's pending list,
    and whether a run was left unfinished there.

    What was never asked has no answer: ``file``, ``names`` and ``output`` raise
    ``Unasked`` for it, never say that it is not there.
    """

    files: "dict[str, FileState]" = field(default_factory=dict)
    globs: "dict[str, list[str]]" = field(default_factory=dict)
    outputs: "dict[tuple[str, ...], Output]" = field(default_factory=dict)
    pending: "list[tuple[str, str]]" = field(default_factory=list)
    unfinished: bool = False
    _made: "dict[Hashable, Any]" = field(default_factory=dict, compare=False, repr=False)

    def once(self, key: Hashable, make: "Callable[[], T]") -> T:
        """What is made of these answers, by whoever asks first: several words read one configuration, and a word
        looks at it to read and to plan. It is made anew when there are more answers; nobody may change it. A key with
        an ``id`` needs what has it in what is made, or another may get that ``id``."""
        if key not in self._made:
            self._made[key] = make()
        return cast(T, self._made[key])

    def file(self, path: str) -> FileState:
        if path not in self.files:
            raise Unasked(path)
        return self.files[path]

    def names(self, pattern: str) -> "list[str]":
        """The files that match a shell pattern, in the order of the C locale."""
        if pattern not in self.globs:
            raise Unasked(pattern)
        return self.globs[pattern]

    def output(self, *argv: str) -> Output:
        if argv not in self.outputs:
            raise Unasked(" ".join(argv))
        return self.outputs[argv]

    def add(self, other: "Seen") -> None:
        self._made.clear()
        self.files.update(other.files)
        self.globs.update(other.globs)
        self.outputs.update(other.outputs)
        self.pending = other.pending
        self.unfinished = other.unfinished


def decode(data: bytes) -> str:
    """Bytes to text and back without loss: UTF-8, what is not UTF-8 as lone surrogates (PEP 383)."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def named(run: str) -> str:
    """A run as locks and journals name it, in one line."""
    return " ".join(run.split())[:120]


class Host:
    """A host reached through ``run``; counts its round trips. ``who`` tells people which run this is, ``run_id`` is its
    name in the journals (one word; empty: none, and each change counts as a run of its own)."""

    def __init__(self, run: Run, who: str = "", run_id: str = "") -> None:
        self._run = run
        self.who = named(who) or f"pid {os.getpid()}"
        self.run_id = run_id
        self.round_trips = 0

    def ask(self, program: str, data: bytes) -> "list[str]":
        """Run a program with a fresh nonce before ``data``; the lines of its answer. One round trip."""
        nonce = uuid.uuid4().hex
        self.round_trips += 1
        code, out, err = self._run(program, nonce.encode() + b"\n" + data)
        lines = [line.rstrip("\r") for line in decode(out).split("\n")]
        begin, end = f"MAILHOST-BEGIN {nonce}", f"MAILHOST-END {nonce}"
        if begin not in lines:
            raise HostError(
                "the host", _no_answer(code, decode(out) + decode(err)), "It needs a POSIX /bin/sh and coreutils"
            )
        if end not in lines:
            raise HostError(
                "the host",
                f"its answer was cut off (exit status {code}){_detail(decode(err))}",
                "Run it again; what was begun there is undone by the host or by the next run",
            )
        return lines[lines.index(begin) + 1 : lines.index(end)]

    def read(self, requests: Sequence[Request]) -> Seen:
        """All requests in one round trip."""
        unique = list(dict.fromkeys(requests))
        lines = self.ask(READ, "".join(_line(request) for request in unique).encode("utf-8", "surrogateescape"))
        return _Answers(lines).seen(unique)


def _detail(text: str) -> str:
    last = [line.strip() for line in text.splitlines() if line.strip()]
    return f": {last[-1][:200]}" if last else ""


def _no_answer(code: int, text: str) -> str:
    if code in (126, 127):
        return f"no program could be run there (exit status {code}){_detail(text)}"
    return f"it did not answer (exit status {code}){_detail(text)}"


def _bounded(size: int, about: str) -> None:
    """Refuse what a host's sh would read byte by byte for minutes."""
    if size > LONGEST_INPUT:
        raise HostError(
            about, f"an input of {size} characters; a host reads at most {LONGEST_INPUT}", "Give less at once"
        )


def _line(request: Request) -> str:
    words: "list[str]"
    if isinstance(request, File):
        words = ["F", request.path]
    elif isinstance(request, Glob):
        words = ["G", request.pattern]
    else:
        _bounded(sum(map(len, request.argv)) + len(request.stdin), " ".join(request.argv[:2])[:60])
        stdin = request.stdin.rstrip("\n").split("\n") if request.stdin else []
        words = ["C", str(len(request.argv)), str(len(stdin)), *request.argv]
        if any("\n" in word for word in words):
            raise ValueError("a newline in a command's argument")
        words += stdin
        return "\n".join(words) + "\n"
    if "\n" in words[1]:
        raise HostError(repr(words[1]), "a newline in a path", "Rename it")
    return "\n".join(words) + "\n"


class _Answers:
    """Reads the lines of an answer, in the order of the requests."""

    def __init__(self, lines: "list[str]") -> None:
        self._lines = lines
        self._at = 0
        self._whole: "list[str]" = []

    def _peek(self) -> str:
        return self._lines[self._at] if self._at < len(self._lines) else ""

    def _next(self) -> str:
        line = self._peek()
        self._at += 1
        return line

    def _hex(self) -> bytes:
        start = self._at
        while self._peek().startswith(" "):
            self._at += 1
        return bytes.fromhex("".join(self._lines[start : self._at]))

    def _kind(self, path: str) -> FileState:
        state = FileState(path, self._next().split()[1])
        if state.kind == "file":
            self._whole.append(path)
        return state

    def seen(self, requests: Sequence[Request]) -> Seen:
        seen = Seen()
        for request in requests:
            if isinstance(request, File):
                seen.files[request.path] = self._kind(request.path)
            elif isinstance(request, Glob):
                self._next()
                paths = seen.globs.setdefault(request.pattern, [])
                while self._peek().startswith("N "):
                    paths.append(self._next()[2:])
                    seen.files[paths[-1]] = self._kind(paths[-1])
                self._next()
            else:
                code = int(self._next().split()[1])
                seen.outputs[request.argv] = Output(code, decode(self._hex()).rstrip("\n"))
        if self._peek() == "P":
            self._next()
            for entry in decode(self._hex()).splitlines():
                service, _, journal = entry.partition(" ")
                seen.pending.append((service, journal))
        if self._peek() == "U":
            self._next()
            seen.unfinished = True
        seen.files.update(self._contents())
        return seen

    def _contents(self) -> "dict[str, FileState]":
        """What the files hold: their sizes, modes and owners, then all their bytes in one piece."""
        rest = self._lines[self._at + 1 :]
        middle = rest.index("D") if "D" in rest else 0
        shown = [line.split(" ", 3) for line in rest[:middle]]
        data = bytes.fromhex("".join(rest[middle + 1 :]))
        if len(shown) != len(self._whole) or sum(int(words[0]) for words in shown) != len(data):
            raise ChangedUnderUs(", ".join(self._whole[:5]), "changed while it was read", "Run it again")
        states, at = {}, 0
        for path, (size, mode, owner, group) in zip(self._whole, shown):
            states[path] = FileState(path, "file", data[at : at + int(size)], int(mode, 8), owner, group)
            at += int(size)
        return states


def child(run_command: Callable[..., "tuple[int, bytes, bytes]"], shell: Optional[str] = None) -> Run:
    """The module route's Run: sh as a child process, through AnsibleModule.run_command."""

    def run(program: str, data: bytes) -> "tuple[int, bytes, bytes]":
        return run_command(
            [shell or "/bin/sh", "-c", program],
            data=data,
            binary_data=True,
            encoding=None,
            expand_user_and_vars=False,
            handle_exceptions=False,
        )

    return run
