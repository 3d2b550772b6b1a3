"""Real hosts in containers of these tests' own, and ansible-playbook run on them as a user would."""

import json
import os
import pathlib
import statistics
import subprocess
import uuid

import pytest
import yaml

from bench.fleet.hosts import name_server

from ..figures import counted

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYSTEMD = ["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"]
SYSTEMD += ["-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--tmpfs", "/run", "--tmpfs", "/tmp", "-e", "container=docker"]
SYSTEMD += ["-e", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"]
#: fixtures that are a host of one kind
HOSTS = ("machine", "cyrus", "sendmail", "tunnelled", "host", "delivering")
OPTIONS = {"centos5": ["--tmpfs", "/run"], "kdc": []}
PASSWORD = "demo a$s\"s'w\\ö"
DEMO = yaml.safe_load((ROOT / "inventory/demo/group_vars/mailhosts.yml").read_text())
VARIABLES = {
    "mailhost_domains": ["example.test"],
    "mailhost_mailboxes": DEMO["mailhost_mailboxes"],
    "mailhost_probe_login": {"user": "alice", "password": PASSWORD},
}


class Machine:
    def __init__(self, image, options=(), names=""):
        self.image, self.name = image, f"mailhost-wire-{image}-{uuid.uuid4().hex[:6]}"
        missing = subprocess.run(["sh", ROOT / "setup/present.sh", image], capture_output=True, text=True, check=False)
        if missing.returncode:
            pytest.fail(missing.stderr.strip(), pytrace=False)
        command = [
            "docker",
            "run",
            "-d",
            "--name",
            self.name,
            "--hostname",
            f"{image}.example.test",
            f"--dns={names or name_server()}",
            "--dns-search=.",
            *OPTIONS.get(image, SYSTEMD),
            *options,
        ]
        self.id = subprocess.run(
            [*command, f"mailhost/{image}"], check=True, capture_output=True, text=True
        ).stdout.strip()
        ready = "if [ -d /run/systemd/system ]; then systemctl is-system-running --wait; else service syslog status; fi"
        subprocess.run(
            [
                "sh",
                "-c",
                'for i in 1 2 3 4 5 6 7 8 9; do docker exec "$0" sh -c "$1" && break; sleep 1; done',
                self.id,
                ready,
            ],
            capture_output=True,
            check=False,
        )
        self.address = self.run("hostname -i").stdout.split()[0]
        self.variables = {
            "ansible_connection": "community.docker.docker",
            "ansible_host": self.id,
            "mailhost_fqdn": f"{image}.example.test",
            "mailhost_address": self.address,
            **VARIABLES,
        }

    def run(self, command, check=True):
        return subprocess.run(
            ["docker", "exec", self.id, "sh", "-c", command], check=check, capture_output=True, text=True
        )

    def remove(self):
        subprocess.run(["docker", "rm", "-f", "-v", self.id], capture_output=True, check=False)


def pytest_itemcollected(item):  # xdist looks at the marker before any other hook could add it
    """The tests of a file stay in one process, in their order;
    but each kind of host that a file goes over may have its own."""
    if item.path.parent == ROOT / "tests" / "wire":
        kinds = [word for name, word in getattr(getattr(item, "callspec", None), "params", {}).items() if name in HOSTS]
        item.add_marker(pytest.mark.xdist_group(":".join([item.path.stem, *map(str, kinds)])))


@pytest.fixture
def play(tmp_path):
    """Runs a playbook (a path, or a list of tasks) on a machine; returns the process that ended."""

    def go(machine, what, *options, **variables):
        inventory = tmp_path / "inventory.json"
        all_variables = {**machine.variables, **variables}
        inventory.write_text(json.dumps({"mailhosts": {"hosts": {machine.name: all_variables}}}))
        if isinstance(what, list):
            playbook = tmp_path / "play.yml"
            playbook.write_text(yaml.safe_dump([{"hosts": "mailhosts", "gather_facts": False, "tasks": what}]))
        else:
            playbook = ROOT / what
        env = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "COLUMNS": "400",
            "PWD": str(tmp_path),
        }
        command = ["ansible-playbook", "-i", str(inventory), str(playbook), *options]
        return subprocess.run(command, capture_output=True, text=True, env=env, cwd=ROOT, timeout=300, check=False)

    return go


@pytest.fixture(scope="module", params=["centos5", "bookworm", "trixie"])
def machine(request):
    found = Machine(request.param)
    if request.param == "trixie":
        found.variables["mailhost_execution"] = "module"
    yield found
    found.remove()


@pytest.fixture(scope="module")
def make_machine():
    made = []

    def make(image):
        made.append(Machine(image))
        return made[-1]

    yield make
    for machine in made:
        machine.remove()


def pytest_terminal_summary(terminalreporter):
    said = counted(terminalreporter)
    sums = {what: sum(numbers) for what, numbers in said.items()}
    if "open" in said:
        terminalreporter.write_line(
            f"open Postfix hosts tried {sums['open']:.0f}, named {sums['named']:.0f}, "
            f"said to be unjudged {sums['open'] - sums['named'] - sums['missed']:.0f}, missed {sums['missed']:.0f}"
        )
    if "safe" in said:
        terminalreporter.write_line(
            f"safe Postfix hosts tried {sums['safe']:.0f}, called open {sums['alarms']:.0f}, "
            f"unjudged {sums['unjudged']:.0f}; seconds a host: median {statistics.median(said['asked_seconds']):.1f}"
        )
