#!/usr/bin/python
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.entry import run_module
from ansible.module_utils.mailhost.features import mail_probe


def main():
    run_module(mail_probe, AnsibleModule)


if __name__ == "__main__":
    main()
