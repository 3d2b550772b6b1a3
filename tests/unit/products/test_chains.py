"""Certificates as people give them: whole or not, in whatever order, of another issuer, by an old digest."""

import base64
import subprocess
import time

import pytest
from mailhost.core.errors import BadInput
from mailhost.products import chains, keys

from ..hosts import file


def openssl(*words, **more):
    return subprocess.run(["openssl", *words], check=True, capture_output=True, **more).stdout


@pytest.fixture(scope="session")
def line(tmp_path_factory):
    """PEM texts: a host's certificate with its issuer and root, one of another line, one signed with SHA-1."""
    folder = tmp_path_factory.mktemp("line")
    made = {}

    def make(name, issuer="", digest="-sha256"):
        key, request, pem = (folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        openssl("req", "-new", "-nodes", "-newkey", "rsa:2048", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        by = ["-CA", folder / f"{issuer}.pem", "-CAkey", folder / f"{issuer}.key", "-set_serial", str(len(made) + 7)]
        signer = by if issuer else ["-signkey", key]
        openssl("x509", "-req", digest, "-days", "90", "-in", request, *signer, "-out", pem)
        made[name] = pem.read_text()

    make("root")
    make("middle", "root")
    make("leaf", "middle")
    make("old", "middle", "-sha1")
    make("stranger")
    make("oldroot", digest="-sha1")
    make("below", "oldroot")
    return made


def test_the_order_is_put_right_and_nothing_is_there_twice(line):
    leaf, middle, root = line["leaf"], line["middle"], line["root"]
    for certificate, chain in (
        (leaf, middle + root),
        (leaf, root + middle),
        (leaf, leaf + middle + root),  # the fullchain as chain
        (leaf + middle + root, ""),  # and as certificate
        (leaf + middle, middle + root),
        ("a comment\n" + leaf.replace("\n", "\r\n"), middle + "\n\n" + root),
    ):
        assert chains.given(certificate, chain) == leaf + middle + root
    assert chains.given(leaf, "") == leaf
    assert chains.given(line["stranger"], "") == line["stranger"]


@pytest.mark.parametrize(
    ("certificate", "chain", "place"),
    [
        ("leaf", "garbage", "chain"),
        ("leaf", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "chain"),
        ("leaf", "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n", "chain"),
        ("leaf", "stranger", "chain"),
        ("leaf", "old", "chain"),
        ("stranger", "middle", "chain"),
        ("leaf", "cut", "chain"),
        ("leaf", "short", "chain"),
        ("cut", "", "certificate"),
        ("", "", "certificate"),
        ("old", "middle", "certificate"),
        ("oldroot", "", "certificate"),
    ],
)
def test_what_is_refused(line, certificate, chain, place):
    body = base64.b64decode("".join(line["middle"].split("\n")[1:-2]))[:-20]
    short = base64.b64encode(body).decode()
    texts = {
        **line,
        "cut": line["middle"][:-60],
        "short": f"-----BEGIN CERTIFICATE-----\n{short}\n-----END CERTIFICATE-----\n",
    }
    with pytest.raises(BadInput) as error:
        chains.given(texts.get(certificate, certificate), texts.get(chain, chain))
    assert error.value.place == place


def test_a_root_may_be_signed_as_it_likes(line):
    assert chains.given(line["below"], line["oldroot"])
    assert chains.causes("Postfix", "/c", line["below"] + line["oldroot"]) == []


def test_what_lies_on_a_host(line):
    leaf, middle = line["leaf"], line["middle"]
    assert chains.causes("Postfix", "/c", leaf + middle) == []
    for text, rule in (
        (leaf + leaf + middle, "chain of Postfix"),
        (leaf + middle[:-60], "chain of Postfix"),
        ("nothing", "chain of Postfix"),
        (line["old"], "signature Postfix"),
    ):
        assert [cause.rule for cause in chains.causes("Postfix", "/c", text)] == [rule]
    pair = {"key": "/k", "shown": "", "is_a_pair": True, "mode": "600", "ends": None, "begins": None}
    for text in (leaf + leaf + middle, leaf + line["stranger"]):
        assert [cause.rule for cause in keys.causes("Postfix", file("/c", text), **pair)] == ["chain of Postfix"]


def test_an_address_is_no_name():
    assert list(map(chains.alternative, ("mx.test", "192.0.2.1", "2001:DB8:0::1"))) == [
        "DNS:mx.test",
        "IP:192.0.2.1",
        "IP:2001:db8::1",
    ]
    assert chains.names_of("DNS:Mx.test, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, IP Address:x") == {
        "mx.test",
        "192.0.2.1",
        "2001:db8::1",
    }


@pytest.mark.parametrize("text", ["Feb  3 01:02:03 2026 GMT", "Feb 03 01:02:03 2026 GMT"])
def test_dates_are_read_whatever_the_locale(monkeypatch, text):
    def of_this_locale(*_):
        raise ValueError("févr.")

    monkeypatch.setattr(time, "strptime", of_this_locale)
    assert keys.date(text) == 1770080523
    assert [keys.date(other) for other in ("févr. 3 01:02:03 2026 GMT", "Foo  3 01:02:03 2026 GMT", "")] == [None] * 3
