"""A small fleet of real hosts of two kinds, each with domains of its own, and playbooks run on all of it."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess

from .conftest import ROOT, Machine


class Fleet:
    """``hosts`` is name -> (image, domains); ``play`` runs a playbook on the fleet with variables for all and for single hosts."""

    def __init__(self, hosts, folder):
        self.folder, self.machines, self.variables = folder, {}, {}
        for name, (image, domains) in hosts.items():
            machine = Machine(image)
            self.machines[name] = machine
            self.variables[name] = {**machine.variables, "mailhost_fqdn": f"{name}.example.test", "mailhost_domains": domains}

    def play(self, *given, **variables):
        """Run a playbook to its end; see ``start``."""
        process = self.start(*given, **variables)
        try:
            said, errors = process.communicate(timeout=580)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, said, errors)

    def start(self, playbook, *options, own=None, inventory=None, environment=None, at_terminal=False, **variables):
        """Begin a playbook with options; ``own`` are variables of single hosts, ``inventory`` the hosts if not all, the rest is for all.
        At a terminal of its own what is written to the process is typed there."""
        hosts = {
            name: {**self.variables[name], **variables, **(own or {}).get(name, {})}
            for name in (self.variables if inventory is None else inventory)
        }
        listed = self.folder / "inventory.json"
        listed.write_text(json.dumps({"mailhosts": {"hosts": hosts}}))
        env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "COLUMNS": "400", "PWD": str(self.folder)}
        env.update(XDG_STATE_HOME=str(self.folder / "state"), **(environment or {}))
        command = ["ansible-playbook", "-i", str(listed), str(ROOT / playbook), *options]
        if at_terminal:
            command, env["TERM"] = ["script", "-qec", shlex.join(command), "/dev/null"], "xterm"
        pipe = subprocess.PIPE
        given = pipe if at_terminal else subprocess.DEVNULL
        return subprocess.Popen(command, stdin=given, stdout=pipe, stderr=pipe, text=True, env=env, cwd=ROOT, start_new_session=True)

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
