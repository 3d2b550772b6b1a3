"""A row's host, started for real: its files written, its mail put in, its daemons running."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess

from ..wire.conftest import ROOT, Machine
from .row import FQDN, HASH, Row
from .sink import Sink

#: what a row's set-up may use
TOOLS = r"""
message() { # NUMBER
    printf 'From: old@example.test\nTo: x@example.test\nSubject: old %s\nMessage-ID: <%s@old.test>\n\nOld.\n' $1 $1.$$
}
mbox() { # FILE OWNER NUMBER
    mkdir -p "$(dirname "$1")"
    n=0
    while [ $n -lt $3 ]; do
        n=$((n + 1))
        printf 'From old@example.test Mon Jan  5 10:00:0%s 2026\n' $n
        message $n
        echo
    done >>"$1"
    chown $2 "$1"
    chmod 600 "$1"
}
maildir() { # DIRECTORY OWNER NUMBER
    mkdir -p "$1/cur" "$1/new" "$1/tmp"
    n=0
    while [ $n -lt $3 ]; do
        n=$((n + 1))
        message $n >"$1/cur/176000000$n.old$n.host:2,S"
    done
    chown -R $2 "$1"
    chmod -R go= "$1"
}
authority() { # a CA of somebody's own
    [ -e /root/ca.pem ] || openssl req -new -x509 -nodes -newkey rsa:2048 -days 900 -subj "/CN=An Authority" \
        -keyout /root/ca.key -out /root/ca.pem 2>/dev/null
}
self_signed() { # CERTIFICATE KEY NAME
    openssl req -new -x509 -nodes -newkey rsa:2048 -days 900 -subj "/CN=$3" -keyout "$2" -out "$1" 2>/dev/null
}
certificate() { # CERTIFICATE KEY NAME: signed by that CA, its certificate behind it
    authority
    mkdir -p "$(dirname "$1")" "$(dirname "$2")"
    printf 'subjectAltName=DNS:%s\n' "$3" >/root/san
    openssl req -new -nodes -newkey rsa:2048 -subj "/CN=$3" -keyout "$2" -out /root/csr 2>/dev/null
    openssl x509 -req -in /root/csr -CA /root/ca.pem -CAkey /root/ca.key -CAcreateserial -days 90 \
        -extfile /root/san -out "$1" 2>/dev/null
    cat /root/ca.pem >>"$1"
    chmod 600 "$2"
}
"""
TREES = "/etc/dovecot /etc/dovecot.conf /etc/postfix /etc/mail /etc/mailhost /etc/imapd.conf /etc/cyrus.conf"
#: content, mode, owner and time of every configuration file, of accounts and certificates; what mail lies where
STATE = f"""
find {TREES} /etc/letsencrypt /etc/ssl /etc/passwd /etc/shadow /etc/group /etc/aliases /var/lib/mailhost \
    ! -type d -printf "%p %m %u:%g %l %s %C@\\n" 2>/dev/null | sort
find /home /var/mail /var/spool/mail /var/vmail /srv /var/spool/imap /var/spool/cyrus /var/spool/postfix/deferred \
    -type f ! -name "dovecot*" ! -name "cyrus.*" -printf "%p %m %u:%g %s\\n" 2>/dev/null | sort
"""
REFUSED = re.compile(r"rule\s+'(loss\.[^']+)'")


class BrownHost:
    def __init__(self, row: Row, folder) -> None:
        self.row, self.folder = row, folder
        self.machine = Machine(row.image, ["--hostname", FQDN])
        self.address, self.sh = self.machine.address, self.machine.run
        self.sink = Sink(_towards(self.address))

    def start(self) -> None:
        if self.row.image == "centos5":  # its init starts one daemon after the other, and says nothing of the end
            self.program("for n in 1 2 3 4 5 6 7 8 9; do service dovecot status >/dev/null && break; sleep 1; done")
        if self.row.first:
            done = self.play()
            assert done.returncode == 0, f"{self.row.name} cannot be set up: {done.stdout[-2000:]}"
        accounts = [f"id {user} 2>/dev/null || useradd -m -s /bin/sh -p '{HASH}' {user}" for user in self.row.users]
        self.program("\n".join(["set -e", *accounts]))
        for path, text in self.row.files.items():
            self.write(path, self.filled(text))
        steps = [self.filled(self.row.set_up), *map(self.restart, self.row.services)]
        self.program("\n".join([TOOLS, "set -ex", *steps]))
        self.program(
            "for i in 1 2 3 4 5 6 7 8 9 10; do [ -n \"$(grep -l ' 0A ' /proc/net/tcp*)\" ] && exit; sleep 1; done"
        )

    def restart(self, service: str) -> str:
        if self.row.image == "centos5":
            log = f"/tmp/{service}.log"
            return f"service {service} restart </dev/null >{log} 2>&1 || {{ cat {log}; exit 1; }}"
        return f"systemctl restart {service}"

    def filled(self, text: str) -> str:
        host = self.sink.server_address[0]
        known = {"@SINK@": str(host), "@PORT@": str(self.sink.port), "@HASH@": HASH, "@ADDRESS@": self.address}
        for name, value in known.items():
            text = text.replace(name, value)
        return text

    def write(self, path: str, text: str) -> None:
        quoted = f"mkdir -p \"$(dirname '{path}')\" && cat >'{path}'"
        self.feed(["sh", "-c", quoted], text)

    def program(self, text: str) -> str:
        return self.feed(["sh", "-s"], text)

    def feed(self, words, text: str) -> str:
        command = ["docker", "exec", "-i", self.machine.id, *words]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, f"{self.row.name} cannot be set up: {done.stdout[-1500:]}{done.stderr[-1500:]}"
        return done.stdout

    @property
    def state(self) -> str:
        return self.sh(STATE, check=False).stdout

    def play(self, *options: str):
        """The role on this host by its row's inventory: the ended process."""
        inventory = self.folder / "inventory.json"
        variables = {**self.machine.variables, **self.row.variables}
        inventory.write_text(json.dumps({"mailhosts": {"hosts": {self.machine.name: variables}}}))
        env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "COLUMNS": "400"}
        env["PWD"] = str(self.folder)
        command = ["ansible-playbook", "-i", str(inventory), str(ROOT / "playbooks/provision.yml"), *options]
        return subprocess.run(command, capture_output=True, text=True, env=env, cwd=ROOT, timeout=300, check=False)

    def remove(self) -> None:
        self.sink.shutdown()
        self.sink.server_close()
        self.machine.remove()


def _towards(address: str) -> str:
    """The address by which a host knows this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect((address, 9))  # sends nothing
        return str(asked.getsockname()[0])


def rules(done) -> "set[str]":
    """The losses that a run refused for."""
    return set(REFUSED.findall(" ".join(done.stdout.split())))
