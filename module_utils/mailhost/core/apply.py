"""A plan made into one program's input, and the program's answer made into a result or an error."""

from __future__ import annotations

import hashlib
import time
import uuid
from typing import Sequence

from .errors import Busy, ChangedUnderUs, HostError
from .host import Host, decode, encode
from .operations import Check, Operation, Plan, Remove, Write
from .shell.apply import PROGRAM
from .shell.recover import PROGRAM as RECOVER

#: the program's kinds of failure, and what to do about each
WAYS_OUT = {
    "busy": "Wait for it, or raise mailhost_lock_timeout",
    "changed": "Somebody or something changed it between reading and writing; run again",
    "write": "Free space or mount the filesystem writable, then run again",
    "link": "Point the link at a regular file or remove it",
    "refused": "Correct the value or the file it names, then run again",
    "cut": "Check the connection and run again",
    "failed": "See the reason above, then run again",
}

#: characters of one name or argument (Linux itself takes no longer one)
LONGEST_WORD = 128 * 1024
#: bytes of all records of a plan: contents are not among them, and fifty thousand names fit
LONGEST_RECORDS = 16 * 1024 * 1024


def apply(plan: Plan, host: Host, lock_timeout: int, confirm_timeout: int = 0) -> str:
    """Apply a plan in one round trip: all of it, or none. Returns the journal's id; raises HostError.

    Unless mail_commit confirms it within ``confirm_timeout`` seconds (0: wait for ever), the host takes it back.
    """
    identity = time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + "-" + uuid.uuid4().hex[:8]
    lines = host.ask(PROGRAM, request(plan, identity, host, lock_timeout, confirm_timeout))
    if lines and lines[0].startswith("A "):
        return lines[0][2:]
    raise failure(lines)


def failure(lines: "list[str]") -> HostError:
    """The error that a program's answer stands for."""
    kind = lines[0][2:] if lines and lines[0].startswith("E ") else "failed"
    text = decode(bytes.fromhex("".join(lines[1:]))).strip() if len(lines) > 1 else "no reason given"
    if kind == "busy":
        pid, _, rest = text.partition(" ")
        _, _, rest = rest.partition(" ")
        since, _, who = rest.partition(" ")
        age = max(0, int(time.time()) - int(since)) if since.isdigit() else 0
        return Busy("/var/lib/mailhost/lock", f"held by process {pid} ({who}) for {age} s", WAYS_OUT["busy"])
    if kind == "changed":
        path, _, rest = text.partition("\n")
        return ChangedUnderUs(path, f"changed since it was read. {rest}", WAYS_OUT[kind])
    place, separator, reason = text.partition(": ")
    if not separator:
        place, reason = "the host", text
    return HostError(place, ". ".join(line for line in reason.splitlines() if line), WAYS_OUT.get(kind, ""))


def recover(host: Host, lock_timeout: int, why: str = "") -> "tuple[list[str], list[str]]":
    """Let the host undo what a killed run or a reboot left unfinished;
    given a reason, what this run did not confirm as well.

    One round trip. Returns the journals taken back for that reason:
    those that were as a whole, and those that were in part.
    """
    lines = host.ask(RECOVER, f"{host.who}\n{lock_timeout}\n{why}\n".encode())
    if lines[:1] != ["A"]:
        raise failure(lines)
    taken = [line.split(" ") for line in lines[1:]]
    return [words[1] for words in taken if words[0] == "T"], [words[1] for words in taken if words[0] == "X"]


def request(plan: Plan, identity: str, host: Host, lock_timeout: int, confirm_timeout: int = 0) -> bytes:
    """The input of the program: a head, the records, and the pieces of data they point to."""
    blobs = bytearray()
    records: "list[str]" = []
    for operation in plan.operations:
        records += _record(operation, blobs)
    for service in plan.services:
        records += ["S", service]
    for service in plan.new_services:
        records += ["N", service]
    for loss in plan.accepted:
        records += ["L", " ".join(loss.split())]
    text = encode("".join(map(_word, records)))
    if len(text) > LONGEST_RECORDS:
        reason = f"names and arguments of {len(text)} bytes; the host's shell reads them byte by byte"
        raise HostError("the plan", reason, "Change less at once, or give shorter values")
    body = text + bytes(blobs)
    reverts = " ".join(plan.reverts)
    head = [identity, host.who, host.run_id, lock_timeout, confirm_timeout, reverts, len(body), len(text)]
    return encode("".join(f"{line}\n" for line in head)) + body


def _piece(blobs: bytearray, data: bytes) -> "tuple[str, str]":
    """Put data behind the records; its offset there and its length."""
    offset = len(blobs)
    blobs += data
    return str(offset), str(len(data))


def _word(word: str) -> str:
    if len(word) > LONGEST_WORD:
        reason = f"an argument of {len(word)} characters; a host reads at most {LONGEST_WORD}"
        raise HostError(repr(word[:20]) if word.startswith("/") else "the plan", reason, "Give a shorter value")
    if "\n" in word or "\0" in word:
        raise HostError(repr(word[:60]), "a newline or NUL in a name or an argument", "Remove it")
    return word + "\n"


def _counted(words: Sequence[str]) -> "list[str]":
    return [str(len(words)), *words]


def _digest(operation: "Write | Remove") -> str:
    before = operation.before
    if before.kind not in ("file", "absent"):
        raise HostError(before.path, f"not a regular file ({before.kind})", "Remove it or make it one")
    return hashlib.sha1(before.content).hexdigest() if before.kind == "file" else "-"


def _record(operation: Operation, blobs: bytearray) -> "list[str]":
    if isinstance(operation, Write):
        mode = "=" if operation.mode is None else f"{operation.mode:o}"
        place = _piece(blobs, operation.content)
        return [
            "W",
            operation.path,
            _digest(operation),
            mode,
            operation.owner or "=",
            f"{operation.fallback_mode:o}",
            *place,
        ]
    if isinstance(operation, Remove):
        return ["D", operation.before.path, _digest(operation)]
    if isinstance(operation, Check):
        return ["K", operation.tree, *_counted(operation.argv)]
    words = [*_counted(operation.argv), *_counted(operation.undo), *_counted(operation.after_undo)]
    return ["R", operation.about, *_piece(blobs, operation.stdin), *words, *_piece(blobs, operation.undo_stdin)]
