"""A table of faults, each injected for real into a run on a real host, and one oracle for all of them.

Afterwards the host has all of the new configuration and serves it, or the old one to the byte and serves that;
the run says which; nothing is left over; check mode wrote nothing; and with the fault gone the next run
converges. Run one by its name: ``make fault NAME=port-taken``.
"""

from __future__ import annotations

import pytest

from .hosts import Attempt, Docker
from .table import FAULTS

IMAGES = ("bookworm", "centos5")
EVERY = [(image, name) for image in IMAGES for name in sorted(FAULTS) if image in FAULTS[name].images]


@pytest.mark.parametrize(("image", "name"), EVERY)
def test_fault(hosts, image, name, count):
    host, fault = hosts(image), FAULTS[name]
    if fault.start is not None and host.state is not fault.start:
        host.words(fault.start, timeout=20)
        host.state = fault.start
    old = host.snapshot()
    count("tried")
    injected = fault.inject(host)
    how = next(injected) or {}
    prefix = how.pop("prefix", "")
    inodes = host.inodes()
    Attempt(host, not host.state, run=Docker(host.machine, prefix), check=True)
    assert host.inodes() == inodes, "check mode wrote something"
    attempt = Attempt(host, not host.state, **how)
    next(injected, None)
    assert bool(attempt.error) == (fault.ends == "old"), attempt.error or "no error"
    for text in fault.says:
        assert text in attempt.error
    assert "Traceback" not in attempt.error
    if attempt.error:
        assert host.snapshot() == old, attempt.error
    else:
        host.state = not host.state
    assert host.serves(host.state) == "", attempt.error
    assert host.left() == ""
    for _ in injected:
        pass
    wanted = host.state if not attempt.error else not host.state
    assert host.words(wanted, timeout=20) is bool(attempt.error)
    host.state = wanted
    assert host.words(wanted, timeout=20) is False
    assert host.serves(wanted) == ""
    count("outage", attempt.outage)
    count("survived")


@pytest.mark.parametrize("image", IMAGES)
def test_no_accepted_mail_was_lost(hosts, image, count):
    """The last of a host's tests: every number that was acknowledged during all of the above is in
    a mailbox or a queue."""
    host = hosts(image)
    told = host.ledger.stop(host.machine)
    for what in ("acknowledged", "found", "duplicated"):
        count(what, told[what])
    count("lost", len(told["lost"]))
    assert told["acknowledged"] > 0
    assert told["lost"] == []
