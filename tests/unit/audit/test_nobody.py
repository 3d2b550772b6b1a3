"""S02: a login without a password is judged by what it opens, in each protocol, and each mechanism by itself."""

import pytest
from mailhost.audit.cleartext import nobody
from mailhost.audit.wire import Endpoint

from .servers import Faults, Imap, Pop3, Server, Smtp

HANDLERS = {"smtp": Smtp, "imap": Imap, "pop3": Pop3}


@pytest.mark.parametrize("product", HANDLERS)
@pytest.mark.parametrize(
    ("wrong", "verdict", "said"),
    [
        ({}, "pass", ""),
        ({"anonymous": True}, "fail", "ANONYMOUS: "),
        ({"anonymous": "nothing"}, "pass", "but it opens nothing"),
        ({"external": True}, "fail", "EXTERNAL: "),
        ({"anonymous": "nothing", "external": True}, "fail", "EXTERNAL: "),
        ({"anonymous": "closes"}, "pass", "ANONYMOUS: "),
        ({"anonymous": "closes", "external": True}, "fail", "EXTERNAL: "),
    ],
)
def test_what_it_opens_decides(pems, product, wrong, verdict, said):
    finding = ask(pems, product, **wrong)
    assert finding.verdict == verdict, finding
    assert said in finding.detail


@pytest.mark.parametrize(
    ("product", "wrong", "verdict", "said"),
    [
        ("smtp", {"anonymous": "nothing", "open_relay": True}, "fail", "250 anything"),
        ("smtp", {"anonymous": "nothing", "code": 454}, "warn", "454 "),
        ("smtp", {"anonymous": "asks", "open_relay": True}, "fail", "ANONYMOUS: 235"),
        ("imap", {"anonymous": "nothing", "lists": True}, "fail", "1 mailboxes are listed"),
        ("imap", {"anonymous": "offered"}, "warn", "offers ANONYMOUS, which opens nothing"),
    ],
)
def test_what_each_protocol_may_open(pems, product, wrong, verdict, said):
    finding = ask(pems, product, **wrong)
    assert finding.verdict == verdict, finding
    assert said in finding.detail


def ask(pems, product, **wrong):
    server = Server(HANDLERS[product], Faults(**wrong), pems["mx.example.test"])
    try:
        return nobody(Endpoint("127.0.0.1", server.server_address[1], product, False, "mx.example.test"))
    finally:
        server.shutdown()
        server.server_close()
