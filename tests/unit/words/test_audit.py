"""The whole audit against small servers with one fault each: what is seen, what a policy adds,
and when the two disagree."""

import base64
import json
import re
import socket
import threading
from collections import Counter
from dataclasses import replace
from itertools import takewhile

import pytest
from mailhost.audit import bounds as bounds_of
from mailhost.audit import catalogue, cleartext, endpoints, engine, tls, ways, wire
from mailhost.audit.bounds import bounds, largest
from mailhost.audit.catalogue import AFTER, CATALOGUE, EVERY, Row
from mailhost.audit.daemon import serving
from mailhost.audit.endpoints import Port
from mailhost.audit.finding import Finding, Question, worst
from mailhost.audit.masks import Mask
from mailhost.audit.report import forms
from mailhost.audit.subject import Login
from mailhost.audit.wire import Endpoint
from mailhost.core.converge import converge
from mailhost.core.errors import BadInput
from mailhost.core.host import Host
from mailhost.formats.imap import imap_quoted
from mailhost.products.tls import Daemon
from mailhost.words import mail_audit

from ...schemas import follows
from ..audit.servers import Faults, Imap, Pop3, Server, Smtp
from ..hosts import params

SERVERS = {
    Port("smtp", "smtp"): Smtp,
    Port("submission", "smtp", submission=True): Smtp,
    Port("imap", "imap"): Imap,
    Port("imaps", "imap", implicit=True): Imap,
    Port("pop3", "pop3"): Pop3,
    Port("pop3s", "pop3", implicit=True): Pop3,
}
READ = {
    "read": True,
    "about": "a host",
    "causes": [],
    "accepted": [],
    "networks": [],
    "domains": ["example.test"],
    "ports": [],
}


def cause(rule, kind="open", **more):
    return {
        "rule": rule,
        "kind": kind,
        "place": "/etc/x:1",
        "what": f"{rule} is so",
        "way_out": "Mend it",
        "witness": {},
        "service": "25",
        **more,
    }


@pytest.fixture
def audit(pems, monkeypatch):
    servers = []

    def go(asked=(), served=None, name="mx.example.test", odd=None, **wrong):
        faults = Faults(**wrong)
        ports = {}
        for use, handler in SERVERS.items():
            if served and use.service not in served:
                continue
            pem = pems[odd if odd and use.service == "imaps" else name]
            servers.append(Server(handler, faults, pem, use.implicit, use.submission))
            ports[servers[-1].server_address[1]] = use
        monkeypatch.setattr(endpoints, "PORTS", ports)
        monkeypatch.setattr(ways, "WAIT", 0.4)
        monkeypatch.setattr(tls, "QUIET", 0.1)
        monkeypatch.setattr(engine, "FOLLOW", 0.2)
        monkeypatch.setattr(engine.Audit, "_vantage", lambda self: Finding("vantage", "pass", "x"))
        given = {
            "user": "alice",
            "password": "right ö",
            "domain": "example.test",
            "policy": READ,
            "fail": False,
            **dict(asked),
        }
        given = params(mail_audit, address="127.0.0.1", fqdn="mx.example.test", **given)
        result = converge(mail_audit.WORD, given, Host(lambda program, data: (1, b"", b"")), False)
        follows("audit", json.loads(json.dumps(forms.fleet({"mx": dict(result["audit"])}, {}))))
        return result

    yield go
    for server in servers:
        server.shutdown()
        server.server_close()


def found(result, name):
    return {one["verdict"] for one in result["audit"]["findings"] if one["id"] == name}


def test_a_good_host(audit):
    result = audit(asked={"protocols": ["imap", "imaps", "pop3", "pop3s", "kpop"], "smtp": ["smtp", "submission"]})
    assert result["bad"] == []
    assert sorted(one["id"] for one in result["audit"]["findings"] if one["id"].startswith("asked.")) == [
        "asked.imap", "asked.imaps", "asked.pop3", "asked.pop3s", "asked.smtp", "asked.submission",
    ]  # fmt: skip
    assert result["verdict"] in ("pass", "warn")
    assert found(result, "relay.agreement") == {"pass"}
    assert found(result, "clear.login") == set()
    assert found(result, "tls.T26") == found(result, "tls.T27") == {"pass"}
    assert found(result, "relay.R01") == {"pass"}
    assert found(result, "way.local.imap") == {"pass"}
    assert result["audit"]["certificates"][0]["names"] == ["mx.example.test"]
    assert "right ö" not in json.dumps(result, ensure_ascii=False)


