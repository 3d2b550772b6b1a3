"""Over IPv6 as over IPv4: a host that is closed on one and open on the other is an open relay."""

from __future__ import annotations

import subprocess
import uuid

import pytest

from .hosts import bad

pytestmark = pytest.mark.xdist_group("postfix")


@pytest.fixture
def address6(hosts):
    """The host's address on an IPv6 network of this test's own."""
    host, token = hosts("postfix"), uuid.uuid4().hex
    name = f"mailhost-six-{token[:6]}"
    create = [
        "docker",
        "network",
        "create",
        "--ipv6",
        "--subnet",
        f"fd{token[:2]}:{token[2:6]}:{token[6:10]}::/64",
        name,
    ]
    subprocess.run(create, check=True, capture_output=True)
    subprocess.run(["docker", "network", "connect", name, host.machine.id], check=True, capture_output=True)
    form = f'{{{{(index .NetworkSettings.Networks "{name}").GlobalIPv6Address}}}}'
    shown = subprocess.run(
        ["docker", "inspect", "-f", form, host.machine.id], check=True, capture_output=True, text=True
    )
    yield shown.stdout.strip()
    subprocess.run(["docker", "network", "disconnect", name, host.machine.id], check=True, capture_output=True)
    subprocess.run(["docker", "network", "rm", name], check=True, capture_output=True)


def of_relay(record, ipv6):
    return {
        one["verdict"] for one in record["findings"] if one["id"] == "relay.R01" and ("IPv6" in one["where"]) is ipv6
    }


def test_closed_and_open_over_ipv6(hosts, address6):
    host = hosts("postfix")
    assert ":" in address6
    record = host.audit(address6=address6)
    assert bad(record) == []
    asked = {one["where"] for one in record["findings"] if one["id"] == "relay.R50"}
    assert asked == {f"{port}/smtp{family}" for port in (25, 587) for family in ("", " (IPv6)")}
    host.sh("postconf -e 'mynetworks = 127.0.0.0/8 [::]/0'; postfix reload; sleep 1")
    try:
        opened = host.audit(address6=address6)
        assert (of_relay(opened, True), of_relay(opened, False)) == ({"fail", "pass"}, {"pass"})  # 587 demands a login
        assert any(line.startswith("policy.mynetworks [::]/0") for line in bad(opened))
    finally:
        host.sh("postconf -e 'mynetworks = 127.0.0.0/8 [::1]/128'; postfix reload; sleep 1")
