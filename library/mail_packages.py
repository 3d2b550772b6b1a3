#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_packages
short_description: The packages a mail host needs, by product
description:
  - Installs what is missing with apt-get, dnf, yum or zypper, and asks the package database afterwards whether it came
    (yum 3.2 of CentOS 5 succeeds when it knows no such package).
  - Installed packages are not removed when a later step fails.
options:
  products:
    description: Products; V(postfix), V(dovecot), V(openssl).
    type: list
    elements: str
    required: true
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.lock, mailhost.change, mailhost.accept]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Postfix and Dovecot
  mail_packages:
    products: [postfix, dovecot, openssl]
"""

RETURN = r"""
packages:
  description: The packages of these products on this distribution.
  returned: success
  type: list
  elements: str
  sample: [postfix, dovecot-imapd, dovecot-pop3d, openssl]
installed:
  description: Those that were missing.
  returned: success
  type: list
  elements: str
  sample: []

mtas:
  description: The mail transfer agents that were installed before this run.
  returned: success
  type: list
  elements: str
  sample: [postfix]
tunnels:
  description: Whether M(stunnel_services) has tunnels configured there.
  returned: success
  type: bool
  sample: false
pending:
  description: Services that wait for M(mail_commit) to restart them.
  returned: always
  type: list
  elements: str
  sample: [dovecot]
journal:
  description: The journal of this change on the host, below C(/var/lib/mailhost/journal).
  returned: when something was changed
  type: str
  sample: 20261123T110000-0a1b2c3d

round_trips:
  description: How many times the host was asked something.
  returned: always
  type: int
  sample: 1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mail_packages


def main():
    run_module(mail_packages.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
