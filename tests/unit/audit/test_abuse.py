"""S04 to S09, VRFY and unlisted logins, each against a server that has the fault and one that has not."""

import pytest
from mailhost.audit import abuse
from mailhost.audit.subject import Login, Names, Subject
from mailhost.audit.wire import Endpoint

from .servers import Faults, Imap, Pop3, Server, Smtp

SMTP, IMAP = (Smtp, "smtp"), (Imap, "imap")


def ask(question, pems, kind=SMTP, implicit=False, login=True, authenticated=True, **wrong):
    handler, product = kind
    server = Server(handler, Faults(**wrong), pems["mx.example.test"], implicit)
    try:
        names = Names("mx.example.test", "example.test", "127.0.0.1", user="alice" if login else "")
        host = Subject(names, Login("alice", "right ö") if login else Login(), authenticated=authenticated)
        port = server.server_address[1]
        finding = question(host, Endpoint("127.0.0.1", port, product, implicit, "mx.example.test"))
        return finding, server.faults
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("question", "given", "verdict"),
    [
        (abuse.by_login, {}, "pass"),
        (abuse.by_login, {"login": False}, "none"),
        (abuse.by_login, {"authenticated": False}, "fail"),
        (abuse.by_login, {"anonymous": "nothing", "code": 554, "too": "", "anyone": False}, "pass"),
        (abuse.proxied, {}, "pass"),
        (abuse.proxied, {"proxy": True}, "fail"),
        (abuse.proxied, {"implicit": True}, "pass"),
        (abuse.pipelined, {}, "pass"),
        (abuse.pipelined, {"open_relay": True}, "fail"),
        (abuse.odd, {}, "pass"),
        (abuse.odd, {"code": 454}, "warn"),
        (abuse.odd, {"open_relay": ",@example.test:>"}, "fail"),
        (abuse.unknown_user, {}, "pass"),
        (abuse.unknown_user, {"open_relay": "<nobody-"}, "warn"),
        (abuse.smuggled, {}, "pass"),
        (abuse.smuggled, {"smuggles": True}, "fail"),
        (abuse.smuggled, {"login": False}, "none"),
        (abuse.smuggled, {"control": 550}, "invalid"),
        (abuse.mailboxes_told, {}, "pass"),
        (abuse.mailboxes_told, {"tells": True}, "warn"),
        (abuse.unlisted, {}, "pass"),
        (abuse.unlisted, {"anyone": True}, "fail"),
        (abuse.unlisted, {"too": "root"}, "fail"),
        (abuse.unlisted, {"kind": IMAP}, "pass"),
        (abuse.unlisted, {"kind": IMAP, "too": "root"}, "fail"),
        (abuse.unlisted, {"kind": (Pop3, "pop3"), "too": "root"}, "fail"),
        (abuse.unlisted, {"kind": IMAP, "closes_on_login": True}, "pass"),
    ],
)
def test_each_question(pems, question, given, verdict):
    finding, _ = ask(question, pems, **given)
    assert finding.verdict == verdict, finding


def test_what_is_sent_goes_to_the_probes_own_mailbox(pems):
    for wrong in ({}, {"smuggles": True}):
        _, faults = ask(abuse.smuggled, pems, **wrong)
        assert all("X-Mailhost-Token" in mail for mail in faults.mail)
        assert len(faults.mail) == (3 if not wrong else 2)


@pytest.mark.parametrize(
    "question", [abuse.by_login, abuse.pipelined, abuse.odd, abuse.unknown_user, abuse.smuggled, abuse.mailboxes_told]
)
def test_nobody_there_proves_nothing(question):
    names = Names("mx.example.test", "example.test", "127.0.0.1", user="alice")
    host = Subject(names, Login("alice", "right ö"))
    assert question(host, Endpoint("127.0.0.1", 1, "smtp", False, "mx.example.test")).verdict == "invalid"
