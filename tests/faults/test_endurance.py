"""A thousand alternating applies on one host: nothing is left over, and the last are as quick and
as small as the first."""

from __future__ import annotations

import contextlib
import os
import pathlib
import resource
import statistics
import subprocess
import time

from mailhost.core.apply import apply
from mailhost.core.converge import converge
from mailhost.core.host import File
from mailhost.core.operations import Plan, Run, Write
from mailhost.words import mail_commit

from .hosts import params

APPLIES = int(os.environ.get("MAILHOST_APPLIES", "1000"))


def processes(state):
    """How many processes run a program for this state directory."""
    found = 0
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found += f"state={state}".encode() in path.read_bytes()
    return found


def test_a_thousand_applies(local, tmp_path, state, count):
    count("tried")
    host, path = local(("dash",)), tmp_path / "f"
    path.write_bytes(b"0")
    before, took = processes(state), []
    commit = params(mail_commit, services=[], protocols=[], smtp=[], timeout=1, journal_keep=20)
    for number in range(1, APPLIES + 1):
        os.utime(path, (0, 0))  # one of the same second and size would be waited for
        begun = time.monotonic()
        write = Write(host.read([File(str(path))]).file(str(path)), b"AB"[number % 2 : number % 2 + 1] * 100)
        apply(
            Plan([write, Run("nothing", ("true",), b"x", undo=("true",))], ("mailhost-no-such-service",)), host, 5, 600
        )
        took.append(time.monotonic() - begun)
        if number == max(1, APPLIES // 10):
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB
        if number % 10 == 0:
            (state / "pending").unlink()  # no such service could be started: what a commit of real services does to it
            for journal in (state / "journal").iterdir():
                (journal / "state").write_text("committed\n")
            converge(mail_commit.WORD, commit, host, False)
            assert len(list((state / "journal").iterdir())) <= 20
    subprocess.run(["kill", (state / "confirm").read_text().split()[0]], check=True)
    time.sleep(0.5)
    assert processes(state) == before
    for name in ("confirm", "guard"):  # both go with their change, which no commit of these services confirmed
        (state / name).unlink()
    assert sorted(os.listdir(state)) == ["journal", "written"]
    assert len((state / "written").read_text().splitlines()) == 2, "a content that is written again is told again"
    assert sorted(os.listdir(tmp_path)) == ["f", "state"]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    assert grown < 8192, f"{grown} KiB more than after the first tenth"
    tenth = max(1, APPLIES // 10)
    first, last = statistics.median(took[:tenth]), statistics.median(took[-tenth:])
    assert last < 2 * first, f"the first took {first:.3f} s, the last {last:.3f} s"
    count("survived")
