"""What the programs of the words are run with: a shell, tools that only note what they are told,
and places below a temporary directory."""

import os
import subprocess

import pytest
from mailhost.core.shell import Inline


class Tools:
    """Programs that a test puts before the machine's own;
    ``calls`` are the lines in which they noted how they were called."""

    def __init__(self, folder):
        self.folder, self.log = folder / "tools", folder / "calls"
        self.folder.mkdir()

    def add(self, name, body=""):
        path = self.folder / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.log}"\n{body}\n')
        path.chmod(0o755)
        return path

    @property
    def calls(self):
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def tools(tmp_path):
    return Tools(tmp_path)


@pytest.fixture
def run(shell, tools):
    """Runs a program as a request or a plan does, under the shell of this test.
    ``moved`` are the places that lie elsewhere here."""

    def run(program, *words, stdin="", moved=None):
        text = str(program)
        for place, here in (moved or {}).items():
            assert place in text, f"the program does not look at {place}"
            text = text.replace(place, str(here))
        text = text.replace("\nPATH=", f"\nPATH={tools.folder}:")
        by_stdin = "/dev/stdin" if shell == ["posh"] else "-s"  # posh has no -s
        argv = (*shell, "-c", text, "mailhost") if isinstance(program, Inline) else (*shell, by_stdin)
        return subprocess.run(
            [*argv, *map(str, words)],
            input=stdin if isinstance(program, Inline) else text,
            env={**os.environ, "PATH": f"{tools.folder}:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
