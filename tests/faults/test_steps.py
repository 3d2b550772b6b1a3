"""The transaction killed, or out of disk, at every one of its steps; and many runs at once.
In a container, by the real program.

A step is a command that the program runs: shims before the real tools count them, and the one whose turn it is kills
the program's whole process group (as a crash does, the timer with it) or fails as on a full disk.
"""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from mailhost.core.apply import apply, recover
from mailhost.core.converge import converge
from mailhost.core.errors import MailhostError
from mailhost.core.host import File, Host
from mailhost.core.operations import Check, Plan, Remove, Run, Write
from mailhost.words import mailboxes

from ..wire.conftest import Machine
from .hosts import LEFT, Docker, params

TOOLS = (
    "mv cp cat sync mkdir chmod chown rm sha1sum head tail wc ln touch stat cut date ls dirname readlink sed find sort"
)
SHIM = """#!/bin/sh
echo >>/opt/count # never read half written: in a pipeline two count at once
count=$(/usr/bin/wc -l </opt/count)
if [ "$count" = "$(/bin/cat /opt/at)" ]; then
    [ "$(/bin/cat /opt/how)" = fail ] || kill -9 0
    echo "${0##*/}: No space left on device" >&2
    exit 1
fi
for folder in /usr/bin /bin /usr/sbin /sbin; do [ ! -x "$folder/${0##*/}" ] || exec "$folder/${0##*/}" "$@"; done
"""
OLD = (
    "rm -rf /srv/t /var/lib/mailhost; mkdir -p /srv/t; cd /srv/t; "
    "echo one >a; chmod 640 a; echo here >gone; ln -s a link"
)
END_TIMER = (
    "[ ! -s /var/lib/mailhost/confirm ] || kill $(cut -d ' ' -f 1 /var/lib/mailhost/confirm); "
    "rm -f /var/lib/mailhost/confirm"
)
STATE = "cd /srv/t && for f in $(ls -A); do echo $f $(stat -c '%a %U %F' $f) $(cat $f); done"


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    found = Machine("bookworm")
    shim = tmp_path_factory.mktemp("shim") / "shim"
    shim.write_text(SHIM)
    found.run("mkdir -p /opt/shims")
    subprocess.run(["docker", "cp", "-q", str(shim), f"{found.id}:/opt/shim"], check=True)
    found.run(f"chmod 755 /opt/shim; for tool in {TOOLS}; do ln -s ../shim /opt/shims/$tool; done")
    yield found
    found.remove()


def plan(host):
    seen = host.read([File(f"/srv/t/{name}") for name in ("a", "gone", "sub/new", "link")])
    touch = Run("mark", ("/bin/touch", "/srv/t/mark"), undo=("/bin/rm", "/srv/t/mark"))
    check = Check("/srv/t/sub/new", ("/bin/grep", "-q", "x", "@TREE@"))
    writes = [Write(seen.file("/srv/t/link"), b"two\n", mode=0o600), Write(seen.file("/srv/t/sub/new"), b"x\n")]
    return Plan([*writes, Remove(seen.file("/srv/t/gone")), touch, check], ("mailhost-no-such-service",))


def stepped(machine, how, at):
    """A Run whose programs find the shims first, and the step at which something happens; the host as it was."""
    machine.run(f"{OLD}; : >/opt/count; echo {at} >/opt/at; echo {how} >/opt/how")
    run = Docker(machine)
    run.change = lambda program: program.replace("PATH=/usr/sbin:", "PATH=/opt/shims:/usr/sbin:")
    return Host(run)


def states(machine):
    """The two states the host may be in, and how many steps a whole run has."""
    host = stepped(machine, "kill", 0)
    old = machine.run(STATE).stdout
    apply(plan(Host(Docker(machine))), host, 5, 600)
    steps = int(machine.run("wc -l </opt/count").stdout)
    new = machine.run(STATE).stdout
    machine.run(END_TIMER)
    assert "two" in new
    assert old != new
    return old, new, steps


@pytest.mark.parametrize("how", ["kill", "fail"])
def test_every_step(machine, count, how):
    old, new, steps = states(machine)
    assert steps > 60
    for at in range(1, steps + 1):
        plain, broken = Host(Docker(machine)), stepped(machine, how, at)
        count("tried")
        try:
            apply(plan(plain), broken, 5, 600)
            error = ""
        except MailhostError as found:
            error = str(found)
        if plain.read([]).unfinished:
            recover(plain, 5)
        after = machine.run(STATE).stdout
        assert after in (old, new), f"{how} at step {at}: {error}\n{after}"
        if how == "fail":
            assert after == (old if error else new), f"step {at}: {error}"
            assert "Traceback" not in error
        if after == old:
            apply(plan(plain), plain, 5, 0)
        assert machine.run(f"{END_TIMER}; rm -f /var/lib/mailhost/pending; {STATE}; {LEFT}").stdout == new, (
            f"{how} at step {at}"
        )
        count("survived")


def test_every_size_of_a_full_disk(machine, count):
    for size in range(4, 72, 4):
        machine.run(OLD)
        machine.run(f"mkdir /var/lib/mailhost; mount -t tmpfs -o size={size}k tmpfs /var/lib/mailhost")
        host = Host(Docker(machine))
        count("tried")
        before = machine.run(STATE).stdout
        try:
            apply(plan(host), host, 5, 0)
            ended = True
        except MailhostError as error:
            ended = False
            assert "Traceback" not in str(error)
        after = machine.run(STATE).stdout
        machine.run("umount /var/lib/mailhost")
        assert (after != before) is ended
        assert "two" in after or not ended
        count("survived")


def test_twenty_runs_at_once(machine, count):
    count("tried")
    machine.run("rm -rf /var/lib/mailhost")

    def one(number):
        box = {
            "name": f"many{number}",
            "aliases": [f"other{number}"],
            "state": "present",
            "password_hash": None,
            "uid": None,
        }
        given = params(mailboxes, mailboxes=[box], domains=["example.test"], store="system", lock_timeout=100)
        return converge(mailboxes.WORD, given, Host(Docker(machine), who=f"run {number}"), False)["changed"]

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(one, range(20))) == [True] * 20
    aliases = machine.run("cat /etc/mailhost/aliases").stdout
    for number in range(20):
        assert machine.run(f"id -u many{number}").stdout
        assert f"other{number}@example.test\tmany{number}\n" in aliases
    assert machine.run(LEFT).stdout == ""
    count("survived")
