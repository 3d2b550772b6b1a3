"""The progress of a fleet as it is printed: in lines, or at a terminal as a live display;
and why a host was not reached."""

import importlib.util
import json
import os
import pathlib
import pty
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location("mailhost_progress", ROOT / "callback_plugins" / "mailhost_progress.py")
progress = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(progress)

PLAY = """
- name: Provision mail hosts
  hosts: mailhosts
  gather_facts: false
  vars: {__mailhost_work: provision}
  tasks:
    - name: Fail on one
      ansible.builtin.assert: {that: inventory_hostname != 'h03', quiet: true}
    - name: Bad input is said on the controller, so that no host is needed
      mail_report: {directory: "{{ lookup('ansible.builtin.env', 'PWD') }}/x", hosts: [a], state: announced}
      register: mail_commit
    - name: The last word
      mail_commit: {services: []}
"""


def playbook(tmp_path, hosts, **environment):
    every = {
        f"h{number:02}": {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}
        for number in range(hosts)
    }
    (tmp_path / "hosts.json").write_text(json.dumps({"mailhosts": {"hosts": every}}))
    (tmp_path / "play.yml").write_text(PLAY)
    env = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "PWD": str(tmp_path),
        "ANSIBLE_NOCOLOR": "1",
        "TERM": "xterm",
        **environment,
    }
    command = ["ansible-playbook", "-i", str(tmp_path / "hosts.json"), str(tmp_path / "play.yml"), "--check"]
    return command, env


def piped(tmp_path, hosts, **environment):
    command, env = playbook(tmp_path, hosts, **environment)
    return subprocess.run(
        command, capture_output=True, text=True, env=env, cwd=tmp_path, timeout=120, check=False
    ).stdout


def test_lines(tmp_path):
    said = piped(tmp_path, 4, MAILHOST_PROGRESS_EVERY="0")
    assert "ok: [h00]" in said
    told = re.findall(r"^progress: (.*)$", said, re.M)
    assert told and told[-1].startswith("4 of 4 hosts done, ")
    assert "1 failed" in told[-1]


def test_many_hosts_are_counted_and_not_listed(tmp_path):
    said = piped(tmp_path, 6, MAILHOST_MANY="3")
    assert "ok: [h00]" not in said and "included" not in said
    assert "fatal: [h03]: FAILED!" in said
    assert re.search(r"^h00 +: ok=", said, re.M)
    assert "ok: [h00]" in piped(tmp_path, 6, MAILHOST_MANY="3", ANSIBLE_STDOUT_CALLBACK="default")


def test_at_a_terminal(tmp_path):
    command, env = playbook(tmp_path, 3)
    control, terminal = pty.openpty()
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=env, cwd=tmp_path)
    os.close(terminal)
    said = b""
    while True:
        try:
            data = os.read(control, 65536)
        except OSError:
            break
        if not data:
            break
        said += data
    process.wait(timeout=60)
    assert b"\x1b[2K" in said, "nothing was drawn anew"
    assert re.search(rb"1 of 3 hosts done", said)
    assert b"progress: 3 of 3 hosts done" in said
    assert b"PLAY RECAP" in said


CHANGED = """Failed to connect to the host via ssh: @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Offending ED25519 key in /home/me/.ssh/known_hosts:3
Host key verification failed."""


SSH = "Failed to connect to the host via ssh: ssh: "
OLD = "Unable to negotiate with 192.0.2.1: no matching key exchange method found. Their offer: x"


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (
            f"{SSH}connect to host 192.0.2.1 port 22: Connection refused",
            r"^ssh: connect to host 192.0.2.1 port 22: Connection refused$",
        ),
        (CHANGED, r"^its host key is not the one in known_hosts: .* \(Host key verification failed\.\)$"),
        ("No ED25519 host key is known\nHost key verification failed.", r"^its host key is not in known_hosts"),
        (
            'Task failed: Data could not be sent to remote host "x". '
            f"Make sure this host can be reached over ssh: {OLD}",
            r"algorithms.*\(Unable",
        ),
        (OLD, r"^it offers only old algorithms; .*el5"),
        ("", "no reason given"),
    ],
)
def test_reason(message, wanted):
    assert re.search(wanted, progress.reason(message)), progress.reason(message)
    assert "\n" not in progress.reason(message)


def test_time_left(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    found = progress.Progress(10, 2, 4)
    assert found.seconds_left() is None and str(found) == "batch 2 of 4, 0 of 10 hosts done, 0 changed, 0 failed"
    now[0] = 60.0
    found.done = {"a", "b"}
    found.failed = {"b", "c"}
    assert str(found) == "batch 2 of 4, 3 of 10 hosts done, 0 changed, 2 failed, about 2 min left"


RESCUED = """
- hosts: localhost
  gather_facts: false
  tasks:
    - block:
        - ansible.builtin.fail: {msg: "a.conf:3: the reason"}
      rescue:
        - ansible.builtin.fail: {msg: "{{ ansible_failed_result.msg }}"}
"""


def test_what_a_rescue_passes_on_is_told_once(tmp_path):
    command, env = playbook(tmp_path, 1)
    (tmp_path / "play.yml").write_text(RESCUED)
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path, timeout=120, check=False)
    assert done.returncode != 0
    assert re.findall("fatal: .*", done.stdout) == [
        "fatal: [localhost]: FAILED! => a.conf:3: the reason",
        "fatal: [localhost]: FAILED! => as above",
    ]
    assert (done.stdout + done.stderr).count("the reason") == 1
    loud = subprocess.run(
        [*command, "-v"], capture_output=True, text=True, env=env, cwd=tmp_path, timeout=120, check=False
    )
    assert loud.stdout.count("the reason") > 1
