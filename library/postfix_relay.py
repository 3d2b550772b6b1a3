#!/usr/bin/python
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.entry import run_module
from ansible.module_utils.mailhost.features import postfix_relay


def main():
    run_module(postfix_relay, AnsibleModule)


if __name__ == "__main__":
    main()
