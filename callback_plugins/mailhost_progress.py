"""Ansible's usual output, with how far the work on a fleet has come:
one live display at a terminal, plain lines elsewhere."""
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: mailhost_progress
type: stdout
short_description: Ansible's usual output and the progress of a fleet
description:
  - Shows batch, hosts done, changed and failed, and the time left while a fleet is provisioned, planned, audited or
    rolled out. At a terminal that is one live display below the output; elsewhere a line now and then.
  - In a play of more hosts than O(many) what is ok or changed on each is counted and not listed; C(-v) lists it.
  - A host that cannot be reached is one line that says why; a failure is its message, once. C(-v) brings the rest.
  - C(ANSIBLE_STDOUT_CALLBACK=default) brings Ansible's own output back.
options:
  many:
    description: From more hosts than this in a play, results that went well are not listed one by one.
    type: int
    default: 20
    env: [{name: MAILHOST_MANY}]
    ini: [{section: mailhost, key: many}]
  every:
    description: Seconds between two lines where there is no terminal.
    type: int
    default: 10
    env: [{name: MAILHOST_PROGRESS_EVERY}]
    ini: [{section: mailhost, key: progress_every}]
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""

import re
import time

from ansible import constants as C
from ansible.plugins import strategy
from ansible.plugins.callback.default import CallbackModule as Default

try:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text
except ImportError:  # lines everywhere, as where there is no terminal
    Console = None

#: the words with which a host is done, by what a play of mailhost's playbooks does (its variable __mailhost_work)
LAST = {
    "provision": ("mail_look", "mail_commit"),
    "plan": ("mail_look", "mail_commit"),
    "audit": ("mail_audit",),
    "rollout": ("mail_audit",),
}
REASONS = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key is not the one in known_hosts: another machine answers there, or it was installed anew",
    ),
    ("Host key verification failed", "its host key is not in known_hosts"),
    (
        "no matching key exchange|no matching host key",
        "it offers only old algorithms; see inventory/example/group_vars/el5.yml",
    ),
    ("Permission denied", "it refuses the login"),
)
#: a failure that has one of these is more than its message
OUTPUT = {"results", "stdout", "stderr", "module_stdout", "module_stderr"}


def reason(message):
    """Why a host was not reached, in one line: what ssh said, or what it means."""
    known = next((text for pattern, text in REASONS if re.search(pattern, message)), None)
    lines = [
        line.strip()
        for line in message.splitlines()
        if line.strip() and not line.startswith(("@", "debug", "Warning: Permanently"))
    ]
    last_line = lines[-1] if lines else "no reason given"
    last_line = re.sub(
        r"^(Task failed: )?"
        r"(Failed to connect to the host via ssh: |Data could not be sent to remote host .*? over ssh: )?",
        "",
        last_line,
    )
    return f"{known} ({last_line})" if known else last_line


def of(result):
    """Host, task and what the task returned: ansible-core before 2.19 has them under names of its own."""
    if hasattr(result, "result"):
        return result.host, result.task, result.result
    return result._host, result._task, result._result


class Progress:
    """What was done of the work, as numbers."""

    def __init__(self, total, batch=0, batches=0):
        self.total, self.batch, self.batches = total, batch, batches
        self.done, self.changed, self.failed = set(), set(), set()
        self.begun = time.monotonic()

    def seconds_left(self):
        """Seconds, from the pace so far; None before the first host is done."""
        done = len(self.done | self.failed)
        return (time.monotonic() - self.begun) / done * (self.total - done) if done else None

    def __str__(self):
        parts = [f"batch {self.batch} of {self.batches}"] if self.batches else []
        parts.append(f"{len(self.done | self.failed)} of {self.total} hosts done")
        parts += [f"{len(self.changed)} changed", f"{len(self.failed)} failed"]
        seconds = self.seconds_left()
        if seconds and len(self.done | self.failed) < self.total:
            parts.append(f"about {seconds:.0f} s left" if seconds < 120 else f"about {seconds / 60:.0f} min left")
        return ", ".join(parts)


class Patient:
    """``time`` for ansible-core's strategies: while every fork is busy they look for a free one ten thousand times
    a second, which costs the controller of a fleet a good part of a core (bench/results.json,
    fleet-cpu-per-host-200); two hundred times are enough.
    """

    def __getattr__(self, name):
        return getattr(time, name)

    def sleep(self, seconds):
        time.sleep(max(seconds, 0.005))


