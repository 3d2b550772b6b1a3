"""The name server: the tests' own answers at once; and while it answers nothing, mail between users and from outside
still arrives, and the audit says what could not be asked."""

import json
import re
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import Machine, name_server

#: image, variables, and options of its container:
#: how long a question may take is said by sendmail.mc, or for Postfix by resolv.conf
KINDS = {
    "centos5": ({"mailhost_mta": "sendmail"}, []),
    "trixie-sendmail": ({"mailhost_mta": "sendmail", "mailhost_execution": "module"}, []),
    "bookworm": ({}, ["--dns-opt=timeout:2"]),
}
WAYS = {"way.in.imap": "pass", "way.in.pop3": "pass", "way.local.imap": "pass"}


@pytest.fixture
def names():
    """A name server of this test's own, which it may stop: its container and its address."""
    name = f"mailhost-wire-names-{uuid.uuid4().hex[:6]}"
    subprocess.run(["docker", "run", "-d", "--name", name, "mailhost/names"], check=True, capture_output=True)
    words = ["docker", "inspect", "-f", "{{.NetworkSettings.IPAddress}}", name]
    yield name, subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["docker", "unpause", name], capture_output=True, check=False)
    subprocess.run(["docker", "rm", "-f", "-v", name], capture_output=True, check=False)


@pytest.fixture
def host(request, names):
    variables, options = KINDS[request.param]
    found = Machine(request.param, options, names=names[1])
    found.variables.update(variables)
    yield found
    found.remove()


def test_who_come_at_once_are_given_the_same_one():
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: name_server(), range(4)))) == 1


@pytest.mark.parametrize("host", list(KINDS), indirect=True)
def test_mail_arrives_without_a_name_server(host, names, play, tmp_path):
    assert re.findall(r"^nameserver (.*)", host.run("cat /etc/resolv.conf").stdout, re.M) == [names[1]]
    begun = time.monotonic()
    assert host.run("getent hosts nobody.invalid; getent hosts example.test").stdout.split() == [
        names[1],
        "example.test",
    ]
    assert time.monotonic() - begun < 1
    done = play(host, "playbooks/provision.yml")
    assert done.returncode == 0, done.stdout
    # it takes every question and answers none: harder to bear than one that is away, whose questions are refused
    subprocess.run(["docker", "pause", names[0]], check=True, capture_output=True)
    play(host, "playbooks/audit.yml")
    record = json.loads((tmp_path / "audit/audit.json").read_text())["hosts"][0]
    found = record["findings"]
    assert {one["id"]: one["verdict"] for one in found if one["id"] in WAYS} == WAYS, record["bad"]
    relay = [one for one in found if one["id"].startswith("relay.")]
    assert [one for one in relay if one["verdict"] == "fail"] == []
    unasked = [one for one in relay if re.search(r"\b4\d\d ", one["detail"][:60])]
    assert [one for one in unasked if one["verdict"] != ("invalid" if " 4.4." in one["detail"] else "warn")] == []
    assert [one for one in found if one["verdict"] == "invalid" and not one["detail"]] == []
    if "mailhost_mta" in host.variables:  # Sendmail lets nobody pass whose name it could not ask for, and says why
        assert any(
            "could not ask who we are" in one["detail"] and "Cannot resolve PTR record" in one["detail"]
            for one in unasked
        )
        assert record["verdict"] == "invalid"
