from ansible.plugins.loader import action_loader

ActionModule = action_loader.get("mail_probe", class_only=True)
