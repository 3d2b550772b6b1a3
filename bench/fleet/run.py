"""A fleet over SSH on this machine: mailhost beside stock modules, Mitogen with stock modules, and pyinfra, at the same forks.

``python -m bench.fleet.run HOSTS [PART ...]``, parts being ours, stock, mitogen, pyinfra (default: all). The others' hosts are copies
of one that each had set up, so that their run changes nothing either. RUNS in the environment changes how often a run is repeated.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from bench.fleet.hosts import Fleet, docker, make_image
from bench.fleet.measure import Measured, measure
from bench.results import ROOT, keep, load, row

FORKS = 20
PARTS = ("ours", "stock", "mitogen", "pyinfra")
VENV = ROOT / ".venv-bench"
STOCK = "bench/stock/site.yml"


class Side:
    """One way of provisioning the fleet."""

    def __init__(self, name: str, folder: pathlib.Path) -> None:
        self.name, self.folder = name, folder
        self.environment = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORKS": str(FORKS)}
        if name == "mitogen":
            plugins = next(VENV.glob("lib/python3*/site-packages/ansible_mitogen/plugins/strategy"))
            self.environment.update(ANSIBLE_STRATEGY_PLUGINS=str(plugins), ANSIBLE_STRATEGY="mitogen_linear")

    def play(self, fleet: Fleet, playbook: str, *options: str) -> Measured:
        command = ["ansible-playbook", "-i", str(fleet.inventory), str(ROOT / playbook), *options]
        return measure(command, self.folder, **self.environment)

    def work(self, fleet: Fleet) -> Measured:
        if self.name == "pyinfra":
            return measure(self._pyinfra(fleet), self.folder)
        return self.play(fleet, "playbooks/provision.yml" if self.name == "ours" else STOCK)

    def nothing(self, fleet: Fleet) -> Measured:
        """A run that changes nothing, or the bench ends."""
        done = self.work(fleet)
        bad = re.search(r"changed=[1-9]|failed=[1-9]|unreachable=[1-9]", done.said)
        if self.name == "pyinfra":
            bad = re.search(r"Grand total\W+\d+\W+[1-9]", re.sub(r"\x1b\[[0-9;]*m", "", done.said))
        if bad:
            raise SystemExit(f"{self.name}: a second run changed something or failed:\n{done.said[-3000:]}")
        return done

    def _pyinfra(self, fleet: Fleet) -> "list[str]":
        hosts = json.loads(fleet.inventory.read_text())["mailhosts"]
        shared = {"ssh_user": "root", "ssh_key": hosts["vars"]["ansible_ssh_private_key_file"], "ssh_known_hosts_file": str(self.folder / "known_hosts")}
        shared["mailhost_mailboxes"] = hosts["vars"]["mailhost_mailboxes"]
        listed = [(name, {"ssh_hostname": one["ansible_host"], "mailhost_fqdn": one["mailhost_fqdn"], **shared}) for name, one in hosts["hosts"].items()]
        (self.folder / "fleet.py").write_text(f"mailhosts = {listed!r}\n")
        return [str(VENV / "bin/pyinfra"), "-y", "--parallel", str(FORKS), str(self.folder / "fleet.py"), str(ROOT / "bench/fleet/deploy.py")]


def runs(count: int) -> int:
    return int(os.environ.get("RUNS", 3 if count <= 50 else 1))


def ours(count: int, folder: pathlib.Path) -> "list[dict]":
    side, rows = Side("ours", folder), []
    fleet = Fleet(count, folder)
    try:
        rows.append(row(f"fleet-first-{count}", [side.work(fleet).wall], None, None, "seconds"))
        nothing = [side.nothing(fleet) for _ in range(runs(count))]
        rows.append(row(f"fleet-noop-{count}", [one.wall for one in nothing], None, None, "seconds"))
        bound = 0.6
        rows.append(row(f"fleet-cpu-per-host-{count}", [one.processor / count for one in nothing], None, bound, "processor seconds a host"))
        rows.append(row(f"fleet-memory-{count}", [one.memory for one in nothing], None, 1024, "MiB at once", "MiB"))
        floor = ["ansible", "mailhosts", "-i", str(fleet.inventory), "-m", "ansible.builtin.raw", "-a", "true", "-o"]
        done = measure(floor, folder, **side.environment)
        rows.append(row(f"fleet-floor-{count}", [done.wall], None, None, "one raw task a host"))
        rows.append(row(f"fleet-floor-cpu-per-host-{count}", [done.processor / count], None, None, "processor seconds a host"))
        for name in ("plan", "audit"):
            if (ROOT / f"playbooks/{name}.yml").exists():
                rows.append(row(f"fleet-{name}-{count}", [side.play(fleet, f"playbooks/{name}.yml").wall], None, None, "seconds"))
        said = side.play(fleet, "playbooks/provision.yml", "-v", "--limit", "mail000.example.test").said
        trips = sum(int(number) for number in re.findall(r"^\s*round_trips: (\d+)", said, re.M))
        rows.append(row(f"fleet-round-trips-{count}", [trips], None, 10, "round trips a host", "round trips"))
    finally:
        fleet.remove()
    return rows


def other(name: str, count: int, folder: pathlib.Path) -> "list[dict]":
    """The same work by another: at most a tenth of stock modules' time, and half of Mitogen's and pyinfra's, are asked of ours."""
    side, image = Side(name, folder), f"mailhost/bench-fleet-{'pyinfra' if name == 'pyinfra' else 'stock'}"
    fleet = Fleet(1, folder)
    try:
        Side("stock", folder).work(fleet)
        side.work(fleet)
        side.nothing(fleet)
        fleet.commit(image)
    finally:
        fleet.remove()
    fleet = Fleet(count, folder, image, one_name=True)
    try:
        nothing = [side.nothing(fleet) for _ in range(runs(count))]
    finally:
        fleet.remove()
        docker("rmi", "-f", image)
    mine = load()[f"fleet-noop-{count}"]["ours"]
    what = "stock modules" if name == "stock" else name
    cpu = sum(one.processor for one in nothing) / len(nothing) / count
    return [
        row(f"fleet-noop-{count}-{name}", [mine], [one.wall for one in nothing], 0.1 if name == "stock" else 0.5, what,
            other_processor_per_host=round(cpu, 3), other_memory_mib=round(max(one.memory for one in nothing))),
    ]  # fmt: skip


def main() -> int:
    if len(sys.argv) < 2 or not sys.argv[1].isdigit() or int(sys.argv[1]) < 1 or set(sys.argv[2:]) - set(PARTS):
        raise SystemExit("usage: python -m bench.fleet.run HOSTS [ours|stock|mitogen|pyinfra ...]")
    count = int(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="mailhost-bench-") as made:
        folder = pathlib.Path(made)
        make_image(folder)
        for name in sys.argv[2:] or PARTS:
            keep(ours(count, folder) if name == "ours" else other(name, count, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
