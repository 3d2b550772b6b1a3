"""What a word looks at on a host is what it asks for, and no more: each of these hosts or inventories has something
that others do not have. ``run`` plans by what was asked, and by nothing else."""

from functools import partial
from importlib import import_module

import pytest
from mailhost.core.errors import BadConfiguration, BadInput
from mailhost.core.gather import gather
from mailhost.core.host import FileState
from mailhost.core.shell.accounts import NEWCOMERS
from mailhost.core.shell.certificate import ISSUED
from mailhost.products.cyrus import configure as cyrus
from mailhost.products.cyrus import mailboxes as cyrus_boxes
from mailhost.products.dovecot import configure as dovecot
from mailhost.products.dovecot.location import Location
from mailhost.products.sendmail import access, build
from mailhost.products.sendmail import configure as sendmail
from mailhost.products.stunnel import configure as stunnel
from mailhost.systems.families import DEBIAN
from mailhost.words import dovecot_settings, mail_certificate, mailboxes, postfix_relay, sendmail_relay

from ..hosts import Fake, after, centos5, debian, gathered, params, run
from .test_sendmail import built, el5

MAIN, MASTER = "/etc/postfix/main.cf", "/etc/postfix/master.cf"
GIVEN = {"hostname": "mx.example.test", "domains": ["example.test"]}
UNSERVED = "pickup unix n - y 60 1 pickup\n"
CLASS = "smtpd_restriction_classes = known\nknown = check_recipient_access regexp:/etc/postfix/table\n"


@pytest.mark.parametrize(
    ("main", "master", "text"),
    [
        ("recipient_canonical_maps = regexp:/etc/postfix/table\n", None, "/^a@old[.]test$/ a@example.test\n"),
        (f"{CLASS}smtpd_recipient_restrictions = known, reject_unauth_destination\n", None, "/^a@b[.]test$/ DUNNO\n"),
        ("relay_domains = regexp:/etc/postfix/table\n", UNSERVED, "/^example\\.org$/ OK\n"),
    ],
    ids=["of addresses", "of a class", "of a service that is yet to be made"],
)
def test_a_table_that_postfix_asks(main, master, text):
    stands = debian().files
    files = {MAIN: stands[MAIN].text + main, MASTER: master or stands[MASTER].text, "/etc/postfix/table": text}
    seen = debian(files=files)
    plan = run(postfix_relay, seen, **GIVEN)
    assert plan.changed
    assert not run(postfix_relay, after(plan, seen), **GIVEN).changed


def test_what_a_dovecot_of_old_includes():
    files = {"/etc/dovecot.conf": "!include /etc/local.conf\n", "/etc/local.conf": "mail_location = mbox:~/mail\n"}
    seen = centos5(files=files, outputs={dovecot.VERSION: "1.2.17"})
    assert gathered(dovecot_settings, seen, params(dovecot_settings)).file("/etc/local.conf").exists


FOLDERS = ("/usr/lib/cyrus-imapd", "/usr/lib/cyrus/bin", "/usr/libexec/cyrus-imapd")


@pytest.mark.parametrize(
    ("question", "named"),
    [
        (postfix_relay.OURS, (MAIN,)),
        (access.OURS.argv, ("/etc/mail/local-host-names", "/etc/mail/access", "/etc/mail/relay-domains")),
        (
            sendmail.STANDS,
            (
                "/etc/mail",
                "/usr/share/sendmail-cf/m4/cf.m4",
                "/usr/share/sendmail/cf/m4/cf.m4",
                "/usr/sbin/sendmail.sendmail",
                "/usr/libexec/sendmail/sendmail",
                "/usr/lib/sendmail-bin/sendmail",
                "/usr/sbin/sendmail",
            ),
        ),
        (cyrus.STANDS, FOLDERS),
        (cyrus_boxes.STANDS, FOLDERS),
        (stunnel.STANDS, ("/usr/sbin/stunnel", "/usr/bin/stunnel4", "/usr/bin/stunnel")),
    ],
)
def test_a_question_names_every_place(question, named):
    assert question[-len(named) :] == named


class Heard(Fake):
    """A host that remembers what it was asked."""

    def __init__(self, declared):
        super().__init__(declared)
        self.requests = set()

    def read(self, requests):
        self.requests.update(requests)
        return super().read(requests)


def asked(word, declared, **given):
    host = Heard(declared)
    gather([partial(word.reads, params(word, **given))], host)
    return {getattr(request, "path", None) or getattr(request, "argv", None) for request in host.requests}


def builds(requests):
    return [argv for argv in (build.BUILD, build.BUILT) if argv in requests]


