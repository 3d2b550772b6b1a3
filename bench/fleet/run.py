"""A fleet over SSH on this machine: mailhost beside stock modules, Mitogen with stock modules,
and pyinfra, at the same forks.

``python -m bench.fleet.run HOSTS [PART ...]``, parts being ours, stock, mitogen, pyinfra, work, undo (default:
all). The others' hosts are copies of one that each had set up, so that their run changes nothing either. RUNS
in the environment says how often a run is repeated.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import pathlib
import re
import sys
import tempfile
from typing import Iterator

from bench.fleet.hosts import Fleet, docker, make_image
from bench.fleet.measure import Measured, measure
from bench.results import ROOT, keep, load, row

FORKS = 20
PARTS = ("ours", "stock", "mitogen", "pyinfra", "work", "undo")
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

    def play(self, fleet: Fleet, playbook: str, *options: str, status: int = 0) -> Measured:
        command = ["ansible-playbook", "-i", str(fleet.inventory), str(ROOT / playbook), *options]
        return measure(command, self.folder, status, **self.environment)

    def work(self, fleet: Fleet) -> Measured:
        if self.name == "pyinfra":
            return measure(self._pyinfra(fleet), self.folder)
        return self.play(fleet, "playbooks/provision.yml" if self.name == "ours" else STOCK)

    def nothing(self, fleet: Fleet) -> Measured:
        """A run that changes nothing, or the bench ends."""
        done = self.work(fleet)
        bad = re.search(r"changed=[1-9]|failed=[1-9]|unreachable=[1-9]", done.said)
        if self.name == "pyinfra":
            bad = re.search(r"Grand total\s+\d+\s+[1-9]", re.sub(r"\x1b\[[0-9;]*m", "", done.said))
        if bad:
            raise SystemExit(f"{self.name}: a second run changed something or failed:\n{done.said[-3000:]}")
        return done

    def _pyinfra(self, fleet: Fleet) -> "list[str]":
        hosts = json.loads(fleet.inventory.read_text())["mailhosts"]
        shared = {
            "ssh_user": "root",
            "ssh_key": hosts["vars"]["ansible_ssh_private_key_file"],
            "ssh_known_hosts_file": str(self.folder / "known_hosts"),
        }
        shared["mailhost_mailboxes"] = hosts["vars"]["mailhost_mailboxes"]
        listed = [
            (name, {"ssh_hostname": one["ansible_host"], "mailhost_fqdn": one["mailhost_fqdn"], **shared})
            for name, one in hosts["hosts"].items()
        ]
        (self.folder / "fleet.py").write_text(f"mailhosts = {listed!r}\n")
        return [
            str(VENV / "bin/pyinfra"),
            "-y",
            "--parallel",
            str(FORKS),
            str(self.folder / "fleet.py"),
            str(ROOT / "bench/fleet/deploy.py"),
        ]


def runs(count: int) -> int:
    return int(os.environ.get("RUNS", 3 if count <= 50 else 1))


@contextlib.contextmanager
def copies(side: Side, count: int) -> "Iterator[Fleet]":
    """Hosts on which this side has nothing to do: copies of one that it set up."""
    image = f"mailhost/bench-fleet-{side.name}"
    fleet = Fleet(1, side.folder)
    try:
        if side.name in ("mitogen", "pyinfra"):
            Side("stock", side.folder).work(fleet)
        side.work(fleet)
        side.nothing(fleet)
        fleet.commit(image)
    finally:
        fleet.remove()
    fleet = Fleet(count, side.folder, image, one_name=True)
    try:
        yield fleet
    finally:
        fleet.remove()
        docker("rmi", "-f", image)


def ours(count: int, folder: pathlib.Path) -> "list[dict]":
    """A run that changes nothing, and the floor under it: one empty raw task a host."""
    side = Side("ours", folder)
    with copies(side, count) as fleet:
        nothing = [side.nothing(fleet) for _ in range(runs(count))]
        floor = measure(
            ["ansible", "mailhosts", "-i", str(fleet.inventory), "-m", "raw", "-a", "true", "-o"],
            folder,
            **side.environment,
        )
        said = side.play(fleet, "playbooks/provision.yml", "-v", "--limit", "mail000.example.test").said
    trips = sum(int(number) for number in re.findall(r"^\s*round_trips: (\d+)", said, re.M))
    cpu = row(
        f"fleet-cpu-per-host-{count}",
        [one.processor / count for one in nothing],
        None,
        0.6 if count >= 20 else None,
        "processor seconds a host",
    )
    few = load().get("fleet-cpu-per-host-20")
    if few and count > 20:  # it may not grow with the fleet
        share = round(cpu["ours"] / few["ours"], 3)
        cpu.update(of_the_figure_at_20=share, met=cpu["met"] and share <= 1.15)
    return [
        row(f"fleet-noop-{count}", [one.wall for one in nothing], None, None, "seconds"),
        cpu,
        row(f"fleet-memory-{count}", [one.memory for one in nothing], None, 1024, "MiB at once", "MiB"),
        row(
            f"fleet-floor-{count}",
            [floor.wall],
            None,
            None,
            "seconds of one raw task a host",
            processor_per_host=round(floor.processor / count, 3),
        ),
        row(f"fleet-round-trips-{count}", [trips], None, 10, "round trips a host", "round trips"),
    ]


def work(count: int, folder: pathlib.Path) -> "list[dict]":
    """A first run on hosts that were never touched, then a plan and an audit of them."""
    side, rows = Side("ours", folder), []
    fleet = Fleet(count, folder)
    try:
        for name, playbook in (("first", "provision"), ("plan", "plan"), ("audit", "audit")):
            done = side.play(fleet, f"playbooks/{playbook}.yml")
            more = {"processor_per_host": round(done.processor / count, 3), "memory_mib": round(done.memory)}
            rows.append(row(f"fleet-{name}-{count}", [done.wall], None, None, "seconds", **more))
    finally:
        fleet.remove()
    return rows


def undo(count: int, folder: pathlib.Path) -> "list[dict]":
    """From a canary's failed proof until its batch is as before and serves:
    a rollout that takes POP3 away, with a wrong login."""
    side, found = Side("ours", folder), []
    fleet = Fleet(min(count, 4), folder)
    more = {
        "mailhost_protocols": ["imap", "imaps"],
        "mailhost_probe_login": {"user": "user0", "password": "not this"},
        "mailhost_canary": "mail000.example.test",
    }
    more["mailhost_rollout_directory"] = str(folder / "rollout")
    try:
        side.work(fleet)
        for _ in range(3):
            said = side.play(fleet, "playbooks/rollout.yml", "-e", json.dumps(more), status=2).said
            found.append(float(re.search(r"taken back (\d+) s after the first failed proof", said).group(1)))
    finally:
        fleet.remove()
    return [row("rollout-undo", found, None, 30, "seconds until the batch serves as before")]


def other(name: str, count: int, folder: pathlib.Path) -> "list[dict]":
    """The same work by another: at most a tenth of stock modules' time, and half of Mitogen's and
    pyinfra's, are asked of ours."""
    side = Side(name, folder)
    with copies(side, count) as fleet:
        nothing = [side.nothing(fleet) for _ in range(runs(count))]
    what = "stock modules" if name == "stock" else name
    more = {"other_processor_per_host": round(sum(one.processor for one in nothing) / len(nothing) / count, 3)}
    more["other_memory_mib"] = round(max(one.memory for one in nothing))
    bound = 0.1 if name == "stock" else 0.5  # for a fleet; of one host the start of the program itself is most
    mine = load()[f"fleet-noop-{count}"]["ours"]
    return [
        row(
            f"fleet-noop-{count}-{name}",
            [mine],
            [one.wall for one in nothing],
            bound if count >= 20 else None,
            what,
            **more,
        )
    ]


def main() -> int:
    if len(sys.argv) < 2 or not sys.argv[1].isdigit() or int(sys.argv[1]) < 1 or set(sys.argv[2:]) - set(PARTS):
        raise SystemExit("usage: python -m bench.fleet.run HOSTS [ours|stock|mitogen|pyinfra|work|undo ...]")
    count = int(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="mailhost-bench-") as made:
        folder = pathlib.Path(made)
        make_image(folder)
        for name in sys.argv[2:] or PARTS:
            keep({"ours": ours, "work": work, "undo": undo}.get(name, functools.partial(other, name))(count, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
