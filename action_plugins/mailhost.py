"""The base of every word's action: the same word, run from the controller over the connection's sh, or as a module.

``mailhost_execution`` decides: ``controller`` (the default) needs a POSIX sh on the host and no Python; ``module``
sends the word as an ordinary module to a host with Python 3.8 or newer.
"""

from __future__ import annotations

import getpass
import importlib
import json
import os
import shlex
import socket
import uuid

import ansible.module_utils
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import DEFAULT_TYPE_VALIDATORS, remove_values
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import module_utils_loader
from ansible.release import __version__ as CORE
from ansible.utils.vars import get_unique_id

try:
    from ansible._internal._datatag._tags import Origin
except ImportError:  # before 2.19, where texts, lists and dictionaries of YAML know their place themselves
    Origin = None

# On a host AnsiballZ makes ansible.module_utils a path over the configured directories; here it is a closed package.
for _path in module_utils_loader._get_paths(subdirs=False):
    if _path not in ansible.module_utils.__path__:
        ansible.module_utils.__path__.append(_path)

from ansible.module_utils.mailhost.core import input as inputs  # noqa: E402  (needs the path above)
from ansible.module_utils.mailhost.core.converge import converge  # noqa: E402  (needs the path above)
from ansible.module_utils.mailhost.core.errors import BadInput, MailhostError  # noqa: E402  (needs the path above)
from ansible.module_utils.mailhost.core.host import Host  # noqa: E402  (needs the path above)
from ansible.module_utils.mailhost.core.process import name as process_name  # noqa: E402  (needs the path above)
from ansible.module_utils.mailhost.core.word import Alone  # noqa: E402  (needs the path above)
from ansible.module_utils.mailhost.words.mail_input import ACCEPT  # noqa: E402  (needs the path above)

#: the oldest ansible-core that tests/versions runs; setup/collection/meta/runtime.yml says it too
OLDEST = (2, 16)
EXECUTIONS = ("controller", "module")
TTY_WANTED = ("must have a tty", "must be run from a terminal", "standard in must be a tty")


