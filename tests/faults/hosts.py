"""A real host in a container, run by the words themselves over ``docker exec``,
and what is known of it before and after."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time

from mailhost.core.converge import converge
from mailhost.core.errors import MailhostError
from mailhost.core.host import Host
from mailhost.words import dovecot_protocols, mail_commit, postfix_relay

from ..wire.conftest import ROOT, Machine

ALL = ["imap", "imaps", "pop3", "pop3s"]
PORTS = {"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}
TREES = "/etc/dovecot /etc/postfix /etc/mailhost"
#: content, mode and owner of every configuration file, but not of maps, which are built
SNAPSHOT = f"""
cd / &&
find {TREES} /etc/dovecot.conf ! -name "*.db" \\( -type f -o -type l \\) -printf "%p %m %u:%g %l\\n" 2>/dev/null | sort
find {TREES} /etc/dovecot.conf ! -name "*.db" -type f -exec sha1sum {{}} + 2>/dev/null | sort -k 2
"""
#: inode and change time of every file a check mode could touch
INODES = f"find {TREES} /var/lib/mailhost -printf '%p %i %C@\\n' 2>/dev/null | sort"
#: the guard looks once a minute, and holds the lock meanwhile
LEFT = r"""
for turn in 1 2 3 4 5; do [ ! -h /var/lib/mailhost/lock ] || sleep 1; done
find / -xdev \( -name ".mailhost-*" -o -name "*.mailhost-undo" -o -name "*.mailhost-new" -o -name "*.mailhost-log" \) \
    2>/dev/null
ls -d /var/lib/mailhost/lock /var/lib/mailhost/confirm /var/lib/mailhost/pending /var/lib/mailhost/*.new 2>/dev/null
for program in /proc/[0-9]*/cmdline; do
    tr "\0" " " <$program 2>/dev/null | grep -a "MAILHOST-BEGI[N]" | cut -c 1-60
done
true
"""


def params(feature, **given):
    return {name: given.get(name, spec.get("default")) for name, spec in feature.ARGUMENT_SPEC.items()}


class Docker:
    """A Run over ``docker exec``; ``before`` and ``after`` are hooks called with the number of the
    trip and its program."""

    def __init__(self, machine, prefix=""):
        self.machine, self.prefix, self.trips = machine, prefix, 0
        self.before = self.after = lambda number, program: None
        self.change = lambda program: program

    def __call__(self, program, data):
        self.trips += 1
        self.before(self.trips, program)
        words = ["docker", "exec", "-i", self.machine.id, "/bin/sh", "-c", self.prefix + self.change(program)]
        done = subprocess.run(words, input=data, capture_output=True, timeout=200, check=False)
        self.after(self.trips, program)
        return done.returncode, done.stdout, done.stderr


class Watcher(threading.Thread):
    """Asks ports for their greeting five times a second; ``worst`` is the longest time one of them did not greet."""

    def __init__(self, address, ports):
        super().__init__(daemon=True)
        self.address, self.ports, self.worst, self.over = address, ports, 0.0, threading.Event()

    def run(self):
        good = dict.fromkeys(self.ports, time.monotonic())
        while not self.over.wait(0.2):
            for port in self.ports:
                if greeting(self.address, port):
                    good[port] = time.monotonic()
                self.worst = max(self.worst, time.monotonic() - good[port])

    def stop(self):
        self.over.set()
        self.join()
        return self.worst if self.worst > 0.5 else 0.0


def greeting(address, port, seconds=1.0):
    try:
        with socket.create_connection((address, port), seconds) as plain:
            plain.settimeout(seconds)
            return plain.recv(200)
    except OSError:
        return b""


def is_open(address, port):
    try:
        socket.create_connection((address, port), 1).close()
    except OSError:
        return False
    return True


class FaultHost:
    """A provisioned host that goes to and fro between two states: POP3 on, and POP3 off with one more relay network."""

    def __init__(self, image, options=(), variables=None):
        self.machine = Machine(image, options)
        self.machine.variables.update(variables or {})
        self.sh = self.machine.run

    def provision(self, folder):
        """By ansible-playbook, as a user does."""
        inventory = folder / "inventory.json"
        inventory.write_text(json.dumps({"mailhosts": {"hosts": {self.machine.name: self.machine.variables}}}))
        env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "PWD": str(folder)}
        command = ["ansible-playbook", "-i", str(inventory), str(ROOT / "site.yml")]
        done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=ROOT, check=False, timeout=300)
        assert done.returncode == 0, done.stdout
        self.words(False, timeout=20)
        self.state = False

    def words(self, new, run=None, check=False, timeout=5, confirm=600, extra=()):
        """One run: every word, then the commit. Returns whether anything changed; raises MailhostError."""
        host = Host(run or Docker(self.machine), who=f"a run of the fault tests, {time.monotonic()}")
        protocols = ["imap", "imaps"] if new else ALL
        common = {"confirm_timeout": confirm, "lock_timeout": 60}
        todo = [
            (dovecot_protocols, params(dovecot_protocols, protocols=protocols, **common)),
            (postfix_relay, params(postfix_relay, **self.relay(new), **common)),
            *extra,
            (mail_commit, self.commit(protocols, timeout)),
        ]
        changed = False
        try:
            for feature, given in todo:
                changed |= converge(feature.WORD, given, host, check)["changed"]
        except MailhostError:
            if not check:  # as the role's rescue does
                converge(mail_commit.WORD, params(mail_commit, state="aborted"), host, False)
            raise
        return changed

    def relay(self, new):
        networks = ["127.0.0.0/8", "::1/128"] + (["192.0.2.0/24"] if new else [])
        return {"hostname": self.machine.variables["mailhost_fqdn"], "domains": ["example.test"], "networks": networks}

    def commit(self, protocols, timeout=5):
        return params(mail_commit, protocols=protocols, smtp=["smtp", "submission"], timeout=timeout, lock_timeout=60)

    def snapshot(self):
        return self.sh(SNAPSHOT).stdout

    def inodes(self):
        return self.sh(INODES).stdout

    def left(self):
        return self.sh(LEFT, check=False).stdout.strip()

    def serves(self, new, seconds=30):
        """'' if exactly the ports of the state greet and the others are closed, else what is wrong."""
        ends, wrong = time.monotonic() + seconds, "?"
        while wrong and time.monotonic() < ends:
            wrong = self._wrong(new)
            time.sleep(0.2 if wrong else 0)
        return wrong

    def _wrong(self, new):
        address = self.machine.address
        for port, want in ((25, b"220"), (143, b"* OK"), *(() if new else ((110, b"+OK"),))):
            said = greeting(address, port)
            if not said.startswith(want):
                return f"port {port} says {said!r}"
        for name, port in PORTS.items():
            wanted = name in ("imap", "imaps") or not new
            if is_open(address, port) != wanted:
                return f"port {port} ({name}) is {'closed' if wanted else 'open'}"
        return ""

    def remove(self):
        self.machine.remove()


class Attempt:
    """What became of one run with a fault in it."""

    def __init__(self, host, new=True, **how):
        watcher = Watcher(host.machine.address, (25, 143))
        watcher.start()
        self.error, self.changed = "", None
        try:
            self.changed = host.words(new, **how)
        except MailhostError as error:
            self.error = str(error)
        except (subprocess.TimeoutExpired, ConnectionError) as error:
            self.error = f"cut: {error}"
        self.outage = watcher.stop()
