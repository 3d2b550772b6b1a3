"""Races site.yml's provisioning against the same host written with stock modules (bench/stock/site.yml).

Same image, pipelining on for both, alternating runs, whole play's wall time; prints a table and writes
bench/results.json. ``python -m bench.run [ROW ...]`` runs only those rows and keeps the others of an earlier run;
``RUNS`` in the environment changes how often (a row says how often it ran).
"""

from __future__ import annotations

import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

from bench.fleet.hosts import name_server
from bench.results import ROOT, keep, row

HASH = "$6$benchsalt$" + "a" * 86
RUN = ["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"]
RUN += ["-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--tmpfs", "/run", "--tmpfs", "/tmp", "-e", "container=docker"]
RUN += ["-e", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1", "--hostname", "bench.example.test"]
OURS, STOCK = "playbooks/provision.yml", "bench/stock/site.yml"


class Bench:
    """A host of one side: its container, its inventory, and timed runs on it."""

    def __init__(self, users: int, playbook: str, **variables: object) -> None:
        self.playbook = playbook
        self.image = "mailhost/bench" if playbook == STOCK else "mailhost/bookworm"
        command = ["docker", "run", "-d", *RUN, f"--dns={name_server()}", "--dns-search=.", self.image]
        self.id = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        subprocess.run(
            ["docker", "exec", self.id, "systemctl", "is-system-running", "--wait"], capture_output=True, check=False
        )
        host = {
            "ansible_connection": "community.docker.docker",
            "ansible_host": self.id,
            "mailhost_fqdn": "bench.example.test",
            "mailhost_domains": ["example.test"],
            "mailhost_mailboxes": [{"name": f"user{number}", "password_hash": HASH} for number in range(users)],
            **variables,
        }
        self.folder = tempfile.TemporaryDirectory()
        self.inventory = pathlib.Path(self.folder.name)
        (self.inventory / "hosts.yml").write_text("mailhosts:\n  hosts:\n    bench:\n")
        (self.inventory / "host_vars").mkdir()
        (self.inventory / "host_vars" / "bench.json").write_text(json.dumps(host))

    def run(self, *options: str) -> "tuple[float, str]":
        env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # both sides as on a postmaster's controller
        begun = time.monotonic()
        done = subprocess.run(
            ["ansible-playbook", "-i", str(self.inventory), str(ROOT / self.playbook), *options],
            capture_output=True, text=True, env=env, cwd=ROOT, check=False,
        )  # fmt: skip
        wall = time.monotonic() - begun
        if done.returncode:
            raise SystemExit(f"{self.playbook} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return wall, done.stdout

    def noop(self) -> float:
        wall, said = self.run()
        if "changed=0" not in said:
            raise SystemExit(f"{self.playbook} changed something in a second run:\n{said[-2000:]}")
        return wall

    def remove(self) -> None:
        subprocess.run(["docker", "rm", "-f", "-v", self.id], capture_output=True, check=False)
        self.folder.cleanup()


def race(users: int, first_bound: "float | None", noop_bound: float) -> "list[dict]":
    """First run of both sides once each, then alternating runs that change nothing."""
    ours, stock = Bench(users, OURS), Bench(users, STOCK)
    rows = []
    try:
        runs = int(os.environ.get("RUNS", 3 if users > 100 else 5))
        first_ours, first_stock = [ours.run()[0]], [stock.run()[0]]
        noop_ours, noop_stock = [], []
        for _ in range(runs):
            noop_ours.append(ours.noop())
            noop_stock.append(stock.noop())
        rows.append(row(f"noop-{users}-users", noop_ours, noop_stock, noop_bound, "stock modules"))
        while first_bound is not None and len(first_ours) < min(runs, 3):
            ours.remove()
            stock.remove()
            ours, stock = Bench(users, OURS), Bench(users, STOCK)
            first_ours.append(ours.run()[0])
            first_stock.append(stock.run()[0])
        if first_bound is not None:
            rows.append(row(f"first-{users}-users", first_ours, first_stock, first_bound, "stock modules"))
    finally:
        ours.remove()
        stock.remove()
    return rows


def round_trips() -> "list[dict]":
    found = []
    for users in (10, 1000):
        host = Bench(users, OURS)
        try:
            host.run()
            for _ in range(5):
                lines = [line.strip() for line in host.run("-v")[1].splitlines()]
                found.append(float(sum(int(line.split(":")[1]) for line in lines if line.startswith("round_trips:"))))
        finally:
            host.remove()
    return [{**row("round-trips-noop", found, None, 10, "round trips", "round trips"), "users": [10, 1000]}]


def virtual() -> "list[dict]":
    first, noop, memory = [], [], 0
    for _ in range(5):
        host = Bench(10000, OURS, mailhost_mailbox_store="virtual")
        try:
            first.append(host.run()[0])
            noop.append(host.noop())
        finally:
            host.remove()
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    rows = [row("virtual-10000-first", first, None, 10, "seconds"), row("virtual-10000-noop", noop, None, 3, "seconds")]
    for one in rows:
        one["controller_peak_mib"] = memory
        one["memory_bound_mib"] = 400
        one["met"] = one["met"] and memory < 400
    return rows


WORK = {
    "noop-10-users": lambda: race(10, None, 1 / 8),
    "noop-1000-users": lambda: race(1000, 1 / 10, 1 / 100),
    "round-trips-noop": round_trips,
    "virtual-10000": virtual,
}


def main() -> int:
    wanted = sys.argv[1:] or list(WORK)
    subprocess.run(
        ["docker", "build", "-q", "-t", "mailhost/bench", str(ROOT / "bench" / "stock")],
        check=True,
        capture_output=True,
    )
    for name in wanted:
        keep(WORK[name]())
    return 0


if __name__ == "__main__":
    sys.exit(main())
