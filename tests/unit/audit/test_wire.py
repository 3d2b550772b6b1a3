"""The bounded dialogue against servers that mean harm, and the batteries' answers about them:
invalid or fail, in time, never pass."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from mailhost.audit import cleartext, relay, suites, tls, wire
from mailhost.audit.subject import Followed, Login, Names
from mailhost.audit.wire import Endpoint, Invalid, Wire, opened, printable, secured

from . import hostile

PRODUCTS = ("smtp", "imap", "pop3")
SECONDS = 0.7


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(wire, "SECONDS", SECONDS)
    monkeypatch.setattr(Wire.__init__, "__defaults__", ((), SECONDS))
    monkeypatch.setattr(secured, "__defaults__", ((), wire.HELO, SECONDS))


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("behaviour", hostile.EVERY, ids=lambda one: one.__name__)
def test_no_server_holds_the_prober(behaviour, product):
    with hostile.server(behaviour, product) as port:
        endpoint, begun = Endpoint("127.0.0.1", port, product), time.monotonic()
        jobs = [
            lambda: tls.served(endpoint)[0][0],
            lambda: tls.injection(endpoint),
            lambda: suites.version_or_suite(endpoint, "TLSv1.0", tls.PROFILES["intermediate"]),
            lambda: suites.version_or_suite(endpoint, "EXPORT", tls.PROFILES["intermediate"]),
            lambda: suites.prime(endpoint),
            lambda: cleartext.offer(endpoint, True),
            lambda: cleartext.inside(endpoint, Login("alice", "secret")),
        ]
        if product == "smtp":
            names = Names("mx.example.test", "example.test", "127.0.0.1")
            jobs.append(
                lambda: relay.attempt("R01", relay.PATTERNS["R01"], endpoint, names, wire.lenient(), Followed())
            )
            jobs.append(lambda: relay.control("C01", relay.CONTROLS["C01"], endpoint, names, wire.lenient()))
        with ThreadPoolExecutor(len(jobs)) as pool:
            found = list(pool.map(lambda job: job(), jobs))
        assert time.monotonic() - begun < 6 * SECONDS
        greeted = behaviour is hostile.says_yes_to_tls_and_talks_on and product == "smtp"  # its EHLO is as it should be
        found = [one for one in found if not (greeted and one.id == "clear.T05")]
        assert {one.verdict for one in found} <= {"invalid", "fail"}, [
            (one.id, one.verdict, one.detail) for one in found
        ]


@pytest.mark.parametrize("words", ["closed", "the connection ended", "421", "no answer in time"])
@pytest.mark.parametrize("product", PRODUCTS)
def test_no_words_of_a_server_make_an_end(product, words):
    """A server that lets a password in clear in, and says so in words of ours and not of its
    protocol, has not passed."""

    def talks(sock, product):
        sock.sendall(hostile.BANNERS[product])
        if product == "smtp":
            sock.recv(1000)
            sock.sendall(b"250 AUTH PLAIN LOGIN\r\n")
        sock.recv(1000)
        sock.sendall(f"welcome, {words}\r\n".encode())
        time.sleep(3 * SECONDS)

    with hostile.server(talks, product) as port:
        login = Login("alice", "secret")
        found = [cleartext.in_clear(Endpoint("127.0.0.1", port, product), login, True, way) for way in (True, False)]
    assert [one.verdict for one in found] == ["invalid"] * 2, found
    assert {one.reason for one in found} <= {"protocol", "time"}, found


@pytest.mark.parametrize(("lines", "verdict"), [(1, "invalid"), (2, "pass")])
def test_an_end_refuses_only_a_password_that_was_sent(lines, verdict):
    """Whatever the user is called: what the dialogue shows does not decide."""

    def ends(sock, product):
        sock.sendall(hostile.BANNERS[product])
        for number in range(lines):
            sock.recv(1000)
            if number + 1 < lines:
                sock.sendall(b"+OK\r\n")

    with hostile.server(ends, "pop3") as port:
        found = cleartext.in_clear(Endpoint("127.0.0.1", port, "pop3"), Login("(hidden)", "secret"), True, False)
    assert found.verdict == verdict, found
    assert verdict == "pass" or found.reason == "end"


def test_each_end_has_a_kind():
    with pytest.raises(ValueError, match="no kind"):
        Invalid("x", "gone")
    with hostile.server(lambda sock, product: sock.sendall(b"421 too many\r\n"), "smtp") as port, pytest.raises(
        Invalid
    ) as error:
        opened(Endpoint("127.0.0.1", port, "smtp"), wire.lenient())
    assert error.value.kind == "busy"
    with hostile.server(
        lambda sock, product: sock.sendall(b"554 421 is not my code\r\n"), "smtp"
    ) as port, pytest.raises(Invalid) as error:
        opened(Endpoint("127.0.0.1", port, "smtp"), wire.lenient())
    assert error.value.kind == "protocol"


def test_a_late_greeting_is_no_part_of_the_dialogues_time():
    def late(sock, product):
        for answer in (b"220 hi\r\n", b"250 hi\r\n"):
            time.sleep(0.4 * SECONDS)
            sock.sendall(answer)
            sock.recv(1000)
        time.sleep(0.4 * SECONDS)
        sock.sendall(b"250 ok\r\n")

    with hostile.server(late, "smtp") as port, opened(Endpoint("127.0.0.1", port, "smtp"), wire.lenient()) as dialogue:
        assert dialogue.smtp("MAIL FROM:<>") == (250, "ok")


@pytest.mark.parametrize("product", PRODUCTS)
def test_what_a_server_says_is_kept_without_its_control_characters_and_without_secrets(product):
    with hostile.server(hostile.control_characters, product) as port:
        with Wire(Endpoint("127.0.0.1", port, product), ("s3cret",)) as dialogue:
            dialogue.line()
            dialogue.send("LOGIN s3cret")
        kept = "\n".join(dialogue.dialogue)
    assert "\x1b" not in kept
    assert "\\x1b[2J" in kept
    assert "s3cret" not in kept
    assert "(hidden)" in kept


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Invalid, match="no connection"):
        opened(Endpoint("127.0.0.1", port, "smtp"), wire.lenient())
    assert printable("a\0b") == "a\\x00b"


@pytest.mark.parametrize("product", PRODUCTS)
def test_an_alert_in_one_segment_with_the_answer_is_no_answer_in_clear(product):
    with hostile.server(hostile.alerts, product) as port:
        assert tls.injection(Endpoint("127.0.0.1", port, product)).verdict == "pass"
    with hostile.server(hostile.says_yes_to_tls_and_talks_on, product) as port:
        assert tls.injection(Endpoint("127.0.0.1", port, product)).verdict == "fail"
