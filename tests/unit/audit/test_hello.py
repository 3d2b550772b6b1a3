"""The ClientHello written by hand, against the library's own server; the sizes of keys; the sink."""

import smtplib
import socket
import ssl
import subprocess
import threading

import pytest
from mailhost.audit import tls
from mailhost.audit.hello import SUITES, USUAL, ask, client_hello, server_hello, ssl2_server_hello
from mailhost.audit.sink import Sink
from mailhost.audit.wire import Endpoint, Wire
from mailhost.formats.der import rsa_bits


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    path = tmp_path_factory.mktemp("hello")
    command = [
        "openssl",
        "req",
        "-new",
        "-x509",
        "-nodes",
        "-newkey",
        "rsa:2048",
        "-subj",
        "/CN=x",
        "-keyout",
        path / "key",
        "-out",
        path / "pem",
    ]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture
def server(pem):
    """A TLS server of any version and ciphers."""
    made = []

    def start(lowest=ssl.TLSVersion.TLSv1_2, ciphers="DEFAULT:@SECLEVEL=0"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem / "pem", pem / "key")
        context.minimum_version = lowest
        context.set_ciphers(ciphers)
        listener = socket.create_server(("127.0.0.1", 0))
        made.append(listener)

        def serve():
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                try:
                    sock.settimeout(3)
                    context.wrap_socket(sock, server_side=True)
                except OSError:
                    sock.close()

        threading.Thread(target=serve, daemon=True).start()
        return Endpoint("127.0.0.1", listener.getsockname()[1], "imap", True, "mx.example.test")

    yield start
    for listener in made:
        listener.close()


@pytest.mark.parametrize(
    ("lowest", "ciphers", "version", "suites", "served"),
    [
        (ssl.TLSVersion.TLSv1_2, "DEFAULT:@SECLEVEL=0", "TLSv1.2", USUAL, True),
        (ssl.TLSVersion.TLSv1_2, "DEFAULT:@SECLEVEL=0", "TLSv1.1", USUAL, False),
        (ssl.TLSVersion.TLSv1_2, "DEFAULT:@SECLEVEL=0", "TLSv1.0", USUAL, False),
        (ssl.TLSVersion.TLSv1, "DEFAULT:@SECLEVEL=0", "TLSv1.0", USUAL, True),
        (ssl.TLSVersion.TLSv1, "DEFAULT:@SECLEVEL=0", "TLSv1.1", USUAL, True),
        (ssl.TLSVersion.TLSv1_2, "DEFAULT:@SECLEVEL=0", "SSLv3", USUAL, False),
        (ssl.TLSVersion.TLSv1_2, "DEFAULT:@SECLEVEL=0", "SSLv2", USUAL, False),
        (ssl.TLSVersion.TLSv1_2, "ALL:aNULL:@SECLEVEL=0", "TLSv1.2", SUITES["anonymous"], True),
        (ssl.TLSVersion.TLSv1_2, "DEFAULT:!aNULL", "TLSv1.2", SUITES["anonymous"], False),
        (ssl.TLSVersion.TLSv1_2, "ALL:eNULL:@SECLEVEL=0", "TLSv1.2", SUITES["NULL"], True),
        (ssl.TLSVersion.TLSv1_2, "kRSA:@SECLEVEL=0", "TLSv1.2", SUITES["static RSA"], True),
        (ssl.TLSVersion.TLSv1_2, "ECDHE", "TLSv1.2", SUITES["static RSA"], False),
    ],
)
def test_versions_and_suites(server, lowest, ciphers, version, suites, served):
    with Wire(server(lowest, ciphers)) as wire:
        assert (ask(wire, version, suites).kind == "taken") is served


def test_what_is_no_server_hello():
    for data in (
        b"",
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"220 hi\r\n" * 4,
        b"\x16" + b"\0" * 10,
        bytes(34) + b"\xff" + bytes(99),
    ):
        assert server_hello(data) is None
    assert server_hello(bytes(35) + b"\x00\x35\x00\x00\x05\xff\x01\x00\x01\x00").extensions == (0xFF01,)
    assert server_hello(bytes(35) + b"\x00\x35\x00\x00\x05\xff\x01").extensions == ()
    assert {ssl2_server_hello(data).kind for data in (b"", b"\x04" + bytes(5), b"\0\0\1")} == {"hello"}
    assert client_hello(0x0303, USUAL)[0] == 0x16


def test_the_length_of_a_key(pem):
    der = ssl.PEM_cert_to_DER_cert((pem / "pem").read_text())
    assert rsa_bits(der) == 2048
    assert tls.key_size("x", der).verdict == "pass"
    assert rsa_bits(b"none") is None
    assert rsa_bits(der[:-300]) is None


def test_two_certificates_and_one_that_is_not_on_disk():
    one, other = tls.Served(b"a", ("x",), ""), tls.Served(b"b", ("x",), "")
    assert tls.one_certificate([("25", one), ("993", other)])[0].verdict == "warn"
    assert tls.one_certificate([("25", one), ("993", one)])[0].verdict == "pass"
    assert tls.deployed("25", one, other.sha256).verdict == "fail"
    assert tls.deployed("25", one, one.sha256).verdict == "pass"
    assert tls.deployed("25", one, "").verdict == "none"


def test_the_sink_keeps_tokens_and_refuses_as_asked():
    token = "a" * 32
    with Sink("127.0.0.1") as sink:
        with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as client:
            client.sendmail("a@b.test", ["x@victim.test"], f"X-Mailhost-Token: {token}\r\n\r\nbody\r\n")
            assert client.docmd("VRFY", "x")[0] == 502
            client.mail("a@b.test")
            assert client.rcpt("refused@victim.test")[0] == 550
        assert sink.wait_for({token, "b" * 32}, 0.2) == {token}


def test_the_digest_of_a_signature(tmp_path):
    for digest, profile, verdict in (
        ("-sha256", "intermediate", "pass"),
        ("-sha1", "intermediate", "fail"),
        ("-sha1", "centos5", "warn"),
    ):
        command = ["openssl", "req", "-new", "-x509", "-nodes", digest, "-newkey", "rsa:2048", "-subj", "/CN=x"]
        subprocess.run([*command, "-keyout", tmp_path / "k", "-out", tmp_path / "c"], check=True, capture_output=True)
        assert tls.signature("25", ssl.PEM_cert_to_DER_cert((tmp_path / "c").read_text()), profile).verdict == verdict
