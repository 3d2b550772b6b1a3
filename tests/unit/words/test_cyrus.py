"""cyrus_services, cyrus_mailboxes, stunnel_services and APOP: what is written, what is refused,
what a second run does."""

import json

import pytest
from mailhost.core.errors import BadConfiguration, BadInput
from mailhost.core.host import FileState, Output
from mailhost.core.operations import Run, diff
from mailhost.products import switch
from mailhost.products.cyrus import configure as cyrus
from mailhost.products.cyrus import mailboxes as cyrus_boxes
from mailhost.products.cyrus.services import HOLDER, key_copied
from mailhost.products.postfix import configure as postfix
from mailhost.products.stunnel import configure as stunnel
from mailhost.products.stunnel.configure import CONF
from mailhost.products.table import PRODUCTS
from mailhost.systems.families import DEBIAN, FAMILIES, REDHAT
from mailhost.words import (
    cyrus_mailboxes,
    cyrus_services,
    dovecot_protocols,
    dovecot_settings,
    mailboxes,
    postfix_relay,
    stunnel_services,
)

from ..hosts import EL5, after, centos5, debian, params, run, written

ALL = ["imap", "imaps", "pop3", "pop3s"]
PROGRAMS = "".join(f"program {name}\n" for name in ("imapd", "pop3d", "lmtpd", "timsieved", "ctl_cyrusdb"))
OLD = f"folder /usr/lib/cyrus-imapd\n{PROGRAMS}"
NEW = f"folder /usr/lib/cyrus/bin\n{PROGRAMS}cyrus-imapd 3.6.1-Debian\n"
SPARE = (
    'SERVICES {\n\timap cmd="imapd -U 30" listen="imap"\n\t#imaps cmd="imapd -s -U 30" listen="imaps"\n'
    '\tnntp cmd="nntpd" listen="nntp"\n}\n'
)


def el5(outputs=None, files=None):
    found = {
        path: (EL5 / path[1:]).read_text() for path in ("/etc/imapd.conf", "/etc/cyrus.conf", REDHAT.saslauthd.path)
    }
    return centos5(
        files={**found, **(files or {})},
        outputs={cyrus.STANDS: OLD, HOLDER: Output(1, ""), **copied(1), **(outputs or {})},
    )


def copied(code):
    return {key_copied({}, family).argv: Output(code, "") for family in FAMILIES}


def test_el5_in_the_names_of_2_3():
    seen = el5(
        {
            switch.question("access").argv: "active dovecot\nenabled dovecot\n",
            switch.count(PRODUCTS["dovecot"])[0].argv: "2\n",
        }
    )
    plan = run(cyrus_services, seen, protocols=["imap", "imaps"])
    text = written(plan)["/etc/imapd.conf"]
    for line in (
        "allowplaintext: no",
        f"tls_key_file: {cyrus.KEY}",
        "admins: cyrus mailhost",
        "allowapop: no",
    ):
        assert line + "\n" in text
    assert "tls_server_cert" not in text
    services = written(plan)["/etc/cyrus.conf"]
    assert '#  pop3\t\tcmd="pop3d"' in services
    assert "2 Maildirs of Dovecot's users stay" in plan.warnings[0]
    steps = [operation.argv[2:] for operation in plan.operations if isinstance(operation, Run)]
    assert steps[-2:] == [("dovecot",), ("cyrus-imapd",)]
    new = after(plan, seen)
    new.outputs.update(copied(0))
    new.outputs[HOLDER] = Output(0, "600 cyrus\n")
    new.outputs[switch.question("access").argv] = Output(0, "active cyrus-imapd\n")
    assert not run(cyrus_services, new, protocols=["imap", "imaps"]).changed, diff(
        run(cyrus_services, new, protocols=["imap", "imaps"])
    )


def test_debian_in_the_names_of_3():
    files = {
        "/etc/imapd.conf": "configdirectory: /x\nallowplaintext: yes\ntls_cert_file: /old\n",
        "/etc/cyrus.conf": SPARE,
    }
    seen = debian(files={**files, DEBIAN.saslauthd.path: 'MECHANISMS="pam"\n'}, outputs={cyrus.STANDS: NEW})
    plan = run(cyrus_services, seen, protocols=ALL)
    assert "tls_server_cert: /etc/ssl/certs/mailhost.pem\n" in written(plan)["/etc/imapd.conf"]
    assert "tls_cert_file" not in written(plan)["/etc/imapd.conf"]
    services = written(plan)["/etc/cyrus.conf"]
    assert '\timaps cmd="imapd -s -U 30" listen="imaps"\n' in services  # the line that was commented out
    assert '#\tnntp cmd="nntpd"' in services  # its program is not installed, and the master would not start
    assert 'lmtpunix cmd="lmtpd" listen="/run/cyrus/socket/lmtp"' in services
    assert written(plan)[DEBIAN.saslauthd.path] == 'MECHANISMS="pam"\nSTART=yes\n'


