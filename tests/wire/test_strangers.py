"""Postfix' policy and a private smtpd, together, on a real Postfix: none that is open is missed, none that is safe is
called open."""

import io
import re
import subprocess
import tarfile
import time

import pytest
from mailhost.core.host import Host
from mailhost.products.postfix.ask import SECONDS, Questions
from mailhost.products.postfix.judge import causes
from mailhost.products.postfix.main_cf import MainCf
from mailhost.products.postfix.master_cf import MasterCf
from mailhost.products.postfix.setup import Setup

from .strangers import BASE, OPEN, SAFE, T


class Postfix:
    """A container with Postfix' programs, and nothing that runs."""

    def __init__(self, image):
        command = ["docker", "run", "-d", "--rm", "--entrypoint", "sleep", f"mailhost/{image}", "3600"]
        self.id = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        self.figures = {}

    def remove(self):
        subprocess.run(["docker", "rm", "-f", "-v", self.id], capture_output=True, check=False)

    def sh(self, program, data=b""):
        command = ["docker", "exec", "-i", self.id, "sh", "-c", program]
        done = subprocess.run(command, input=data, capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def put(self, files):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as archive:
            for name, text in files.items():
                row = tarfile.TarInfo(name)
                row.size = len(text.encode())
                archive.addfile(row, io.BytesIO(text.encode()))
        code, _, said = self.sh(f"rm -rf {T}; mkdir -p {T} && tar -C {T} -xf -", data.getvalue())
        assert code == 0, said
        self.sh(f"cd {T} && for file in *; do postmap hash:$file; done 2>/dev/null")

    def judged(self, case, given=None):
        """The causes, with those that smtpd itself shows; how long that took."""
        self.put(case.files)
        texts = {f"{T}/{name}": text for name, text in case.files.items()}
        setup = Setup(MainCf(BASE + case.main, "main.cf"), MasterCf(case.master, "master.cf"), (3, 7, 11), texts.get)
        read = causes(setup) if given is None else given
        questions = Questions(setup)
        if not questions.services:
            return read, 0.0
        started = time.monotonic()
        seen = Host(self.sh).read([questions.command()])
        return questions.judged(read, seen), time.monotonic() - started


@pytest.fixture(scope="module")
def postfix():
    host = Postfix("bookworm")
    yield host
    host.remove()


def opens(found):
    return [cause for cause in found if cause.is_relay]


def blocks(found):
    """What a run refuses to begin with."""
    return [cause for cause in found if cause.is_relay or cause.kind in ("unknown", "dead")]


@pytest.mark.parametrize("name", OPEN)
def test_an_open_host_is_not_missed(postfix, name, record_property):
    found, seconds = postfix.judged(OPEN[name])
    record_property("open", 1)
    record_property("named", bool(opens(found)))
    record_property("missed", not blocks(found))
    assert blocks(found)
    record_property("asked_seconds", seconds)
    assert seconds < SECONDS


@pytest.mark.parametrize("name", SAFE)
def test_a_safe_host_is_not_called_open(postfix, name, record_property):
    found, seconds = postfix.judged(SAFE[name])
    record_property("safe", 1)
    record_property("alarms", bool(opens(found)))
    record_property("unjudged", bool(blocks(found)) - bool(opens(found)))
    assert [cause.rule for cause in blocks(found)] == []
    record_property("asked_seconds", seconds)
    assert seconds < SECONDS


#: what reading alone does not need: smtpd itself is shown to see it
SEEN = [name for name in OPEN if re.match(r"(networks: (everybody$|a file$|a cidr table$|static|a default$))", name)]
SEEN += [
    name for name in OPEN if re.match(r"(service: networks|list: (static$|inline$|pcre|own sender)|rewriting: )", name)
]


@pytest.mark.parametrize("name", SEEN)
def test_smtpd_itself_shows_it(postfix, name):
    """Nothing was read: what is named, a private smtpd let by."""
    found, _ = postfix.judged(OPEN[name], [])
    assert [cause.kind for cause in found][:1] == ["open"]


def test_nothing_of_it_stays(postfix):
    postfix.judged(SAFE["plain"])
    left = postfix.sh("ls -d /tmp/mailhost-ask* 2>/dev/null; ps ax | grep -c '[m]aster'")[1]
    assert left.split() == [b"0"]
