"""A small fleet of real hosts of two kinds, each with domains of its own, and playbooks run on all of it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import subprocess

import pexpect

from .conftest import ROOT, Machine


class Fleet:
    """``hosts`` is name -> (image, domains); ``play`` runs a playbook on the fleet with variables for all
    and for single hosts."""

    def __init__(self, hosts, folder):
        self.folder, self.machines, self.variables = folder, {}, {}
        for name, (image, domains) in hosts.items():
            machine = Machine(image)
            self.machines[name] = machine
            self.variables[name] = {
                **machine.variables,
                "mailhost_fqdn": f"{name}.example.test",
                "mailhost_domains": domains,
            }

    def play(self, *given, **variables):
        """Run a playbook to its end; see ``start``."""
        process = self.start(*given, **variables)
        try:
            said, errors = process.communicate(timeout=580)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, said, errors)

    def start(self, *given, **variables):
        """Begin a playbook with nobody at a terminal; see ``command``."""
        command, env = self.command(*given, **variables)
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            text=True,
            env=env,
            cwd=ROOT,
            start_new_session=True,
        )

    @contextlib.contextmanager
    def at_terminal(self, *given, **variables):
        """A playbook at a terminal of its own, ended with the block;
        what it said is in its ``logfile_read``; see ``command``."""
        command, env = self.command(*given, **variables)
        env["TERM"] = "xterm"
        child = pexpect.spawn(
            command[0], command[1:], timeout=300, encoding="utf-8", codec_errors="replace", env=env, cwd=ROOT
        )
        child.logfile_read = io.StringIO()
        try:
            yield child
        finally:
            child.close(force=True)

    def command(self, playbook, *options, own=None, inventory=None, environment=None, **variables):
        """The command of a playbook with options, and its environment; ``own`` are variables of single hosts,
        ``inventory`` the hosts if not all, the rest is for all."""
        hosts = {
            name: {**self.variables[name], **variables, **(own or {}).get(name, {})}
            for name in (self.variables if inventory is None else inventory)
        }
        listed = self.folder / "inventory.json"
        listed.write_text(json.dumps({"mailhosts": {"hosts": hosts}}))
        env = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "COLUMNS": "400",
            "PWD": str(self.folder),
        }
        env.update(XDG_STATE_HOME=str(self.folder / "state"), **(environment or {}))
        command = ["ansible-playbook", "-i", str(listed), str(ROOT / playbook), *options]
        return command, env

    def is_open(self, name, port):
        try:
            socket.create_connection((self.machines[name].address, port), 3).close()
        except OSError:
            return False
        return True

    def open_on(self, port):
        """The hosts that answer on a port, as one word."""
        return "".join(name for name in self.machines if self.is_open(name, port))

    def remove(self):
        for machine in self.machines.values():
            machine.remove()
