#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mailhost_info
short_description: Facts about a mail host, in one round trip
description:
  - Reads distribution, init system, mail products with their versions and dialects, listening ports, and changes that wait for a restart.
options: {}
extends_documentation_fragment: [mailhost, mailhost.host]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: What is this host?
  mailhost_info:
  register: here

- name: Show it
  ansible.builtin.debug:
    var: here.mailhost.versions
"""

RETURN = r"""
mailhost:
  description: The facts. Versions and dialects are null where a product is not installed.
  returned: always
  type: dict
  sample:
    distribution: debian
    release: "12"
    family: debian
    init: systemd
    versions: {dovecot: 2.3.19.1, postfix: 3.7.11, sendmail: null}
    dialects: {dovecot: "2.0", postfix: "2.10"}
    mta_active: postfix
    ports: [25, 110, 143, 587, 993, 995]
    pending: []

round_trips:
  description: How many times the host was asked something.
  returned: always
  type: int
  sample: 1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mailhost_info


def main():
    run_module(mailhost_info.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
