"""Hosts for the fault tests, the mail ledger that runs beside them, and the figures at the end."""

from __future__ import annotations

import pathlib
import statistics

import pytest

from ..figures import counted
from .hosts import FaultHost
from .ledger import Ledger


def pytest_itemcollected(item):  # xdist looks at the marker before any other hook could add it
    """The tests of a file stay in one process, in their order; but each kind of host may have its own, and so may each
    way to break a step."""
    if item.path.parent == pathlib.Path(__file__).parent:
        given = getattr(getattr(item, "callspec", None), "params", {})
        kinds = [str(given[name]) for name in ("image", "how") if name in given]
        item.add_marker(pytest.mark.xdist_group(":".join([item.path.stem, *kinds])))


@pytest.fixture(scope="session")
def hosts(tmp_path_factory):
    """Makes a provisioned host of a kind once, with alice's mailbox and a sender that delivers to it all the while."""
    made: "dict[str, FaultHost]" = {}

    def make(image):
        if image not in made:
            rights = [
                "--cap-add",
                "LINUX_IMMUTABLE",
                "--cap-add",
                "SYS_ADMIN",
                "--security-opt",
                "apparmor=unconfined",
            ]  # mount, chattr
            made[image] = FaultHost(image, rights)
            made[image].provision(tmp_path_factory.mktemp("provision"))
            made[image].ledger = Ledger(made[image].machine.address)
            made[image].ledger.start()
        return made[image]

    yield make
    for found in made.values():
        found.ledger.over.set()
        found.remove()


def pytest_terminal_summary(terminalreporter):
    said = counted(terminalreporter)
    if not said:
        return
    sums = {what: int(sum(numbers)) for what, numbers in said.items()}
    terminalreporter.section("figures")
    for line, whats in (
        ("faults tried {}, survived {}", ("tried", "survived")),
        ("mail acknowledged {}, found {}, lost {}, duplicated {}", ("acknowledged", "found", "lost", "duplicated")),
        ("bad inputs tried {}, refused {}", ("bad", "refused")),
        ("strange inputs tried {}, served {}", ("strange", "served")),
    ):
        if whats[0] in sums:
            terminalreporter.write_line(line.format(*(sums.get(what, 0) for what in whats)))
    if "outage" in said:
        median, worst = statistics.median(said["outage"]), max(said["outage"])
        terminalreporter.write_line(f"seconds from failure to serving again: median {median:.1f}, worst {worst:.1f}")
