"""stunnel in front of Dovecot and Postfix, APOP, and what no server has (RPOP, KPOP), by both routes."""

import imaplib
import poplib
import smtplib
import subprocess

import pytest

from .clients import apop, context, says
from .conftest import PASSWORD, VARIABLES, Machine

HASH = VARIABLES["mailhost_mailboxes"][0]["password_hash"]
TUNNELS = [
    {"name": "imaps", "accept": "993", "connect": "143"},
    {"name": "pop3s", "accept": "995", "connect": "110"},
    {"name": "smtps", "accept": "465", "connect": "25"},
    {"name": "stls", "accept": "10110", "connect": "110", "protocol": "pop3"},
    {"name": "starttls", "accept": "10025", "connect": "25", "protocol": "smtp"},
]
IMAP_STARTTLS = {"name": "imap", "accept": "10143", "connect": "143", "protocol": "imap"}


@pytest.fixture(scope="module", params=["centos5", "bookworm", "trixie"])
def tunnelled(request):
    found = Machine(request.param)
    if request.param == "trixie":
        found.variables["mailhost_execution"] = "module"
    found.variables.update(
        mailhost_mailbox_store="virtual",
        mailhost_auth_mechanisms=["plain", "login", "apop"],
        mailhost_protocols=["imap", "pop3"],
        mailhost_relay_networks=["127.0.0.1/32"],
        mailhost_mailboxes=[{"name": "alice", "password": PASSWORD}, {"name": "bob", "password_hash": HASH}],
        mailhost_stunnel=TUNNELS
        if request.param == "centos5"
        else [*TUNNELS, IMAP_STARTTLS],  # stunnel 4.15 has none for IMAP
    )
    yield found
    found.remove()


def test_provision_with_tunnels_and_apop(tunnelled, play):
    first = play(tunnelled, "site.yml", "--diff")
    assert first.returncode == 0, first.stdout
    assert PASSWORD not in first.stdout + first.stderr
    assert "APOP needs each user's clear password" in first.stdout + first.stderr
    again = play(tunnelled, "playbooks/provision.yml")
    assert "changed=0" in again.stdout, again.stdout
    assert tunnelled.run("stat -c '%a %U' /etc/mailhost/users").stdout == "600 dovecot\n"


def test_tls_in_front_of_imap_and_pop3(tunnelled):
    client = imaplib.IMAP4_SSL(tunnelled.address, ssl_context=context())
    client._encoding = "utf-8"
    assert client.login("bob", PASSWORD)[0] == "OK"
    client.logout()
    client = poplib.POP3_SSL(tunnelled.address, context=context())
    client.user("bob")
    assert client.pass_(PASSWORD).startswith(b"+OK")
    client.quit()
    client = poplib.POP3(tunnelled.address, 10110)
    client.stls(context())
    client.user("bob")
    assert client.pass_(PASSWORD).startswith(b"+OK")
    client.quit()


def test_starttls_in_front_of_smtp_and_imap(tunnelled):
    with smtplib.SMTP(tunnelled.address, 10025, timeout=20) as client:
        client.starttls(context=context())
        client.helo("probe.invalid")
        client.mail("")
        assert client.rcpt("alice@example.test")[0] == 250
        assert client.rcpt("b@elsewhere.invalid")[0] in (550, 554)
    if tunnelled.image != "centos5":
        client = imaplib.IMAP4(tunnelled.address, 10143)
        client.starttls(context())
        client._encoding = "utf-8"
        assert client.login("bob", PASSWORD)[0] == "OK"
        client.logout()


def test_an_option_that_stunnel_4_15_lacks_is_refused_by_name(tunnelled, play):
    if tunnelled.image != "centos5":
        pytest.skip("a stunnel of today has it")
    refused = play(tunnelled, "playbooks/provision.yml", mailhost_stunnel=[*TUNNELS, IMAP_STARTTLS])
    assert refused.returncode != 0
    assert "stunnel 4.15 does not know protocol = imap, which came with 4.19" in " ".join(
        (refused.stdout + refused.stderr).split()
    )


def test_a_password_in_clear_is_refused_beside_the_tunnel(tunnelled):
    with pytest.raises(imaplib.IMAP4.error, match="(?i)disallowed|disabled"):
        imaplib.IMAP4(tunnelled.address).login("bob", "x")


def test_no_relay_through_the_tunnel(tunnelled):
    with smtplib.SMTP_SSL(tunnelled.address, 465, context=context(), timeout=20) as client:
        client.helo("probe.invalid")
        client.mail("")
        assert client.rcpt("alice@example.test")[0] == 250
        assert client.rcpt("b@elsewhere.invalid")[0] in (550, 554)


def test_the_tunnel_starts_at_boot(tunnelled):
    subprocess.run(["docker", "restart", "-t", "2", tunnelled.id], check=True, capture_output=True)
    tunnelled.address = tunnelled.run("hostname -i").stdout.split()[0]
    for _ in range(60):
        try:
            imaplib.IMAP4_SSL(tunnelled.address, ssl_context=context()).logout()
            return
        except OSError:
            tunnelled.run("sleep 1")
    pytest.fail("no TLS on 993 a minute after the start")


def test_apop_by_dovecot(tunnelled):
    assert apop(tunnelled, "alice", PASSWORD).startswith(b"+OK")
    for user, password in (("alice", "wrong"), ("bob", PASSWORD)):
        with pytest.raises(poplib.error_proto):
            apop(tunnelled, user, password)


def test_rpop_is_answered_by_nobody(tunnelled):
    assert says(tunnelled, 110, b"RPOP alice").startswith(b"-ERR")


@pytest.mark.parametrize("word", ["rpop", "kpop"])
def test_what_no_server_has_is_refused(tunnelled, play, word):
    before = tunnelled.run("find /etc /var/lib/mailhost -printf '%p %C@\\n' | sort").stdout
    refused = play(tunnelled, "playbooks/provision.yml", mailhost_protocols=["imap", word])
    assert refused.returncode != 0
    assert {"rpop": "no server has RPOP any more", "kpop": "Dovecot has no KPOP"}[
        word
    ] in refused.stdout + refused.stderr
    after = tunnelled.run("find /etc /var/lib/mailhost -printf '%p %C@\\n' | sort").stdout
    journals = [
        line for line in after.splitlines() if line not in before.splitlines() and "/var/lib/mailhost" not in line
    ]
    assert journals == []
