#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: dovecot_settings
short_description: Dovecot's logins, mail location and TLS
description:
  - Sets authentication mechanisms, the policy on passwords in clear, where mail lies, which users there are, certificate and key,
    and the socket that Postfix authenticates through, in the terms of the installed version (1.0 to 2.4).
  - Exactly one password and user database stays; an include of the package's C(auth-system.conf.ext) is commented out for virtual users.
options:
  auth_mechanisms:
    description:
      - SASL mechanisms; V(plain) and V(login).
      - Mechanisms that need the clear password (V(apop), V(cram-md5), V(digest-md5), ...) are refused, because both stores hold
        hashes, and Dovecot with a mechanism that no database can serve refuses every login.
    type: list
    elements: str
    default: [plain, login]
  cleartext_login:
    description: Whether a password is taken over an unencrypted connection. Connections from the host itself count as encrypted for Dovecot.
    type: str
    choices: [refuse, allow]
    default: refuse
  maildir:
    description: The Maildir, relative to the user's home.
    type: str
    default: Maildir
  mailbox_store:
    description: V(system) asks PAM and passwd(5); V(virtual) asks C(/etc/mailhost/users), which M(mailboxes) writes.
    type: str
    choices: [system, virtual]
    default: system
  postfix_sasl:
    description: Whether to offer C(/var/spool/postfix/private/auth) to Postfix.
    type: bool
    default: true
  clear_passwords:
    description: Whether users of the virtual store have clear passwords, which C(apop) needs.
    type: bool
    default: false
  mail_format:
    description:
      - How mail lies on disk. V(keep) leaves the format and the place where users have mail in another than O(maildir);
        where nobody has, it is a Maildir.
      - V(mbox) is files in F(~/mail) with the INBOX in F(/var/mail).
      - Users whose mail would be lost from view are a loss (C(loss.mail_location)), which the word refuses.
    type: str
    choices: [keep, maildir, mbox]
    default: keep
  other_databases:
    description:
      - What becomes of databases of passwords and users beside the store's, such as SQL, LDAP, Lua or a passwd-file of
        another path. V(refuse) names each with file and line; V(keep) leaves them, and adds the store's own.
      - Databases that deny users or are for masters stay either way.
    type: str
    choices: [refuse, keep]
    default: refuse
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.lock, mailhost.change, mailhost.accept, mailhost.certificate]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Logins inside TLS only
  dovecot_settings:
    cleartext_login: refuse
    auth_mechanisms: [plain, login]
"""

RETURN = r"""
version:
  description: Dovecot's version.
  returned: success
  type: str
  sample: 2.4.1

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
from ansible.module_utils.mailhost.words import dovecot_settings


def main():
    run_module(dovecot_settings.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
