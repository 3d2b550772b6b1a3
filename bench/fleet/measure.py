"""One command, measured: wall time, processor time of it and all its children, and the memory they have at once."""

from __future__ import annotations

import os
import pathlib
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Measured:
    """Seconds, seconds of processor time (user and system), MiB (proportional set size of the
    whole tree, its highest)."""

    wall: float
    processor: float
    memory: float
    said: str


def _parents() -> "dict[int, int]":
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(entry.parent.name)] = int(entry.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError):
            continue
    return found


def _tree(root: int) -> "list[int]":
    parents, found = _parents(), [root]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def _memory(process: int) -> int:
    try:
        for line in pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


class _Sampler(threading.Thread):
    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.process, self.highest, self.over = process, 0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(1):
            self.highest = max(self.highest, sum(map(_memory, _tree(self.process))))


def _of_masters(folder: str) -> float:
    """Processor seconds of ssh's connection masters, which outlive the run that started them."""
    ticks = 0
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if folder.encode() in entry.read_bytes():
                fields = (entry.parent / "stat").read_text().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
        except OSError:
            continue
    return ticks / TICK


def measure(command: "list[str]", where: pathlib.Path, status: int = 0, **environment: str) -> Measured:
    """Run it; another status ends the bench with what it said last."""
    controls = tempfile.mkdtemp(prefix="mb-", dir="/tmp")  # short: a socket's path has 108 characters at most
    env = {**os.environ, "ANSIBLE_SSH_CONTROL_PATH_DIR": controls, "PWD": str(where), **environment}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    with open(where / "said", "w+", encoding="utf-8", errors="replace") as said:
        begun = time.monotonic()
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=env, cwd=where)
        sampler = _Sampler(process.pid)
        sampler.start()
        _, ended, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begun
        sampler.over.set()
        process.returncode = os.waitstatus_to_exitcode(ended)
        said.seek(0)
        text = said.read()
    if process.returncode != status:
        raise SystemExit(f"{' '.join(command)}: status {process.returncode}\n{text[-3000:]}")
    processor = usage.ru_utime + usage.ru_stime + _of_masters(controls)
    subprocess.run(["pkill", "-f", controls], check=False)
    return Measured(wall, processor, sampler.highest / 1024, text)
