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
  domains:
    description: Domains delivered here.
    type: list
    elements: str
    required: true
  networks:
    description: Networks, as address/length, whose hosts may send anywhere. Host bits, names, and anything wider than /8 (IPv6 /16) are refused.
    type: list
    elements: str
    default: [127.0.0.0/8, "::1/128"]
  relay_domains:
    description: Domains accepted from everyone and passed on.
    type: list
    elements: str
    default: []
  authenticated:
    description: Whether a user who logged in may send anywhere; opens the submission port 587, TLS only.
    type: bool
    default: true
  smarthost:
    description: Where mail for elsewhere goes; a name, or C([host]:port). Empty sends it directly.
    type: str
    default: ""
  certificate:
    description: Path of the certificate; by default where M(mail_certificate) puts it.
    type: path
  key:
    description: Path of the key; by default where M(mail_certificate) puts it.
    type: path
  mailbox_store:
    description: V(system) delivers to accounts; V(virtual) is refused, as Sendmail has no users of its own.
    type: str
    choices: [system, virtual]
    default: system
  maildir:
    description: The Maildir, relative to the user's home.
    type: str
    default: Maildir
  access:
    description: What takes the mail delivered here, V(dovecot) by the user's Maildir, V(cyrus) by LMTP.
    type: str
    choices: [dovecot, cyrus]
    default: dovecot

  accept:
    description: >-
      Rules that let strangers through and stay all the same, by the name that an error or a report gives them; each with a reason, which
      every report shows.
    type: list
    elements: dict
    default: []
    suboptions:
      rule:
        description: The rule's name, such as C(FEATURE relay_entire_domain).
        type: str
        required: true
      reason:
        description: Why it may stay.
        type: str
        required: true
  lock_timeout:
    description: Seconds to wait for another run that holds the host's lock; then an error names the holder.
    type: int
    default: 60
  confirm_timeout:
    description: Seconds within which M(mail_commit) must confirm the change; else the host takes it back by itself. 0 is never.
    type: int
    default: 600
attributes:
  check_mode:
    description: Predicts exactly what a run would do and touches nothing.
    support: full
  diff_mode:
    description: Names each setting that changes; never shows a secret.
    support: full
notes:
  - With C(mailhost_execution=controller), the default, the host needs a POSIX sh and coreutils, and no Python.
    With C(mailhost_execution=module) the same code runs as an ordinary module, on Python 3.8 or newer.
  - All of a change is applied or none of it; M(mail_commit) restarts what changed, or takes it back.
author:
  - The mailhost authors
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
from ansible.module_utils.mailhost.entry import run_module
from ansible.module_utils.mailhost.features import sendmail_relay


def main():
    run_module(sendmail_relay, AnsibleModule)


if __name__ == "__main__":
    main()