def test_a_cf_is_built_only_where_it_may_differ():
    """m4 takes its time, and a run that changes nothing has none."""
    seen = el5()
    assert builds(asked(sendmail_relay, seen, **GIVEN)) == [build.BUILD, build.BUILT]
    new = built(seen, run(sendmail_relay, seen, **GIVEN))
    assert builds(asked(sendmail_relay, new, **GIVEN)) == []
    assert builds(asked(sendmail_relay, new, **GIVEN, message_size="12M")) == [build.BUILD]


def test_sendmail_asks_about_a_dovecot_only_where_it_is_to_serve():
    for name, is_asked in (("dovecot", True), ("cyrus", False)):
        assert ("/etc/dovecot.conf" in asked(sendmail_relay, el5(), **GIVEN, access=name)) is is_asked


SYSTEM = {"mta": "postfix", "store": "system", "mailboxes": []}
SIGNED = {"names": ["mx.example.test"], "path": DEBIAN.certificate, "key_path": DEBIAN.key, "services": ["dovecot"]}
OF_MAILDIR = Location("maildir", "~/Maildir").question.argv
PROCMAIL = "mailbox_command = /usr/bin/procmail\n"


@pytest.mark.parametrize(
    ("word", "main", "given", "question", "is_asked"),
    [
        (mailboxes, "", {**SYSTEM, "mailboxes": [{"name": "bob", "state": "present"}]}, NEWCOMERS.argv(), False),
        (mailboxes, "", {**SYSTEM, "mailboxes": [{"name": "eve", "state": "present"}]}, NEWCOMERS.argv(), True),
        (dovecot_settings, "", {"mail_format": "maildir"}, OF_MAILDIR, False),
        (dovecot_settings, "", {"mail_format": "mbox"}, OF_MAILDIR, True),
        (mail_certificate, "", SIGNED, DEBIAN.openssl_cnf, True),
        (mail_certificate, "", {**SIGNED, "provider": "host"}, DEBIAN.openssl_cnf, False),
        (mail_certificate, "", SIGNED, ISSUED.argv(), False),
        (mail_certificate, "", {**SIGNED, "services": ["mailhost-stunnel"]}, "/etc/dovecot/dovecot.conf", False),
        (mailboxes, "", SYSTEM, "/etc/mailhost/mailboxes", False),
        (mailboxes, "", {**SYSTEM, "store": "virtual", "domains": ["a.test"]}, "/etc/mailhost/mailboxes", True),
        (postfix_relay, "", {**GIVEN, "access": "cyrus"}, "/etc/dovecot/dovecot.conf", False),
        (postfix_relay, "", GIVEN, "/etc/dovecot/dovecot.conf", True),
        (postfix_relay, "", GIVEN, "/etc/group", False),
        (postfix_relay, "", {**GIVEN, "access": "cyrus"}, "/etc/group", True),
        (postfix_relay, "", GIVEN, "/etc/procmailrc", False),
        (postfix_relay, PROCMAIL, GIVEN, "/etc/procmailrc", True),
    ],
)
def test_a_question_is_asked_only_where_it_counts(word, main, given, question, is_asked):
    seen = debian(files={MAIN: debian().files[MAIN].text + main})
    assert (question in asked(word, seen, **given)) is is_asked


@pytest.mark.parametrize(
    ("word", "seen", "path"),
    [
        (postfix_relay, debian(), MAIN),
        (postfix_relay, debian(), MASTER),
        (sendmail_relay, el5(), "/etc/mail/sendmail.mc"),
    ],
)
@pytest.mark.parametrize("kind", ["absent", "other"])
def test_a_configuration_that_is_no_file_is_refused_by_its_name(word, seen, path, kind):
    seen.files[path] = FileState(path, kind)
    with pytest.raises(BadConfiguration, match=f"^{path}: is not there or is not a file"):
        run(word, seen, **GIVEN)


BAD = {
    "cyrus_mailboxes": {"protocols": ["pop3"], "mailboxes": []},
    "cyrus_services": {"protocols": ["nntp"]},
    "dovecot_protocols": {"protocols": ["kpop"]},
    "dovecot_protocols ": {"protocols": ["imap"], "addresses": ["nowhere"]},
    "dovecot_settings": {"maildir": "/Maildir"},
    "mail_certificate": {"names": []},
    "mail_packages": {"products": ["exim"]},
    "mailboxes": {"store": "virtual", "domains": [], "mailboxes": []},
    "postfix_relay": {**GIVEN, "domains": []},
    "sendmail_relay": {**GIVEN, "domains": []},
    "stunnel_services": {"ssl_version": "TLS 1"},
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_whatever_the_host_is_like_is_refused_without_it(case):
    """mail_input says so before any host of the play is touched."""
    word = import_module(f"mailhost.words.{case.strip()}")
    with pytest.raises(BadInput):
        word.WORD.validate(params(word, **BAD[case]))
