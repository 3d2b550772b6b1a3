#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_commit
short_description: Restart what changed, see that it serves, keep it or roll it back
description:
  - Restarts each pending service once (stop and start), and any service that does not run, is not enabled at boot, or does not answer.
  - Waits until every port greets, does the TLS handshake where TLS belongs, and offers a login that must be refused properly.
  - If one of them does not come, the host itself restores its journal, restarts, checks again, and the task fails with the daemon's log.
  - With nothing to do it only looks, in one round trip.
options:
  state:
    description:
      - V(confirmed) makes changes effective and confirms them.
      - V(aborted) takes back at once what this run changed and did not confirm, and restarts what it touched; for C(rescue),
        so that a run that fails half-way leaves nothing half done.
    type: str
    choices: [confirmed, aborted]
    default: confirmed
  services:
    description: The services of the host.
    type: list
    elements: str
    default: [dovecot, postfix]
  protocols:
    description: Protocols that must be served; the others of imap, imaps, pop3 and pop3s must be closed. Empty asks nothing.
    type: list
    elements: str
    default: []
  smtp:
    description: SMTP services that must be served.
    type: list
    elements: str
    choices: [smtp, submission]
    default: []
  address:
    description: The host's IPv4 address to ask, from the host itself.
    type: str
    default: 127.0.0.1
  serving:
    description:
      - What else should answer or be closed, in the lines that M(mail_undo) returns as RV(mail_undo#module:serving),
        such as V(serve imap implicit 993) or V(closed 110).
    type: list
    elements: str
    default: []
  user:
    description:
      - A mailbox's user. With it and its O(password) the host logs in from itself, inside TLS where it can, on each of imap and pop3 that
        is served, and opens the mailbox. A session that ends where it should serve is a fault, and the change is taken back.
      - Without it no login that should succeed is tried, and RV(unproved) says so.
    type: str
  password:
    description: The user's password. It goes by stdin and stands in no report.
    type: str
  mailbox:
    description:
      - The address whose mail O(user) reads. With it, and where something was changed, the host's C(sendmail) command gets one message
        for it, which the login then finds in INBOX and removes. Mail that is returned, waits for want of a way, or lies elsewhere is a
        fault, and the change is taken back. The message is taken out of the queue; nobody else gets one, nor a bounce (RFC 3461).
    type: str
  timeout:
    description: Seconds to wait for the ports to answer.
    type: int
    default: 30
  journal_keep:
    description: How many journals to keep.
    type: int
    default: 20
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.lock]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Make it effective
  mail_commit:
    protocols: [imap, imaps]
    smtp: [smtp]
"""

RETURN = r"""
faults:
  description: What did not run or did not answer before.
  returned: success
  type: list
  elements: str
  sample: []
restarted:
  description: The services that were restarted.
  returned: when something was done
  type: list
  elements: str
  sample: [dovecot]
unproved:
  description:
    - What could not be proved, each also a warning. That nobody can log in although every port greets and refuses a wrong password is
      seen only by a login that should succeed.
    - A login that is refused or not answered in time, a user without a mailbox, and STARTTLS of IMAP where the host's
      C(openssl s_client) does not know it (0.9.8), so that only its offer was seen.
  returned: when something was done
  type: list
  elements: str
  sample: ["no user and password were given, so no login that should succeed was tried"]
pending:
  description: Services that had been waiting.
  returned: success
  type: list
  elements: str
  sample: []
undone:
  description: The journals that were taken back.
  returned: with O(state=aborted)
  type: list
  elements: str
  sample: []
fault:
  description:
    - What did not serve, in one word to decide by; C(msg) says it in a sentence. V(unconfirmed) is a change that the host itself took back,
      because nobody confirmed it in time.
  returned: failure, if a change does not serve or was not confirmed
  type: str
  sample: greeting
after:
  description:
    - What became of the host. It V(serves) as before, serves and is restored in part only (V(partial)), does not serve although it was
      restored (V(dead)), or there was V(nothing) to restore.
  returned: failure, if a change does not serve or was not confirmed
  type: str
  sample: serves
round_trips:
  description: How many times the host was asked something.
  returned: always
  type: int
  sample: 1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mail_commit


def main():
    run_module(mail_commit.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
