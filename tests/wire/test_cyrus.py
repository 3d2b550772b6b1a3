"""Cyrus IMAP: APOP, quotas, KPOP refused, Kerberos, users of its own, by both routes."""

import imaplib
import poplib
import smtplib
import subprocess

import pytest

from .clients import apop, context, says
from .conftest import PASSWORD, VARIABLES, Machine

HASH = VARIABLES["mailhost_mailboxes"][0]["password_hash"]


@pytest.fixture(scope="module", params=["bookworm-cyrus", "trixie"])
def cyrus(request):
    """Cyrus 3.6 by sh alone; Cyrus 3.10, which mail_packages installs in Dovecot's place, by the module route."""
    found = Machine(request.param)
    if request.param == "trixie":
        found.variables["mailhost_execution"] = "module"
    found.variables.update(
        mailhost_access="cyrus",
        mailhost_auth_mechanisms=["plain", "apop", "gssapi"],
        mailhost_mailboxes=[
            {"name": "alice", "password": PASSWORD, "password_hash": HASH, "quota": 2048},
            {"name": "bob", "password_hash": HASH},
        ],
    )
    yield found
    found.remove()


def test_provision_cyrus_with_apop(cyrus, play):
    first = play(cyrus, "site.yml", "--diff")
    assert first.returncode == 0, first.stdout
    assert PASSWORD not in first.stdout + first.stderr
    assert "changed=0" in play(cyrus, "playbooks/provision.yml").stdout
    assert cyrus.run("stat -c '%a %U' /etc/mailhost/sasldb2").stdout == "600 cyrus\n"
    assert (
        "mailhost@" not in cyrus.run("sasldblistusers2 -f /etc/mailhost/sasldb2").stdout
    )  # the administrator is gone again


def test_apop_by_cyrus(cyrus):
    assert apop(cyrus, "alice", PASSWORD).startswith(b"+OK")
    for user, password in (("alice", "wrong"), ("bob", PASSWORD)):
        with pytest.raises(poplib.error_proto):
            apop(cyrus, user, password)
    assert says(cyrus, 110, b"RPOP alice").startswith(b"-ERR")


def test_the_quota_is_enforced(cyrus):
    client = imaplib.IMAP4_SSL(cyrus.address, ssl_context=context())
    client._encoding = "utf-8"
    client.login("alice", PASSWORD)
    assert b" 2048)" in client.getquotaroot("INBOX")[1][1][0]
    message = b"Subject: large\r\n\r\n" + b"x" * 70 * 1024 + b"\r\n"
    results = [client.append("INBOX", None, None, message)[0] for _ in range(35)]
    assert results[0] == "OK"
    assert results[-1] == "NO"
    client.logout()


def test_kpop_by_cyrus_is_refused_with_what_to_use(cyrus, play):
    refused = play(cyrus, "playbooks/provision.yml", mailhost_protocols=["imap", "imaps", "pop3", "pop3s", "kpop"])
    assert refused.returncode != 0
    said = " ".join((refused.stdout + refused.stderr).split())
    assert "kpop needs Kerberos 4" in said
    assert "built without it" in said
    assert "gssapi" in said
    assert "1109" not in cyrus.run("cat /etc/cyrus.conf").stdout


REALM = """
set -e
cat >/etc/krb5.conf <<END
[libdefaults]
    default_realm = EXAMPLE.TEST
    dns_lookup_kdc = false
    rdns = false
[realms]
    EXAMPLE.TEST = {{
        kdc = {kdc}
    }}
[domain_realm]
    .example.test = EXAMPLE.TEST
END
"""


def test_gssapi_logins_with_a_real_kdc(cyrus, tmp_path):
    """Kerberos 5, which is what to use instead of KPOP: IMAP and POP3 logins with a ticket."""
    host = f"{cyrus.image}.example.test"
    cyrus.run(
        "[ -e /usr/lib/x86_64-linux-gnu/sasl2/libgssapiv2.so ] || apt-get -q -y install libsasl2-modules-gssapi-mit"
    )
    kdc = Machine("kdc", options=["--add-host", f"{host}:{cyrus.address}"])
    try:
        kdc.run(REALM.format(kdc=kdc.address))
        kdc.run("kdb5_util create -s -P master; krb5kdc")
        kdc.run(
            "kadmin.local -q 'addprinc -pw ticket alice'; for s in imap pop; do "
            f'kadmin.local -q "addprinc -randkey $s/{host}"; '
            f'kadmin.local -q "ktadd -k /tmp/keytab $s/{host}"; done'
        )
        subprocess.run(["docker", "cp", "-q", f"{kdc.id}:/tmp/keytab", str(tmp_path / "keytab")], check=True)
        subprocess.run(["docker", "cp", "-q", str(tmp_path / "keytab"), f"{cyrus.id}:/etc/krb5.keytab"], check=True)
        cyrus.run(
            REALM.format(kdc=kdc.address)
            + "chown cyrus /etc/krb5.keytab; chmod 400 /etc/krb5.keytab; systemctl restart cyrus-imapd"
        )
        cyrus.run("sleep 2")
        kdc.run("echo ticket | kinit alice")
        for program, port, done in (("imtest", 143, ". logout"), ("pop3test", 110, "QUIT")):
            client = f"timeout 20 {program} -m GSSAPI -l 0 -u alice -a alice -p {port} {host}"
            test = f"echo '{done}' | {client} 2>&1 | LC_ALL=C tr -cd '[:print:]'"
            said = kdc.run(test, check=False).stdout
            assert "Authenticated." in said, said
            kdc.run("kdestroy")
            assert "Authenticated." not in kdc.run(test, check=False).stdout
            kdc.run("echo ticket | kinit alice")
    finally:
        kdc.remove()


def test_virtual_users_of_cyrus(cyrus, play):
    """Users whom only Cyrus knows: no account of the host, mail in by LMTP, out by IMAP and POP3;
    an unknown one is refused."""
    people = [{"name": "carol", "password": PASSWORD, "aliases": ["office"]}]
    login = {"user": "carol", "password": PASSWORD}
    wanted = {"mailhost_mailbox_store": "virtual", "mailhost_relay_authenticated": False, "mailhost_mailboxes": people}
    first = play(cyrus, "site.yml", **wanted, mailhost_probe_login=login)
    assert first.returncode == 0, first.stdout + first.stderr
    assert cyrus.run("getent passwd carol", check=False).stdout == ""
    with smtplib.SMTP(cyrus.address, timeout=20) as client:
        client.helo("probe.invalid")
        client.mail("")
        assert [client.rcpt(f"{name}@example.test")[0] for name in ("carol", "office", "stranger")] == [250, 250, 550]
    assert "changed=0" in play(cyrus, "playbooks/provision.yml", **wanted).stdout
