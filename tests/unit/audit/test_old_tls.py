"""Old TLS as the audit sees it: servers that answer by the byte as old ones do,
and GnuTLS's own server (Debian's gnutls-bin)."""

import socket
import subprocess
import time

import pytest
from mailhost.audit import suites
from mailhost.audit.catalogue import CATALOGUE
from mailhost.audit.finding import Question
from mailhost.audit.hello import Answer
from mailhost.audit.subject import Names, Subject
from mailhost.audit.suites import _judged, refused, version_or_suite
from mailhost.audit.tls import PROFILES
from mailhost.audit.wire import Endpoint, Wire, lenient, strict
from mailhost.products.tls import Daemon

from . import old
from .old import SSL2, SSL3, TLS10, TLS11, TLS12, alert, taken

LEGACY, INTERMEDIATE, MODERN = PROFILES["centos5"], PROFILES["intermediate"], PROFILES["modern"]
EXPORT, ANONYMOUS, RC4 = 0x0003, 0x0034, 0x0005
FAILURE, VERSION, NAME = 40, 70, 112


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(Wire.__init__, "__defaults__", ((), 1.0))


def about(finding):
    """What a finding of T18 or T19 is about."""
    return finding.id.split(".", 2)[-1].replace("-", " ")


def only(version, suite, otherwise=b""):
    """A server that takes the hello of one version, and says something else to others."""
    return lambda asked, suites: taken(version, suite) if asked == version else otherwise


def once(suites, answer):
    """A server that knows some suites only."""
    return lambda asked, offered: answer if set(suites) & set(offered) else alert(FAILURE)


def both(older, newer):
    """A server of TLS 1.0 and 1.2 that has other suites for each."""

    def answer(asked, offered):
        known = [
            suite
            for suite in (newer if asked == TLS12 else older if asked in (TLS10, TLS11) else ())
            if suite in offered
        ]
        return taken(TLS12 if asked == TLS12 else TLS10, known[0]) if known else alert(FAILURE)

    return answer


@pytest.mark.parametrize(
    ("what", "answer", "verdict", "said", "hellos"),
    [
        ("EXPORT", taken(TLS10, EXPORT), "fail", "served (suite 0x0003)", [TLS12]),
        ("RC4", taken(SSL3, RC4), "fail", "served (suite 0x0005)", [TLS12]),
        ("EXPORT", taken(TLS12, EXPORT), "fail", "served", [TLS12]),
        (
            "EXPORT",
            alert(NAME, level=1) + taken(TLS10, EXPORT),
            "fail",
            "served",
            [TLS12],
        ),  # RFC 6066: a warning, and on it goes
        ("EXPORT", only(TLS10, EXPORT, alert(VERSION)), "fail", "served", [TLS12, TLS10]),
        ("EXPORT", only(TLS10, EXPORT), "fail", "served", [TLS12, TLS10]),  # closes
        ("EXPORT", only(SSL3, EXPORT), "fail", "served", [TLS12, TLS10, SSL3]),
        ("EXPORT", only(SSL3, EXPORT, alert(FAILURE, SSL3)), "fail", "served", [TLS12, TLS10, SSL3]),
        (
            "EXPORT",
            only(TLS10, EXPORT, alert(FAILURE)),
            "fail",
            "served",
            [TLS12, TLS10],
        ),  # forbidden to newer versions (RFC 4346)
        ("RC4", alert(FAILURE), "pass", "refused", [TLS12]),
        ("EXPORT", alert(FAILURE), "pass", "refused", [TLS12, TLS10]),
        ("EXPORT", alert(FAILURE, TLS10), "pass", "refused", [TLS12, TLS10]),
        ("EXPORT", alert(VERSION), "pass", "refused", [TLS12, TLS10, SSL3]),
        ("EXPORT", b"", "pass", "refused", [TLS12, TLS10, SSL3]),
        ("EXPORT", taken(TLS10, RC4), "pass", "refused", [TLS12, TLS10]),  # nobody asked for it
        ("RC4", taken(0x0304, RC4), "pass", "refused", [TLS12]),  # newer than asked for
        ("EXPORT", b"* OK hi\r\n" * 9, "invalid", "not TLS", [TLS12]),
        ("EXPORT", old.record(22, TLS10, b"\x03\0\0\0"), "invalid", "no ServerHello", [TLS12]),
        (
            "EXPORT",
            old.record(22, TLS10, b"\x02\xff\xff\xff" + bytes(16000)) * 9,
            "invalid",
            "over 131072 bytes",
            [TLS12],
        ),
        ("EXPORT", old.record(22, TLS10, b"") * 30000, "invalid", "over 131072 bytes", [TLS12]),
        ("EXPORT", old.SILENCE, "invalid", "in time", [TLS12]),
        ("TLSv1.1", taken(TLS10, 0x0035), "pass", "refused", [TLS11]),  # a version is asked for exactly
        ("TLSv1.1", taken(TLS11, 0x0035), "fail", "served (suite 0x0035)", [TLS11]),
        ("SSLv3", taken(SSL3, 0x0035), "fail", "served", [SSL3]),
        ("SSLv3", alert(FAILURE, SSL3), "pass", "refused", [SSL3]),
        ("SSLv2", old.ssl2(), "pass", "refused", [SSL2]),
        ("SSLv2", old.ssl2(b"\x01\x00\x80\x07\x00\xc0"), "fail", "served (suite 0x10080)", [SSL2]),
        ("SSLv2", b"\x80\x03\x00\x00\x01", "pass", "refused", [SSL2]),  # SSL 2.0's error: no cipher
        ("SSLv2", alert(VERSION), "pass", "refused", [SSL2]),
        ("SSLv2", b"", "pass", "refused", [SSL2]),
    ],
)
def test_one_version_or_kind_of_suites(what, answer, verdict, said, hellos):
    with old.server(answer) as (endpoint, asked):
        finding = version_or_suite(endpoint, what, INTERMEDIATE)
    assert (finding.verdict, [version for version, _ in asked]) == (verdict, hellos), finding
    assert said in finding.detail


