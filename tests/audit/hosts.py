"""Real hosts for the audit's tests, provisioned by ansible-playbook once, and the audit of one of them by
the words themselves."""

from __future__ import annotations

import json
import os
import subprocess

from mailhost.core.converge import converge
from mailhost.core.host import Host
from mailhost.words import mail_audit, mail_policy

from ..faults.hosts import Docker, params
from ..wire.conftest import PASSWORD, ROOT, VARIABLES, Machine

HASH = VARIABLES["mailhost_mailboxes"][0]["password_hash"]
ALL = ["imap", "imaps", "pop3", "pop3s"]
#: what differs from the tests' usual host: image and variables
KINDS = {
    "postfix": ("bookworm", {}),
    "trixie": ("trixie", {"mailhost_execution": "module"}),
    "centos5": ("centos5", {}),
    "sendmail": ("centos5", {"mailhost_mta": "sendmail"}),
    "trixie-sendmail": ("trixie-sendmail", {"mailhost_mta": "sendmail", "mailhost_execution": "module"}),
    "cyrus": ("bookworm-cyrus", {"mailhost_access": "cyrus"}),
    "tunnels": (
        "bookworm",
        {
            "mailhost_mailbox_store": "virtual",
            "mailhost_auth_mechanisms": ["plain", "login", "apop"],
            "mailhost_protocols": ["imap", "pop3"],
            "mailhost_relay_networks": ["127.0.0.1/32"],
            "mailhost_mailboxes": [{"name": "alice", "password": PASSWORD}, {"name": "bob", "password_hash": HASH}],
            "mailhost_stunnel": [
                {"name": "imaps", "accept": "993", "connect": "143"},
                {"name": "smtps", "accept": "465", "connect": "25"},
            ],
        },
    ),
}


class AuditHost:
    """A provisioned host of a kind; ``audit`` measures it, ``site`` runs site.yml on it."""

    def __init__(self, kind, folder, network=()):
        image, variables = KINDS[kind]
        self.kind, self.folder = kind, folder
        self.machine = Machine(image, network)
        self.machine.variables.update(variables)
        self.sh = self.machine.run
        if "sendmail" in kind:  # it holds mail back while the machine is busy, and this one runs the tests beside it
            self.sh("sed -i '/^MAILER(/i define(`confQUEUE_LA'\"'\"', `100'\"'\"')dnl' /etc/mail/sendmail.mc")
        done = self.site()
        assert done.returncode == 0, done.stdout[-3000:]

    def play(self, playbook, *options, **variables):
        inventory = self.folder / f"{self.kind}.json"
        hosts = {"mailhosts": {"hosts": {self.machine.name: {**self.machine.variables, **variables}}}}
        inventory.write_text(json.dumps(hosts))
        env = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "COLUMNS": "400",
            "PWD": str(self.folder),
        }
        command = ["ansible-playbook", "-i", str(inventory), str(ROOT / playbook), *options]
        return subprocess.run(
            command, capture_output=True, text=True, env=env, cwd=self.folder, timeout=300, check=False
        )

    def site(self):
        return self.play("site.yml")

    def policy(self, **given):
        return converge(mail_policy.WORD, params(mail_policy, **given), Host(Docker(self.machine)), False)["policy"]

    def audit(self, accept=(), **given):
        """The record of a whole audit, as the playbook makes it."""
        asked = {
            "address": self.machine.address,
            "fqdn": self.machine.variables["mailhost_fqdn"],
            "domain": "example.test",
            "user": "alice",
            "password": PASSWORD,
            "policy": self.policy(accept=list(accept)),
            "protocols": ["imap", "imaps", "pop3"] if self.kind == "tunnels" else ALL,
            "smtp": ["smtp", "submission"],
            "fail": False,
            **given,
        }
        return converge(mail_audit.WORD, params(mail_audit, **asked), Host(lambda program, data: (1, b"", b"")), False)[
            "audit"
        ]

    def remove(self):
        self.machine.remove()


def bad(record):
    """The findings that fail or are invalid, a line each."""
    return [
        f"{one['id']} {one['where']}: {one['detail']}"
        for one in record["findings"]
        if one["verdict"] in ("fail", "invalid")
    ]


def verdicts(record, name):
    return {one["verdict"] for one in record["findings"] if one["id"] == name}
