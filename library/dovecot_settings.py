#!/usr/bin/python
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.entry import run_module
from ansible.module_utils.mailhost.features import dovecot_settings


def main():
    run_module(dovecot_settings, AnsibleModule)


if __name__ == "__main__":
    main()