def has_nul(value):
    """Whether a NUL is in a value or anywhere below it:
    no option of any word takes one, and syslog would choke on it."""
    if isinstance(value, dict):
        return any(map(has_nul, value.values()))
    return any(map(has_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value


class ActionModule(ActionBase):
    """Validates the arguments and runs the word named as the task's action."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False
    #: this run of ansible-playbook, as journals name it:
    #: ansible-core draws the middle of its ids once, before it forks its workers
    run_id = "r" + "".join(get_unique_id().split("-")[2:4])

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        if tuple(map(int, CORE.split(".")[:2])) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            return {
                "failed": True,
                "msg": f"mailhost needs ansible-core {oldest} or newer, and this is {CORE}. Install one",
            }
        self._trips = 0
        name = self._task.action.rsplit(".", 1)[-1]
        self._variables = task_vars or {}
        word, execution = self.word(name), "controller"
        if not (isinstance(word, Alone) and word.on_controller):
            execution = self._templar.template(self._variables.get("mailhost_execution", execution))
        if execution not in EXECUTIONS:
            return {"failed": True, "msg": f"mailhost_execution: {execution!r} is not one of {', '.join(EXECUTIONS)}"}
        plain = self.plain(self.completed(word, self._task.args))
        # on both routes:
        # a module's own refusal shows the value of a misspelt option, and its arguments reach the syslog
        validation = ArgumentSpecValidator(word.spec).validate(plain)
        refused = [self.traced(name, error.place, error.rest) for error in self.refusals(word, validation, plain)]
        if refused:
            return remove_values({**result, "failed": True, "msg": "; ".join(refused)}, validation._no_log_values)
        if execution == "module":
            result.update(self.placed(name, self.on_the_host(name, plain, task_vars)))
            return self._foretold(name, result, task_vars)
        try:
            answer = self.answer(word, validation.validated_parameters)
        except MailhostError as error:
            answer = self.placed(name, {"failed": True, "msg": str(error), **error.codes})
        answer["round_trips"] = self._trips or answer.get("round_trips", 0)
        result.update(remove_values(answer, validation._no_log_values))
        return self._foretold(name, result, task_vars)

    def refusals(self, word, validation, plain):
        """What a word refuses whatever the host is like.
        After each refusal it goes on as if that option were not given."""
        seen = set()
        while True:
            errors = []
            if validation.error_messages or has_nul(plain):
                errors = list(inputs.faults(word.spec, plain, self.convert))
                errors = errors or [BadInput("options", "; ".join(validation.error_messages))]
            else:
                try:
                    word.validate(validation.validated_parameters)
                except BadInput as error:
                    errors = [error]
            options = {inputs.keys(error.place)[0] for error in errors}
            if options <= seen:
                return
            yield from errors
            seen |= options
            plain = {name: value for name, value in plain.items() if name not in options}
            validation = ArgumentSpecValidator(word.spec).validate(plain)

    def placed(self, name, answer):
        """An answer whose message, where it begins with an option's place, tells the variable instead."""
        if answer.get("failed") and "place" in answer:
            place = answer.pop("place")
            answer["msg"] = self.traced(name, place, answer["msg"][len(place) :])
        return answer

    def traced(self, name, place, rest):
        """An error about an option, by the variable that it comes from, with file and line."""
        texts = (self._task.get_ds() or {}).get(self._task.action)
        texts = texts if isinstance(texts, dict) else self._task.args
        variable, where = inputs.source(texts, place, self._variables, self.stands)
        text = f"{inputs.place(variable) if variable else f'{name}: {place}'}{rest}"
        return f"{where}: {text}" if where else text

    def stands(self, value):
        """``file:line`` of a value, as far as ansible-core knows it.
        Empty for the role's own, where nobody corrects it."""
        if Origin is None:
            file, line, _ = getattr(value, "ansible_pos", None) or ("", None, None)
        else:
            tag = Origin.get_tag(value)
            file, line = (tag.path or tag.description, tag.line_num) if tag else ("", None)
        role = self._task._role
        if not file or (role is not None and file.startswith(role._role_path + os.sep)):
            return ""
        if os.path.isabs(file) and not os.path.relpath(file).startswith(".."):
            file = os.path.relpath(file)
        return f"{file}:{line}" if line else file

    @staticmethod
    def convert(kind, value):
        """Whether ansible-core takes a value for one of an option's type, and what it makes of it."""
        if kind in ("str", "path") and isinstance(value, (dict, list)):
            return False, value
        try:
            return True, DEFAULT_TYPE_VALIDATORS[kind](value)
        except (TypeError, ValueError):
            return False, value

    def completed(self, word, args):
        """A word's options, with the run's own bounds (``mailhost_lock_timeout``) and with what is accepted, where the
        task does not say them."""
        given = dict(args)
        for option in ("lock_timeout", "confirm_timeout"):
            variable = f"mailhost_{option}"
            if option in word.spec and option not in given and variable in self._templar.available_variables:
                given[option] = self._templar.template(self._templar.available_variables[variable])
        if "accept" in word.spec and "accept" not in given:
            names = [name for name in ACCEPT if name in self._templar.available_variables]
            lists = [self._templar.template(self._templar.available_variables[name]) for name in names]
            wrong = [value for value in lists if not isinstance(value, list)]  # which the word's spec refuses
            given["accept"] = wrong[0] if wrong else [entry for entries in lists for entry in entries]
        return given

    def on_the_host(self, name, args, task_vars):
        """The word as an ordinary module."""
        self._task.environment = [*(self._task.environment or []), {"MAILHOST_RUN": f"{self.run_id} {self.who()}"}]
        return self._execute_module(module_name=name, module_args=args, task_vars=task_vars)

    def _foretold(self, name, result, task_vars):
        """While a plan is made (playbooks/plan.yml), what each word would change is gathered as a fact of the host."""
        if (task_vars or {}).get("mailhost_planning") and result.get("changed"):
            before = (task_vars.get("ansible_facts") or {}).get("mailhost_planned") or []
            entry = {"word": name, "diff": result.get("diff", []), "pending": result.get("pending", [])}
            result["ansible_facts"] = {"mailhost_planned": [*before, entry]}
        return result

    def cleanup(self, force=False):
        """Afterwards callbacks are given the task's arguments:
        thousands of mailboxes with their hashes are not for them."""
        super().cleanup(force)
        self._task.args = {name: value for name, value in self._task.args.items() if isinstance(value, (str, int))}

    @staticmethod
    def plain(args):
        """Options without ansible-core's tags, which are slow to copy."""
        return json.loads(json.dumps(args, default=str))

    @staticmethod
    def word(name):
        return importlib.import_module(f"ansible.module_utils.mailhost.words.{name}").WORD

    def host(self):
        return Host(self.sh, self.who(), self.run_id)

    def answer(self, word, params):
        return converge(word, params, self.host(), self._task.check_mode)

    def who(self):
        """The run, as locks and journals name it: not its worker, which is another one for each task."""
        return f"{getpass.getuser()}@{socket.gethostname()} {process_name(os.getppid())}"

    # the route: who runs sh

    def sh(self, program, data):
        """Host's Run over the connection: the program in argv (it is constant), the data on stdin."""
        if not self._needs_tty():
            done = self._execute(f"/bin/sh -c {shlex.quote(program)}", data)
            output = done[1].decode("utf-8", "replace") + done[2].decode("utf-8", "replace")
            if not any(text in output for text in TTY_WANTED):
                return done
        return self._sh_from_a_file(program, data)

    def _needs_tty(self):
        """su, and sudo where pipelining is off for ``requiretty``: with data on stdin there would be no terminal."""
        become = self._connection.become
        if become is None:
            return False
        return (
            getattr(become, "require_tty", False)
            or become.name.rsplit(".", 1)[-1] == "su"
            or (not self._is_pipelining_enabled("new", False))
        )

    def _sh_from_a_file(self, program, data):
        """Program and data into a directory of mode 0700 of the login user, run from there with become, removed."""
        name = f"mailhost-{uuid.uuid4().hex}"
        put = f'umask 077; d=${{TMPDIR:-/tmp}}/{name}; mkdir "$d" && cat >"$d/data" && echo "$d"'
        code, out, err = self._as_login_user(f"/bin/sh -c {shlex.quote(put)}", data)
        folder = out.decode("utf-8", "replace").strip().splitlines()[-1] if out.strip() else ""
        if code or not folder.endswith(name):
            return code or 1, out, err
        run = f'd={shlex.quote(folder)}; /bin/sh -c {shlex.quote(program)} <"$d/data"; code=$?; rm -rf "$d"; exit $code'
        try:
            done = self._execute(f"/bin/sh -c {shlex.quote(run)}", None)
        except AnsibleError:
            self._as_login_user(f"/bin/rm -rf {shlex.quote(folder)}", None)
            raise
        if b"MAILHOST-END" not in done[1]:  # it may not have come as far as removing its directory
            self._as_login_user(f"/bin/rm -rf {shlex.quote(folder)}", None)
        return done

    def _as_login_user(self, command, data):
        become, self._connection.become = self._connection.become, None
        try:
            return self._execute(command, data)
        finally:
            self._connection.become = become

    def _execute(self, command, data):
        self._trips += 1
        try:
            done = self._low_level_execute_command(
                command, in_data=data, executable="/bin/sh", encoding_errors="surrogate_or_strict"
            )
        except AnsibleError as error:
            if data is not None and any(text in str(error) for text in TTY_WANTED):
                return 1, b"", str(error).encode("utf-8", "replace")
            raise
        return (
            done["rc"],
            done["stdout"].encode("utf-8", "surrogateescape"),
            done["stderr"].encode("utf-8", "surrogateescape"),
        )
