from ansible.plugins.loader import action_loader

ActionModule = action_loader.get("mailhost", class_only=True)