class CallbackModule(Default):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "mailhost_progress"

    def __init__(self):
        super().__init__()
        strategy.time = Patient()
        self._progress = self._live = None
        self._console = Console() if Console else None
        self._last, self._shown_at, self._shown = (), time.monotonic(), ""
        self._plan, self._batch, self._many = [], 0, False
        self._messages = set()

    # the work

    def v2_playbook_on_play_start(self, play):
        super().v2_playbook_on_play_start(play)
        work = play.get_vars().get("__mailhost_work")
        hosts = play.get_variable_manager()._inventory.get_hosts(play.hosts)
        self._many = len(hosts) > self.get_option("many")
        self._last = LAST.get(work, ())
        if work == "rollout" and self._plan:
            self._batch += 1
            if self._batch == 1:
                self._progress = Progress(sum(len(row["hosts"]) for row in self._plan), batches=len(self._plan))
            self._progress.batch = self._batch
        else:
            self._finish()
            self._progress = Progress(len(hosts)) if self._last else None
        self._show()

    def _note(self, result, failed=False):
        host, task, returned = of(result)
        host, action = host.get_name(), task.action.rsplit(".", 1)[-1]
        if action == "mail_rollout" and "plan" in returned:
            self._plan = returned["plan"]
        if self._progress is None or host.startswith("batch-"):
            return
        if returned.get("changed"):
            self._progress.changed.add(host)
        if failed:
            self._progress.failed.add(host)
        elif action in self._last and not (action == "mail_look" and returned.get("differs")):
            self._progress.done.add(host)
        self._show()

    # the display

    def _show(self, now=False):
        if self._progress is None:
            return
        if self._console and self._console.is_terminal:
            if self._live is None:
                self._live = Live(auto_refresh=False, transient=True, console=self._console)
                self._live.start()
            self._live.update(Text(str(self._progress), style="bold cyan"), refresh=True)
        elif now or time.monotonic() - self._shown_at >= self.get_option("every"):
            self._shown_at = time.monotonic()
            if str(self._progress) != self._shown:
                self._shown = str(self._progress)
                self._display.display(f"progress: {self._shown}")

    def _finish(self):
        """The last state of the work, as a line that stays."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        if self._progress is not None and (self._progress.done or self._progress.failed):
            self._display.display(f"progress: {self._progress}")
        self._progress = None

    # what happens

    def v2_playbook_on_task_start(self, task, is_conditional):
        if self._live is not None and task.action.rsplit(".", 1)[-1] == "pause":  # somebody may be asked something
            self._live.stop()
            self._live = None
        super().v2_playbook_on_task_start(task, is_conditional)

    def get_option(self, k, *arguments):
        if k in ("display_ok_hosts", "display_skipped_hosts") and self._many and not self._display.verbosity:
            return False
        return super().get_option(k, *arguments)

    def v2_runner_on_ok(self, result):
        self._note(result)
        if not self._many or self._display.verbosity or self._run_is_verbose(result):
            many, self._many = self._many, False
            try:
                super().v2_runner_on_ok(result)
            finally:
                self._many = many

    def v2_playbook_on_include(self, included_file):
        if not self._many or self._display.verbosity:
            super().v2_playbook_on_include(included_file)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._note(result, failed=not ignore_errors)
        host, task, returned = of(result)
        message = returned.get("msg")
        if ignore_errors or self._display.verbosity or not isinstance(message, str) or OUTPUT & set(returned):
            super().v2_runner_on_failed(result, ignore_errors)
            return
        if self._last_task_banner != task._uuid:
            self._print_task_banner(task)
        known = (host, message) in self._messages  # a rescue passes on what the task said
        self._messages.add((host, message))
        text = "as above" if known else f"\n{message}" if "\n" in message else message
        text = f"fatal: [{self.host_label(result)}]: FAILED! => {text}"
        self._display.display(text, color=C.COLOR_ERROR, stderr=self.get_option("display_failed_stderr"))

    def v2_runner_on_unreachable(self, result):
        self._note(result, failed=True)
        if self._display.verbosity:
            super().v2_runner_on_unreachable(result)
            return
        _, task, returned = of(result)
        if self._last_task_banner != task._uuid:
            self._print_task_banner(task)
        text = f"unreachable: [{self.host_label(result)}]: {reason(str(returned.get('msg', '')))}"
        self._display.display(text, color=C.COLOR_UNREACHABLE, stderr=self.get_option("display_failed_stderr"))

    def v2_playbook_on_stats(self, stats):
        self._finish()
        super().v2_playbook_on_stats(stats)