def test_a_good_server_is_asked_with_few_hellos():
    with old.server(alert(FAILURE)) as (endpoint, asked):
        found = refused(endpoint, INTERMEDIATE)
    assert {one.verdict for one in found} == {"pass"}
    assert len(found) == len(INTERMEDIATE.refused) + len(INTERMEDIATE.discouraged)
    assert [version for version, _ in asked] == [
        TLS12,
        TLS11,
        SSL2,
        TLS12,
    ]  # suites, versions, and what is asked by itself


@pytest.mark.parametrize("refusal", [alert(FAILURE), b""])  # Dovecot 2 closes without an alert
def test_and_with_few_where_it_closes_on_what_it_refuses(refusal):
    def answer(version, suites):
        return taken(TLS12, 0xC02F) if 0xC02F in suites and version == TLS12 else refusal

    with old.server(answer) as (endpoint, asked):
        found = suites.old(endpoint, INTERMEDIATE)
    assert {one.verdict for one in found} == {"pass"}
    assert [version for version, _ in asked] == [
        TLS12,
        TLS12,
        TLS11,
        SSL2,
        TLS12,
        TLS12,
        TLS10,
    ]  # everything first, the prime last


@pytest.mark.parametrize(
    ("answer", "served"),
    [
        (once([EXPORT], taken(TLS10, EXPORT)), {"TLSv1.0", "EXPORT"}),
        (
            only(TLS10, EXPORT, alert(VERSION)),
            {"TLSv1.0", "EXPORT"},
        ),  # it does not take a hello of 1.1, as such servers do not
        (only(SSL3, RC4), {"SSLv3", "RC4"}),
        (both({EXPORT, 0xC013}, {0xC02F}), {"TLSv1.0", "EXPORT"}),
        (both({EXPORT, 0xC013, RC4}, {0xC02F, RC4}), {"TLSv1.0", "EXPORT", "RC4"}),
        (lambda asked, suites: taken(TLS12, 0x002F) if asked == TLS12 and 0x002F in suites else b"", {"static RSA"}),
        (lambda asked, suites: b"", set()),
    ],
)
def test_all_that_is_served_is_found(answer, served):
    with old.server(lambda version, suites: answer(version, suites) if version != SSL2 else b"") as (endpoint, asked):
        alone, found = refused(endpoint, INTERMEDIATE), suites.old(endpoint, INTERMEDIATE)
    assert {about(one) for one in alone if one.verdict != "pass"} == served
    assert {about(one) for one in found if one.verdict not in ("pass", "none")} == served


