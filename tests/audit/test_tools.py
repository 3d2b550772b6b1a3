"""The same questions put to others' tools: swaks for AUTH and STARTTLS, openssl s_client for certificates,
testssl.sh for versions and ciphers. Where they disagree, one of the two is wrong."""

from __future__ import annotations

import hashlib
import json
import ssl
import subprocess

import pytest

from ..wire.conftest import PASSWORD
from .hosts import verdicts

pytestmark = pytest.mark.xdist_group("postfix")
#: testssl.sh's names of what our battery asks
VERSIONS = {"SSLv2": "T18.SSLv2", "SSLv3": "T18.SSLv3", "TLS1": "T19.TLSv1.0", "TLS1_1": "T19.TLSv1.1"}
CIPHERS = {"cipherlist_NULL": "T18.NULL", "cipherlist_aNULL": "T18.anonymous", "cipherlist_EXPORT": "T18.EXPORT"}


def run(*command, data=""):
    return subprocess.run(command, input=data, capture_output=True, text=True, check=False, timeout=400)


@pytest.fixture(scope="module")
def record(hosts):
    return hosts("postfix").audit()


def agree(count, ours, theirs):
    count("tools")
    assert ours is theirs
    count("agreed")


@pytest.mark.parametrize("port", [25, 587])
def test_swaks_on_auth_and_starttls(hosts, record, count, port):
    address = hosts("postfix").machine.address
    auth = ["--auth", "PLAIN", "--auth-user", "alice", "--auth-password"]
    server = [
        "swaks",
        "--server",
        address,
        "--port",
        str(port),
        "--from",
        "<>",
        "--to",
        "alice@example.test",
        "--quit-after",
    ]

    def ours(name):
        return {
            one["verdict"] for one in record["findings"] if one["id"] == name and one["where"] == f"{port}/smtp"
        } == {"pass"}

    agree(count, ours("clear.T07"), run(*server, "AUTH", "--tls", *auth, PASSWORD).returncode == 0)
    agree(count, ours("clear.T05"), run(*server, "AUTH", *auth, PASSWORD).returncode != 0)
    agree(count, ours("tls.T12"), "=== TLS started" in run(*server, "TLS", "--tls").stdout)
    agree(count, "pass" in verdicts(record, "relay.S03"), run(*server, "AUTH", "--tls", *auth, "wrong").returncode != 0)


@pytest.mark.parametrize(
    ("port", "starttls"), [(25, "smtp"), (143, "imap"), (110, "pop3"), (993, ""), (995, ""), (587, "smtp")]
)
def test_openssl_on_the_certificate(hosts, record, count, port, starttls):
    address = hosts("postfix").machine.address
    shown = run("openssl", "s_client", "-connect", f"{address}:{port}", *(["-starttls", starttls] if starttls else []))
    pem = (
        shown.stdout[shown.stdout.index("-----BEGIN") : shown.stdout.index("-----END CERTIFICATE-----")]
        + "-----END CERTIFICATE-----\n"
    )
    theirs = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    (ours,) = {one["sha256"] for one in record["certificates"] if one["where"].startswith(f"{port}/")}
    agree(count, ours == theirs, True)


@pytest.mark.parametrize(("port", "starttls"), [(993, ""), (25, "smtp")])
def test_testssl_on_versions_and_ciphers(hosts, record, count, port, starttls, tmp_path):
    address = hosts("postfix").machine.address
    out = tmp_path / "testssl.json"
    options = ["--starttls", starttls] if starttls else []
    run(
        "testssl",
        "--quiet",
        "--color",
        "0",
        "--warnings",
        "off",
        "--jsonfile",
        str(out),
        "-p",
        "-s",
        *options,
        f"{address}:{port}",
    )
    theirs = {one["id"]: one["finding"] for one in json.loads(out.read_text())}
    for name, mine in {**VERSIONS, **CIPHERS}.items():
        (verdict,) = {
            one["verdict"]
            for one in record["findings"]
            if one["id"] == f"tls.{mine}" and one["where"].startswith(f"{port}/")
        }
        agree(count, verdict == "pass", theirs[name].startswith("not offered"))
