import importlib
import os

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.loader import action_loader


class ActionModule(action_loader.get("mailhost", class_only=True)):
    """Reads the role's own files of tasks, so that what a word is given stands in one place; asks for all of it at once."""

    def on_controller_only(self):
        return True

    def answer(self, feature, params):
        from ansible.module_utils.mailhost.core.errors import MailhostError  # the base has made it a path
        from ansible.module_utils.mailhost.core.host import Host

        try:
            return {"changed": False, "differs": self._differing(params["files"], Host(self.sh, self.who()))}
        except AnsibleConnectionFailure:
            raise
        except (MailhostError, AnsibleError):  # the word's own task will say it, in its own name and without a secret
            return {"changed": False, "differs": ["unknown"]}

    def _differing(self, files, host):
        """The first word that would change something, if any. What depends on what another registers is asked behind the others."""
        from ansible.module_utils.mailhost.core.converge import converge, foresee

        tasks = [task for name in files for task in self._tasks(name)]
        registered = {task["register"] for task in tasks if "register" in task}
        late = [task for task in tasks if any(name in str(task) for name in registered - {task.get("register")})]
        for group in ([task for task in tasks if task not in late], late):
            wanted = [task for task in group if self._is_wanted(task)]
            plain = [task for task in wanted if not hasattr(task["feature"], "converge")]
            plans = foresee([(task["feature"], self._given(task)) for task in plain], host) if plain else []
            self._register(plain, plans)
            differs = [task["word"] for task, plan in zip(plain, plans) if plan.differs]
            if differs or len(plans) > len(plain):
                return differs or ["mail_commit"]
            for task in wanted:
                told = {} if task in plain else converge(task["feature"], self._given(task), host, True)
                if told.get("changed") or told.get("warnings"):
                    return [task["word"]]
        return []

    def _register(self, tasks, plans):
        facts = {task["register"]: plan.facts for task, plan in zip(tasks, plans) if "register" in task}
        self._templar.available_variables = {**self._templar.available_variables, **facts}

    def _tasks(self, name):
        path = os.path.join(self._task._role._role_path, "tasks", name)
        found = []
        for task in self._loader.load_from_file(path, unsafe=True, trusted_as_template=True):
            word = next(key for key in task if os.path.exists(os.path.join(os.path.dirname(__file__), f"{key}.py")))
            feature = importlib.import_module(f"ansible.module_utils.mailhost.words.{word}")
            found.append({**task, "word": word, "feature": feature})
        return found

    def _is_wanted(self, task):
        conditions = task.get("when", [])
        return all(self._templar.evaluate_conditional(one) for one in (conditions if isinstance(conditions, list) else [conditions]))

    def _given(self, task):
        given = self._templar.template(task[task["word"]]) or {}
        validation = ArgumentSpecValidator(task["feature"].ARGUMENT_SPEC).validate(self.plain(given))
        if validation.error_messages:
            raise AnsibleError("; ".join(validation.error_messages))
        return validation.validated_parameters
