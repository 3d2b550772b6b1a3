"""What the tests share: the import path, and a host that is this machine's sh with its state in
a temporary directory."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "module_utils"))
sys.path.insert(0, str(ROOT / "tests"))

from .programs import faults, watch  # noqa: E402 (the path comes first)

watch()
SHELLS = {
    "dash": ["dash"],
    "bash": ["bash"],
    "bash-posix": ["bash", "-o", "posix"],  # as CentOS' /bin/sh
    "busybox": ["busybox", "sh"],
    "posh": ["posh"],
}


class Local:
    """A Run over a local shell; ``read_only`` refuses every program but the reading one;
    ``path`` is where it looks for tools first."""

    def __init__(self, state: pathlib.Path, shell=("sh",), read_only=False, path=""):
        self.state, self.shell, self.read_only, self.path = state, list(shell), read_only, path
        self.programs = []

    def __call__(self, program, data):
        from mailhost.core.shell.read import PROGRAM as READ

        assert program == READ or not self.read_only, "a program that writes was sent to a read-only host"
        assert not faults(program), faults(program)
        self.programs.append(program)
        text = program.replace("state=/var/lib/mailhost", f"state={self.state}")
        for place, here in {
            "/etc/cron.d/": "cron.d/",
            "/etc/systemd/system": "units",
            "/var/run/crond": "crond",
        }.items():
            text = text.replace(place, f"{self.state}.{here}")  # the guard's: no test leaves one on its machine
        text = text.replace("command -v at ", "command -v mailhost-no-at ")
        text = text.replace("PATH=", f"PATH={self.path}:", 1) if self.path else text
        done = subprocess.run([*self.shell, "-c", text], input=data, capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def count(record_property):
    """Counts something, from whichever process a test runs in: ``count("tried")``, ``count("seconds", 1.5)``.
    See tests/figures.py."""

    def add(what, number=1):
        record_property(what, number)

    return add


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def local(state):
    from mailhost.core.host import Host

    def make(shell=("sh",), read_only=False, path=""):
        return Host(Local(state, shell, read_only, path), who="a test")

    return make


@pytest.fixture(params=sorted(SHELLS))
def shell(request):
    words = SHELLS[request.param]
    assert shutil.which(words[0]), f"{words[0]} is not installed; run `make tools`"
    return words
