"""playbooks/history.yml and playbooks/undo.yml on real hosts, by both routes: what was changed, and back again."""

import re
import socket

PORTS = (25, 587, 143, 110, 993, 995)
#: what a host is, as far as a run of ours changes it; the journals and what a package brings are not part of it
STANDS = """
id alice 2>&1
for unit in dovecot postfix; do
    if [ -d /run/systemd/system ]; then
        systemctl is-active $unit; systemctl is-enabled $unit 2>/dev/null | grep -x enabled
    else service $unit status | sed -e "s/(.*)//"; chkconfig --list $unit | grep -o 3:on; fi
done
for place in /etc/mailhost /etc/dovecot /etc/dovecot.conf /etc/postfix/main.cf /etc/postfix/master.cf /etc/pki \
    /etc/ssl/private/mailhost.pem
do find $place -type f -exec sha1sum {} +; done 2>/dev/null | sort
"""


def is_open(machine, port):
    try:
        socket.create_connection((machine.address, port), 3).close()
    except OSError:
        return False
    return True


def greeting(machine):
    """What the port of SMTP says first, as soon as it does, on the host itself:
    as Red Hat delivers it, Sendmail listens there only."""
    asks = 'exec 3<>/dev/tcp/127.0.0.1/25 && read -r line <&3 && echo "$line"'
    return machine.run(f"tries=30; until bash -c '{asks}' || [ $((tries -= 1)) = 0 ]; do sleep 1; done").stdout


def test_the_first_run_is_taken_back_whole(machine, play):
    machine.run(
        "if [ -d /run/systemd/system ]; then systemctl stop dovecot; systemctl disable dovecot; "
        "else until service postfix status; do sleep 1; done; fi; true"
    )
    has_packages = "postfix" in machine.run("ls /etc/postfix/main.cf", check=False).stdout
    before = machine.run(STANDS, check=False).stdout
    assert play(machine, "playbooks/provision.yml").returncode == 0
    provisioned = machine.run(STANDS, check=False).stdout
    assert [is_open(machine, port) for port in PORTS] == [True] * 6
    undo = play(machine, "playbooks/undo.yml")
    assert undo.returncode == 0, undo.stdout
    assert re.search(r"run r[0-9a-f]{8} of .* by .*@", undo.stdout)
    assert "stopped, as before: " in undo.stdout
    assert ("NOT taken back, it stays: install" in undo.stdout) is not has_packages
    after = machine.run(STANDS, check=False).stdout
    if has_packages:
        assert after == before
    assert "no such user" in after.lower()
    assert [is_open(machine, port) for port in (587, 143, 110, 993, 995)] == [False] * 5
    twice = play(machine, "playbooks/undo.yml")
    assert twice.returncode != 0 and "no run is left that can be taken back" in " ".join(twice.stdout.split())
    check = play(machine, "playbooks/provision.yml", "--check")
    assert re.search(r"changed=[1-9]", check.stdout), check.stdout
    assert play(machine, "playbooks/provision.yml").returncode == 0
    again = machine.run(STANDS, check=False).stdout

    def lasting(text):  # keys are new each time, built tables are never the same bytes, accounts get the next number
        return [line for line in text.splitlines() if not re.search(r"\.pem(\.|$)|\.db$|^uid", line)]

    assert lasting(again) == lasting(provisioned)


def test_history_and_undo(machine, play):
    assert play(machine, "playbooks/provision.yml").returncode == 0
    assert play(machine, "playbooks/provision.yml", mailhost_protocols=["imap", "imaps"]).returncode == 0
    assert [is_open(machine, port) for port in (143, 110)] == [True, False]
    history = play(machine, "playbooks/history.yml")
    assert history.returncode == 0, history.stdout
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d run r[0-9a-f]{8} by \S+@\S+ pid \d+/\d+", history.stdout), (
        history.stdout
    )
    assert re.search(r"committed +\d{6}-\S+", history.stdout), history.stdout
    check = play(machine, "playbooks/undo.yml", "--check", "--diff")
    assert check.returncode == 0, check.stdout
    assert not is_open(machine, 110)
    undo = play(machine, "playbooks/undo.yml")
    assert undo.returncode == 0, undo.stdout
    assert [is_open(machine, port) for port in (143, 110, 993, 995)] == [True] * 4
    again = play(machine, "playbooks/provision.yml")
    assert re.search(r"changed=0", again.stdout), again.stdout
    assert "taken back by run r" in play(machine, "playbooks/history.yml").stdout
    refused = play(machine, "playbooks/undo.yml", "-e", "mailhost_undo_count=1000")
    assert refused.returncode != 0
    assert "runs that can be taken back" in " ".join(refused.stdout.split())


def test_a_displaced_mta_serves_again(make_machine, play):
    """CentOS 5 as it was delivered: Sendmail runs, no Postfix and no Dovecot."""
    machine = make_machine("centos5")
    machine.run(
        "until service postfix status; do sleep 1; done; service postfix stop; chkconfig postfix off; "
        "alternatives --set mta /usr/sbin/sendmail.sendmail; chkconfig sendmail on; service sendmail start"
    )
    assert "Sendmail" in greeting(machine)
    assert play(machine, "playbooks/provision.yml").returncode == 0
    assert "Postfix" in greeting(machine)
    undo = play(machine, "playbooks/undo.yml")
    assert undo.returncode == 0, undo.stdout
    assert "Sendmail" in greeting(machine)
    assert [is_open(machine, port) for port in (587, 143, 110, 993, 995)] == [False] * 5
