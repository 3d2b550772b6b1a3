"""mail_certificate, with this machine's openssl as the host's."""

import subprocess

import pytest
from mailhost.errors import MailhostError
from mailhost.features import mail_certificate as feature
from mailhost.plan import Plan, Run, converge

from ..hosts import params


def make(path, names="DNS:mail.example.test", days="365", bits="2048", digest="-sha256"):
    key, certificate = path / "given.key", path / "given.pem"
    command = ["openssl", "req", "-new", "-x509", "-nodes", digest, "-newkey", f"rsa:{bits}", "-days", days, "-subj", "/CN=x"]
    command += ["-addext", f"subjectAltName={names}", "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    return certificate.read_text(), key.read_text()


@pytest.fixture
def asked(tmp_path):
    def make_params(**given):
        paths = {"path": str(tmp_path / "tls" / "mail.pem"), "key_path": str(tmp_path / "tls" / "mail.key")}
        return params(feature, **{"names": ["mail.example.test"], **paths, **given})

    return make_params


@pytest.fixture(autouse=True)
def _own_cnf(tmp_path, monkeypatch):
    from mailhost.dialects.system import System

    monkeypatch.setattr(System, "openssl_cnf", str(tmp_path / "dovecot-openssl.cnf"))


def text_of(path):
    return subprocess.run(["openssl", "x509", "-in", path, "-noout", "-text"], capture_output=True, text=True, check=True).stdout


def test_self_signed_is_made_once_and_renewed_for_a_reason(local, asked, tmp_path):
    assert converge(feature, asked(), local(read_only=True), True)["changed"]
    first = converge(feature, asked(), local(), False)
    assert (first["changed"], first["reason"]) == (True, "there is none that can be read")
    key, certificate = tmp_path / "tls" / "mail.key", tmp_path / "tls" / "mail.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    shown = text_of(certificate)
    for part in ("sha256WithRSAEncryption", "(2048 bit)", "DNS:mail.example.test", "CN = mail.example.test"):
        assert part in shown
    second = converge(feature, asked(), local(read_only=True), False)
    assert (second["changed"], second["reason"]) == (False, "")
    for given, reason in (
        ({"renew_days": 364, "days": 400}, None),
        ({"names": ["mail.example.test", "imap.example.test"]}, "its names are not those asked for"),
        ({"bits": 3072}, "its key has 2048 bits"),
        ({"renew_days": 398, "days": 399}, "days are left"),
    ):
        found = converge(feature, asked(**{"names": ["mail.example.test"], **given}), local(read_only=True), True)
        assert found["changed"] is (reason is not None) or "days are left" in found["reason"]
        assert (reason or "") in found["reason"]
    old = certificate.read_bytes()
    converge(feature, asked(names=["mail.example.test", "imap.example.test"]), local(), False)
    aside = [path for path in (tmp_path / "tls").iterdir() if ".pem.2" in path.name]
    assert [path.read_bytes() for path in aside] == [old]
    key.chmod(0o644)
    loose = converge(feature, asked(names=["mail.example.test", "imap.example.test"]), local(), False)
    assert loose["changed"]
    assert key.stat().st_mode & 0o777 == 0o600


def test_weak_and_mismatched_ones_are_replaced(local, asked, tmp_path):
    (tmp_path / "tls").mkdir()
    for options, reason in (({"bits": "1024"}, "1024 bits"), ({"digest": "-sha1"}, "SHA-1"), ({"days": "3"}, "days are left")):
        certificate, key = make(tmp_path, **options)
        (tmp_path / "tls" / "mail.pem").write_text(certificate)
        (tmp_path / "tls" / "mail.key").write_text(key)
        assert reason in converge(feature, asked(), local(read_only=True), True)["reason"]
    (tmp_path / "tls" / "mail.pem").write_text(make(tmp_path)[0])
    assert "not the certificate's" in converge(feature, asked(), local(read_only=True), True)["reason"]


def test_undo_brings_the_old_pair_back(local, asked, tmp_path):
    from mailhost.plan import gather
    from mailhost.transaction import apply

    converge(feature, asked(), local(), False)
    old = {path.name: path.read_bytes() for path in (tmp_path / "tls").iterdir()}
    host = local()
    given = asked(names=["other.example.test"])
    plan = feature.plan(given, gather(lambda seen: feature.reads(given, seen), host))
    fails = Plan([*plan.operations, Run("fail", ("false",))])
    with pytest.raises(MailhostError, match="Nothing was changed"):
        apply(fails, host, 5)
    assert {path.name: path.read_bytes() for path in (tmp_path / "tls").iterdir()} == old


def test_files(local, asked, tmp_path):
    certificate, key = make(tmp_path)
    given = asked(provider="files", certificate=certificate, key=key)
    result = converge(feature, given, local(), False)
    assert result["changed"]
    assert key.splitlines()[1] not in str(result)
    assert (tmp_path / "tls" / "mail.key").read_text() == key
    assert (tmp_path / "tls" / "mail.key").stat().st_mode & 0o777 == 0o600
    assert not converge(feature, given, local(read_only=True), False)["changed"]
    new, new_key = make(tmp_path)
    assert converge(feature, asked(provider="files", certificate=new, key=new_key), local(), False)["changed"]
    assert (tmp_path / "tls" / "mail.key").read_text() == new_key


@pytest.mark.parametrize(
    ("options", "swap", "said"),
    [
        ({"names": "DNS:other.example.test"}, {}, "certificate: does not cover mail.example.test"),
        ({"names": "DNS:*.example.test"}, {"names": ["a.b.example.test"]}, "certificate: does not cover a.b.example.test"),
        ({}, {"key": "other"}, "key: is not the key of this certificate"),
        (
            {},
            {"certificate": "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----"},
            "certificate: the host's openssl cannot read it",
        ),
        ({}, {"key": "nonsense"}, "key: the host's openssl cannot read it"),
        ({}, {"key": None}, "key: missing, and the provider is files"),
        ({}, {"key": "-----BEGIN ENCRYPTED PRIVATE KEY-----"}, "key: is encrypted"),
        ({}, {"chain": "-----BEGIN RSA PRIVATE KEY-----"}, "certificate: holds a private key"),
        ({}, {"names": ["nodots"]}, "names: 'nodots' is not a host name"),
        ({}, {"names": []}, "names: empty"),
        ({}, {"provider": "self_signed", "bits": 1024}, "bits: 1024 is not between"),
        ({}, {"provider": "self_signed", "days": 10, "renew_days": 30}, "days: days must be"),
    ],
)
def test_refused_before_anything_is_written(local, asked, tmp_path, options, swap, said):
    certificate, key = make(tmp_path, **options)
    if swap.get("key") == "other":
        swap = {"key": make(tmp_path)[1]}
    given = {**asked(provider="files", certificate=certificate, key=key), **swap}
    with pytest.raises(MailhostError) as error:
        converge(feature, given, local(read_only=True), False)
    assert str(error.value).startswith(said)
    assert "PRIVATE KEY-" not in str(error.value)


def test_an_expired_one_is_refused(local, asked, tmp_path):
    for begins, ends, said in ((-9, -2, "expired on"), (2, 9, "is not valid before")):
        certificate, key = dated(begins, ends)
        with pytest.raises(MailhostError, match=f"certificate: {said}"):
            converge(feature, asked(provider="files", certificate=certificate, key=key), local(read_only=True), False)


def dated(begins, ends):
    """A certificate valid between two days from now."""
    from datetime import datetime, timedelta, timezone

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    name, now = x509.Name([]), datetime.now(timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(now + timedelta(begins)).not_valid_after(now + timedelta(ends))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("mail.example.test")]), False)
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode(), pem
