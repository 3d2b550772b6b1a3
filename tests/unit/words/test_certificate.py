"""mail_certificate, with this machine's openssl as the host's."""

import pathlib
import subprocess
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from mailhost.core.converge import converge
from mailhost.core.errors import MailhostError
from mailhost.core.operations import Plan, Run
from mailhost.formats.der import key_kind
from mailhost.systems import families
from mailhost.words import mail_certificate as feature

from ..hosts import centos5, debian, params, run


def make(path, names="DNS:mail.example.test", days="365", bits="2048", digest="-sha256"):
    key, certificate = path / "given.key", path / "given.pem"
    command = [
        "openssl",
        "req",
        "-new",
        "-x509",
        "-nodes",
        digest,
        "-newkey",
        f"rsa:{bits}",
        "-days",
        days,
        "-subj",
        "/CN=x",
    ]
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
    rows = [replace(family, openssl_cnf=str(tmp_path / "dovecot-openssl.cnf")) for family in families.FAMILIES]
    monkeypatch.setattr(families, "FAMILIES", rows)
    monkeypatch.setattr(families, "UNKNOWN", rows[-1])
    monkeypatch.setattr(families, "_RELEASES", {row.release_file: row for row in rows if row.release_file})
    monkeypatch.setattr(feature, "FAMILIES", rows)


def text_of(path):
    return subprocess.run(
        ["openssl", "x509", "-in", path, "-noout", "-text"], capture_output=True, text=True, check=True
    ).stdout


def test_self_signed_is_made_once_and_renewed_for_a_reason(local, asked, tmp_path):
    assert converge(feature.WORD, asked(), local(read_only=True), True)["changed"]
    first = converge(feature.WORD, asked(), local(), False)
    assert (first["changed"], first["reason"]) == (True, "there is none that can be read")
    key, certificate = tmp_path / "tls" / "mail.key", tmp_path / "tls" / "mail.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    shown = text_of(certificate)
    for part in ("sha256WithRSAEncryption", "(2048 bit)", "DNS:mail.example.test", "CN = mail.example.test"):
        assert part in shown
    second = converge(feature.WORD, asked(), local(read_only=True), False)
    assert (second["changed"], second["reason"]) == (False, "")
    for given, reason in (
        ({"renew_days": 364, "days": 400}, None),
        ({"names": ["mail.example.test", "imap.example.test"]}, "its names are not those asked for"),
        ({"bits": 3072}, "its key has 2048 bits"),
        ({"renew_days": 398, "days": 399}, "days are left"),
    ):
        found = converge(feature.WORD, asked(**{"names": ["mail.example.test"], **given}), local(read_only=True), True)
        assert found["changed"] is (reason is not None) or "days are left" in found["reason"]
        assert (reason or "") in found["reason"]
    old = certificate.read_bytes()
    converge(feature.WORD, asked(names=["mail.example.test", "imap.example.test"]), local(), False)
    aside = [path for path in (tmp_path / "tls").iterdir() if ".pem.2" in path.name]
    assert [path.read_bytes() for path in aside] == [old]
    key.chmod(0o644)
    loose = converge(feature.WORD, asked(names=["mail.example.test", "imap.example.test"]), local(), False)
    assert loose["changed"]
    assert key.stat().st_mode & 0o777 == 0o600


def test_weak_and_mismatched_ones_are_replaced(local, asked, tmp_path):
    (tmp_path / "tls").mkdir()
    for options, reason in (
        ({"bits": "1024"}, "1024 bits"),
        ({"digest": "-sha1"}, "SHA-1"),
        ({"days": "3"}, "days are left"),
    ):
        certificate, key = make(tmp_path, **options)
        (tmp_path / "tls" / "mail.pem").write_text(certificate)
        (tmp_path / "tls" / "mail.key").write_text(key)
        assert reason in converge(feature.WORD, asked(), local(read_only=True), True)["reason"]
    (tmp_path / "tls" / "mail.pem").write_text(make(tmp_path)[0])
    assert "not the certificate's" in converge(feature.WORD, asked(), local(read_only=True), True)["reason"]


