"""Everything on the network while a host is provisioned anew and its user logs in: no secret, in no form (T24)."""

from __future__ import annotations

import base64
import imaplib
import smtplib
import subprocess
import time

import pytest

from ..wire.clients import context
from ..wire.conftest import PASSWORD
from .hosts import HASH

pytestmark = pytest.mark.xdist_group("postfix")


@pytest.fixture
def capture(hosts, tmp_path):
    """Starts tcpdump on the containers' bridge for this host; ends it and returns what went by."""
    path = tmp_path / "capture"
    address = hosts("postfix").machine.address
    child = subprocess.Popen(
        ["tcpdump", "-i", "docker0", "-U", "-s", "0", "-w", str(path), "host", address], stderr=subprocess.DEVNULL
    )
    time.sleep(2)

    def end():
        time.sleep(1)
        child.terminate()
        child.wait()
        return path.read_bytes()

    yield end
    child.kill()


def test_no_secret_is_on_the_network(hosts, capture):
    host = hosts("postfix")
    address = host.machine.address
    host.sh("rm -f /etc/ssl/private/mailhost.pem; usermod -p x alice")
    assert host.play("playbooks/provision.yml").returncode == 0
    client = imaplib.IMAP4(address)
    client.starttls(context())
    client._encoding = "utf-8"
    assert client.login("alice", PASSWORD)[0] == "OK"
    client.logout()
    with smtplib.SMTP(address, 587, timeout=20) as client:
        client.starttls(context=context())
        client.ehlo()
        assert client.docmd("AUTH", "PLAIN " + base64.b64encode(b"\0alice\0" + PASSWORD.encode()).decode())[0] == 235
    seen = capture()
    assert b"ESMTP" in seen  # it did look
    assert seen.count(b"\x16\x03\x01") >= 2
    plain = PASSWORD.encode()
    forms = [
        plain,
        base64.b64encode(plain),
        base64.b64encode(b"\0alice\0" + plain),
        HASH.encode(),
        HASH.rsplit("$", 1)[1].encode(),
    ]
    assert [form for form in forms if form in seen] == []
    assert b"PRIVATE KEY" not in seen
