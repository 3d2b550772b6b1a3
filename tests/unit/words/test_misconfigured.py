"""Every misconfiguration of the table is named by policy, and none of the safe hosts is called wrong."""

from fnmatch import fnmatchcase

import pytest
from mailhost.core.host import Output
from mailhost.core.shell import files
from mailhost.products import policy, standing
from mailhost.products.cause import KINDS
from mailhost.products.cyrus import policy as cyrus_policy
from mailhost.products.dovecot import shell as dovecot_shell
from mailhost.words import mail_policy

from ..hosts import debian, file, run
from . import misconfigured as table
from .test_cyrus import el5 as el5_cyrus
from .test_sendmail import el5 as el5_sendmail

SAFE = (
    "compatibility_level = 3.6\nmyhostname = mx.example.test\nmydestination = example.test\n"
    "mynetworks = 127.0.0.0/8\nrelay_domains =\n"
    "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\nsmtpd_forbid_bare_newline = yes\n"
)
TABLES = {"/etc/postfix/t": "example.test OK\n", "/etc/postfix/all": "0.0.0.0/0 OK\n"}
DOVECOT = "ssl = required\ndisable_plaintext_auth = yes\n"
MC = "define(`confPRIVACY_FLAGS', `authwarnings,novrfy,noexpn')dnl\n"
LISTED = ["alice", "bob"]


def replaced(text, more):
    """A main.cf whose settings are those of ``more`` where that names them."""
    names = {line.partition("=")[0].strip() for line in more.splitlines()}
    kept = [line for line in text.splitlines() if line.partition("=")[0].strip() not in names]
    return "\n".join([*kept, more])


def postfix(main="", master="smtp inet n - y - - smtpd\n", dovecot="", answers=()):
    texts = {
        "/etc/postfix/main.cf": replaced(SAFE, main),
        "/etc/postfix/master.cf": master,
        "/etc/dovecot/local.conf": DOVECOT + dovecot,
        "/etc/dovecot/deny": "mallory\n",
        **TABLES,
    }
    return Answering(debian(files=texts), dict(answers))


class Answering:
    """The host with what its programs answer, whatever words they are asked with."""

    PROGRAMS = {
        "users": dovecot_shell.OPEN.argv(),
        "effective": dovecot_shell.EFFECTIVE.argv(),
        "accounts": policy.ACCOUNTS,
        "stores": files.STORES.argv(),
        "sockets": policy.SOCKETS[:4],
    }

    def __init__(self, seen, answers):
        self.seen, self.answers = seen, {self.PROGRAMS[name][:3]: text for name, text in answers.items()}

    def __getattr__(self, name):
        return getattr(self.seen, name)

    @property
    def outputs(self):
        return Outputs(self.seen.outputs, self.answers)


class Outputs(dict):
    def __init__(self, known, answers):
        super().__init__(known)
        self.answers = answers

    def __contains__(self, argv):
        return argv[:3] in self.answers or super().__contains__(argv)

    def get(self, argv, default=None):
        return Output(0, self.answers[argv[:3]]) if argv[:3] in self.answers else super().get(argv, default)


def sendmail(mc="", access=""):
    seen = el5_sendmail(outputs={standing.PROCESSES.argv: "sendmail: accepting connections"})
    for path, more in (("/etc/mail/sendmail.mc", MC + mc), ("/etc/mail/access", access)):
        seen.files[path] = file(path, seen.file(path).text + more)
    return seen


def cyrus(imapd=""):
    seen = el5_cyrus()
    seen.outputs[cyrus_policy.NAMES] = Output(0, "cyrus-master\ninit")
    seen.files["/etc/imapd.conf"] = file("/etc/imapd.conf", replaced_colon(imapd))
    return seen


def replaced_colon(more):
    return "configdirectory: /var/lib/imap\nallowplaintext: no\nadmins: cyrus\nsasl_mech_list: PLAIN\n" + more


def causes(seen):
    return run(mail_policy, seen, mailboxes=LISTED).facts["policy"]["causes"]


def rules(seen):
    return {cause["rule"] for cause in causes(seen)}


CASES = [
    *((name, lambda more=more: postfix(main=more), postfix, rule) for name, more, rule in table.MAIN),
    *((name, lambda more=more: postfix(master=more), postfix, rule) for name, more, rule in table.MASTER),
    *((name, lambda more=more: postfix(dovecot=more), postfix, rule) for name, more, rule in table.DOVECOT),
    *((name, lambda more=more: sendmail(mc=more), sendmail, rule) for name, more, rule in table.SENDMAIL),
    *((name, lambda more=more: sendmail(access=more), sendmail, rule) for name, more, rule in table.ACCESS),
    *((name, lambda more=more: cyrus(more), cyrus, rule) for name, more, rule in table.CYRUS),
    *(
        (name, lambda which=which, answer=answer: postfix(answers=((which, answer),)), postfix, rule)
        for name, which, answer, rule in table.ANSWERS
    ),
]


@pytest.mark.parametrize(("name", "broken", "safe", "rule"), CASES, ids=[f"{case[3]}-{case[0]}" for case in CASES])
def test_it_is_named(name, broken, safe, rule, record_property):
    new = rules(broken()) - rules(safe())
    assert any(fnmatchcase(one, rule.replace("[", "[[]")) for one in new), new
    record_property("misconfigured", 1)


SAFES = [
    *(lambda more=more: postfix(main=more) for more in ("", *table.SAFE_MAIN)),
    *(lambda more=more: postfix(dovecot=more) for more in table.SAFE_DOVECOT),
    *(lambda more=more: postfix(answers=(more,)) for more in table.SAFE_ANSWERS),
]


@pytest.mark.parametrize("number", range(len(SAFES)))
def test_a_safe_host_is_called_nothing(number, record_property):
    assert [cause for cause in causes(SAFES[number]()) if KINDS[cause["kind"]] == "fail"] == []
    record_property("safe", 1)


@pytest.mark.parametrize("more", table.SAFE_SENDMAIL)
def test_a_safe_line_of_sendmail_adds_nothing(more, record_property):
    """The vendor's own mc has what is to be named (loopback alone, no certificate): nothing is added to that."""
    known = rules(sendmail())
    assert [cause for cause in causes(sendmail(mc=more)) if cause["rule"] not in known] == []
    record_property("safe", 1)


def test_the_table_is_as_large_as_it_is_to_be():
    assert len({(case[0], case[3]) for case in CASES}) == len(CASES) >= 100
    assert len(SAFES) + len(table.SAFE_SENDMAIL) >= 30