def test_no_server_makes_more_connections_than_were_told():
    """The worst: it closes, or talks nonsense, so that nothing is known of it and each question is
    asked with each hello."""

    def answer(version, suites):
        return b"nonsense" if len(suites) > 20 and version == SSL3 else b""

    with old.server(answer) as (endpoint, asked):
        host = Subject(Names("mx.example.test", "example.test", "127.0.0.1"), profile="modern", endpoints=[endpoint])
        rows = [row for row in CATALOGUE if row.battery == "tls"]
        for row in rows:
            if row.ask:
                row.ask(host, endpoint)
    assert 30 < len(asked) <= sum(row.cost(host) for row in rows)


def intolerant(version, suite, refusal):
    """A server of one old version that says to a newer hello what it says to suites:
    handshake_failure in a record of that hello's."""
    return lambda asked, suites: taken(version, suite) if asked == version and suite in suites else refusal


@pytest.mark.parametrize(
    ("answer", "served"),
    [
        (intolerant(TLS10, RC4, alert(FAILURE, TLS12)), {"TLSv1.0", "RC4"}),
        (intolerant(TLS11, RC4, alert(FAILURE, TLS12)), {"TLSv1.1", "RC4"}),
        (intolerant(SSL3, EXPORT, alert(FAILURE, TLS12)), {"SSLv3", "EXPORT"}),
        (alert(FAILURE, TLS12), set()),
    ],
)
def test_a_server_that_refuses_newer_hellos_as_it_refuses_suites(answer, served):
    with old.server(
        lambda version, suites: b"" if version == SSL2 else answer(version, suites) if callable(answer) else answer
    ) as (
        endpoint,
        _,
    ):
        found = suites.old(endpoint, INTERMEDIATE)
    assert {
        about(one) for one in found if one.id.startswith(("tls.T18", "tls.T19")) and one.verdict != "pass"
    } == served


def test_a_short_prime_that_only_an_older_version_is_given():
    short = b"".join(old.record(22, TLS10, part) for part in old.key_exchange(512))
    with old.server(lambda version, suites: short if version == TLS10 else alert(FAILURE)) as (endpoint, _):
        assert suites.prime(endpoint, hello="TLSv1.2").verdict == "fail"


@pytest.mark.parametrize("answer", [b"\x80\x20\x04", b"\x80\x0b\x04\x00\x01\x00\x02\x00\x00\x00\x30\x00\x00"])
def test_half_an_answer_of_ssl_2_is_none(answer):
    with old.server(answer) as (endpoint, _):
        assert version_or_suite(endpoint, "SSLv2", INTERMEDIATE).verdict == "invalid"


@pytest.mark.parametrize(
    ("answer", "verdict", "said"),
    [
        (
            b"".join(old.record(22, TLS10, part) for part in old.key_exchange(512)),
            "fail",
            "512 bits: no current client",
        ),
        (b"".join(old.record(22, TLS10, part) for part in old.key_exchange(1023)), "fail", "1023 bits"),
        (b"".join(old.record(22, TLS10, part) for part in old.key_exchange(1024)), "warn", "1024 bits"),
        (b"".join(old.record(22, TLS10, part) for part in old.key_exchange(2048)), "pass", "2048 bits"),
        (old.record(22, TLS10, b"".join(old.key_exchange(512))), "fail", "512 bits"),  # all in one record
        (
            b"".join(old.record(22, TLS10, bytes([byte])) for byte in b"".join(old.key_exchange(512))),
            "fail",
            "512 bits",
        ),  # one byte each
        (alert(FAILURE), "pass", "no finite-field key exchange"),
        (taken(TLS12, 0xC030), "pass", "no finite-field key exchange"),
        (old.record(22, TLS10, old.hello(TLS10, 0x0039) + old.message(14, b"")), "invalid", "cannot be read"),
        (
            old.record(22, TLS10, old.hello(TLS10, 0x0039) + old.message(12, b"\xff\xff\x01")),
            "invalid",
            "cannot be read",
        ),
        (old.record(22, TLS10, old.hello(TLS10, 0x0039)) + alert(80), "invalid", "alert 80"),
        (old.record(22, TLS10, old.hello(TLS10, 0x0039)), "invalid", "closed"),
        (
            old.record(22, TLS10, old.hello(TLS10, 0x0039)) + old.record(22, TLS10, bytes(16000)) * 9,
            "invalid",
            "over 131072",
        ),
    ],
)
def test_the_prime_of_the_key_exchange(answer, verdict, said):
    with old.server(answer) as (endpoint, _):
        finding = suites.prime(endpoint)
    assert finding.verdict == verdict, finding
    assert said in finding.detail
    assert ("ssl_dh" in finding.way_out) == (verdict in ("warn", "fail"))


