"""The message whose way must pass, and the one whose header RFC 5322 does not allow, which is a warning at most."""

import email
import email.policy
import socket

import pytest
from mailhost.audit import ways
from mailhost.audit.subject import Login, Names
from mailhost.audit.wire import Endpoint

from .servers import Faults, Imap, Server, Smtp

NAMES = Names("mx.example.test", "example.test", "127.0.0.1", user="alice")


@pytest.fixture
def endpoints(pems, monkeypatch):
    """SMTP on port 25 and IMAP on 143, as far as the prober sees."""
    servers, connect = [], socket.create_connection

    def start(**wrong):
        faults = Faults(**wrong)
        servers.extend(Server(handler, faults, pems["mx.example.test"]) for handler in (Smtp, Imap))
        ports = {port: server.server_address[1] for port, server in zip((25, 143), servers)}
        monkeypatch.setattr(socket, "create_connection", lambda to, *more: connect((to[0], ports[to[1]]), *more))
        return [
            Endpoint("127.0.0.1", port, product, False, "mx.example.test", service=product)
            for port, product in ((25, "smtp"), (143, "imap"))
        ], faults

    monkeypatch.setattr(ways, "WAIT", 0.4)
    yield start
    monkeypatch.undo()
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("wrong", "way", "raw", "said"),
    [
        ({}, "pass", "pass", ""),
        ({"raw": "refused"}, "pass", "warn", "not taken: 550 5.6.0"),  # strict_7bit_headers
        ({"raw": "lost"}, "pass", "warn", "it came as 'Subject: Gr"),  # Sendmail 8.13
        ({"loses_mail": True}, "fail", None, ""),
        ({"harms_mail": True}, "fail", None, ""),
    ],
)
def test_raw_eight_bits_in_a_header_are_a_warning(endpoints, wrong, way, raw, said):
    here, faults = endpoints(**wrong)
    found = {one.id: one for one in ways.ways(here, NAMES, Login("alice", "right ö"), True, None)}
    assert found["way.in.imap"].verdict == way, found
    assert (found["way.raw.imap"].verdict if raw else found.get("way.raw.imap")) == raw
    assert raw is None or said in found["way.raw.imap"].detail
    assert (
        len(faults.mail)
        == {None: 0 if "loses_mail" in wrong else 1, "pass": 2, "warn": 1 if "refused" in wrong.values() else 2}[raw]
    )


def test_the_raw_message_that_is_lost(endpoints, monkeypatch):
    here, faults = endpoints(loses_mail=True)
    raw = ways.Raw((here[0], None, "", "alice@example.test"), here[1], Login("alice", "right ö")).finding()
    assert (raw.verdict, raw.detail) == ("warn", "it did not come out within 5 s")
    assert (
        ways.Raw((here[0], None, "", "alice@example.test"), here[1], Login("alice", "wrong")).finding().verdict
        == "warn"
    )


def test_the_message_is_as_rfc_5322_has_it():
    letter = ways.message("t" * 32, "", "alice@example.test")
    header = letter.partition("\r\n\r\n")[0]
    assert header.isascii()
    assert not ways.raw_message("t" * 32, "", "a@b.test").partition("\r\n\r\n")[0].isascii()
    assert str(email.message_from_string(letter, policy=email.policy.default)["Subject"]) == "Grüße an " + "t" * 32
    assert ways.harm(letter) == ""
    assert "the subject is not" in ways.harm(letter.replace("=C3=9F", "=C3"))
