"""S04 to S09, VRFY and unlisted logins, each against a server that has the fault and one that has not."""

import pytest
from mailhost.audit import abuse, relay
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
        (abuse.mailboxes_told, {"tells": "250"}, "warn"),
        (abuse.mailboxes_told, {"tells": "252"}, "warn"),  # as Postfix does
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


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4.2.0 Greylisted, see http://x/", 2.0),
        ("4.7.1 try again in 3 seconds", 3.0),
        ("4.7.1 for 300 sec.", 10.0),
        ("4.7.1 5 minutes", 10.0),
        ("4.7.1 Greylisting in action, please come back in 00:00:07", 7.0),
    ],
)
def test_the_wait_that_a_host_names(text, seconds):
    assert relay.wait_named(text) == seconds


@pytest.mark.parametrize(("code", "verdict"), [(450, "warn"), (550, "fail"), (250, "pass"), (421, "invalid")])
def test_a_newcomer_who_is_to_wait_is_no_fault(pems, monkeypatch, code, verdict):
    waited = []
    monkeypatch.setattr(relay.time, "sleep", waited.append)

    def control(host, at):
        return relay.control("C02", relay.CONTROLS["C02"], at, host.names, host.context)

    finding, _ = ask(control, pems, control=code)
    assert (finding.verdict, len(waited)) == (verdict, int(code == 450))
