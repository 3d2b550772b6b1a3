"""The switch to the other MTA or the other access daemon, and back:
nothing is lost, and only one of the two ever runs."""

import imaplib
import os
import smtplib
import ssl
import subprocess
import time

import pytest

HERE = os.path.dirname(__file__)
PASSWORD = "demo a$s\"s'w\\ö"
QUEUED = 20
PLAIN = {**os.environ, "COLUMNS": "400", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"}


def converge(**variables):
    options = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    command = [
        "ansible-playbook",
        "-i",
        os.environ["MOLECULE_INVENTORY_FILE"],
        os.path.join(HERE, "../../converge.yml"),
        *options,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=PLAIN)


def subjects(address):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1  # all that CentOS 5 has
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    client = imaplib.IMAP4_SSL(address, ssl_context=context)
    client._encoding = "utf-8"
    client.login("alice", PASSWORD)
    client.select("INBOX")
    numbers = client.search(None, "ALL")[1][0].split()
    found = [
        client.fetch(number, "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0][1].decode().strip() for number in numbers
    ]
    client.logout()
    return found


def arrives(address, subject, times=1):
    for _ in range(100):
        if subjects(address).count(subject) >= times:
            break
        time.sleep(0.3)
    assert subjects(address).count(subject) == times


def send(address, subject):
    with smtplib.SMTP(address, timeout=30) as client:
        client.sendmail("", ["alice@example.test"], f"Subject: {subject}\r\n\r\nbody\r\n")


def runs(host, service):
    if host.file("/run/systemd/system").exists:
        return host.run(f"systemctl is-active {service}").stdout.strip() == "active"
    return host.run(f"service {service} status").rc == 0


def test_to_the_other_mta_and_back_with_a_loaded_queue(host, address, mta, access):
    if mta != "sendmail":
        pytest.skip("this scenario switches the access daemon")
    program = host.check_output("ls /usr/sbin/sendmail.sendmail /usr/libexec/sendmail/sendmail 2>/dev/null | head -n 1")
    host.check_output(
        f"for i in $(seq {QUEUED}); do printf 'Subject: queued %s\\n\\nbody\\n' $i | "
        f"{program} -odq -f root alice@example.test; done"
    )
    debian = host.file("/run/systemd/system").exists
    there = converge(mailhost_mta="postfix")
    if debian:  # its packages exclude each other: with mail in the queue the switch is refused, and nothing is changed
        assert there.returncode != 0
        assert f"{QUEUED} messages wait there, and postfix takes sendmail-bin away" in " ".join(
            (there.stdout + there.stderr).split()
        )
        assert runs(host, "sendmail")
        host.check_output(f"{program} -Ac -q; {program} -q")
        for number in range(1, QUEUED + 1):
            arrives(address, f"Subject: queued {number}")
        there = converge(mailhost_mta="postfix")
    else:
        assert f"{QUEUED} messages wait in the queue of sendmail" in " ".join((there.stdout + there.stderr).split())
        assert ":on" not in host.check_output("chkconfig --list sendmail")
    assert there.returncode == 0, there.stdout
    assert runs(host, "postfix")
    assert not runs(host, "sendmail")
    send(address, "by postfix")
    arrives(address, "Subject: by postfix")
    back = converge()
    assert back.returncode == 0, back.stdout
    assert runs(host, "sendmail")
    assert not runs(host, "postfix")
    host.check_output(f"{program} -Ac -q; {program} -q")
    for number in range(1, QUEUED + 1):
        arrives(address, f"Subject: queued {number}")
    again = converge()
    assert "changed=0" in again.stdout, again.stdout


def test_to_the_other_access_daemon_and_back(host, address, access):
    if access != "cyrus":
        pytest.skip("this scenario switches the MTA")
    send(address, "before")
    arrives(address, "Subject: before")
    there = converge(mailhost_access="dovecot")
    assert there.returncode == 0, there.stdout
    assert "mailboxes of Cyrus stay in its spool" in " ".join((there.stdout + there.stderr).split())
    assert runs(host, "dovecot")
    assert not runs(host, "cyrus-imapd")
    send(address, "by dovecot")
    arrives(address, "Subject: by dovecot")
    assert "Subject: before" not in subjects(address)
    back = converge()
    assert back.returncode == 0, back.stdout
    assert not runs(host, "dovecot")
    arrives(address, "Subject: before")
    again = converge()
    assert "changed=0" in again.stdout, again.stdout


def test_no_relay_through_the_tunnel(host, address):
    if not host.file("/etc/mailhost/stunnel.conf").exists:
        pytest.skip("no tunnel in this scenario")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1  # all that CentOS 5 has
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with smtplib.SMTP_SSL(address, 465, context=context, timeout=20) as client:
        client.helo("probe.invalid")
        client.mail("")
        assert client.rcpt("alice@example.test")[0] == 250
        assert client.rcpt("b@elsewhere.invalid")[0] in (550, 554)
