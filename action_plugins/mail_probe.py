from ansible.plugins.loader import action_loader


class ActionModule(action_loader.get("mailhost", class_only=True)):
    def on_controller_only(self):
        return True
