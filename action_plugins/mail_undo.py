from ansible.plugins.loader import action_loader


class ActionModule(action_loader.get("mailhost", class_only=True)):
    """``run: this`` is the run that is going on, as the journals name it."""

    def run(self, tmp=None, task_vars=None):
        if self._task.args.get("run") == "this":
            self._task.args = {**self._task.args, "run": self.who()}
        return super().run(tmp, task_vars)
