from ansible.plugins.loader import action_loader
from ansible.utils.vars import load_extra_vars


class ActionModule(action_loader.get("mailhost", class_only=True)):
    """Only what the inventory names is probed: neither another address in the task, nor one from the command line."""

    def run(self, tmp=None, task_vars=None):
        given = {name for name in ("mailhost_address", "ansible_host") if name in load_extra_vars(self._loader)}
        known = [
            self._templar.template(task_vars.get(name))
            for name in ("mailhost_address", "ansible_host", "inventory_hostname")
        ]
        for option in ("address", "address6"):
            address = self._task.args.get(option)
            known_too = (
                known + [self._templar.template(task_vars.get("mailhost_address6"))] if option == "address6" else known
            )
            if address and (given or address not in known_too):
                why = (
                    f"{', '.join(sorted(given))} comes from the command line"
                    if given
                    else "the inventory does not name it for this host"
                )
                return {
                    "failed": True,
                    "msg": f"{option}: {address} is outside the inventory: {why}. Put the host into an inventory",
                }
        return super().run(tmp, task_vars)
