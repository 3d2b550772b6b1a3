"""The playbooks, the role and single words by their full names, from a project elsewhere,
on a real host and by both routes."""

import json
import re
import socket

import pytest
import yaml

from ..wire.conftest import Machine

#: what is served to begin with, and after the rollout, on each route: the second finds the host as the first left it
SERVED = {
    "controller": (["imap", "imaps", "pop3", "pop3s"], ["imap", "imaps"]),
    "module": (["imap", "imaps", "pop3s"], ["imaps"]),
}
PORTS = {"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}


@pytest.fixture(scope="module")
def host(project):
    made = Machine("trixie")
    try:
        project.hosts("mail.example.test", {**made.variables, "ansible_python_interpreter": "/usr/bin/python3"})
        yield made
    finally:
        made.remove()


def served(host):
    def answers(port):
        try:
            socket.create_connection((host.address, port), 3).close()
        except OSError:
            return False
        return True

    return [protocol for protocol, port in PORTS.items() if answers(port)]


@pytest.mark.parametrize("route", SERVED)
def test_every_playbook(project, host, route):
    def play(name, protocols):
        variables = json.dumps({"mailhost_execution": route, "mailhost_protocols": protocols})
        done = project.run("ansible-playbook", f"mailhost.mailhost.{name}", "-e", variables)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr
        assert "[DEPRECATION" not in done.stderr, done.stderr
        return done.stdout

    before, after = SERVED[route]
    play("plan", before)
    assert json.loads((project.folder / "plan/plan.json").read_text())["groups"], "it would change something"
    first = play("provision", before)
    assert "changed=0" not in first and "progress: 1 of 1 hosts done, 1 changed" in first, first
    assert served(host) == before
    assert "changed=0" in play("provision", before)
    assert "nothing to change" in play("plan", before)
    play("audit", before)
    audit = json.loads((project.folder / "audit/audit.json").read_text())
    assert audit["verdict"] in ("pass", "warn") and (project.folder / "audit/audit.html").stat().st_size > 10000
    assert "new: 1 host: mail.example.test" in play("rollout", after)
    assert served(host) == after
    assert re.search(r"run r\w+ by \S+.*committed +\d", play("history", after), re.S)
    play("undo", before)
    assert served(host) == before


@pytest.mark.parametrize("route", SERVED)
def test_own_playbooks_with_the_role_and_words(project, host, route):
    """After a playbook of the collection the names in one's own are one's own again."""
    (project.folder / "own.yml").write_text(
        yaml.safe_dump(
            [
                {"import_playbook": "mailhost.mailhost.site"},
                {
                    "hosts": "mailhosts",
                    "gather_facts": False,
                    "roles": ["mailhost.mailhost.mailhost"],
                    "tasks": [
                        {"mailhost.mailhost.mailhost_info": None, "register": "info"},
                        {"assert": {"that": "info.mailhost.dialects.dovecot is defined"}},
                        {"mailhost.mailhost.mail_history": None, "register": "journal"},
                        {"assert": {"that": "journal.history | length > 0"}},
                        {"mailhost.mailhost.dovecot_protocols": {"protocols": ["imapz"]}, "ignore_errors": True},
                    ],
                },
            ]
        )
    )
    done = project.run("ansible-playbook", "own.yml", "-e", f"mailhost_execution={route}")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    refused = "own.yml:18: dovecot_protocols: protocols[0]: 'imapz' is not a protocol of Dovecot's. Choose from imap,"
    assert refused in done.stdout + done.stderr, done.stdout + done.stderr
