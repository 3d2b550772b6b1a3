#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: sendmail_relay
short_description: Who may relay through Sendmail, and which mail it accepts
description:
  - Edits F(/etc/mail/sendmail.mc), F(access), F(relay-domains) and F(local-host-names) in place; what one wrote oneself stays.
  - The cf is made by the host's own m4 while reading, and only when sendmail.mc is not what the cf was made of. Maps are built under a
    new name. Before anything is swapped the candidate itself is asked with C(sendmail -bt) whether a stranger may relay.
  - Features and access rows that open a relay are refused with their line, whoever wrote them (cf/README, ANTI-SPAM CONFIGURATION
    CONTROL). RELAY stands in the access map for exactly those that O(networks) and O(relay_domains) name; F(relay-domains) is emptied,
    since its names are trusted as clients too.
  - Local mail goes through procmail into the Maildir, or by LMTP to Cyrus. AUTH is offered inside TLS only; saslauthd checks passwords.
options:
  hostname:
    description: Fully qualified name of the host (C(confDOMAIN_NAME)).
    type: str
    required: true
  mailbox_store:
    description: V(system) delivers to accounts; V(virtual) is refused, as Sendmail has no users of its own.
    type: str
    choices: [system, virtual]
    default: system
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.lock, mailhost.change, mailhost.certificate, mailhost.relay, mailhost.accept]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: The office may send anywhere, everybody else only to us
  sendmail_relay:
    hostname: mail.example.org
    domains: [example.org]
    networks: [127.0.0.0/8, 192.0.2.0/24]
"""

RETURN = r"""
version:
  description: Sendmail's version.
  returned: success
  type: str
  sample: 8.13.8

pending:
  description: Services that wait for M(mail_commit) to restart them.
  returned: always
  type: list
  elements: str
  sample: [sendmail]
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
from ansible.module_utils.mailhost.words import sendmail_relay


def main():
    run_module(sendmail_relay.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