@pytest.mark.parametrize(
    ("wrong", "name", "verdict"),
    [
        ({"open_relay": True}, "relay.R01", "fail"),
        ({"open_relay": "%"}, "relay.R12", "fail"),
        ({"open_relay": "sub.example.test"}, "relay.R40", "fail"),
        ({"code": 454}, "relay.R01", "warn"),
        ({"code": 421}, "relay.R01", "invalid"),
        ({"control": 550}, "relay.C01", "fail"),
        ({"control": 451}, "relay.C01", "warn"),
        ({"clear": True}, "clear.T01", "fail"),
        ({"clear": True}, "clear.T02", "fail"),
        ({"clear": True}, "clear.T03", "fail"),
        ({"clear": True}, "clear.T04", "fail"),
        ({"clear": True}, "clear.T05", "fail"),
        ({"clear": True}, "clear.T06", "fail"),
        ({"anyone": True}, "clear.T07.wrong", "fail"),
        ({"anonymous": True}, "clear.S02", "fail"),
        ({"anonymous": "offered"}, "clear.S02", "warn"),
        ({"closes_on_login": True}, "clear.T08", "fail"),
        ({"auth": 454}, "clear.T03", "fail"),
        ({"auth": 421}, "clear.T03", "invalid"),
        ({"asked": {"password": "mine"}}, "clear.T07", "fail"),
        ({"asked": {"cleartext_login": "allow"}, "clear": True}, "clear.T05", "fail"),
        ({"name": "other.example.test"}, "tls.T12", "fail"),
        ({"odd": "other.example.test"}, "tls.T12", "fail"),
        ({"odd": "other.example.test"}, "tls.same", "warn"),
        ({"control": 550}, "way.in", "fail"),
        ({"served": ["imaps", "smtp"], "asked": {"smtp": ["smtp", "submission"]}}, "asked.submission", "fail"),
        ({"served": ["imaps", "smtp"], "asked": {"protocols": ["imaps"]}}, "asked.pop3", "pass"),
        ({"served": ["imaps", "smtp"], "asked": {"password": None}}, "way.in", "none"),
        ({"loses_mail": True}, "way.local.imap", "fail"),
        ({"harms_mail": True}, "way.local.imap", "fail"),
        ({"twice": True}, "tls.T10", "fail"),
        ({"open_relay": True}, "relay.agreement", "fail"),
    ],
)
def test_a_fault_is_seen(audit, monkeypatch, wrong, name, verdict):
    monkeypatch.setattr(engine, "patiently", lambda job, again: job())
    result = audit(**wrong)
    assert verdict in found(result, name), [one for one in result["audit"]["findings"] if one["id"] == name]


def test_a_login_without_an_answer_in_time_is_asked_again(audit, monkeypatch):
    late = Finding("clear.T06", "invalid", reason="time")
    answers = iter([late, replace(late, verdict="fail")])
    monkeypatch.setattr(cleartext, "mail_before_tls", lambda endpoint: next(answers))
    assert found(audit(), "clear.T06") == {"fail"}


def test_what_the_policy_says_is_tried_and_shown(audit):
    policy = {**READ, "causes": [cause("x OK", witness={"sender": "<a@b.test>"}), cause("y", "unknown")]}
    refused = audit(asked={"policy": policy})
    assert found(refused, "relay.W01") == {"pass"}
    assert found(refused, "relay.agreement") == {"fail"}  # the file says open, the wire refuses
    assert (found(refused, "policy.x OK"), found(refused, "policy.y")) == ({"fail"}, {"warn"})
    opened = audit(asked={"policy": {**policy, "accepted": [{"rule": "x OK", "reason": "so it is"}]}}, open_relay=True)
    assert "warn" in found(opened, "relay.W01")
    assert found(opened, "policy.x OK") == {"warn"}
    assert "fail" in found(opened, "relay.R01")
    assert found(opened, "relay.agreement") == {"pass"}


