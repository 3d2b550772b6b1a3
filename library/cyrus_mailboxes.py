#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cyrus_mailboxes
short_description: Mailboxes of Cyrus IMAP and their quotas
description:
  - Makes mailboxes, sets quotas and removes mailboxes over IMAP inside TLS (RFC 3501, 2087, 4314), all in one session. The administrator
    who does it, C(mailhost), has a random password that begins and ends with that session.
  - What stands is read with C(ctl_mboxlist) and C(quota). Cyrus must run with what M(cyrus_services) wrote.
options:
  mailboxes:
    description: The mailboxes.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The user; one part of a mailbox' name, so without a dot.
        type: str
        required: true
      state:
        description: With V(absent) the mailbox stays, unless O(mailboxes[].purge_mail).
        type: str
        choices: [present, locked, absent]
        default: present
      quota:
        description: Limit in KiB (1024 octets, RFC 2087). Without it none is set and none is taken away.
        type: int
      password:
        description: The clear password, for APOP only; kept where only user cyrus can read it.
        type: str
      purge_mail:
        description: With O(mailboxes[].state=absent), remove the mailbox and its mail.
        type: bool
        default: false
      password_hash:
        description: Not used here; for M(mailboxes).
        type: str
      aliases:
        description: Not used here; for M(mailboxes).
        type: list
        elements: str
      uid:
        description: Not used here; for M(mailboxes).
        type: int
  protocols:
    description: What is served; mailboxes are made over imaps, else over imap with STARTTLS.
    type: list
    elements: str
    default: [imap, imaps, pop3, pop3s]
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.lock, mailhost.change, mailhost.accept]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Two mailboxes, one with a limit
  cyrus_mailboxes:
    mailboxes:
      - name: alice
        quota: 512000
      - name: bob
"""

RETURN = r"""
created:
  description: Mailboxes made.
  returned: success
  type: list
  elements: str
  sample: [alice]
removed:
  description: Mailboxes removed with their mail.
  returned: success
  type: list
  elements: str
  sample: []
quotas:
  description: Mailboxes whose quota was set.
  returned: success
  type: list
  elements: str
  sample: [alice]
secrets:
  description: Users whose secret for APOP was set.
  returned: when any was
  type: list
  elements: str
  sample: [alice]
pending:
  description: Services that wait for M(mail_commit) to restart them.
  returned: always
  type: list
  elements: str
  sample: []
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
from ansible.module_utils.mailhost.words import cyrus_mailboxes


def main():
    run_module(cyrus_mailboxes.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
