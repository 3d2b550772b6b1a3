"""ansible-playbook itself killed between a change and its confirmation, by both routes;
and a host whose clock is a year off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest

from ..wire.conftest import ROOT
from .hosts import LEFT, SNAPSHOT, FaultHost


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def host(request, tmp_path_factory):
    found = FaultHost(
        request.param, variables={"mailhost_execution": "module" if request.param == "trixie" else "controller"}
    )
    found.provision(tmp_path_factory.mktemp("provision"))
    yield found
    found.remove()


def inventory(host, folder):
    path = folder / "inventory.json"
    path.write_text(json.dumps({"mailhosts": {"hosts": {host.machine.name: host.machine.variables}}}))
    return ["ansible-playbook", "-i", str(path)]


def until(condition, seconds):
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        time.sleep(0.2)
    return condition()


def test_a_killed_controller(host, tmp_path, count):
    count("tried")
    old = host.machine.run(SNAPSHOT).stdout
    tasks = [
        {"dovecot_protocols": {"protocols": ["imaps"], "confirm_timeout": 4}},
        {"ansible.builtin.pause": {"seconds": 90}},
    ]
    playbook = tmp_path / "play.json"
    playbook.write_text(json.dumps([{"hosts": "mailhosts", "gather_facts": False, "tasks": tasks}]))
    env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "PWD": str(tmp_path)}
    child = subprocess.Popen([*inventory(host, tmp_path), str(playbook)], env=env, cwd=ROOT, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    try:
        assert until(lambda: host.machine.run("cat /var/lib/mailhost/confirm 2>/dev/null; true").stdout, 30)
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    assert until(lambda: host.machine.run(SNAPSHOT).stdout == old, 15)
    assert host.serves(False) == ""
    assert until(lambda: host.machine.run(LEFT).stdout == "", 5)
    again = subprocess.run(
        [*inventory(host, tmp_path), str(ROOT / "site.yml")],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0, again.stdout
    assert "took a change back by itself" in again.stdout + again.stderr
    assert "changed=0" in again.stdout
    count("survived")


@pytest.mark.parametrize("days", [365, -365])
def test_a_clock_a_year_off(host, tmp_path, count, days):
    """The certificate is made anew by the host's own clock, all the rest holds; and again once the clock is right."""
    count("tried")
    library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
    host.machine.run(
        f"[ -e {library} ] || {{ apt-get -qq update && apt-get -qq install -y libfaketime; }} >/dev/null 2>&1; "
        f"test -e {library}"
    )
    env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "PWD": str(tmp_path)}
    play = [*inventory(host, tmp_path), str(ROOT / "playbooks/provision.yml")]
    # what the words ask the clock with: the daemons keep theirs
    shim = f'#!/bin/sh\\nLD_PRELOAD={library} FAKETIME={days:+}d exec /usr/bin/%s.real "$@"\\n'
    wrap = f"mv /usr/bin/$tool /usr/bin/$tool.real; printf '{shim}' $tool >/usr/bin/$tool; chmod 755 /usr/bin/$tool"
    host.machine.run(f"for tool in date openssl; do {wrap}; done")
    try:
        off = subprocess.run(play, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
        assert off.returncode == 0, off.stdout
        assert "changed=0" not in off.stdout
        again = subprocess.run(play, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (again.returncode, "changed=0" in again.stdout) == (0, True), again.stdout
    finally:
        host.machine.run("for tool in date openssl; do mv -f /usr/bin/$tool.real /usr/bin/$tool; done")
    right = subprocess.run(play, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert right.returncode == 0, right.stdout
    assert host.serves(False) == ""
    assert host.machine.run(LEFT).stdout == ""
    count("survived")