def test_a_host_that_was_not_read(audit):
    assert found(audit(asked={"policy": {"error": "no route"}}), "policy.read") == {"warn"}
    assert found(audit(asked={"policy": {}}), "relay.agreement") == {"none"}


def test_cleartext_as_asked_and_no_login(audit):
    policy = {
        **READ,
        "causes": [cause("cleartext disable_plaintext_auth", "clear", option="cleartext_login"), cause("y", "clear")],
    }
    result = audit(asked={"cleartext_login": "allow", "user": None, "password": None, "policy": policy}, clear=True)
    assert found(result, "policy.cleartext disable_plaintext_auth") == {"warn"}
    assert found(result, "policy.y") == {"fail"}, "that no password is needed was not asked for"
    assert found(result, "clear.T02") == {"pass"}
    assert found(result, "way.in") == {"none"}
    assert found(result, "clear.login") == {"warn"}  # the audit says that nothing is known of logins


def test_a_login_that_opens_nothing_is_no_failure(audit):
    result = audit(anonymous="nothing")
    assert found(result, "clear.S02") == {"pass"}
    said = [one["detail"] for one in result["audit"]["findings"] if one["id"] == "clear.S02"]
    assert all("but it opens nothing" in detail for detail in said), said


EL5 = {**READ, "products": {"postfix": "2.3.3", "dovecot": "1.0.7"}, "tunnels": [993]}
NEW = {**READ, "products": {"postfix": "3.7.11", "cyrus": "3.6.1"}}
BOTH = {**READ, "products": {"postfix": "3.7.11", "sendmail": "8.17"}}
SENDMAIL = "mx.example.test ESMTP Sendmail 8.13.8/8.13.8; Thu, 1 Jan 2015 00:00:00 +0000"


@pytest.mark.parametrize(
    ("policy", "port", "product", "implicit", "greeting", "daemon"),
    [
        (EL5, 25, "smtp", False, "", Daemon("postfix", (2, 3, 3))),
        (EL5, 143, "imap", False, "", Daemon("dovecot", (1, 0, 7))),
        (EL5, 993, "imap", True, "", Daemon("stunnel", (4, 15))),
        (NEW, 143, "imap", False, "", Daemon("cyrus", (3, 6, 1))),
        (BOTH, 25, "smtp", False, "", None),  # which of the two it is cannot be told
        (BOTH, 25, "smtp", False, SENDMAIL, Daemon("sendmail", (8, 17))),
        (READ, 25, "smtp", False, "", None),
        ({}, 25, "smtp", False, "mx ESMTP Postfix", Daemon("postfix", (2, 3, 3))),
        ({}, 25, "smtp", False, SENDMAIL, Daemon("sendmail", (8, 13, 8))),
        ({}, 25, "smtp", False, SENDMAIL.replace("8.13.8/8.13.8", "8.15.2/8.15.2"), Daemon("sendmail", (8, 15, 2))),
        ({}, 465, "smtp", True, SENDMAIL, None),  # a tunnel in front of it could refuse what it cannot
        ({}, 110, "pop3", False, "", Daemon("dovecot", (1, 0, 7))),
    ],
)
def test_who_serves_a_port(policy, port, product, implicit, greeting, daemon):
    assert serving(Endpoint("127.0.0.1", port, product, implicit), greeting, policy) == daemon


