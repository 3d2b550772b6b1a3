"""Good hosts of every kind: nothing fails and nothing is invalid, in time, from each of a host's addresses;
and what the report says."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from ..wire.conftest import Machine
from .hosts import KINDS, bad, verdicts

SECONDS = 15  # for one host with every battery


def of(kind):
    return pytest.param(kind, marks=pytest.mark.xdist_group(kind))


@pytest.mark.parametrize("kind", [of(kind) for kind in KINDS])
def test_a_good_host_raises_no_alarm(hosts, kind, count):
    record = hosts(kind).audit()
    count("probes", len(record["findings"]))
    count("seconds", record["seconds"])
    count("alarms", len(bad(record)))
    assert bad(record) == []
    assert record["seconds"] <= SECONDS
    assert verdicts(record, "relay.agreement") == {"pass"}
    names = {one["id"] for one in record["findings"]}
    assert {f"relay.R{number:02}" for number in range(1, 51)} - names <= {
        "relay.R41",
        "relay.R42",
    }  # it passes nothing on
    assert {f"relay.C{number:02}" for number in range(1, 5)} <= names
    for name in (
        "tls.T09",
        "tls.T10",
        "tls.T12",
        "tls.T13",
        "tls.T17",
        "tls.T18.SSLv3",
        "tls.T21",
        "clear.T01",
        "clear.T02",
        "clear.T03",
        "clear.T04",
        "clear.T05",
        "clear.T07",
        "clear.T07.wrong",
        "clear.T07.empty",
        "clear.S02",
        "way.in.imap",
    ):
        asked = verdicts(record, name)
        legacy = name == "tls.T21" and record["profile"] == "centos5"  # TLS 1.0 is all it has
        assert ("warn" if legacy else "pass") in asked, name
    secret = "demo a$s"
    assert secret not in json.dumps(record)


@pytest.mark.parametrize("kind", [of("centos5")])
def test_the_old_profile_is_called_legacy(hosts, kind):
    record = hosts(kind).audit(profile="centos5")
    assert bad(record) == []
    assert record["profile"] == "centos5"


@pytest.mark.parametrize("kind", [of("trixie")])
def test_the_modern_profile_wants_tls_1_3_only(hosts, kind):
    record = hosts(kind).audit(profile="modern")
    assert any("TLSv1.2" in line for line in bad(record))


@pytest.mark.parametrize("kind", [of("postfix")])
def test_the_host_itself_is_no_strangers_place(hosts, kind):
    host = hosts(kind)
    trusting = {**host.policy(), "networks": [host.machine.address.rsplit(".", 1)[0] + ".0/24"]}
    record = host.audit(policy=trusting)
    assert verdicts(record, "vantage") == {"invalid"}
    assert verdicts(record, "relay.R01") == {"invalid"}
    assert record["verdict"] == "invalid"


@pytest.mark.parametrize("kind", [of("postfix")])
def test_messages_to_and_from_outside(hosts, kind):
    """With a sink: what a user sends comes out there, and what it refuses comes back as a bounce."""
    host = hosts(kind)
    gateway = (
        host.sh("ip route 2>/dev/null | sed -n 's/^default via \\([0-9.]*\\).*/\\1/p'; true").stdout.strip()
        or "172.17.0.1"
    )
    host.sh(f"postconf -e 'relayhost = [{gateway}]:2525'; postfix reload; sleep 1")
    try:
        sink = {"domain": "victim.example", "address": gateway, "port": 2525}
        record = host.audit(sink=sink)
        assert (verdicts(record, "way.out"), verdicts(record, "way.bounce")) == ({"pass"}, {"pass"}), bad(record)
        host.sh("postconf -e mynetworks=0.0.0.0/0; postfix reload; sleep 1")
        opened = host.audit(sink=sink)
        assert any("it reached the sink: an open relay" in line for line in bad(opened))
    finally:
        host.sh("postconf -e 'relayhost =' 'mynetworks = 127.0.0.0/8 [::1]/128'; postfix reload; sleep 1")


@pytest.mark.parametrize("kind", [of("sendmail")])
def test_an_accepted_rule_is_shown_with_its_reason(hosts, kind):
    host = hosts(kind)
    build = "cd /etc/mail && makemap hash access <access"
    host.sh(f"cp -p /etc/mail/access /root/accepted; echo 'partner.example RELAY' >>/etc/mail/access; {build}")
    accept = [{"rule": "access partner.example", "reason": "our other office, until March"}]
    try:
        assert "partner.example RELAY has no tag" in host.site().stdout
        host.machine.variables["mailhost_relay_accept"] = accept
        accepted = host.site()
        assert accepted.returncode == 0, accepted.stdout[-2000:]
        assert "accepted, our other office, until March" in " ".join((accepted.stdout + accepted.stderr).split())
        record = host.audit(accept=accept)
        assert bad(record) == []
        assert record["accepted"] == accept
        assert verdicts(record, "policy.access partner.example") == {"warn"}
    finally:
        host.machine.variables.pop("mailhost_relay_accept", None)
        host.sh(f"cp -p /root/accepted /etc/mail/access; {build}")


@pytest.mark.parametrize("kind", [of("postfix")])
def test_the_playbook_and_its_reports(hosts, kind):
    host = hosts(kind)
    done = host.play("playbooks/audit.yml")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "1 hosts: at most" in done.stdout
    folder = host.folder / "audit"
    report = json.loads((folder / "audit.json").read_text())
    assert report["hosts"][0]["name"] == host.machine.name
    assert report["verdict"] in ("pass", "warn")
    assert ET.parse(folder / "audit.xml").getroot()[0].get("failures") == "0"
    assert f'mailhost_audit_verdict{{host="{host.machine.name}"}}' in (folder / "audit.prom").read_text()
    assert "<h1>" in (folder / "audit.html").read_text()
    unreachable = host.play(
        "playbooks/audit.yml", ansible_host="mailhost-no-such-container", mailhost_address=host.machine.address
    )
    assert unreachable.returncode == 0, unreachable.stdout[-2000:]  # the wire is asked all the same
    assert json.loads((folder / "audit.json").read_text())["hosts"][0]["batteries"]["policy"] == "warn"


@pytest.mark.parametrize("kind", [of("postfix")])
def test_an_address_outside_the_inventory_is_refused(hosts, kind):
    host = hosts(kind)
    for option in ("mailhost_address=192.0.2.9", "ansible_host=192.0.2.9"):
        refused = host.play("playbooks/audit.yml", "-e", option)
        assert refused.returncode != 0
        assert "is outside the inventory" in refused.stdout + refused.stderr


@pytest.mark.parametrize("kind", [of("postfix")])
def test_the_audit_changes_nothing(hosts, kind):
    host = hosts(kind)
    watch = "find /etc /var/lib/mailhost -printf '%p %i %C@\\n' 2>/dev/null | sort"
    before = host.sh(watch).stdout
    host.play("playbooks/audit.yml")
    assert host.sh(watch).stdout == before


@pytest.mark.parametrize("kind", [of("centos5")])
def test_a_host_that_mailhost_never_touched(hosts, kind):
    """Debian's packages as they come: a verdict with its reasons, and nothing of ours on the host before or after."""
    machine = Machine("bookworm")
    try:
        inventory = hosts(kind).folder / "untouched.json"
        known = {
            name: machine.variables[name]
            for name in ("ansible_connection", "ansible_host", "mailhost_address", "mailhost_fqdn")
        }
        inventory.write_text(json.dumps({"mailhosts": {"hosts": {machine.name: known}}}))
        done = hosts(kind).play("playbooks/audit.yml", "-i", str(inventory), "--limit", machine.name)
        assert done.returncode != 0
        assert "Traceback" not in done.stdout + done.stderr
        assert "tls.T12 993/imap: fail" in done.stdout
        assert "Postfix 3.7.11, Dovecot 2.3.19.1" in done.stdout
        assert machine.run("ls -d /var/lib/mailhost /etc/mailhost 2>/dev/null; true").stdout == ""
    finally:
        machine.remove()