def test_undo_brings_the_old_pair_back(local, asked, tmp_path):
    from mailhost.core.apply import apply
    from mailhost.core.gather import gather

    converge(feature.WORD, asked(), local(), False)
    old = {path.name: path.read_bytes() for path in (tmp_path / "tls").iterdir()}
    host = local()
    given = asked(names=["other.example.test"])
    plan = feature.plan(given, gather([lambda seen: feature.reads(given, seen)], host))
    fails = Plan([*plan.operations, Run("fail", ("false",))])
    with pytest.raises(MailhostError, match="Nothing was changed"):
        apply(fails, host, 5)
    assert {path.name: path.read_bytes() for path in (tmp_path / "tls").iterdir()} == old


def test_an_address_among_the_names(local, asked, tmp_path):
    given = asked(names=["mail.example.test", "192.0.2.1", "2001:DB8::1"])
    assert converge(feature.WORD, given, local(), False)["changed"]
    shown = text_of(tmp_path / "tls" / "mail.pem")
    assert "DNS:mail.example.test, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1" in shown
    assert not converge(feature.WORD, given, local(read_only=True), False)["changed"]


def test_files(local, asked, tmp_path):
    certificate, key = make(tmp_path)
    given = asked(provider="files", certificate=certificate, key=key)
    result = converge(feature.WORD, given, local(), False)
    assert result["changed"]
    assert key.splitlines()[1] not in str(result)
    assert (tmp_path / "tls" / "mail.key").read_text() == key
    assert (tmp_path / "tls" / "mail.key").stat().st_mode & 0o777 == 0o600
    assert not converge(feature.WORD, given, local(read_only=True), False)["changed"]
    new, new_key = make(tmp_path)
    assert converge(feature.WORD, asked(provider="files", certificate=new, key=new_key), local(), False)["changed"]
    assert (tmp_path / "tls" / "mail.key").read_text() == new_key


@pytest.mark.parametrize(
    ("options", "swap", "said"),
    [
        ({"names": "DNS:other.example.test"}, {}, "certificate: does not cover mail.example.test"),
        (
            {"names": "DNS:*.example.test"},
            {"names": ["a.b.example.test"]},
            "certificate: does not cover a.b.example.test",
        ),
        ({}, {"key": "other"}, "key: is not the key of this certificate"),
        (
            {},
            {"certificate": "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----"},
            "certificate: certificate 1 is no certificate, or cut off",
        ),
        ({}, {"key": "nonsense"}, "key: the host's openssl cannot read it"),
        ({}, {"key": None}, "key: missing, and the provider is files"),
        ({}, {"key": "-----BEGIN ENCRYPTED PRIVATE KEY-----"}, "key: is encrypted"),
        ({}, {"chain": "-----BEGIN RSA PRIVATE KEY-----"}, "certificate: holds a private key"),
        ({}, {"names": ["nodots"]}, "names[0]: 'nodots' is not a host name"),
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
        converge(feature.WORD, given, local(read_only=True), False)
    assert str(error.value).startswith(said)
    assert "PRIVATE KEY-" not in str(error.value)


def test_an_expired_one_is_refused(local, asked, tmp_path):
    for begins, ends, said in ((-9, -2, "expired on"), (2, 9, "is not valid before")):
        certificate, key = dated(begins, ends)
        with pytest.raises(MailhostError, match=f"certificate: {said}"):
            converge(
                feature.WORD, asked(provider="files", certificate=certificate, key=key), local(read_only=True), False
            )


def dated(begins, ends):
    """A certificate valid between two days from now."""
    from datetime import datetime, timedelta, timezone

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    name, now = x509.Name([]), datetime.now(timezone.utc)
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    )
    builder = builder.not_valid_before(now + timedelta(begins)).not_valid_after(now + timedelta(ends))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("mail.example.test")]), False)
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode(), pem


IMAGE = pathlib.Path(__file__).resolve().parents[3] / "molecule/images/centos5/rootfs/usr/lib/mailhost-image"


@pytest.fixture
def el5(local, tmp_path):
    """A host whose openssl is what the image's is: 0.9.8, in front of this machine's."""
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin" / "openssl"
    wrapper.write_text(
        (IMAGE / "wrap-openssl").read_text().replace("real=/usr/lib/mailhost-image/openssl", "real=/usr/bin/openssl")
    )
    wrapper.chmod(0o755)

    return lambda **options: local(path=tmp_path / "bin", **options)


