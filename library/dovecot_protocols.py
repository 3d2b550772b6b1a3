#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: dovecot_protocols
short_description: Which of imap, imaps, pop3 and pop3s Dovecot serves
description:
  - Exactly these ports are opened, whatever the version's habit. Dovecot 1.x opens one port for each word of C(protocols);
    2.x opens 143 and 993 for C(imap), so there the listeners are set too.
  - Other protocols of Dovecot 2.x that are switched on, such as lmtp and sieve, stay.
  - Where Dovecot has a conf.d, one file is written, C(/etc/dovecot/mailhost.conf), which dovecot.conf includes last;
    elsewhere C(/etc/dovecot.conf) is edited in place and every other line keeps every byte.
  - A tree for Dovecot 2.3 under Dovecot 2.4 is refused, naming the settings that 2.4 does not know.
options:
  protocols:
    description:
      - One or more of V(imap) (143), V(imaps) (993), V(pop3) (110), V(pop3s) (995).
      - V(kpop) and V(rpop) are refused with the reason; Dovecot has neither.
    type: list
    elements: str
    required: true
  addresses:
    description: IP addresses to listen on, or V(*). Empty leaves what stands. Dovecot 1.0 takes one.
    type: list
    elements: str
    default: []
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.lock, mailhost.change, mailhost.accept]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: All four, as in the CentOS 5 manual
  dovecot_protocols:
    protocols: [imap, imaps, pop3, pop3s]

- name: Only TLS ports
  dovecot_protocols:
    protocols: [imaps, pop3s]
"""

RETURN = r"""
protocols:
  description: The protocols, in the order of Dovecot's manual.
  returned: success
  type: list
  elements: str
  sample: [imap, imaps]
ports:
  description: Their TCP ports.
  returned: success
  type: list
  elements: int
  sample: [143, 993]
version:
  description: Dovecot's version.
  returned: success
  type: str
  sample: 1.0.7

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
from ansible.module_utils.mailhost.words import dovecot_protocols


def main():
    run_module(dovecot_protocols.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
