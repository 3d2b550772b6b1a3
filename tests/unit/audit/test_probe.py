"""Each proof fails when what it proves is not so: servers with one fault each."""

import socket

import pytest
from mailhost.audit import connection, proofs
from mailhost.audit.connection import Target
from mailhost.audit.proofs import Login, Proof, vantage
from mailhost.core.converge import converge
from mailhost.core.host import Host
from mailhost.words import mail_probe

from ..hosts import params
from .servers import Faults, Imap, Pop3, Server, Smtp

ALL = ["imap", "imaps", "pop3", "pop3s"]


@pytest.fixture
def mailhost(pems, monkeypatch):
    servers = []

    def start(served=ALL, name="mx.example.test", odd=None, **wrong):
        faults = Faults(**wrong)
        ports = {}
        for word in [*ALL, "smtp", "submission"]:
            if word not in [*served, "smtp", "submission"]:
                with socket.socket() as free:
                    free.bind(("127.0.0.1", 0))
                    ports[word] = free.getsockname()[1]
                continue
            handler = Imap if word.startswith("imap") else Pop3 if word.startswith("pop3") else Smtp
            servers.append(Server(handler, faults, pems[odd if odd and word == "imaps" else name], word.endswith("s")))
            ports[word] = servers[-1].server_address[1]
        monkeypatch.setattr(connection, "PORTS", ports)
        monkeypatch.setattr(proofs, "PORTS", ports)
        monkeypatch.setattr(proofs, "vantage", lambda target, trusted: Proof("pass", "said so"))
        monkeypatch.setattr(connection, "TIMEOUT", 5)
        return faults

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def probe(**given):
    asked = params(mail_probe, address="127.0.0.1", fqdn="mx.example.test", domain="example.test", fail=False)
    asked.update(
        {"user": "alice", "password": "right ö", "smtp": ["smtp", "submission"], "networks": ["192.0.2.0/24"], **given}
    )
    return converge(mail_probe.WORD, asked, Host(lambda program, data: (1, b"", b"")), False)


def test_a_good_host_passes_everything(mailhost):
    faults = mailhost()
    result = probe()
    assert {name: proof["verdict"] for name, proof in result["proofs"].items()} == dict.fromkeys(
        result["proofs"], "pass"
    ), result
    assert result["proved"]
    assert not result["changed"]
    assert len(faults.mail) == 1


@pytest.mark.parametrize(
    ("wrong", "asked", "name", "verdict", "said"),
    [
        ({"open_relay": True}, {}, "relay", "fail", "OPEN: R01"),
        ({"open_relay": "%"}, {}, "relay", "fail", "OPEN: R12"),
        ({"open_relay": "sub.example.test"}, {}, "relay", "fail", "OPEN: R40"),
        ({"code": 454}, {}, "relay", "warn", "from <spam@evil.invalid> to <relaytest@victim.invalid>: 454 Relay"),
        ({"control": 451}, {}, "relay", "fail", "control, postmaster without a domain"),
        ({"clear": True}, {}, "cleartext", "fail", "imap lets a password in clear in; pop3 lets"),
        ({"clear": True}, {"cleartext_login": "allow", "smtp": []}, "cleartext", "pass", "allowed, as asked"),
        ({"clear": True}, {"protocols": ["imaps"]}, "cleartext", "fail", "smtp takes AUTH before TLS"),
        ({"closes_on_login": True}, {}, "cleartext", "invalid", "imap: "),
        ({"closes_on_login": True}, {"protocols": ["imaps"]}, "login", "fail", "imaps (implicit): "),
        ({"anyone": True}, {}, "login", "fail", "a wrong password is let in"),
        ({}, {"password": "mine"}, "login", "fail", "imap (starttls): "),
        ({"name": "other.example.test"}, {}, "certificate", "fail", "imap: Hostname mismatch"),
        ({"odd": "other.example.test"}, {}, "certificate", "fail", "imaps: Hostname mismatch"),
        ({"served": ["imap"]}, {"protocols": ["imap", "imaps"]}, "protocols", "fail", "imaps does not greet"),
        ({}, {"protocols": ["imap"]}, "protocols", "fail", "port "),
        ({"served": ["imap"]}, {"protocols": ["imap"]}, "protocols", "pass", "closed imaps pop3 pop3s"),
        ({"served": ["imap"]}, {"protocols": ["imap"]}, "mail by pop3", "none", "pop3 is not served"),
        ({}, {"user": None}, "login", "none", "no login was given"),
        ({}, {"user": None}, "mail by imap", "none", "no login was given"),
    ],
)
def test_a_fault_is_seen(mailhost, wrong, asked, name, verdict, said):
    mailhost(**wrong)
    proof = probe(**asked)["proofs"][name]
    assert proof["verdict"] == verdict, proof
    assert said in proof["detail"]


def test_lost_mail(mailhost, monkeypatch):
    mailhost(loses_mail=True)
    clock = iter(range(0, 10000, 5))
    monkeypatch.setattr(proofs.time, "monotonic", lambda: next(clock))
    found = proofs.message(Target("127.0.0.1", "mx.example.test"), ALL, Login("alice", "right ö"), "example.test")
    assert {proof.verdict for proof in found.values()} == {"fail"}


def test_mail_refused(mailhost):
    mailhost(control=550)
    assert "not accepted by SMTP" in probe()["proofs"]["mail by imap"]["detail"]


def test_a_dead_host_proves_nothing(mailhost):
    mailhost(served=[])
    connection.PORTS.update(smtp=connection.PORTS["imap"], submission=connection.PORTS["imap"])
    result = probe(fail=True)
    assert result["failed"]
    assert "is not as asked" in result["msg"]
    assert result["proofs"]["relay"]["verdict"] == "invalid"
    assert not result["proved"]


def test_the_vantage_point(pems, monkeypatch):
    server = Server(Smtp, Faults())
    monkeypatch.setattr(proofs, "PORTS", {"smtp": server.server_address[1]})
    assert "is the host itself" in vantage(Target("127.0.0.1", "x"), []).detail
    real = socket.create_connection

    def elsewhere(*args, **more):
        class Socket:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                real(*args, **more).close()

            def getsockname(self):
                return ("192.0.2.9", 1)

            def getpeername(self):
                return ("192.0.2.1", 25)

        return Socket()

    monkeypatch.setattr(proofs.socket, "create_connection", elsewhere)
    assert vantage(Target("127.0.0.1", "x"), ["192.0.2.0/24"]).verdict == "invalid"
    assert vantage(Target("127.0.0.1", "x"), ["::1/128", "127.0.0.0/8"]) == Proof("pass", "from 192.0.2.9")
    monkeypatch.undo()
    server.shutdown()
    server.server_close()
    monkeypatch.setattr(proofs, "PORTS", {"smtp": server.server_address[1]})
    assert "cannot be reached" in vantage(Target("127.0.0.1", "x"), []).detail


def test_a_trusted_vantage_point_makes_the_proofs_invalid(mailhost, monkeypatch):
    mailhost()
    monkeypatch.setattr(proofs, "vantage", lambda target, trusted: Proof("invalid", "you are trusted"))
    result = probe()
    assert {result["proofs"][name]["verdict"] for name in ("relay", "cleartext")} == {"invalid"}