def test_openssl_0_9_8_says_no_with_status_0(el5, asked):
    done = subprocess.run(
        ["sh", IMAGE / "wrap-openssl", "pkey", "-pubout"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "'pkey' is an invalid command" in done.stderr
    assert converge(feature.WORD, asked(), el5(), False)["changed"]
    second = converge(feature.WORD, asked(), el5(read_only=True), False)
    assert (second["changed"], second["reason"]) == (False, ""), "no new certificate at every run"


@pytest.mark.parametrize("form", [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8])
def test_given_material_on_openssl_0_9_8(el5, asked, tmp_path, form):
    certificate, text = make(tmp_path)
    done = subprocess.run(
        ["openssl", "rsa", *(["-traditional"] if form is PrivateFormat.TraditionalOpenSSL else [])],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    given = {"provider": "files", "certificate": certificate, "key": done.stdout}
    assert converge(feature.WORD, asked(**given), el5(), False)["changed"]
    assert not converge(feature.WORD, asked(**given), el5(read_only=True), False)["changed"]


@pytest.mark.parametrize("form", [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8])
def test_a_key_that_the_hosts_openssl_cannot_read_is_named_by_its_kind(el5, asked, tmp_path, form):
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, form, NoEncryption()).decode()
    given = {"provider": "files", "certificate": make(tmp_path)[0], "key": key}
    with pytest.raises(
        MailhostError, match="key: is of the kind EC, which OpenSSL 0.9.8e-fips-rhel5 of the host cannot read"
    ):
        converge(feature.WORD, asked(**given), el5(read_only=True), True)


def test_kinds_of_keys():
    made = {
        "RSA": rsa.generate_private_key(65537, 2048),
        "EC": ec.generate_private_key(ec.SECP384R1()),
        "Ed25519": ed25519.Ed25519PrivateKey.generate(),
        "Ed448": ed448.Ed448PrivateKey.generate(),
        "DSA": dsa.generate_private_key(2048),
    }
    for kind, key in made.items():
        assert key_kind(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()) == kind
        if kind in ("RSA", "EC", "DSA"):
            assert (
                key_kind(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode())
                == kind
            )
    assert {key_kind(text) for text in ("", "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----")} == {""}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["foo"], 0, "'foo' is an invalid command"),
        (["ec", "-pubout"], 0, "'ec' is an invalid command"),
        (["sha3-256"], 0, "'sha3-256' is an invalid command"),
        (["req", "-addext", "x"], 1, "unknown option -addext"),
        (["s_client", "-verify_hostname", "x"], 1, "unknown option -verify_hostname"),
        (["s_client", "-starttls", "imap"], 1, 'only "smtp" and "pop3" are supported'),
        (["passwd", "-6", "x"], 1, "unknown option -6"),
    ],
)
def test_what_the_images_openssl_does_not_know(tmp_path, words, code, said):
    done = subprocess.run(["sh", IMAGE / "wrap-openssl", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


@pytest.mark.parametrize(
    ("kind", "place"), [(centos5, "/etc/pki/dovecot/certs/dovecot.pem"), (debian, "/etc/ssl/certs/mailhost.pem")]
)
def test_each_family_has_its_place(kind, place):
    outputs = {feature.NOW.argv: "1700000000", feature.OPENSSL.argv: "OpenSSL 3.0.2"}
    files = {family.openssl_cnf: None for family in feature.FAMILIES}
    plan = run(feature, kind(files=files, outputs=outputs), names=["mail.example.test"], provider="self_signed")
    assert place in str(plan.operations)
    assert plan.changed


def test_what_is_renewed_on_the_host_is_wired_and_never_written(local, tmp_path):
    make(tmp_path)
    where = {"path": str(tmp_path / "given.pem"), "key_path": str(tmp_path / "given.key")}
    given = {"provider": "host", "names": ["mail.example.test"], **where}
    result = converge(feature.WORD, params(feature, **given), local(), False)
    assert (result["changed"], result["certificate_path"]) == (False, where["path"])
    for more, said in (
        ({"names": ["other.example.test"]}, "given.pem: does not cover other.example.test"),
        ({"path": str(tmp_path / "none.pem")}, "none.pem: holds no certificate"),
        ({"key_path": str(tmp_path / "given.pem")}, "given.pem: is not the key of"),
        ({"key_path": None}, "key_path: missing, and the provider is host"),
    ):
        with pytest.raises(MailhostError, match=said):
            converge(feature.WORD, params(feature, **{**given, **more}), local(), False)
    make(tmp_path, days="1")
    assert not (tmp_path / "dovecot-openssl.cnf").exists()