@pytest.mark.parametrize(
    ("answer", "profile", "verdict"),
    [
        (taken(TLS10, 0x002F), "intermediate", "pass"),
        (taken(TLS10, 0x002F, b"\x00\x23\x00\x00" + old.EXTENSION), "intermediate", "pass"),
        (taken(TLS10, 0x002F, b""), "intermediate", "fail"),
        (taken(TLS10, 0x002F, b"\x00\x23\x00\x00"), "modern", "fail"),
        (taken(SSL3, 0x002F, b""), "centos5", "warn"),
        (alert(VERSION), "intermediate", "none"),
        (b"garbage", "intermediate", "invalid"),
    ],
)
def test_secure_renegotiation(answer, profile, verdict):
    with old.server(answer) as (endpoint, _):
        assert {one.verdict for one in suites.old(endpoint, PROFILES[profile]) if one.id == "tls.T27"} == {verdict}


POSTFIX, SENDMAIL, DOVECOT = Daemon("postfix", (2, 3, 3)), Daemon("sendmail", (8, 13, 8)), Daemon("dovecot", (1, 0, 7))
CYRUS, STUNNEL = Daemon("cyrus", (2, 3, 7)), Daemon("stunnel", (4, 15))
SMTP, SUBMISSION, IMAP = {"product": "smtp"}, {"product": "smtp", "submission": True}, {"product": "imap"}


@pytest.mark.parametrize(
    ("port", "by", "what", "verdict"),
    [
        (SMTP, POSTFIX, "SSLv3", "warn"),
        (SMTP, POSTFIX, "SSLv2", "fail"),  # smtpd_tls_exclude_ciphers = SSLv2
        (SMTP, POSTFIX, "EXPORT", "fail"),
        (SMTP, POSTFIX, "NULL", "fail"),
        (SMTP, POSTFIX, "anonymous", "warn"),  # between servers better than none
        (SUBMISSION, POSTFIX, "SSLv3", "fail"),
        (SUBMISSION, POSTFIX, "anonymous", "fail"),
        (SMTP, Daemon("postfix", (2, 6)), "SSLv3", "fail"),
        (SMTP, SENDMAIL, "SSLv3", "warn"),
        (SUBMISSION, SENDMAIL, "SSLv2", "warn"),
        (SUBMISSION, SENDMAIL, "EXPORT", "warn"),
        (SUBMISSION, Daemon("sendmail", (8, 15, 2)), "EXPORT", "fail"),
        (SUBMISSION, STUNNEL, "SSLv3", "fail"),
        (SUBMISSION, STUNNEL, "EXPORT", "fail"),
        (IMAP, DOVECOT, "SSLv3", "warn"),
        (IMAP, DOVECOT, "SSLv2", "fail"),
        (IMAP, DOVECOT, "EXPORT", "fail"),
        (IMAP, DOVECOT, "anonymous", "fail"),
        (IMAP, Daemon("dovecot", (2, 1)), "SSLv3", "fail"),
        (IMAP, CYRUS, "SSLv3", "warn"),
        (IMAP, CYRUS, "NULL", "fail"),
        (IMAP, Daemon("cyrus", (2, 4, 18)), "SSLv3", "fail"),
        (IMAP, None, "SSLv3", "fail"),
        (IMAP, Daemon("dovecot"), "SSLv3", "fail"),
        (SMTP, POSTFIX, "RC4", "warn"),
    ],
)
def test_what_a_host_has_no_setting_against_is_a_warning(port, by, what, verdict):
    endpoint, answer = Endpoint("127.0.0.1", 25, **port), Answer("taken", TLS10, 0x0035)
    softened, as_ever = (
        _judged(Question("x"), endpoint, what, profile, by, answer, ()) for profile in (LEGACY, INTERMEDIATE)
    )
    assert softened.verdict == verdict, softened
    assert ("has no setting against it" in softened.detail) == (
        by is not None and verdict == "warn" and what not in ("anonymous", "RC4")
    )
    assert as_ever.verdict == ("warn" if port is SMTP and what in ("anonymous", "RC4") else "fail")


