"""playbooks/history.yml and playbooks/undo.yml on real hosts, by both routes: what was changed, and back again."""

import re
import socket


def is_open(machine, port):
    try:
        socket.create_connection((machine.address, port), 3).close()
    except OSError:
        return False
    return True


def test_history_and_undo(machine, play):
    assert play(machine, "playbooks/provision.yml").returncode == 0
    assert play(machine, "playbooks/provision.yml", mailhost_protocols=["imap", "imaps"]).returncode == 0
    assert [is_open(machine, port) for port in (143, 110)] == [True, False]
    history = play(machine, "playbooks/history.yml")
    assert history.returncode == 0, history.stdout
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d committed \d{6}-\S+ by \S+@\S+ pid \d+/\d+", history.stdout), (
        history.stdout
    )
    check = play(machine, "playbooks/undo.yml", "--check", "--diff")
    assert check.returncode == 0, check.stdout
    assert not is_open(machine, 110)
    undo = play(machine, "playbooks/undo.yml")
    assert undo.returncode == 0, undo.stdout
    assert [is_open(machine, port) for port in (143, 110, 993, 995)] == [True] * 4
    again = play(machine, "playbooks/provision.yml")
    assert re.search(r"changed=0", again.stdout), again.stdout
    assert "took back" in play(machine, "playbooks/history.yml").stdout
    refused = play(machine, "playbooks/undo.yml", "-e", "mailhost_undo_count=1000")
    assert refused.returncode != 0
    assert "changes that can be taken back" in " ".join(refused.stdout.split())
