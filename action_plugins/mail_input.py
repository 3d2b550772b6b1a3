import os

from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.playbook.task import Task
from ansible.plugins.loader import action_loader


class ActionModule(action_loader.get("mail_look", class_only=True)):
    """The variables of every host of the play that takes the role,
    against the role's argument specs and the words of its steps."""

    def answer(self, word, params):
        if self._task._role is None:
            return {"failed": True, "msg": "mail_input: it checks a role's input: use it in a task of that role"}
        names = self._variables["ansible_play_hosts"]  # of all batches, without those that are lost
        return self.check(names, params["entry_points"], params["steps"], self._around())

    def check(self, names, entry_points, steps, conditions):
        """What is wrong with the input of these hosts, of those for which the conditions hold."""
        specs = self._loader.load_from_file(os.path.join(self._task._role._role_path, "meta", "argument_specs.yml"))
        specs = {entry: spec["options"] for entry, spec in specs["argument_specs"].items()}
        public = [name for options in specs.values() for name in options]
        typed = {name: option for entry in entry_points for name, option in specs[entry].items()}
        steps = self._unconditioned([step for name in steps for step in self._steps(name)])
        own, checked, faults = self._variables, [], []
        manager = self._variables["hostvars"]._variable_manager
        for name in names:
            host = manager._inventory.get_host(name)
            self._variables = manager.get_vars(play=self._task.get_play(), host=host, task=self._task)
            self._templar.available_variables = self._variables
            if self._takes(conditions):
                checked.append(name)
                refusals = self._faults(public, typed, steps)
                faults += [{"host": name, "where": where, "text": text} for where, text in refusals]
        self._variables = self._templar.available_variables = own
        result = self.word("mail_input").converge({"checked": checked, "faults": faults}, None, False)
        return {**result, "ansible_facts": {"__mailhost_checked": self.run_id}}

    def _around(self):
        """The conditions of the task and of what it was included by."""
        node, conditions = self._task, []
        while node is not None:
            conditions += node.when if isinstance(node, Task) else []
            node = node._parent
        return conditions

    def _takes(self, conditions):
        """Whether a host takes the role. One for which that cannot be told from here is checked too."""
        try:
            return all(map(self._holds, conditions))
        except AnsibleError:
            return True

    def _unconditioned(self, steps):
        """The steps without the conditions that ask for what another registers: here none has done anything."""
        registered = {step["register"] for step in steps if "register" in step}
        return [
            {**step, "when": self._free([*step["outer"].conditions, *self._conditions(step)], registered)}
            for step in steps
            if step["word"] != "mail_input"
        ]

    def _faults(self, public, typed, steps):
        """What one host's variables are refused for, as ``file:line`` and text. A variable is told by one word only."""
        from ansible.module_utils.mailhost.core import input as inputs  # the base has made it a path
        from ansible.module_utils.mailhost.words.mail_input import unknown, unreasoned

        refused = set()
        misfits = list(self._misfits(typed))
        for error in (*unknown(self._variables, public), *misfits, *unreasoned(self._accepted(misfits))):
            refused.add(inputs.keys(error.place)[0])
            yield inputs.descend(self._variables, inputs.keys(error.place), self.stands)[2], str(error)
        for step in steps:
            texts, before = step[step["word"]] or {}, set(refused)
            for error, hidden in self._of_step(step["word"], texts, step["when"]):
                option = inputs.keys(error.place)[0]
                variable, where = inputs.source(texts, error.place, self._variables, self.stands)
                names = {variable[0]} if variable else before
                if not before & {*names, *inputs.mentioned(texts.get(option), self._variables)}:
                    refused.update(names)
                    text = (inputs.place(variable) if variable else f"{step['word']}: {error.place}") + error.rest
                    yield where, remove_values(text, hidden)

    def _accepted(self, misfits):
        """The lists of what is accepted, of those that are of the right form."""
        from ansible.module_utils.mailhost.core import input as inputs  # the base has made it a path
        from ansible.module_utils.mailhost.words.mail_input import ACCEPT

        wrong = {inputs.keys(error.place)[0] for error in misfits}
        values = {}
        for name in ACCEPT:
            if name in self._variables and name not in wrong:
                values.update(self._templated(name, self._variables[name]))
        return self.plain(values)

    def _misfits(self, typed):
        from ansible.module_utils.mailhost.core import input as inputs  # the base has made it a path
        from ansible.module_utils.mailhost.core.errors import BadInput

        values = {}
        for name, option in typed.items():
            is_text = option["type"] == "str" and "choices" not in option and isinstance(self._variables.get(name), str)
            if name in self._variables and not is_text:  # which may ask a program, and has nothing to be checked here
                try:
                    values.update(self._templated(name, self._variables[name]))
                except AnsibleError as error:
                    yield BadInput(name, str(error))
        yield from inputs.faults(typed, self.plain(values), self.convert)

    def _of_step(self, word_name, texts, conditions):
        """What a word refuses, each with the secrets that must not be shown."""
        from ansible.module_utils.mailhost.core.errors import BadInput  # the base has made it a path

        try:
            if not all(map(self._holds, conditions)):
                return
        except AnsibleError as error:
            yield BadInput("when", str(error)), ()
            return
        word, values, lost, broken = self.word(word_name), {}, [], set()
        for option, text in texts.items():
            try:
                values.update(self._templated(option, text))
            except AnsibleError as error:
                broken.add(option)
                # where a host is proved from may be asked of a program, which fails for one that is down
                if isinstance(error, AnsibleUndefinedVariable) or not getattr(word, "on_controller", False):
                    lost.append(BadInput(option, str(error)))
        plain = self.plain(values)
        validation = ArgumentSpecValidator(word.spec).validate(plain)
        lost += [error for error in self.refusals(word, validation, plain) if error.place not in broken]
        for error in lost:
            yield error, validation._no_log_values
