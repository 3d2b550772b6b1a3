"""Hosts for the fault tests, the mail ledger that runs beside them, and the figures at the end."""

from __future__ import annotations

import statistics

import pytest

from .hosts import FaultHost
from .ledger import Ledger

FIGURES = {"faults": [], "outages": [], "bad": [0, 0], "strange": [0, 0], "ledgers": []}
CAPS = ["--cap-add", "LINUX_IMMUTABLE"]


@pytest.fixture(scope="session")
def figures():
    return FIGURES


@pytest.fixture(scope="module")
def host(request, tmp_path_factory):
    """A provisioned host of each kind, with alice's mailbox and a sender that delivers to it all the while."""
    found = FaultHost(request.param, CAPS)
    found.provision(tmp_path_factory.mktemp("provision"))
    found.ledger = Ledger(found.machine.address)
    found.ledger.start()
    yield found
    FIGURES["ledgers"].append(found.ledger.stop(found.machine))
    found.remove()
    assert FIGURES["ledgers"][-1]["lost"] == [], FIGURES["ledgers"][-1]


def figures_told() -> "list[str]":
    faults, outages = FIGURES["faults"], FIGURES["outages"]
    told = [f"faults tried {len(faults)}, survived {sum(faults)}"]
    ledgers = FIGURES["ledgers"]
    if ledgers:
        sums = {key: sum(ledger[key] for ledger in ledgers) for key in ("acknowledged", "found", "duplicated")}
        lost = sum(len(ledger["lost"]) for ledger in ledgers)
        told.append(f"mail acknowledged {sums['acknowledged']}, found {sums['found']}, lost {lost}, duplicated {sums['duplicated']}")
    told.append("bad inputs tried {}, refused {}".format(*FIGURES["bad"]))
    told.append("strange inputs tried {}, served {}".format(*FIGURES["strange"]))
    if outages:
        told.append(f"seconds from failure to serving again: median {statistics.median(outages):.1f}, worst {max(outages):.1f}")
    return told


def pytest_terminal_summary(terminalreporter):
    if FIGURES["faults"] or FIGURES["bad"][0]:
        terminalreporter.section("figures")
        for line in figures_told():
            terminalreporter.write_line(line)
