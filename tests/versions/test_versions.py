"""Each ansible-core from the oldest to the newest, on each Python that it and this machine have,
sees a host's life through.

The virtual environments (.venv-versions/) have ansible-core alone, no collection and no rich;
the host is reached over SSH.
"""

from __future__ import annotations

import fcntl
import glob
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

import pytest
import yaml

from ..wire.conftest import ROOT, Machine

HERE = pathlib.Path(__file__).resolve().parent
#: the Pythons of a controller, as each ansible-core declares them, that are looked for here
CORES = {"2.16": ("3.11", "3.12"), "2.19": ("3.11", "3.12", "3.13"), "2.21": ("3.12", "3.13")}
OLDER = ("2.15", "3.11")
CELLS = [(core, python) for core, pythons in CORES.items() for python in pythons]
WANTED = {"mailhost_protocols": ["imap", "imaps"]}


def interpreter(version):
    """The path of a Python of that version, of the system or of pyenv; None where there is none."""
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    candidates = [shutil.which(f"python{version}"), *sorted(glob.glob(f"{pyenv}/versions/{version}.*/bin/python"))]
    works = [
        path for path in candidates if path and not subprocess.run([path, "-c", ""], capture_output=True).returncode
    ]
    return works[0] if works else None


@pytest.fixture
def core(request):
    """The directory of the programs of one ansible-core on one Python."""
    version, python = request.param
    found = interpreter(python)
    if found is None:
        pytest.skip(f"ansible-core {version} on Python {python}: this machine has no Python {python}")
    venv, pinned = ROOT / f".venv-versions/{version}-{python}", HERE / f"{version}.txt"
    made = venv / ".made"
    venv.parent.mkdir(exist_ok=True)
    with open(f"{venv}.lock", "w") as lock:  # another process may want the same one
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists() or made.stat().st_mtime < pinned.stat().st_mtime:
            subprocess.run(["sh", ROOT / "setup/venv.sh", venv, pinned, found], check=True)
    return venv / "bin"


@pytest.fixture
def host(tmp_path):
    """A new host, and what an inventory says of it to reach it over SSH."""
    machine = Machine("ssh-python")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    public = (tmp_path / "key.pub").read_text().strip()
    machine.run(f"echo '{public}' >/etc/ssh/authorized_keys; chmod 644 /etc/ssh/authorized_keys")
    key = machine.run("cat /etc/ssh/ssh_host_ed25519_key.pub").stdout
    (tmp_path / "known_hosts").write_text(f"{machine.address} {key}")
    machine.variables.update(
        ansible_connection="ssh",
        ansible_host=machine.address,
        ansible_user="root",
        ansible_ssh_private_key_file=str(tmp_path / "key"),
        ansible_ssh_common_args=f"-o UserKnownHostsFile={tmp_path / 'known_hosts'}",
    )
    yield machine
    machine.remove()


@pytest.fixture
def playbook(core, tmp_path):
    """Runs a playbook of that ansible-core on a host of these variables; returns the process that ended."""
    with tempfile.TemporaryDirectory(prefix="mailhost-") as sockets:  # their paths may have 108 bytes

        def go(name, variables):
            inventory = tmp_path / "hosts.json"
            inventory.write_text(json.dumps({"mailhosts": {"hosts": {"mail.example.test": variables}}}))
            env = {
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_COLLECTIONS_PATH": str(tmp_path),
                "ANSIBLE_DEPRECATION_WARNINGS": "True",
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_SSH_CONTROL_PATH_DIR": sockets,
                "COLUMNS": "400",
                "PWD": str(tmp_path),
            }
            command = [core / "ansible-playbook", "-i", inventory, ROOT / f"playbooks/{name}.yml"]
            return subprocess.run(
                command, capture_output=True, text=True, env=env, cwd=tmp_path, check=False, timeout=300
            )

        yield go


@pytest.fixture
def play(playbook, host):
    """Runs a playbook on the host, which must succeed without a complaint; returns what it printed."""

    def go(name, **variables):
        done = playbook(name, {**host.variables, **variables})
        printed = done.stdout + done.stderr
        assert done.returncode == 0, printed
        assert not re.search(r"deprecat|Traceback|in callback plugin", printed, re.I), printed
        return printed

    return go


def is_open(host, port):
    try:
        socket.create_connection((host.address, port), 3).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("core", CELLS, indirect=True, ids=["-".join(cell) for cell in CELLS])
def test_a_hosts_life(play, host, tmp_path):
    play("provision")
    for execution in ("controller", "module"):
        again = play("provision", mailhost_execution=execution)
        assert "changed=0" in again
        assert "Key and certificate" not in again  # one question for all words, not one each
    play("plan", **WANTED)
    assert "pop3" in (tmp_path / "plan/plan.json").read_text()
    assert is_open(host, 110)
    play("provision", mailhost_execution="module", **WANTED)
    assert [is_open(host, port) for port in (143, 110)] == [True, False]
    play("audit", **WANTED)
    (audited,) = json.loads((tmp_path / "audit/audit.json").read_text())["hosts"]
    assert audited["verdict"] in ("pass", "warn"), audited
    assert "committed" in play("history")
    play("undo")
    assert is_open(host, 110)
    assert "changed=0" in play("provision")
    assert "took back" in play("history")


@pytest.mark.parametrize("core", [OLDER], indirect=True, ids=["-".join(OLDER)])
@pytest.mark.parametrize("name", ["provision", "audit", "undo"])
def test_an_older_one_is_refused(playbook, name):
    declared = yaml.safe_load((ROOT / "setup/collection/meta/runtime.yml").read_text())["requires_ansible"]
    oldest = next(iter(CORES))
    assert declared == f">={oldest}.0"
    done = playbook(name, {"ansible_connection": "local", "mailhost_domains": ["example.test"]})
    assert done.returncode != 0
    assert f"mailhost needs ansible-core {oldest} or newer, and this is {OLDER[0]}." in done.stdout, done.stdout
