"""What the provisioned host serves, asked by clients that are not ours: imaplib, poplib, smtplib, swaks, openssl."""

import imaplib
import os
import poplib
import re
import smtplib
import socket
import ssl
import subprocess
import time
import uuid

import pytest

OLD = "DEFAULT:@SECLEVEL=0"  # TLS 1.0 is all that CentOS 5 has
PASSWORD = "demo a$s\"s'w\\ö"
HERE = os.path.dirname(__file__)


def context():
    found = ssl.create_default_context()
    found.check_hostname, found.verify_mode = False, ssl.CERT_NONE
    found.minimum_version = ssl.TLSVersion.TLSv1
    found.set_ciphers(OLD)
    return found


def imap(address, tls):
    client = imaplib.IMAP4_SSL(address, ssl_context=context()) if tls else imaplib.IMAP4(address)
    client._encoding = "utf-8"
    return client


@pytest.mark.parametrize("port", [25, 110, 143, 587, 993, 995])
def test_listens(address, port):
    socket.create_connection((address, port), 5).close()


def test_imap_login(address):
    for tls in (True, False):
        client = imap(address, tls)
        if not tls:
            assert "LOGINDISABLED" in client.capabilities
            client.starttls(context())
        assert client.login("alice", PASSWORD)[0] == "OK"
        client.logout()


def test_pop3_login(address):
    for tls in (True, False):
        client = poplib.POP3_SSL(address, context=context()) if tls else poplib.POP3(address)
        if not tls:
            client.stls(context())
        client.user("alice")
        assert client.pass_(PASSWORD).startswith(b"+OK")
        client.quit()


def test_cleartext_is_refused(address):
    with pytest.raises(imaplib.IMAP4.error):
        imap(address, False).login("alice", PASSWORD)
    client = poplib.POP3(address)
    with pytest.raises(poplib.error_proto, match="-ERR"):
        client.user("alice")
        client.pass_(PASSWORD)


def swaks(address, *options):
    command = ["swaks", "--server", address, "--timeout", "20", "--tls-cipher", OLD, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("recipient", ["alice@example.test", "sales@example.test"])
def test_a_message_comes_in_and_out(address, recipient):
    token = uuid.uuid4().hex
    sent = swaks(address, "--from", "<>", "--to", recipient, "--header", f"X-Token: {token}", "--body", "Grüße")
    assert sent.returncode == 0, sent.stdout
    client = imap(address, True)
    client.login("alice", PASSWORD)
    for _ in range(50):
        client.select("INBOX")
        found = client.search(None, "HEADER", "X-Token", token)[1][0]
        if found:
            break
        time.sleep(0.2)
    assert found
    client.logout()


def test_an_unknown_user_is_refused_and_not_bounced(address):
    refused = swaks(address, "--from", "<>", "--to", "nobody-of-that-name@example.test", "--quit-after", "RCPT")
    assert refused.returncode == 24, refused.stdout
    assert "5.1.1" in refused.stdout


def test_strangers_do_not_relay(address):
    for sender in ("<>", "alice@example.test"):
        refused = swaks(address, "--from", sender, "--to", "b@elsewhere.invalid", "--quit-after", "RCPT")
        assert refused.returncode == 24, refused.stdout
        assert re.search(r"<\*\* +55[0-9] .*([Rr]elay|sender address)", refused.stdout), refused.stdout


def test_who_logs_in_relays(address):
    auth = ["--from", "alice@example.test", "--to", "b@elsewhere.invalid", "--quit-after", "RCPT", "--port", "587"]
    secret = ["--auth", "PLAIN", "--auth-user", "alice", "--auth-password", PASSWORD]
    assert swaks(address, *auth, "--tls", *secret).returncode == 0
    assert swaks(address, *auth, *secret).returncode != 0  # no AUTH before TLS
    assert swaks(address, *auth, "--tls", *secret[:-1], "wrong").returncode != 0


def test_smtplib_starttls(address):
    with smtplib.SMTP(address, timeout=10) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        client.starttls(context=context())
        client.ehlo()
        assert client.has_extn("auth")


def served_certificate(address, *options):
    command = ["openssl", "s_client", "-cipher", OLD, "-connect", address, *options]
    shown = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=20).stdout
    return subprocess.run(
        ["openssl", "x509", "-noout", "-text"], input=shown, capture_output=True, check=True
    ).stdout.decode()


