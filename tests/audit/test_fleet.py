"""Fifty real hosts audited by one playbook run: all of them measured, none alarmed, within the time promised."""

from __future__ import annotations

import json
import os
import subprocess
import time

import pytest

from ..wire.conftest import ROOT, name_server
from .hosts import bad

#: the daemons alone: a machine has too few of what fifty systemds need (inotify)
DAEMONS = "mkdir -p /run/dovecot; postfix start; dovecot; exec sleep 3600"
HOSTS = int(os.environ.get("MAILHOST_FLEET", "50"))
SECONDS = 90


@pytest.fixture(scope="module")
def fleet(hosts):
    """Copies of a provisioned host, started as hosts of their own."""
    first = hosts("postfix")
    image = f"{first.machine.name}-copy"
    subprocess.run(["docker", "commit", first.machine.id, image], check=True, capture_output=True)
    made = {}
    try:
        for number in range(HOSTS):
            name = f"{first.machine.name}-{number}"
            command = [
                "docker",
                "run",
                "-d",
                "--name",
                name,
                "--hostname",
                "bookworm.example.test",
                f"--dns={name_server()}",
            ]
            command += ["--dns-search=.", "--tmpfs", "/run", image, "sh", "-c", DAEMONS]
            made[name] = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        yield {name: _served(identity) for name, identity in made.items()}, first
    finally:
        subprocess.run(["docker", "rm", "-f", "-v", *made.values()], capture_output=True, check=False)
        subprocess.run(["docker", "rmi", image], capture_output=True, check=False)


def _served(identity):
    """Its address, once it greets."""
    greets = " && ".join(f"(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null" for port in (587, 993))
    ready = f"for i in $(seq 90); do {greets} && break; sleep 1; done"
    subprocess.run(["docker", "exec", identity, "bash", "-c", ready], capture_output=True, check=False)
    return subprocess.run(
        ["docker", "exec", identity, "hostname", "-i"], capture_output=True, text=True, check=True
    ).stdout.split()[0]


def test_fifty_hosts(fleet, tmp_path, count):
    addresses, first = fleet
    hosts = {
        name: {**first.machine.variables, "ansible_host": name, "mailhost_address": address}
        for name, address in addresses.items()
    }
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"mailhosts": {"hosts": hosts}}))
    env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "PWD": str(tmp_path)}
    command = ["ansible-playbook", "-i", str(inventory), str(ROOT / "playbooks/audit.yml")]
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path, check=False, timeout=600)
    took = time.monotonic() - begun
    print(f"{took:.1f} s")
    report = json.loads((tmp_path / "audit/audit.json").read_text())
    assert len(report["hosts"]) == HOSTS
    assert [(host["name"], bad(host)) for host in report["hosts"] if bad(host)] == []
    assert done.returncode == 0, done.stdout[-2000:]
    count("fleet", HOSTS)
    count("fleet_seconds", took)
    assert took <= SECONDS
