import os

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.playbook.conditional import Conditional
from ansible.plugins.loader import action_loader
from ansible.template import Templar

IMPORT = "ansible.builtin.import_tasks"
#: ansible-core 2.19 and newer template only what is trusted, and evaluate conditions by themselves
TRUST = {"trusted_as_template": True} if hasattr(Templar, "evaluate_conditional") else {}


class ActionModule(action_loader.get("mailhost", class_only=True)):
    """Reads the role's own list of steps, so that which words there are,
    and what each is given, stands in one place."""

    def answer(self, word, params):
        from ansible.module_utils.mailhost.words.mail_look import look  # the base has made it a path

        return self._look(params["steps"], lambda asked: look(asked, self.host()))

    def on_the_host(self, word, args, task_vars):
        def there(asked):
            # the words' own arguments, with the mailboxes' hashes, are not for the host's syslog
            before, self._task.no_log = self._task.no_log, True
            try:
                answer = super(ActionModule, self).on_the_host(word, {"asked": asked}, task_vars)
                trips.append(answer.get("round_trips", 0))
                return answer
            finally:
                self._task.no_log = before

        trips = []
        return {**self._look(args.get("steps"), there), "round_trips": sum(trips)}

    def _look(self, steps, look):
        from ansible.module_utils.mailhost.core.errors import MailhostError  # the base has made it a path
        from ansible.module_utils.mailhost.core.loss import WouldLose

        if not steps or self._task._role is None:
            return {
                "failed": True,
                "msg": "mail_look: it reads a role's list of steps: give steps, in a task of that role",
            }
        refused = self._unchecked(steps)
        if refused:
            return refused
        try:
            return {"changed": False, "differs": self._differing(list(self._steps(steps)), look)}
        except WouldLose as error:
            return {"failed": True, "msg": str(error), **error.codes}
        except AnsibleConnectionFailure:
            raise
        except (MailhostError, AnsibleError):  # the word's own task will say it, in its own name and without a secret
            return {"changed": False, "differs": ["unknown"]}

    def _unchecked(self, steps):
        """What this host's input is refused for, where the check of all hosts has left it out:
        a later batch's facts do not have it, and an import_role's condition is asked of the play's first host."""
        name, facts = self._variables["inventory_hostname"], self._variables.get("ansible_facts") or {}
        if facts.get("__mailhost_checked") == self.run_id:
            return None
        names = ("task", "connection", "play_context", "loader", "templar", "shared_loader_obj")
        check = action_loader.get("mail_input", **{each: getattr(self, f"_{each}") for each in names})
        check._variables = self._variables
        result = check.check([name], ["main"], [steps], ())
        return result if result.get("failed") else None

    def _differing(self, tasks, look):
        """The first word that would change something, if any.
        What depends on what another registers is asked behind the others."""
        from ansible.module_utils.mailhost.core.loss import Loss, WouldLose  # the base has made it a path
        from ansible.module_utils.mailhost.core.word import Planned

        registered = {task["register"] for task in tasks if "register" in task}
        late = [task for task in tasks if any(name in str(task) for name in registered - {task.get("register")})]
        for group in ([task for task in tasks if task not in late], late):
            wanted = [task for task in group if self._is_wanted(task, registered)]
            answer = (
                look([{"word": task["word"], "given": self._given(task)} for task in wanted])
                if wanted
                else {"differs": [], "facts": []}
            )
            if answer.get("losses"):
                raise WouldLose([Loss(**loss) for loss in answer["losses"]], answer["refusal"])
            differs = answer.get("differs", ["unknown"])  # a module that failed says nothing
            if differs:
                return differs
            plain = [task for task in wanted if isinstance(self.word(task["word"]), Planned)]
            facts = {
                task["register"]: word_facts for task, word_facts in zip(plain, answer["facts"]) if "register" in task
            }
            self._templar.available_variables = {**self._templar.available_variables, **facts}
        return []

    def _steps(self, name, outer=()):
        """Each step with what it is given, the conditions of the blocks and imports around it beside its own."""
        for task in self._loader.load_from_file(
            os.path.join(self._task._role._role_path, "tasks", name), unsafe=True, **TRUST
        ):
            yield from self._within(task, outer)

    def _within(self, task, outer):
        around = [*outer, *self._conditions(task)]
        if "block" in task:
            for inner in task["block"]:
                yield from self._within(inner, around)
        elif IMPORT in task:
            yield from self._steps(task[IMPORT], around)
        else:
            words = [key for key in task if os.path.exists(os.path.join(os.path.dirname(__file__), f"{key}.py"))]
            if len(words) != 1:
                raise AnsibleError(f"mail_look: {', '.join(task)}: a step is one word of mailhost's")
            yield {**task, "word": words[0], "outer": _Hidden(outer)}

    @staticmethod
    def _conditions(task):
        conditions = task.get("when", [])
        return conditions if isinstance(conditions, list) else [conditions]

    def _is_wanted(self, task, registered):
        """One around a step that asks what another has done holds here, where none has done anything."""
        around = self._free(task["outer"].conditions, registered)
        return all(self._holds(condition) for condition in [*around, *self._conditions(task)])

    def _holds(self, condition):
        if TRUST:
            return self._templar.evaluate_conditional(condition)
        asked = Conditional(self._loader)
        asked.when = [condition]
        return asked.evaluate_conditional(self._templar, self._templar.available_variables)

    @staticmethod
    def _free(conditions, registered):
        """The conditions that ask for nothing that a step registers."""
        return [condition for condition in conditions if not any(name in str(condition) for name in registered)]

    def _templated(self, option, text):
        """An option with its value, or nothing where it is omitted. What needs no templating is taken as it stands."""
        from ansible.module_utils.mailhost.core.input import literal  # the base has made it a path

        is_literal, value = literal(text, self._templar.available_variables)
        if is_literal:
            return {option: value}
        omitted = self._templar.available_variables.get("omit")  # before ansible-core 2.19 a value like others
        return {name: value for name, value in self._templar.template({option: text}).items() if value != omitted}

    def _given(self, task):
        word = self.word(task["word"])
        values = {}
        for option, text in (task[task["word"]] or {}).items():
            values.update(self._templated(option, text))
        validation = ArgumentSpecValidator(word.spec).validate(self.plain(self.completed(word, values)))
        if validation.error_messages:
            raise AnsibleError("; ".join(validation.error_messages))
        return validation.validated_parameters


class _Hidden:
    """Conditions that do not count when a step's own text is looked at."""

    def __init__(self, conditions):
        self.conditions = conditions

    def __repr__(self):
        return ""