def test_one_certificate_everywhere(address, fqdn):
    found = {served_certificate(f"{address}:{port}") for port in (993, 995)}
    found |= {
        served_certificate(f"{address}:{port}", "-starttls", kind)
        for port, kind in ((143, "imap"), (110, "pop3"), (25, "smtp"))
    }
    assert len(found) == 1
    text = found.pop()
    for part in (f"DNS:{fqdn}", "sha256WithRSAEncryption", "(2048 bit)"):
        assert part in text


def test_the_key_is_for_root_only(host):
    keys = [
        path
        for path in ("/etc/pki/dovecot/private/dovecot.pem", "/etc/ssl/private/mailhost.pem")
        if host.file(path).exists
    ]
    assert [(host.file(path).mode, host.file(path).user) for path in keys] == [(0o600, "root")]


def test_the_copy_of_the_key_is_for_cyrus_only(host, access):
    copy = host.file("/etc/mailhost/cyrus.key")
    assert copy.exists is (access == "cyrus")
    if access == "cyrus":
        assert (copy.mode, copy.user) == (0o400, "cyrus")


def test_starts_at_boot(host, mta, access):
    for service in ("cyrus-imapd" if access == "cyrus" else access, mta):
        if host.file("/run/systemd/system").exists:
            assert host.run("systemctl is-enabled " + service).stdout.strip() == "enabled"
        else:
            assert "3:on" in host.check_output("chkconfig --list " + service)


def test_only_one_mta_runs(host, mta):
    other = "postfix" if mta == "sendmail" else "sendmail"
    if host.file("/run/systemd/system").exists:
        assert host.run("systemctl is-active " + other).stdout.strip() != "active"
    else:
        assert ":on" not in host.check_output("chkconfig --list " + other)
        assert host.check_output("readlink /etc/alternatives/mta") == f"/usr/sbin/sendmail.{mta}"
        assert host.check_output("readlink -f /etc/pam.d/smtp") == f"/etc/pam.d/smtp.{mta}"


def test_check_mode_after_converge_changes_nothing(host):
    """Predicts no change, and touches nothing: no file of the host changes in content, inode or ctime."""
    watch = "find /etc /var/lib/mailhost /var/vmail /home -printf '%p %i %C@\\n' 2>/dev/null | sort"
    before = host.run(watch).stdout
    command = [
        "ansible-playbook",
        "-i",
        os.environ["MOLECULE_INVENTORY_FILE"],
        "--check",
        "--diff",
        os.path.join(HERE, "../../converge.yml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "changed=0" in done.stdout, done.stdout + done.stderr
    assert "failed=0" in done.stdout
    assert host.run(watch).stdout == before


def test_check_mode_of_a_change_predicts_it_and_touches_nothing(host, mta, access):
    watch = "find /etc /var/lib/mailhost /home -printf '%p %i %C@\\n' 2>/dev/null | sort"
    before = host.run(watch).stdout
    command = [
        "ansible-playbook",
        "-i",
        os.environ["MOLECULE_INVENTORY_FILE"],
        "--check",
        "--diff",
        os.path.join(HERE, "../../change.yml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "changed=3" in done.stdout, done.stdout + done.stderr
    protocols = {"dovecot": "protocols = ", "cyrus": 'cmd="pop3d -s'}[access]
    networks = {"postfix": "mynetworks = 127.0.0.0/8 [::1]/128 192.0.2.0/24", "sendmail": "+Connect:192.0.2 RELAY"}[mta]
    for part in (protocols, networks):
        assert part in done.stdout
    assert host.run(watch).stdout == before
