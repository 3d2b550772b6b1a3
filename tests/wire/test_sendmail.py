"""Sendmail: what opens it is refused, networks and smarthost count, and a run that changes nothing is
quick, by both routes."""

import re
import smtplib
import subprocess

import pytest

from .conftest import Machine


@pytest.fixture(scope="module", params=["centos5", "trixie-sendmail"])
def sendmail(request):
    found = Machine(request.param)
    found.variables["mailhost_mta"] = "sendmail"
    if request.param == "trixie-sendmail":
        found.variables["mailhost_execution"] = "module"
    yield found
    found.remove()


def test_provision_sendmail(sendmail, play):
    assert play(sendmail, "playbooks/provision.yml").returncode == 0


OPENED = [
    ("sendmail.mc", "FEATURE(`promiscuous_relay')dnl", "FEATURE(promiscuous_relay): anybody may send anywhere"),
    ("access", "com RELAY", "has no tag"),
    ("access", "Connect:172 RELAY", "sixteen million"),
]


@pytest.mark.parametrize(("name", "line", "message"), OPENED)
def test_an_opened_sendmail_is_refused_with_its_line(sendmail, play, name, line, message):
    path = f"/etc/mail/{name}"
    sendmail.run(f"cp -p {path} /tmp/kept; cat >>{path} <<'END'\n{line}\nEND")
    number = sendmail.run(f"wc -l <{path}").stdout.strip()
    refused = play(sendmail, "playbooks/provision.yml")
    sendmail.run(f"cp -p /tmp/kept {path}")
    assert refused.returncode != 0
    assert f"{path}:{number}: " in refused.stdout + refused.stderr
    assert message in " ".join((refused.stdout + refused.stderr).split())


RULES = "LOCAL_RULESETS\nSLocal_check_rcpt\nR$*\t\t$# OK\n"


def test_a_rule_of_ones_own_that_opens_the_relay_is_caught_before_the_swap(sendmail, play):
    """No FEATURE and no row: only the candidate itself can say it.
    Nothing is swapped, and the host refuses strangers as before."""
    cf = sendmail.run("sha1sum </etc/mail/sendmail.cf").stdout
    sendmail.run(f"cp -p /etc/mail/sendmail.mc /tmp/kept; cat >>/etc/mail/sendmail.mc <<'END'\n{RULES}END")
    refused = play(sendmail, "playbooks/provision.yml")
    assert refused.returncode != 0
    assert "a stranger may relay to <user@elsewhere.invalid>" in " ".join((refused.stdout + refused.stderr).split())
    assert sendmail.run("sha1sum </etc/mail/sendmail.cf").stdout == cf
    sendmail.run("cp -p /tmp/kept /etc/mail/sendmail.mc")
    with smtplib.SMTP(sendmail.address, timeout=30) as client:
        client.helo("probe.invalid")
        client.mail("")
        assert client.rcpt("b@elsewhere.invalid")[0] == 550
    again = play(sendmail, "playbooks/provision.yml")
    assert "changed=0" in again.stdout, again.stdout


def served(run):
    assert run.returncode == 0, run.stdout + run.stderr


def test_networks_relay_domains_and_smarthost(sendmail, play):
    here = sendmail.address.rsplit(".", 1)[0] + ".0/24"
    wanted = {"mailhost_relay_domains": ["passed.example"], "mailhost_smarthost": "[192.0.2.1]:2525"}
    served(play(sendmail, "playbooks/provision.yml", **wanted))

    def asked(recipient):
        with smtplib.SMTP(sendmail.address, timeout=30) as client:
            client.helo("probe.invalid")
            client.mail("")
            return client.rcpt(recipient)[0]

    assert asked("a@passed.example") == 250
    assert asked("a@elsewhere.invalid") == 550
    program = sendmail.run(
        "ls /usr/sbin/sendmail.sendmail /usr/libexec/sendmail/sendmail 2>/dev/null | head -n 1"
    ).stdout.strip()
    parsed = sendmail.run(f"echo '3,0 a@elsewhere.invalid' | {program} -bt | tail -n 2").stdout
    assert "relay $@ [ 192 . 0 . 2 . 1 ]" in parsed
    served(play(sendmail, "playbooks/provision.yml", mailhost_relay_networks=["127.0.0.0/8", here]))
    assert asked("a@elsewhere.invalid") == 250
    served(play(sendmail, "playbooks/provision.yml"))
    assert asked("a@elsewhere.invalid") == 550
    assert asked("a@passed.example") == 550


def test_a_run_that_changes_nothing_costs_at_most_twelve_round_trips(sendmail, play):
    again = play(sendmail, "playbooks/provision.yml", "-v")
    assert "changed=0" in again.stdout, again.stdout
    assert 2 <= sum(map(int, re.findall(r"round_trips\"?: (\d+)", again.stdout))) <= 12


def test_a_run_that_changes_nothing_runs_no_m4_and_no_makemap(sendmail, play):
    shim = '#!/bin/sh\\necho %s >>/tmp/called\\nexec %s.kept "$@"\\n'
    put = f"mv $path $path.kept; printf '{shim}' $tool $path >$path"
    sendmail.run(f"for tool in m4 makemap; do path=$(command -v $tool); {put}; chmod 755 $path; done")
    again = play(sendmail, "playbooks/provision.yml")
    assert "changed=0" in again.stdout, again.stdout
    assert sendmail.run("cat /tmp/called 2>/dev/null", check=False).stdout == ""


def group(address, port):
    """Bits of the Diffie-Hellman group that is served to a client that takes any,
    as this machine's openssl tells it."""
    words = [
        "openssl",
        "s_client",
        "-connect",
        f"{address}:{port}",
        "-starttls",
        "smtp",
        "-no_tls1_3",
        "-cipher",
        "ALL:!ECDH:@SECLEVEL=0",
    ]
    said = subprocess.run(words, input="QUIT\n", capture_output=True, text=True, timeout=60, check=False).stdout
    found = re.search(r"Server Temp Key: DH, (\d+) bits", said)
    return int(found.group(1)) if found else said[-500:]


DEFINED = "define(`confDH_PARAMETERS',"


def test_a_diffie_hellman_group_that_is_too_short_is_raised(sendmail, play):
    """8.13 serves a short one where none is named, 8.18 one of 2048 bits; in both 5 and 1 are short."""
    assert group(sendmail.address, 25) == 2048
    if sendmail.image != "centos5":
        assert DEFINED not in sendmail.run("cat /etc/mail/sendmail.mc").stdout
        return
    assert group(sendmail.address, 587) == 2048
    # what the version itself does
    sendmail.run(
        "cd /etc/mail && cp -p sendmail.cf /tmp/cf && grep -v confDH_P sendmail.mc | m4 - >sendmail.cf 2>/dev/null"
    )
    sendmail.run("service sendmail restart; cp -p /tmp/cf /etc/mail/sendmail.cf")
    assert group(sendmail.address, 25) == 1024
    sendmail.run("sed -i 's/^define(.confDH_PARAMETERS.*/define(confDH_PARAMETERS, 5)dnl/' /etc/mail/sendmail.mc")
    tried = play(sendmail, "playbooks/provision.yml", "--check")
    assert "changed=1" in tried.stdout, tried.stdout
    served(play(sendmail, "playbooks/provision.yml"))
    assert f"{DEFINED} `/etc/mail/mailhost-dh.pem')" in sendmail.run("cat /etc/mail/sendmail.mc").stdout
    assert [group(sendmail.address, port) for port in (25, 587)] == [2048, 2048]
    again = play(sendmail, "playbooks/provision.yml")
    assert "changed=0" in again.stdout, again.stdout
