"""Real hosts for the bench: containers with sshd, Postfix and Dovecot, many on one machine,
and an inventory of them."""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import subprocess
import uuid

HERE = pathlib.Path(__file__).resolve().parent
IMAGE = "mailhost/bench-fleet"
HASH = "$6$benchsalt$" + "a" * 86
USERS = 10
VARIABLES = {
    "ansible_user": "root",
    "ansible_python_interpreter": "/usr/bin/python3",
    "mailhost_domains": ["example.test"],
    "mailhost_mailboxes": [{"name": f"user{number}", "password_hash": HASH} for number in range(USERS)],
}


def docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"docker {words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def name_server() -> str:
    """The address of the one that all hosts of the default network ask."""
    words = ["sh", str(HERE.parents[1] / "setup/names.sh"), "up", "bridge"]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def make_image(folder: pathlib.Path) -> None:
    """The base image, and in the folder a key of this bench alone, which its hosts are given as they start."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
    os.environ["DOCKER_BUILDKIT"] = "0"
    docker("build", "-q", "-t", IMAGE, "-f", str(HERE / "Dockerfile"), str(folder))


class Fleet:
    """``count`` hosts of one image, named mail000.example.test and on; ``inventory`` is a file for ansible-playbook."""

    def __init__(self, count: int, folder: pathlib.Path, image: str = IMAGE, one_name: bool = False) -> None:
        self.folder, self.run, self.names = folder, uuid.uuid4().hex[:6], name_server()
        names = [f"mail{number:03}.example.test" for number in range(count)]
        self.ids: "dict[str, str]" = {}
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for name, identity in zip(names, pool.map(lambda name: self._start(name, image), names)):
                self.ids[name] = identity
            found = docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", *self.ids.values()).split()
            self.addresses = dict(zip(names, found))
            list(pool.map(self._ready, self.ids.values()))
        self._known_hosts(next(iter(self.ids.values())))
        #: the others' hosts are copies of one that was set up, under its name
        self.fqdns = {name: names[0] if one_name else name for name in names}
        self.inventory = folder / "inventory.json"
        self.limit(count)

    def limit(self, count: int) -> None:
        """Write the inventory of the first so many hosts."""
        hosts = {
            name: {"ansible_host": address, "mailhost_fqdn": self.fqdns[name]}
            for name, address in list(self.addresses.items())[:count]
        }
        shared = {
            **VARIABLES,
            "ansible_ssh_private_key_file": str(self.folder / "key"),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={self.folder / 'known_hosts'}",
        }
        self.inventory.write_text(json.dumps({"mailhosts": {"hosts": hosts, "vars": shared}}))

    def _start(self, name: str, image: str) -> str:
        command = ["run", "-d", "--name", f"mailhost-bench-{self.run}-{name}", "--hostname", name, "--tmpfs", "/run"]
        command += ["-v", f"{self.folder / 'key.pub'}:/root/.ssh/authorized_keys:ro"]
        command += [f"--dns={self.names}", "--dns-search=."]
        return docker(*command, image)

    @staticmethod
    def _ready(identity: str) -> None:
        ports = " ".join(f"(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null &&" for port in (22, 25, 143))
        docker("exec", identity, "bash", "-c", f"for i in $(seq 60); do {ports} exit 0; sleep 1; done; exit 1")

    def _known_hosts(self, identity: str) -> None:
        key = docker("exec", identity, "cat", "/etc/ssh/ssh_host_ed25519_key.pub")
        (self.folder / "known_hosts").write_text(f"* {key}\n")

    def commit(self, image: str) -> str:
        """The first host, as it is now, as an image."""
        docker("commit", next(iter(self.ids.values())), image)
        return image

    def remove(self) -> None:
        every = list(self.ids.values())
        for at in range(0, len(every), 20):
            docker("rm", "-f", "-v", *every[at : at + 20])