REFUSED = [
    ({"protocols": ["imap", "rpop"]}, "RPOP any more"),
    ({"protocols": []}, "empty"),
    ({"protocols": ["imap", "imap"]}, "twice"),
    ({"protocols": ["smtp"]}, "not a protocol of Cyrus"),
    ({"protocols": ["imap"], "auth_mechanisms": ["anonymous"]}, "not a mechanism"),
    ({"protocols": ["imap"], "auth_mechanisms": ["apop", "plain"]}, "no mailbox has one"),
    ({"protocols": ["imap"], "auth_mechanisms": ["apop"], "clear_passwords": True}, "nobody could log in by IMAP"),
    ({"protocols": ["imap"], "admins": ["anyone"]}, "administrator's name"),
    ({"protocols": ["imap"], "admins": ["a\nallowanonymouslogin: yes"]}, "administrator's name"),
    ({"protocols": ["imap"], "addresses": ['1.2.3.4" cmd="x']}, "not an IP address"),
    ({"protocols": ["imap"], "addresses": ["192.0.2.1", "192.0.2.2"]}, "one address"),
    ({"protocols": ["imap"], "certificate": "/etc/a b"}, "absolute path"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_bad_input_of_cyrus_services(given, message):
    with pytest.raises(BadInput, match=message):
        list(cyrus_services.reads(params(cyrus_services, **given), el5()))


@pytest.mark.parametrize("stands", [OLD, NEW])
def test_kpop_is_refused_before_anything_is_written(stands):
    with pytest.raises(BadInput, match="kpop needs Kerberos 4, and pop3d .* was built without it"):
        run(cyrus_services, el5({cyrus.STANDS: stands}), protocols=["imap", "kpop"])
    with pytest.raises(BadInput, match="Dovecot has no KPOP"):
        run(dovecot_protocols, centos5(), protocols=["imap", "kpop"])


LIST = "= list\n{}= quota\n   Quota   % Used     Used             Resource Root\n{}"


def boxes(*names, quota="", json_form=False):
    text = (
        json.dumps({f"user.{name}": {} for name in names}) + "\n"
        if json_form
        else "".join(f"user.{name}\t0 default\n" for name in names)
    )
    files = {"/etc/imapd.conf": "admins: cyrus mailhost\n"}
    return centos5(files=files, outputs={cyrus_boxes.STANDS: LIST.format(text, quota)})


@pytest.mark.parametrize("json_form", [False, True])
def test_mailboxes_are_made_once(json_form):
    wanted = [{"name": "alice", "state": "present", "quota": 1024}, {"name": "bob", "state": "present"}]
    plan = run(cyrus_mailboxes, boxes("bob", json_form=json_form), mailboxes=wanted)
    assert (plan.facts["created"], plan.facts["quotas"]) == (["alice"], ["alice"])
    text = plan.operations[0].stdin.decode()
    assert 'c0 CREATE "user.alice"\nq0 SETQUOTA "user.alice" (STORAGE 1024)\n' in text
    assert plan.operations[0].argv == ("sh", "-s", "implicit", "993", cyrus.SASLDB, "mailhost", "60")
    limit = "       1024        0        0              STORAGE user.alice\n"
    assert not run(cyrus_mailboxes, boxes("alice", "bob", quota=limit, json_form=json_form), mailboxes=wanted).changed


def test_mailboxes_go_only_with_their_mail():
    gone = {"name": "bob", "state": "absent"}
    assert not run(cyrus_mailboxes, boxes("bob"), mailboxes=[gone]).changed
    plan = run(cyrus_mailboxes, boxes("bob"), mailboxes=[{**gone, "purge_mail": True}])
    assert 'd01 DELETE "user.bob"' in plan.operations[0].stdin.decode()


@pytest.mark.parametrize(
    "name", ["user.bob.x", "a/../b", "*", "%", 'a"b', "{10}", "b&AOk-b", "", "bob\n", "anyone", "mailhost", "Bob", "-x"]
)
def test_names_that_imap_would_read_as_syntax(name):
    with pytest.raises(BadInput, match="not a name that is one part of a mailbox|administrator's name"):
        run(cyrus_mailboxes, boxes(), mailboxes=[{"name": name, "state": "present"}])


def test_other_bad_input_of_cyrus_mailboxes():
    box = {"name": "bob", "state": "present"}
    for given, message in (
        ({"mailboxes": [box, box]}, "two mailboxes with one name"),
        ({"mailboxes": [{**box, "quota": 0}]}, "not a number of KiB"),
        ({"mailboxes": [{**box, "password": "a\nb"}]}, "newline or NUL in the password"),
        ({"mailboxes": [box], "protocols": ["pop3"]}, "neither imap nor imaps"),
    ):
        with pytest.raises(BadInput, match=message):
            run(cyrus_mailboxes, boxes(), **given)


def test_a_secret_for_apop_is_set_once_and_never_shown():
    box = {"name": "alice", "state": "present", "password": "pa ss"}
    seen = boxes("alice")
    plan = run(cyrus_mailboxes, seen, mailboxes=[box])
    assert plan.facts["secrets"] == ["alice"]
    assert "pa ss" not in json.dumps(diff(plan)) + str(
        [operation.argv for operation in plan.operations if isinstance(operation, Run)]
    )
    new = after(plan, seen)
    assert not run(cyrus_mailboxes, new, mailboxes=[box]).changed
    assert run(cyrus_mailboxes, new, mailboxes=[{**box, "password": "other"}]).changed


def test_apop_with_dovecot():
    for given, message in (
        ({"auth_mechanisms": ["plain", "apop"]}, "accounts of the system have hashes"),
        ({"auth_mechanisms": ["plain", "apop"], "mailbox_store": "virtual"}, "the virtual store holds hashes only"),
    ):
        with pytest.raises(BadInput, match=message):
            run(dovecot_settings, centos5(), **given)
    plan = run(
        dovecot_settings, centos5(), auth_mechanisms=["plain", "apop"], mailbox_store="virtual", clear_passwords=True
    )
    assert "mechanisms = plain apop" in written(plan)["/etc/dovecot.conf"]
    assert "APOP needs each user's clear password" in plan.warnings[0]
    box = {"name": "alice", "state": "present", "password": "pa ss"}
    seen = centos5()
    plan = run(mailboxes, seen, mailboxes=[box], store="virtual", domains=["example.test"])
    users = next(operation for operation in plan.operations if getattr(operation, "path", "") == "/etc/mailhost/users")
    assert (users.mode, users.owner) == (0o600, "dovecot:dovecot")
    assert b"alice:{PLAIN}pa ss:5000:" in users.content
    assert "pa ss" not in json.dumps(diff(plan))


@pytest.mark.parametrize(
    ("box", "given", "message"),
    [
        ({"password": "x"}, {}, "accounts of the system have hashes"),
        ({"password": "a:b"}, {"store": "virtual"}, "a colon"),
        ({"password": "x", "password_hash": "$6$a$b"}, {"store": "virtual"}, "given beside password_hash"),
        ({"quota": 5}, {}, "this store does not enforce quotas"),
    ],
)
def test_what_a_dovecot_mailbox_cannot_have(box, given, message):
    with pytest.raises(BadInput, match=message):
        run(
            mailboxes,
            centos5(),
            mailboxes=[{"name": "alice", "state": "present", **box}],
            domains=["example.test"],
            **given,
        )


def test_virtual_users_of_cyrus():
    box = {"name": "alice", "state": "present", "password": "pa ss"}
    seen = centos5(files={postfix.MAILBOXES: "old@example.test\told/Maildir/\n"})
    plan = run(mailboxes, seen, mailboxes=[box], store="virtual", access="cyrus", domains=["example.test"])
    assert set(written(plan)) == {postfix.ALIASES, postfix.MAILBOXES}  # no account, no file of users
    assert "alice@example.test\t" in written(plan)[postfix.MAILBOXES]
    assert "old@example.test\t" in written(plan)[postfix.MAILBOXES]
    with pytest.raises(BadInput, match="a hash, and Cyrus' own store of users holds plaintext passwords"):
        run(
            mailboxes,
            seen,
            mailboxes=[{**box, "password_hash": "$6$a$b"}],
            store="virtual",
            access="cyrus",
            domains=["example.test"],
        )
    given = {"hostname": "mx.example.test", "domains": ["example.test"], "mailbox_store": "virtual", "access": "cyrus"}
    with pytest.raises(BadInput, match="cannot ask anybody about the passwords"):
        run(postfix_relay, centos5(), **given)
    plan = run(postfix_relay, centos5(), authenticated=False, **given)
    text = written(plan)["/etc/postfix/main.cf"]
    assert "virtual_transport = lmtp:unix:/var/lib/imap/socket/lmtp\n" in text
    assert "virtual_uid_maps" not in text
    assert (
        "virtual_transport = "
        not in written(run(postfix_relay, after(plan, seen), **{**given, "access": "dovecot"}))["/etc/postfix/main.cf"]
    )


OLD_STUNNEL = "program /usr/sbin/stunnel\nstunnel 4.15 on i686-redhat-linux-gnu with OpenSSL 0.9.8e\nnobody:x:99:\n"
NEW_STUNNEL = "program /usr/bin/stunnel4\nstunnel 5.68 on x86_64\nsystemd\nnogroup:x:65534:\n"
IMAPS = {"name": "imaps", "accept": "993", "connect": "143", "protocol": ""}


def test_stunnel_on_el5_and_debian():
    seen = centos5(outputs={stunnel.STANDS: OLD_STUNNEL})
    plan = run(stunnel_services, seen, services=[IMAPS], protocols=["imap"])
    text = written(plan)[CONF]
    assert text.endswith("[imaps]\naccept = 993\nconnect = 127.0.0.1:143\n")
    assert "sslVersion" not in text
    assert "# chkconfig: 2345" in written(plan)[stunnel.SYSV]
    assert plan.facts["serving"] == ["serve imap implicit 993"]
    assert not run(stunnel_services, after(plan, seen), services=[IMAPS], protocols=["imap"]).changed
    plan = run(stunnel_services, debian(outputs={stunnel.STANDS: NEW_STUNNEL}), services=[IMAPS], protocols=["imap"])
    assert "sslVersionMin = TLSv1.2\n" in written(plan)[CONF]
    assert "ExecStart=/usr/bin/stunnel4 /etc/mailhost/stunnel.conf" in written(plan)[stunnel.SYSTEMD]


def test_a_tunnel_to_smtp_comes_from_an_address_that_nobody_trusts():
    smtps = {"name": "smtps", "accept": "465", "connect": "25", "protocol": ""}
    seen = centos5(outputs={stunnel.STANDS: OLD_STUNNEL})
    plan = run(stunnel_services, seen, services=[smtps], networks=["127.0.0.1/32"])
    assert "connect = 127.0.0.1:25\nlocal = 127.0.0.25\n" in written(plan)[CONF]


def test_no_tunnels_any_more():
    seen = centos5(files={CONF: "x"}, outputs={stunnel.STANDS: OLD_STUNNEL})
    plan = run(stunnel_services, seen, services=[])
    assert len(plan.operations) == 2
    assert plan.services == ()
    assert not run(stunnel_services, centos5(), services=[]).changed


@pytest.mark.parametrize(
    ("service", "given", "message"),
    [
        (
            {"protocol": "imap", "accept": "10143"},
            {},
            "stunnel 4.15 does not know protocol = imap, which came with 4.19",
        ),
        ({}, {"ssl_version": "TLSv1"}, "stunnel 4.15 does not know sslVersion"),
        ({}, {"protocols": ["imap", "imaps"]}, "dovecot serves imaps on port 993 itself"),
        ({}, {"access": "cyrus"}, "Cyrus refuses a password without TLS"),
        ({"accept": "465", "connect": "25"}, {"networks": ["127.0.0.0/8"]}, "anybody could relay"),
        ({"accept": "465", "connect": "192.0.2.1:25"}, {}, "not this host's loopback"),
        ({"accept": "0"}, {}, "not \\[address:\\]port"),
        ({"accept": "99999"}, {}, "not \\[address:\\]port"),
        ({"connect": "example.org:143"}, {}, "not an IP address"),
        ({"connect": "143\nexec = /bin/sh"}, {}, "not \\[address:\\]port"),
        ({"name": "a]\nexec = /bin/sh"}, {}, "not a name of letters"),
        ({"protocol": "smtp"}, {}, "port 143 speaks imap"),
    ],
)
def test_bad_input_of_stunnel_services(service, given, message):
    with pytest.raises(BadInput, match=message):
        run(
            stunnel_services,
            centos5(outputs={stunnel.STANDS: OLD_STUNNEL}),
            services=[{**IMAPS, **service}],
            **given,
        )


def test_no_stunnel_installed():
    with pytest.raises(BadConfiguration, match="no stunnel is installed"):
        run(stunnel_services, centos5(), services=[IMAPS])


def test_dovecot_takes_over_from_cyrus():
    seen = centos5(outputs={switch.question("access").argv: "active cyrus-imapd\nenabled cyrus-imapd\n"})
    plan = run(dovecot_protocols, seen, protocols=ALL)
    assert [step.argv[2:] for step in plan.operations[-2:]] == [("cyrus-imapd",), ("dovecot",)]
    assert "mailboxes of Cyrus stay" in plan.warnings[0]


def test_no_cyrus_installed():
    seen = centos5(files={"/etc/imapd.conf": FileState("/etc/imapd.conf", "absent")})
    with pytest.raises(BadConfiguration, match="no Cyrus IMAP is installed"):
        run(cyrus_services, seen, protocols=ALL)
