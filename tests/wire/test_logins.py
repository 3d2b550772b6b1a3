"""Who may log in, by IMAP, POP3 and SMTP AUTH: whoever is listed; with a right password too, nobody else."""

import imaplib
import poplib
import smtplib

import pytest

from .clients import context
from .conftest import PASSWORD, Machine

SITE = "playbooks/provision.yml"
SECRET = "right-for-everybody-1"
WAYS = ("imap", "pop3", "smtp")


@pytest.fixture(scope="module", params=["centos5", "bookworm", "trixie", "trixie-sendmail", "bookworm-cyrus"])
def host(request):
    found = Machine(request.param)
    if request.param == "trixie":
        found.variables["mailhost_execution"] = "module"
    if "sendmail" in request.param:
        found.variables["mailhost_mta"] = "sendmail"
    if "cyrus" in request.param:
        found.variables["mailhost_access"] = "cyrus"
    found.run(f"useradd -m -s /bin/sh carol && printf 'root:{SECRET}\\ncarol:{SECRET}\\n' | chpasswd")
    yield found
    found.remove()


def logs_in(host, user, password, way):
    try:
        if way == "imap":
            with imaplib.IMAP4_SSL(host.address, 993, ssl_context=context(), timeout=30) as client:
                client._encoding = "utf-8"
                client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        elif way == "pop3":
            client = poplib.POP3_SSL(host.address, 995, context=context(), timeout=30)
            client.encoding = "utf-8"
            client.user(user)
            client.pass_(password)
            client.quit()
        else:
            with smtplib.SMTP(host.address, 587, "probe.test", timeout=30) as client:
                client.starttls(context=context())
                client.ehlo()
                client.user, client.password = user, password
                client.auth("PLAIN", lambda challenge=None: f"\0{user}\0{password}")
    except (imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPException):
        return False
    return True


def who(host, user, password=SECRET):
    return [logs_in(host, user, password, way) for way in WAYS]


def test_who_is_listed_and_nobody_else(host, play):
    done = play(host, SITE)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "not proved" not in done.stdout, done.stdout[-3000:]
    assert who(host, "carol") == [False] * 3
    assert who(host, "root") == [False] * 3
    assert "changed=0" in play(host, SITE).stdout


def test_every_person_but_root_where_all_may(host, play):
    done = play(host, SITE, mailhost_other_accounts="allow")
    assert done.returncode == 0, done.stdout[-3000:]
    assert who(host, "carol")[2], "by SMTP; a mailbox to open she need not have"
    assert who(host, "root") == [False] * 3
    if host.variables.get("mailhost_access") != "cyrus":
        assert who(host, "carol") == [True] * 3
    assert "changed=0" in play(host, SITE, mailhost_other_accounts="allow").stdout


def test_who_has_mail_does_not_lose_the_login_without_a_word(host, play):
    host.run("mkdir -p /home/carol/Maildir/cur && echo x >/home/carol/Maildir/cur/1:2, && chown -R carol /home/carol")
    for options in (("--check",), ()):
        done = play(host, SITE, *options)
        assert done.returncode != 0
        assert "rule 'loss.login carol'" in " ".join(done.stdout.split()), done.stdout[-3000:]
    assert who(host, "carol")[2]
    accept = [{"rule": "loss.login carol", "reason": "has left"}]
    done = play(host, SITE, mailhost_accept=accept)
    assert done.returncode == 0, done.stdout[-3000:]
    assert who(host, "carol") == [False] * 3
    assert logs_in(host, "alice", PASSWORD, "imap")
