"""Past one controller: a fleet in slices, each worked off in a container by ansible-runner's own transport;
a worker dies, its slice is run again, and the audits of all become one. And hosts that nobody reaches: they pull.
"""

import json
import os
import shutil
import subprocess
import time

import pytest
import yaml

from .conftest import PASSWORD, ROOT, Machine

PARTS = (
    ".gitignore",
    "roles",
    "library",
    "action_plugins",
    "callback_plugins",
    "module_utils",
    "playbooks",
    "ansible.cfg",
    "site.yml",
)
RUNNER = str(ROOT / ".venv/bin/ansible-runner")


class Slices:
    """Private data directories, one a slice as AWX makes one a job, mail hosts reached over SSH,
    and workers in containers.

    One a slice because ``transmit`` writes its command line into the directory's ``env`` (two at
    once: FileNotFoundError on ``.artifact_write_lock``, or the other's command line) and sends all
    that lies in the directory, other slices' artifacts too.
    """

    def __init__(self, folder, count):
        self.folder, self.data = folder, folder / "data"
        (self.data / "project").mkdir(parents=True)
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, self.data / "project" / part)
        (self.data / "env").mkdir()
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
        (self.data / "env" / "ssh_key").write_text((folder / "key").read_text())
        (self.data / "env" / "passwords").write_text(json.dumps({"BECOME password": "free password"}))
        self.hosts = {f"mx{number}": Machine("ssh") for number in range(count)}
        self.workers = [Machine("controller") for _ in range(3)]
        listed = {name: self.described(machine, name) for name, machine in self.hosts.items()}
        (self.data / "inventory").mkdir()
        (self.data / "inventory" / "hosts.json").write_text(json.dumps({"mailhosts": {"hosts": listed}}))

    def described(self, machine, name):
        public = (self.folder / "key.pub").read_text().strip()
        machine.run(f"echo '{public}' >/etc/ssh/authorized_keys; chmod 644 /etc/ssh/authorized_keys")
        return {
            **machine.variables,
            "ansible_connection": "ssh",
            "ansible_host": machine.address,
            "ansible_user": "free",
            "ansible_become": True,
            "ansible_become_password": "free password",
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
            "mailhost_fqdn": f"{name}.example.test",
            "mailhost_probe_login": {"user": "alice", "password": PASSWORD},
        }

    def slice(self, number):
        return self.folder / f"slice-{number}"

    def start(self, number, hosts, worker):
        """transmit | worker | process, as three processes; a slice has the identity slice-NUMBER."""
        name, data = f"slice-{number}", self.slice(number)
        if data.exists():
            shutil.rmtree(data)
        shutil.copytree(self.data, data)
        send = [RUNNER, "transmit", str(data), "--playbook", "site.yml", "--ident", name, "--limit", ",".join(hosts)]
        send += ["--cmdline", f"-e mailhost_audit_directory=/runner/artifacts/{name}/audit"]
        there = ["docker", "exec", "-i", worker.id, "ansible-runner", "worker", "--private-data-dir", "/runner"]
        take = [RUNNER, "process", str(data), "--ident", name]
        env = {**os.environ, "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}"}
        with open(self.folder / f"{name}.log", "w", encoding="utf-8") as log:
            first = subprocess.Popen(send, stdout=subprocess.PIPE, stderr=log, env=env)
            second = subprocess.Popen(there, stdin=first.stdout, stdout=subprocess.PIPE, stderr=log)
            first.stdout.close()
            third = subprocess.Popen(take, stdin=second.stdout, stdout=log, stderr=log, env=env)
            second.stdout.close()
        return third

    def run(self, number, hosts, worker):
        self.start(number, hosts, worker).wait(timeout=300)
        return self.is_done(number)

    def is_done(self, number):
        """``process`` itself ends with 0 when its input breaks off; what came of a slice is in its artifacts."""
        found = self.artifacts(number) / "rc"
        return found.exists() and found.read_text() == "0"

    def artifacts(self, number):
        return self.slice(number) / "artifacts" / f"slice-{number}"

    def log(self, number):
        return (self.folder / f"slice-{number}.log").read_text()

    def remove(self):
        for machine in [*self.hosts.values(), *self.workers]:
            machine.remove()


@pytest.fixture(scope="module")
def slices(tmp_path_factory):
    made = Slices(tmp_path_factory.mktemp("slices"), 3)
    yield made
    made.remove()


def test_three_workers_and_one_dies(slices, tmp_path):
    running = {number: slices.start(number, [f"mx{number}"], worker) for number, worker in enumerate(slices.workers)}
    ends = time.monotonic() + 90
    while "TASK" not in slices.log(1) and time.monotonic() < ends:
        time.sleep(0.5)
    subprocess.run(["docker", "kill", slices.workers[1].id], check=True, capture_output=True)
    for process in running.values():
        process.wait(timeout=300)
    broken = [number for number in running if not slices.is_done(number)]
    assert broken == [1], "\n\n".join(slices.log(number)[-4000:] for number in broken if number != 1)
    directories = [str(slices.artifacts(number) / "audit") for number in range(3)]
    merged = merge(slices, tmp_path, directories)
    assert merged.returncode != 0
    assert verdicts(tmp_path) == {"mx0": True, "mx1": False, "mx2": True}, "a slice that is missing shows"
    assert slices.run(1, ["mx1"], slices.workers[0]), slices.log(1)[-3000:]
    merged = merge(slices, tmp_path, directories)
    assert merged.returncode == 0, merged.stdout[-3000:]
    assert verdicts(tmp_path) == {"mx0": True, "mx1": True, "mx2": True}


def merge(slices, folder, directories):
    env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "PWD": str(folder)}
    command = ["ansible-playbook", "-i", str(slices.data / "inventory"), str(ROOT / "playbooks/merge.yml")]
    command += ["-e", json.dumps({"mailhost_audit_slices": directories})]
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=folder, check=False, timeout=120)


def verdicts(folder):
    report = json.loads((folder / "audit/audit.json").read_text())
    return {host["name"]: host["verdict"] in ("pass", "warn") for host in report["hosts"]}


def test_a_host_that_pulls(tmp_path):
    """No way in: the host fetches the project with git and provisions itself,
    by the module route over the local connection."""
    host = Machine("controller")
    try:
        variables = {name: value for name, value in host.variables.items() if not name.startswith("ansible_")}
        listed = {"mailhosts": {"hosts": {"controller.example.test": {**variables, "mailhost_execution": "module"}}}}
        project = tmp_path / "project"
        project.mkdir()
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, project / part)
        (project / "hosts.yml").write_text(yaml.safe_dump(listed))
        git = ["git", "-C", str(project), "-c", "user.name=x", "-c", "user.email=x@example.test"]
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
            subprocess.run([*git, *words], check=True, capture_output=True)
        subprocess.run(["docker", "cp", "-q", str(project), f"{host.id}:/srv/project"], check=True, capture_output=True)
        host.run("git config --system --add safe.directory '*'")
        pull = (
            "cd /root && ansible-pull -U file:///srv/project -C main -d /root/mailhost "
            "-i hosts.yml playbooks/provision.yml"
        )
        first = host.run(pull, check=False)
        assert first.returncode == 0, first.stdout[-3000:] + first.stderr[-2000:]
        assert "changed=0" not in first.stdout
        second = host.run(pull, check=False)
        assert second.returncode == 0 and "changed=0" in second.stdout, second.stdout[-3000:]
        assert host.run("doveconf -h protocols").stdout.split() == ["imap", "pop3"]
    finally:
        host.remove()
