#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mailboxes
short_description: Mailbox users, one or ten thousand
description:
  - System users are made with useradd and get their password hash from chpasswd, all in one round trip; C(/etc/passwd) is never edited.
  - Virtual users stand in C(/etc/mailhost/users), a passwd-file of Dovecot's, 0640 root:dovecot; Postfix delivers to C(/var/vmail).
  - Hashes are accepted only in schemes that crypt(3) or Dovecot of this host verify, and are stored in the form that its version
    understands (always with a scheme; C({CRYPT}$6$...) is known to every version). They travel on stdin only.
  - Mailboxes that are not named stay as they are.
options:
  mailboxes:
    description: The mailboxes.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Local part and login, lower case.
        type: str
        required: true
      password_hash:
        description:
          - A hash as crypt(3) writes it, or with a scheme of Dovecot's in braces. V({PLAIN}) is refused.
          - Without it an existing password stays and a new mailbox has none.
        type: str
      state:
        description:
          - V(absent) removes the user and keeps the mail. V(locked) lets nobody log in; mail still arrives.
          - A lock that an administrator has set (C(passwd -l)) stays with V(present).
        type: str
        choices: [present, locked, absent]
        default: present
      aliases:
        description: Further local parts whose mail comes here.
        type: list
        elements: str
        default: []
      uid:
        description: The uid of a new system account, 500 or more.
        type: int
      purge_mail:
        description: With O(mailboxes[].state=absent), remove the mail too.
        type: bool
        default: false
      quota:
        description: Limit in KiB; M(cyrus_mailboxes) sets it, for Dovecot it is refused.
        type: int
      password:
        description: The clear password, which APOP needs and nothing else; see M(cyrus_mailboxes).
        type: str
  store:
    description: V(system) for accounts of the host, V(virtual) for Dovecot's passwd-file, or for Cyrus' own store (clear passwords).
    type: str
    choices: [system, virtual]
    default: system
  domains:
    description: The domains the mailboxes are in; needed for virtual ones and for aliases.
    type: list
    elements: str
    default: []
  access:
    description: What serves the mailboxes; a quota is Cyrus' to enforce, and refused for Dovecot.
    type: str
    choices: [dovecot, cyrus]
    default: dovecot
  other_accounts:
    description:
      - Whether accounts of the system that are in no O(mailboxes) may log in by IMAP, POP3 and SMTP AUTH; root and accounts of the
        system itself never may. Where O(mailboxes) is empty nobody but those is refused.
      - A line in front of the mail services of PAM says so (C(pam_listfile), C(pam_succeed_if)); C(/etc/mailhost/logins) is the list.
        Whoever has mail and would lose the login is a loss, C(loss.login NAME).
    type: str
    choices: [refuse, allow]
    default: refuse
  saslauthd:
    description: Whether C(saslauthd) answers for the daemons about passwords; it keeps what it knew, so it is restarted with a change.
    type: bool
    default: false
  mta:
    description: Whose tables hold the aliases, Postfix' F(/etc/mailhost/aliases) or Sendmail's F(/etc/mail/virtusertable).
    type: str
    choices: [postfix, sendmail]
    default: postfix
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.lock, mailhost.change, mailhost.accept]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Two people and a virtual store
  mailboxes:
    store: virtual
    domains: [example.org]
    mailboxes:
      - name: alice
        password_hash: "{{ vault_alice }}"
        aliases: [sales]
      - name: bob
        state: absent
"""

RETURN = r"""
created:
  description: Mailboxes that were made.
  returned: success
  type: list
  elements: str
  sample: [alice]
removed:
  description: Mailboxes that were removed.
  returned: success
  type: list
  elements: str
  sample: []
password_changed:
  description: Mailboxes that got another password.
  returned: success
  type: list
  elements: str
  sample: []

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
from ansible.module_utils.mailhost.words import mailboxes


def main():
    run_module(mailboxes.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