def answered(row):
    """The rows that one asking answers: the row, and those without a function of their own below it."""
    below = CATALOGUE[CATALOGUE.index(row) + 1 :]
    return [row, *takewhile(lambda one: one.ask is None and one.battery == row.battery, below)]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"asked": {"user": None, "password": None}},
        {"loses_mail": True, "raw": "lost"},
        {"closes_on_login": True, "anonymous": True, "twice": True},
        {"code": 421, "no_tls": True, "clear": True, "asked": {"passed_on": "other.example.test"}},
        {"open_relay": True, "clear": True, "odd": "other.example.test"},
    ],
    ids=str,
)
def test_no_question_opens_more_connections_than_its_row_says(audit, monkeypatch, wrong):
    """And it answers what its rows ask, nothing else."""
    asking, made, connect = threading.local(), Counter(), socket.create_connection
    limits, strange = {}, []

    def counting(row):
        group = answered(row)

        def ask(host, at, *name):
            asking.key = (row.title, at, *name)
            limits[asking.key] = sum(one.most for one in group) * (1 + len(row.again))
            try:
                answer = row.ask(host, at, *name)
            finally:
                asking.key = None
            findings = [answer] if isinstance(answer, Finding) else answer
            strange.extend(one.id for one in findings if catalogue.row(one.id).id not in [each.id for each in group])
            return answer

        return ask if row.when != AFTER else row.ask

    def counted(to, *more):
        made[getattr(asking, "key", None) or ("a look", *to)] += 1
        return connect(to, *more)

    rows = tuple(replace(row, ask=counting(row)) if row.ask else row for row in CATALOGUE)
    monkeypatch.setattr(catalogue, "CATALOGUE", rows)
    monkeypatch.setattr(socket, "create_connection", counted)
    monkeypatch.setattr(engine.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(ways.time, "sleep", lambda seconds: threading.Event().wait(min(seconds, 0.1)))
    audit(**wrong)
    assert strange == []
    # one look whether it is open, and on one of the ports the login that ends the daemon's distrust
    looks = [key for key in made if key[0] == "a look"]
    assert sum(made[key] for key in looks) <= len(looks) + 1
    assert len(made) > 100
    assert {key: number for key, number in made.items() if number > limits.get(key, 2)} == {}
    assert sum(made.values()) <= bounds()["connections"]


def test_a_new_question_is_its_function_and_its_row(audit, monkeypatch):
    row = Row(
        "tls.T99", "a question of tomorrow", EVERY, 2, lambda host, at: Question("tls.T99", str(at)).answer("warn")
    )
    monkeypatch.setattr(catalogue, "CATALOGUE", (*CATALOGUE, row))
    monkeypatch.setattr(bounds_of, "CATALOGUE", (*CATALOGUE, row))
    told = [one for one in audit()["audit"]["findings"] if one["id"] == "tls.T99"]
    assert [one["title"] for one in told] == ["a question of tomorrow"] * len(SERVERS)
    assert bounds()["connections"] - sum(one.cost(largest()) for one in CATALOGUE) == 2 * len(largest().endpoints)


def test_an_answer_to_no_question_of_the_catalogue_is_an_error(audit, monkeypatch):
    monkeypatch.setattr(tls, "injection", lambda endpoint: Question("tls.T99").answer("pass"))
    with pytest.raises(ValueError, match=r"tls\.T99 is in no row of the audit's catalogue"):
        audit()


def test_what_could_not_be_asked_in_time_is_said(audit, monkeypatch):
    monkeypatch.setattr(engine, "patience", lambda greeting: 0.0)
    findings = audit(policy={**READ, "ports": []})["audit"]["findings"]
    late = {one["id"]: one for one in findings if one["id"].endswith(".time")}
    assert {one["verdict"] for one in late.values()} == {"invalid"}
    assert {"relay.time", "way.time"} <= set(late)
    assert re.match(
        r"\d+ of \d+ questions had no answer when 0 s were over; the slowest port took \d", late["relay.time"]["detail"]
    )
    assert "name server" in late["relay.time"]["way_out"]
    assert len([one for one in findings if one["id"] == "relay.time"]) <= 2  # one a port


def test_a_host_that_greets_late_is_given_more_time():
    assert bounds_of.patience(0) == 60
    assert bounds_of.patience(10) == 180
    assert bounds()["seconds"] == bounds_of.patience(wire.SECONDS) == 204


def test_asked_for_and_not_served(audit):
    assert found(audit(asked={"protocols": ["imap"]}), "asked.imaps") == {"fail"}


def test_with_a_sink_what_was_accepted_is_followed(audit):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    sink = {"domain": "victim.example", "address": "127.0.0.1", "port": port}
    result = audit(asked={"sink": sink}, open_relay=True)
    assert found(result, "relay.R01") == {"warn"}  # taken, but it never came out
    assert "fail" in found(result, "way.out")


def test_a_dead_host_and_a_trusted_place():
    given = {"address": "127.0.0.1", "fqdn": "mx.example.test", "policy": READ}
    nothing = converge(mail_audit.WORD, params(mail_audit, **given), Host(lambda program, data: (1, b"", b"")), False)
    assert nothing["failed"]
    assert nothing["verdict"] == "invalid"
    spoilt = engine._spoilt(Finding("relay.R01", "pass", "t"), "192.0.2.9 is trusted")
    assert (spoilt.verdict, spoilt.detail) == ("invalid", "192.0.2.9 is trusted: ")
    assert engine._spoilt(Finding("tls.T12", "pass", "t"), "x").verdict == "pass"
    here = engine.Audit(params(mail_audit, **given))
    here.host.mine = "192.0.2.9"
    assert here._vantage().verdict == "pass"
    here.host.policy = {"networks": ["192.0.2.0/24"]}
    assert "lies in 192.0.2.0/24" in here._vantage().detail
    here.host.mine = "127.0.0.1"
    assert "the host itself" in here._vantage().detail


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"fqdn": "mx"}, "fqdn"),
        ({"networks": ["0.0.0.0/0"]}, "networks"),
        ({"sink": {"domain": "x", "address": "127.0.0.1", "port": 25}}, "sink.domain"),
        ({"sink": {"domain": "victim.example", "address": "127.0.0.1", "port": 0}}, "sink.port"),
        (
            {"sink": {"domain": "example.test", "address": "127.0.0.1", "port": 25}, "domain": "example.test"},
            "is delivered here",
        ),
        ({"sink": {"domain": "victim.example", "address": "192.0.2.1", "port": 2525}}, "cannot be listened on"),
    ],
)
def test_bad_input(given, said):
    asked = {"address": "127.0.0.1", "fqdn": "mx.example.test", "policy": READ, **given}
    with pytest.raises(BadInput, match=said):
        converge(mail_audit.WORD, params(mail_audit, **asked), Host(lambda program, data: (1, b"", b"")), False)


