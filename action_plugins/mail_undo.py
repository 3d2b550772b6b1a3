from ansible.plugins.loader import action_loader


class ActionModule(action_loader.get("mailhost", class_only=True)):
    """``runs: [this]`` is the run that is going on, as its journals name it."""

    def run(self, tmp=None, task_vars=None):
        given = self._task.args.get("runs") or []
        runs = given if isinstance(given, list) else [given]
        self._task.args = {**self._task.args, "runs": [self.run_id if run == "this" else run for run in runs]}
        return super().run(tmp, task_vars)
