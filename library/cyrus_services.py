#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cyrus_services
short_description: Which protocols Cyrus IMAP serves, and how one logs in
description:
  - Edits F(/etc/cyrus.conf) and F(/etc/imapd.conf) in place, in the names of the installed version (C(tls_server_cert) since 2.5).
  - Passwords are checked by saslauthd, and by a store of secrets that only user cyrus can read (F(/etc/mailhost/sasldb2)), which APOP needs.
  - The key is copied for user cyrus (F(/etc/mailhost/cyrus.key), mode 0400), since the daemon reads it as that user.
  - Services whose program is not installed are commented out, for one of them keeps the master from starting (Debian's own file has two).
  - Dovecot, if it runs or begins at boot, is stopped and disabled in the same step; its users' mail stays where it is and is counted in a
    warning. C(kpop) is refused where pop3d was built without Kerberos 4, as every current one is.
options:
  protocols:
    description: Exactly these are served.
    type: list
    elements: str
    required: true
  addresses:
    description: The one address to listen on; all, if empty.
    type: list
    elements: str
    default: []
  auth_mechanisms:
    description: SASL mechanisms, from V(plain), V(login), V(gssapi) and V(apop), which needs clear passwords.
    type: list
    elements: str
    default: [plain, login]
  cleartext_login:
    description: A password outside TLS (C(allowplaintext)).
    type: str
    choices: [refuse, allow]
    default: refuse
  admins:
    description: Administrators, who should own no mail.
    type: list
    elements: str
    default: [cyrus]
  key:
    description: Path of the key that is copied; by default where M(mail_certificate) puts it.
    type: path
  clear_passwords:
    description: Whether mailboxes have clear passwords, which C(apop) needs.
    type: bool
    default: false
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.lock, mailhost.change, mailhost.accept, mailhost.certificate]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: The chapter's defaults, inside TLS
  cyrus_services:
    protocols: [imap, imaps, pop3, pop3s]
"""

RETURN = r"""
version:
  description: Cyrus' version; 2.3 where it cannot say.
  returned: success
  type: str
  sample: "2.3"
protocols:
  description: What is served.
  returned: success
  type: list
  elements: str
  sample: [imap, imaps]
pending:
  description: Services that wait for M(mail_commit) to restart them.
  returned: always
  type: list
  elements: str
  sample: [cyrus-imapd]
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
from ansible.module_utils.mailhost.words import cyrus_services


def main():
    run_module(cyrus_services.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
