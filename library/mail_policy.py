#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_policy
short_description: What a host's own configuration says of relaying, passwords and keys
description:
  - Computes who may relay by each smtpd service of Postfix (main.cf, master.cf with its C(-o), the defaults of the version, the order of
    the restrictions, the tables they name) and by Sendmail (sendmail.mc, access, class files), whoever wrote them.
  - Names what lets passwords go in clear (Postfix, Sendmail, Dovecot, Cyrus IMAP), tunnels in front of nothing, keys that do not fit,
    certificates that expired, and secrets that everybody may read; each cause with file and line.
  - Reads only, also on hosts that mailhost never touched.
  - Names who may log in beside the mailboxes; accounts with the uid 0, users that need no password, and what Dovecot's own program says
    of clients of other addresses.
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.accept]
options:
  mailboxes:
    description: >-
      The names of those who are meant to log in. Where it is given, every other account of the system that a daemon lets in is a cause
      of the kind C(login); those with the uid 0 are one always.
    type: list
    elements: str
    default: []
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Why is this host an open relay
  mail_policy:
  register: found
"""

RETURN = r"""
policy:
  description: >-
    What was read (C(about)); C(causes), each with rule, kind (open, wide, clear, login, forged, foreign, abuse, dead, secret,
    stale, unknown), place, what, way_out and witness, an envelope that would get through; C(networks) that may relay; C(domains)
    delivered here; C(ports) in state LISTEN; C(fingerprint), the SHA-256 of the certificate on disk; C(products), the version of
    each that runs; C(tunnels), ports that stunnel takes.
  returned: always
  type: dict
  sample:
    about: "debian 12, Postfix 3.7.11, Dovecot 2.3.19.1"
    causes: []

round_trips:
  description: How many times the host was asked something.
  returned: always
  type: int
  sample: 2
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mail_policy


def main():
    run_module(mail_policy.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
