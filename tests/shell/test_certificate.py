"""A key and a certificate by this machine's openssl, under every shell: made, shown, put back."""

import functools
import subprocess
import time

import pytest
from mailhost.core.host import Output, Seen
from mailhost.core.shell import certificate
from mailhost.words import mail_certificate as word

CNF = word.CNF.format(bits=2048, name="mx.example.test", alternatives="DNS:mx.example.test")


@pytest.fixture
def pair(tmp_path):
    (tmp_path / "cnf").write_text(CNF)
    return tmp_path / "certs" / "a.pem", tmp_path / "private" / "a key.pem", tmp_path / "cnf"


def stands(run, path, key):
    told = run(certificate.STANDS, path, key, *word.SHOWING)
    seen = Seen(outputs={word.asked(str(path), str(key)).argv: Output(told.returncode, told.stdout.rstrip("\n"))})
    return word.stands_of(seen, str(path), str(key))


def test_a_pair_is_made_shown_and_taken_back(run, pair):
    path, key, cnf = pair
    assert run(certificate.STANDS, path, key, *word.SHOWING).returncode == 1
    assert run(certificate.MAKE, path, key, "90", "2048", cnf).returncode == 0
    first = stands(run, path, key)
    assert (first.is_a_pair, first.safe, word.names_of(first.shown.text)) == (True, True, {"mx.example.test"})
    assert first.ends - first.begins == 90 * 86400
    assert [file.parent.stat().st_mode & 0o777 for file in (path, key)] == [0o755, 0o700], "Cyrus reads it as itself"
    assert (path.stat().st_mode & 0o777, sorted(file.name for file in key.parent.iterdir())) == (0o644, ["a key.pem"])
    before = path.read_bytes(), key.read_bytes()
    assert run(certificate.MAKE, path, key, "90", "2048", cnf).returncode == 0
    assert stands(run, path, key).is_a_pair
    assert path.read_bytes() != before[0]
    assert (len(list(path.parent.iterdir())), len(list(key.parent.iterdir()))) == (2, 2)
    assert run(certificate.UNMAKE, path, key).returncode == 0
    assert (path.read_bytes(), key.read_bytes()) == before
    assert run(certificate.UNMAKE, path, key).returncode == 0
    assert not path.exists()
    assert not key.exists()


def test_what_openssl_refuses_changes_nothing(run, pair):
    path, key, cnf = pair
    assert run(certificate.MAKE, path, key, "90", "2048", cnf).returncode == 0
    before = path.read_bytes(), key.read_bytes()
    cnf.write_text("[ req ]\nnonsense\n")
    told = run(certificate.MAKE, path, key, "90", "2048", cnf)
    assert (told.returncode, bool(told.stderr)) == (1, True)
    assert (path.read_bytes(), key.read_bytes()) == before
    assert [len(list(file.parent.iterdir())) for file in (path, key)] == [1, 1]


def test_a_key_of_another_certificate_and_one_of_no_kind(run, pair):
    path, key, cnf = pair
    assert run(certificate.MAKE, path, key, "90", "2048", cnf).returncode == 0
    kept = path.read_bytes()
    assert run(certificate.MAKE, path, key, "90", "2048", cnf).returncode == 0
    path.write_bytes(kept)
    assert not stands(run, path, key).is_a_pair
    key.write_text("no key")
    key.chmod(0o644)
    bad = stands(run, path, key)
    assert (bad.is_a_pair, bad.safe, bad.mode) == (False, False, "644")


def test_who_has_signed_what_is_served(run, pair, tmp_path):
    path, key, cnf = pair
    run(certificate.MAKE, path, key, "90", "2048", cnf)
    request, issued, old = tmp_path / "csr", tmp_path / "issued.pem", tmp_path / "old.pem"
    openssl = functools.partial(subprocess.run, check=True, capture_output=True)
    openssl(["openssl", "req", "-new", "-key", key, "-subj", "/CN=other", "-out", request])
    sign = ["openssl", "x509", "-req", "-in", request, "-CA", path, "-CAkey", key, "-CAcreateserial"]
    openssl([*sign, "-days", "1", "-out", issued])
    openssl([*sign, "-days", "0", "-out", old])
    link = tmp_path / "live.pem"
    link.symlink_to(issued)
    asked = (path, issued, link, old, tmp_path / "none", key)
    time.sleep(1.1)  # by then one of no days has expired
    said = run(certificate.ISSUED, *asked)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [str(issued), str(link)]
    assert stands(run, link, key).links == (str(link),)