def test_verdicts_and_logins():
    assert worst(["pass", "warn", "invalid"]) == "invalid"
    assert worst([]) == "none"
    login = Login("alice", "s")
    for response in (login.initial(), base64.b64encode(b"s").decode()):
        assert Mask(*login.hidden).text(f"AUTH PLAIN {response}") == "AUTH PLAIN (hidden)"
    assert imap_quoted('a"\\') == '"a\\"\\\\"'


@pytest.mark.parametrize(
    ("served", "imaps", "pop3s", "detail"),
    [
        (["192.0.2.1 imaps", "2001:db8::1 imaps"], "pass", "pass", "served"),
        (["2001:db8::1 imaps"], "fail", "pass", "served on 2001:db8::1 only"),
        (["192.0.2.1 imaps"], "warn", "pass", "served on 192.0.2.1 only"),
        ([], "fail", "pass", "not served"),
        (["192.0.2.1 imaps", "2001:db8::1 imaps", "2001:db8::1 pop3s"], "pass", "fail", "served"),
    ],
)
def test_what_was_asked_for_is_served_on_each_address(served, imaps, pop3s, detail):
    given = {"address": "192.0.2.1", "address6": "2001:db8::1", "protocols": ["imaps"], "smtp": []}
    audit = engine.Audit(params(mail_audit, fqdn="mx.example.test", **given))
    pairs = [line.split() for line in served]
    audit.host.endpoints = [Endpoint(address, 1, "imap", service=service) for address, service in pairs]
    findings = {finding.id: finding for finding in audit._served()}
    assert (findings["asked.imaps"].verdict, findings["asked.pop3s"].verdict) == (imaps, pop3s)
    assert findings["asked.imaps"].detail == detail


@pytest.mark.parametrize("clear", [False, True])
def test_what_a_server_says_back_of_a_login_is_nowhere(audit, clear):
    """In the record, in each form of the report, and in what the terminal is given."""
    result = audit(asked={"fail": True, "protocols": ["imap"]}, echo=True, clear=clear)
    report = forms.fleet({"mx": dict(result["audit"])}, {})
    texts = [json.dumps(report, ensure_ascii=False), json.dumps(report), forms.junit(report), result.get("msg", "")]
    assert texts[0].count("(hidden)") > 20
    for text in texts:
        for form in ("right ö", "right \\u00f6", "right%20", "+72+69+67", "ght ö", "cmlnaHQ", "eHJpZ2h0IMO2eQ"):
            assert form.lower() not in text.lower(), form
        assert base64.b64encode("\0alice\0right ö".encode()).decode() not in text
