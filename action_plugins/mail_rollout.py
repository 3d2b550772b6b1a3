import json

from ansible.plugins.loader import action_loader


class ActionModule(action_loader.get("mailhost", class_only=True)):
    """A description is made of what the inventory says the host is to be."""

    def run(self, tmp=None, task_vars=None):
        self._task_vars = task_vars or {}
        return super().run(tmp, task_vars)

    def answer(self, word, params):
        from ansible.module_utils.mailhost.rollout.record import describes  # the base has made it a path

        if params["state"] == "described":
            names = sorted(name for name in self._task_vars if describes(name))
            variables = {name: self._templar.template(self._task_vars[name]) for name in names}
            params = {**params, "variables": json.dumps(variables, sort_keys=True, default=str)}
        return super().answer(word, params)