def test_who_serves_the_port_comes_to_the_verdict():
    with old.server(taken(SSL3, 0x0035)) as (endpoint, _):
        assert version_or_suite(endpoint, "SSLv3", LEGACY, DOVECOT).verdict == "warn"
        assert {one.verdict for one in refused(endpoint, LEGACY, DOVECOT) if one.id == "tls.T18.SSLv3"} == {"warn"}
        assert version_or_suite(endpoint, "SSLv3", LEGACY).verdict == "fail"


def test_the_reason_names_the_setting_and_the_way_out_too():
    reason = POSTFIX.helpless("SSLv3", False, 25)
    assert reason == "Postfix 2.3.3 has no setting against it on port 25 (smtpd_tls_protocols came with 2.6)"
    assert "sendmail-8.13.8-10.el5_11 has it" in SENDMAIL.helpless("NULL", True, 587)
    assert DOVECOT.setting("EXPORT", True) == "ssl_cipher_list"
    assert Daemon("nobody", (1, 0)).helpless("SSLv3", False, 25) == ""
    assert Daemon("postfix", (1, 0)).helpless("SSLv3", False, 25) == ""


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    path = tmp_path_factory.mktemp("gnutls")
    command = ["openssl", "req", "-new", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=mx.example.test"]
    command += ["-addext", "subjectAltName=DNS:mx.example.test", "-keyout", path / "key", "-out", path / "pem"]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture
def served(pem):
    """GnuTLS's server with priorities of its own (gnutls_priority_init(3)), on loopback."""
    running = []

    def start(*priorities):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = ["gnutls-serv", "--echo", "--port", str(port), "--priority", ":".join(["NORMAL", *priorities])]
        command += ["--x509keyfile", pem / "key", "--x509certfile", pem / "pem"]
        running.append(
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        return Endpoint("127.0.0.1", port, "imap", True, "mx.example.test")

    yield start
    for process in running:
        process.kill()
        process.wait()


OLD, UNSAFE = ("-VERS-ALL", "+VERS-TLS1.0"), ("%DISABLE_SAFE_RENEGOTIATION",)
GNUTLS = {  # priorities, what is served that should not be, T26 (NORMAL has DHE, with 2048 bits or more), T27
    "good": ((), set(), "pass"),
    "1.3 alone": (("-VERS-ALL", "+VERS-TLS1.3"), set(), "none"),
    "1.0 alone": (OLD, {"TLSv1.0"}, "pass"),
    "without RFC 5746": (UNSAFE, set(), "fail"),
    "1.0 without RFC 5746": ((*OLD, *UNSAFE), {"TLSv1.0"}, "fail"),
    "anonymous": ((*OLD, "+ANON-DH", "+ANON-ECDH"), {"TLSv1.0", "anonymous"}, "pass"),
    "anonymous alone": ((*OLD, "-KX-ALL", "+ANON-DH"), {"TLSv1.0", "anonymous"}, "pass"),
    "NULL": (("-VERS-ALL", "+VERS-TLS1.2", "+NULL"), {"NULL"}, "pass"),
    "NULL in 1.0": ((*OLD, "+NULL"), {"TLSv1.0", "NULL"}, "pass"),
    "RC4 and 3DES in 1.0": ((*OLD, "+ARCFOUR-128", "+3DES-CBC"), {"TLSv1.0", "RC4", "3DES"}, "pass"),
}


@pytest.mark.parametrize("kind", GNUTLS)
def test_what_gnutls_serves(served, kind):
    priorities, bad, safe = GNUTLS[kind]
    endpoint = served("-VERS-TLS1.0", "-VERS-TLS1.1", *priorities)
    *found, prime, renegotiation = suites.old(endpoint, INTERMEDIATE)
    assert {one.verdict for one in found} <= {"pass", "fail", "warn"}
    assert {about(one) for one in found if one.verdict == "fail"} == bad
    assert (prime.verdict, renegotiation.verdict) == ("pass", safe), prime


@pytest.mark.parametrize("priorities", [(), UNSAFE, (*OLD, *UNSAFE)])
def test_the_prober_speaks_to_a_server_without_rfc_5746(served, priorities):
    endpoint = served(*priorities)
    with Wire(endpoint) as wire:
        wire.handshake(lenient())
        der = wire.certificate()
    with Wire(endpoint) as wire:
        wire.handshake(strict(der))
