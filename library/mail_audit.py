#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_audit
short_description: Everything that a stranger sees of a mail host, as a verdict
description:
  - Runs on the controller (or wherever the task is delegated to as a module); probes only an address that the inventory names for the host.
  - The relay battery of fifty patterns and five controls on every SMTP port, over IPv4 and IPv6, and after a failed login; what the
    host's own policy would let through is tried besides, and both answers must agree.
  - The TLS battery (handshake, certificate, versions and ciphers against a profile, injection behind STARTTLS), the battery of logins
    (what is offered and taken before and inside TLS), and the ways of a message, whole with its attachment and its eight bits.
  - At most 32 connections at once and 60 seconds, and twelve times what its slowest port takes to greet; each dialogue, line and
    answer is bounded, so that no server can hold the prober.
  - A place that the host trusts is no stranger's; what was asked from there is C(invalid), never passed.
options:
  address:
    description: Address of the host, as the inventory has it.
    type: str
    required: true
  address6:
    description: Its IPv6 address, asked as well.
    type: str
    default: ""
  fqdn:
    description: Name that its certificate must cover.
    type: str
    required: true
  name:
    description: Name in the report; O(fqdn) if empty.
    type: str
    default: ""
  domain:
    description: A domain delivered there; if empty, one that O(policy) names.
    type: str
    default: ""
  passed_on:
    description: A domain that the host passes on; its patterns and control are left out where there is none.
    type: str
    default: ""
  networks:
    description: Networks that the host trusts, where O(policy) does not tell.
    type: list
    elements: str
    default: []
  protocols:
    description: >-
      The protocols of mail access that should be served, and no other of them. Not judged if empty; C(kpop), which greets nobody
      without a Kerberos ticket, never is.
    type: list
    elements: str
    choices: [imap, imaps, pop3, pop3s, kpop]
    default: []
  smtp:
    description: The SMTP services that should be served, on ports 25 and 587.
    type: list
    elements: str
    choices: [smtp, submission]
    default: []
  cleartext_login:
    description: What is asked of passwords in clear by IMAP and POP3. By SMTP they must be refused.
    type: str
    choices: [refuse, allow]
    default: refuse
  authenticated:
    description: Whether users who log in may send.
    type: bool
    default: true
  profile:
    description: >-
      What TLS is measured by: Mozilla's C(modern) and C(intermediate) (RFC 8997), or C(centos5), legacy and never compliant. If empty,
      O(policy) decides.
    type: str
    choices: ["", modern, intermediate, centos5]
    default: ""
  anchors:
    description: PEM file of the authorities that certificates must lead to. Without it a certificate is its own.
    type: path
  sink:
    description: A place outside, listened on during the audit, that mail for a domain arrives at; so what was accepted is followed.
    type: dict
    suboptions:
      domain:
        description: A domain whose mail comes to the sink, and which the host does not deliver.
        type: str
        required: true
      address:
        description: Address to listen on.
        type: str
        required: true
      port:
        description: Port to listen on.
        type: int
        default: 25
  user:
    description: A mailbox to log in to. Without it and O(password) logins and messages are not proved, and the report says so.
    type: str
  password:
    description: Its password; no report shows it.
    type: str
  policy:
    description: What M(mail_policy) returned of the host.
    type: dict
    default: {}
  directory:
    description: Where the whole record is written, C(hosts/NAME.json) on the controller; the result is then its summary.
    type: path
  fail:
    description: Whether a finding that fails or is invalid fails the task.
    type: bool
    default: true
extends_documentation_fragment: [mailhost]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Audit
  mail_audit:
    address: "{{ ansible_host }}"
    fqdn: mail.example.org
    directory: audit
"""

RETURN = r"""
verdict:
  description: The worst of all findings (pass, warn, invalid, fail).
  returned: always
  type: str
  sample: pass
counts:
  description: How many findings have which verdict.
  returned: always
  type: dict
  sample: {pass: 240}
bad:
  description: Findings that fail or are invalid, a line each.
  returned: always
  type: list
  elements: str
  sample: []
seconds:
  description: How long it took.
  returned: always
  type: float
  sample: 6.4
audit:
  description: The whole record (docs/audit.md), where no O(directory) is given.
  returned: without directory
  type: dict
  sample: {}

round_trips:
  description: How many times the host was asked something.
  returned: always
  type: int
  sample: 2
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mail_audit


def main():
    run_module(mail_audit.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
