"""What a rollout keeps on the controller: who runs one now, and what each host is: new, old, undone.

A directory of files of mode 0600. ``running/PID.json`` is a rollout that holds its hosts for as long as its process
lives; ``hosts/NAME.json`` is what became of a host. A record keeps a keyed digest of the host's variables, so that a
host whose variables have changed since is rolled out again; the variables themselves are nowhere in it.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import hmac
import json
import os
import re
import secrets
import socket
import time
from typing import Any, Dict, Iterator, List

from ..audit.report.files import file_name, write
from ..core.errors import BadInput, Busy
from ..core.process import started

DIRECTORY = "mailhost_rollout_directory"
_RUNNING, _HOSTS = "running", "hosts"
_UNPROVED = ("begun", "lost")


def _load(path: str) -> "Dict[str, Any]":
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


class Record:
    """The directory of records. Every error of the disk is a BadInput that names the directory."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    # who runs

    @contextlib.contextmanager
    def _alone(self) -> "Iterator[None]":
        try:
            os.makedirs(os.path.join(self.directory, _RUNNING), mode=0o700, exist_ok=True)
            with open(os.path.join(self.directory, "lock"), "a", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise BadInput(
                DIRECTORY, f"{self.directory}: {error.strerror}", "Give a directory that can be written"
            ) from None

    def hold(self, hosts: "List[str]", process: int, who: str) -> None:
        """Take the fleet's lock for these hosts for as long as the process lives.
        Raises Busy if another holds one of them."""
        with self._alone():
            for path in sorted(glob.glob(os.path.join(glob.escape(os.path.join(self.directory, _RUNNING)), "*.json"))):
                other = _load(path)
                number = int(other.get("process", 0))
                here = other.get("controller") == socket.gethostname()
                if (number == process and here) or (here and started(number) != other.get("started")) or not other:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(path)
                    continue
                shared = sorted(set(hosts) & set(other.get("hosts", [])))
                if shared:
                    raise Busy(
                        "the fleet's lock",
                        f"{other.get('who')} has been rolling out since {other.get('since')} "
                        f"to {len(shared)} of these hosts, {shared[0]} among them",
                        "Wait until it has ended" + ("" if here else f", or remove {path} if it is gone"),
                    )
            held = {
                "process": process,
                "started": started(process),
                "controller": socket.gethostname(),
                "who": who,
                "since": time.strftime("%Y-%m-%d %H:%M:%S"),
                "hosts": hosts,
            }
            write(os.path.join(self.directory, _RUNNING), f"{process}.json", json.dumps(held))

    def release(self, process: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.directory, _RUNNING, f"{process}.json"))

    # what each host is

    def host(self, name: str) -> "Dict[str, Any]":
        """``state`` (begun, new, undone, old, lost), ``why``, ``run``, ``runs``, ``digest``, ``when``;
        empty if nothing is known of it."""
        return _load(os.path.join(self.directory, _HOSTS, file_name(name)))

    def tell(self, name: str, state: str, run: str, why: str = "", digest: str = "") -> None:
        """Record what a host is now, and the digest of what it was told to be."""
        runs = list(dict.fromkeys([*self.unproved(name), run])) if state in _UNPROVED else []
        record = {
            "name": name,
            "state": state,
            "run": run,
            "runs": runs,
            "why": why,
            "digest": digest,
            "when": int(time.time()),
        }
        write(os.path.join(self.directory, _HOSTS), file_name(name), json.dumps(record))

    def unproved(self, name: str) -> "List[str]":
        """The runs that began with a host and neither proved it nor took back what they had done:
        what an undo has to take back too."""
        record = self.host(name)
        return [str(run) for run in record.get("runs", [])] if record.get("state") in _UNPROVED else []

    def summarize(self, summary: "Dict[str, List[str]]") -> None:
        """Every host's name by what it is, in summary.json."""
        write(self.directory, "summary.json", json.dumps(summary, indent=1))

    def is_new(self, name: str, digest: str) -> bool:
        """Whether an unfinished rollout brought the host to what this digest stands for."""
        record = self.host(name)
        return record.get("state") == "new" and record.get("digest") == digest

    def digest(self, description: str) -> str:
        """A digest of what a host is to be, keyed, since there may be passwords in it."""
        path = os.path.join(self.directory, "salt")
        with self._alone():
            if not os.path.exists(path):
                write(self.directory, "salt", secrets.token_hex(32))
            with open(path, encoding="ascii") as file:
                salt = file.read()
        return hmac.new(salt.encode(), description.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()

    def forget(self, names: "List[str]") -> None:
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self.directory, _HOSTS, file_name(name)))


#: variables that say how a host is reached or measured, not what it is to be
_ELSEWHERE = re.compile(
    r"^mailhost_(audit_|rollout_|plan_|planned$|probe_|address6?$|canary$|execution$|hosts$|batch$|[a-z]+_timeout$|journal_keep$)"
)


def describes(variable: str) -> bool:
    """Whether a variable of the inventory is part of what a host is to be."""
    return variable.startswith("mailhost_") and not _ELSEWHERE.match(variable)
