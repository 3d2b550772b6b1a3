"""What a host of 2006 does to a commit: a POP3 that greets, refuses a wrong password,
and is dead for everybody (Dovecot 1.0)."""

import json
import pathlib
import poplib

import pytest
from mailhost.audit import wire

from .conftest import PASSWORD, Machine

COMMIT = {"services": ["dovecot"], "protocols": ["imap", "imaps", "pop3", "pop3s"]}
LOGIN = {"user": "alice", "password": PASSWORD}


@pytest.fixture(scope="module")
def machine():
    found = Machine("centos5")
    yield found
    found.remove()


def fetch(machine):
    """What POP3 says of alice's mailbox."""
    client = poplib.POP3_SSL(machine.address, context=wire.lenient(), timeout=20)
    client.encoding = "utf-8"
    client.user("alice")
    client.pass_(PASSWORD)
    return client.stat()


def findings(tmp_path, name):
    records = [json.loads(path.read_text()) for path in pathlib.Path(tmp_path).glob("audit/**/*.json")]
    return [one for record in records for one in record.get("findings", []) if one["id"] == name]


def test_the_session_of_1_0_without_an_identifiers_format(machine, play, tmp_path):
    assert play(machine, "site.yml").returncode == 0
    assert fetch(machine)[0] >= 0
    machine.run("sed -i '/^  pop3_uidl_format/d' /etc/dovecot.conf && service dovecot restart && sleep 1")
    with pytest.raises(poplib.error_proto, match="EOF"):
        fetch(machine)

    # with no password at hand it cannot be seen, and that is said, by the commit and by the audit
    machine.run("service dovecot stop")
    done = play(machine, [{"mail_commit": COMMIT}])
    assert done.returncode == 0, done.stdout
    assert "not proved:" in done.stdout + done.stderr
    assert "no user and password were given, so no login that should succeed was tried" in done.stdout + done.stderr
    assert play(machine, "playbooks/audit.yml", mailhost_probe_login={}).returncode == 0
    assert [one["verdict"] for one in findings(tmp_path, "clear.login")] == ["warn"]

    # with one it is a fault, named, and the audit fails
    machine.run("service dovecot stop")
    done = play(machine, [{"mail_commit": {**COMMIT, **LOGIN}}])
    assert done.returncode != 0
    assert "logins fail: the session of alice ends where it should serve" in done.stdout
    assert PASSWORD not in done.stdout + done.stderr
    assert play(machine, "playbooks/audit.yml").returncode != 0
    assert "fail" in {one["verdict"] for one in findings(tmp_path, "clear.T08") if "pop3" in one["where"]}

    # and the next run mends it
    done = play(machine, "site.yml")
    assert done.returncode == 0, done.stdout
    assert fetch(machine)[0] >= 0
    done = play(machine, "site.yml")
    assert "changed=0" in done.stdout, done.stdout
