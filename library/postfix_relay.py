#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: postfix_relay
short_description: Who may relay through Postfix, and which mail it accepts
description:
  - Sets networks, domains, smarthost, authentication and TLS in main.cf, and the submission service in master.cf, in the terms of the
    installed version; before 2.10 the relay rule is part of C(smtpd_recipient_restrictions), since then C(smtpd_relay_restrictions).
  - Input that would let strangers relay is refused, and so is a service in master.cf whose C(-o) options take the rule away.
  - Restrictions of one's own in an old C(smtpd_recipient_restrictions) stay, behind the rule.
options:
  hostname:
    description: Fully qualified name of the host (C(myhostname)).
    type: str
    required: true
  mailbox_store:
    description: V(system) delivers to accounts, V(virtual) to C(/var/vmail).
    type: str
    choices: [system, virtual]
    default: system
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.lock, mailhost.change, mailhost.certificate, mailhost.relay, mailhost.accept]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: The office may send anywhere, everybody else only to us
  postfix_relay:
    hostname: mail.example.org
    domains: [example.org]
    networks: [127.0.0.0/8, 192.0.2.0/24]
"""

RETURN = r"""
version:
  description: Postfix' version.
  returned: success
  type: str
  sample: 2.3.3

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
from ansible.module_utils.mailhost.words import postfix_relay


def main():
    run_module(postfix_relay.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
