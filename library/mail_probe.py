#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_probe
short_description: What a stranger sees of a mail host
description:
  - Runs on the controller (or wherever the task is delegated to as a module) and speaks SMTP, IMAP, POP3 and TLS to the host.
  - Proves protocols served and not served, one right certificate on every port, passwords in clear refused, logins with STARTTLS
    and implicit TLS, the relay battery refused with the controls that prove the daemon alive, and a message in by SMTP and out
    by IMAP and POP3.
  - A place that the host trusts, or the host itself, is no stranger; relay and cleartext are then C(invalid), never passed.
  - Never changes anything but for the one message it sends to O(user).
options:
  address:
    description: Address of the host.
    type: str
    required: true
  fqdn:
    description: Name that the certificate must cover.
    type: str
    required: true
  domain:
    description: A domain delivered there.
    type: str
    required: true
  protocols:
    description: Protocols that should be served; the others should be closed.
    type: list
    elements: str
    default: [imap, imaps, pop3, pop3s]
  smtp:
    description: SMTP services that should be served.
    type: list
    elements: str
    choices: [smtp, submission]
    default: [smtp]
  networks:
    description: The networks that the host trusts.
    type: list
    elements: str
    default: [127.0.0.0/8, "::1/128"]
  cleartext_login:
    description: What is asked of passwords in clear.
    type: str
    choices: [refuse, allow]
    default: refuse
  user:
    description: A mailbox to log in to. Without it logins and messages are not proved, and the result says so.
    type: str
  password:
    description: Its password.
    type: str
  fail:
    description: Whether a proof that fails or could not be made fails the task.
    type: bool
    default: true
extends_documentation_fragment: [mailhost]
author:
  - The mailhost authors
"""

EXAMPLES = r"""
- name: Prove it
  mail_probe:
    address: 192.0.2.25
    fqdn: mail.example.org
    domain: example.org
    protocols: [imaps]
"""

RETURN = r"""
proofs:
  description: For each proof its verdict (pass, warn, fail, invalid, none) and what was seen.
  returned: always
  type: dict
  sample:
    relay: {verdict: pass, detail: "48 patterns refused, 4 controls accepted"}
proved:
  description: Whether no proof failed or was invalid.
  returned: always
  type: bool
  sample: true

round_trips:
  description: How many times the host was asked something.
  returned: always
  type: int
  sample: 1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mail_probe


def main():
    run_module(mail_probe.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
