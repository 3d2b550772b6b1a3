"""Each host of the table broken for real: the audit names the cause and shows it on the wire, both answers agree,
and site.yml repairs the host or refuses with the reason; it never reports ok."""

from __future__ import annotations

import re

import pytest

from .hosts import bad, verdicts
from .table import TABLE

ORDER = sorted(TABLE, key=lambda name: (TABLE[name].kind, list(TABLE).index(name)))


def of(kind):
    """Tests of one host stay in one process."""
    return pytest.mark.xdist_group(kind)


@pytest.mark.parametrize("name", [pytest.param(name, marks=of(TABLE[name].kind)) for name in ORDER])
def test_broken(hosts, name, count):
    broken = TABLE[name]
    host = hosts(broken.kind)
    count("broken")
    host.sh(broken.how)
    try:
        record = host.audit(**dict(broken.given))
        assert record["verdict"] in ("fail", "invalid")
        assert verdicts(record, broken.cause) & {"fail"}, bad(record)
        if broken.wire:
            assert verdicts(record, broken.wire) & {"fail"}, bad(record)
        assert "fail" not in verdicts(record, "relay.agreement"), bad(record)
        count("named")
        site = host.site()
        said = " ".join((site.stdout + site.stderr).split())
        if broken.site == "repaired":
            assert site.returncode == 0, said[-3000:]
            assert not re.search(rf"{host.machine.name} +: ok=\d+ +changed=0 ", site.stdout), said[-2000:]
        else:
            assert site.returncode != 0
            assert broken.says in said, said[-3000:]
        count(broken.site)
    finally:
        if broken.heal:
            host.sh(broken.heal)
    if broken.site == "repaired":
        assert broken.cause.partition(".")[2] not in {cause["rule"] for cause in host.policy()["causes"]}


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=of(kind)) for kind in sorted({broken.kind for broken in TABLE.values()})]
)
def test_afterwards_all_is_well(hosts, kind):
    """The last of a host's tests: nothing of all that is left over."""
    host = hosts(kind)
    assert host.site().returncode == 0
    assert bad(host.audit()) == []
