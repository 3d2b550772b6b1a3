#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stunnel_services
short_description: TLS in front of a daemon that has none
description:
  - Writes F(/etc/mailhost/stunnel.conf) and brings the service C(mailhost-stunnel) for systemd or SysV init, which CentOS 5's package lacks.
  - The daemon behind sees every client as loopback. So a tunnel to SMTP comes from C(127.0.0.25) (Sendmail
    trusts C(127.0.0.1) whatever it is told), and is refused while that may relay; so is one to Cyrus' imap or pop3
    since Cyrus wants TLS from there too, and one on a port that the access daemon serves itself.
  - What the installed stunnel does not know is refused by name, as C(protocol=imap) and C(sslVersion) of 4.15.
options:
  services:
    description: The tunnels. With none, the service is stopped and its configuration removed.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The service's name in stunnel.conf.
        type: str
        required: true
      accept:
        description: Where clients come, C([address:]port).
        type: str
        required: true
      connect:
        description: Where the daemon is, C([address:]port); the host itself if no address is given.
        type: str
        required: true
      protocol:
        description: STARTTLS of this protocol; TLS from the first byte, if empty.
        type: str
        choices: ["", imap, pop3, smtp]
        default: ""
  ssl_version:
    description: stunnel's C(sslVersion); by default the lowest is TLS 1.2 where stunnel can say so.
    type: str
    default: ""
  key:
    description: Path of the key; by default where M(mail_certificate) puts it. stunnel reads it before it becomes nobody.
    type: path
  access:
    description: The access daemon.
    type: str
    choices: [dovecot, cyrus]
    default: dovecot
  protocols:
    description: What the access daemon serves itself.
    type: list
    elements: str
    default: []
  networks:
    description: Networks that may relay.
    type: list
    elements: str
    default: []
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.lock, mailhost.change, mailhost.accept, mailhost.certificate]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: imaps for a daemon that only has imap
  stunnel_services:
    services:
      - {name: imaps, accept: "993", connect: "143"}
    protocols: [imap]
"""

RETURN = r"""
version:
  description: stunnel's version.
  returned: when there are services
  type: str
  sample: "4.15"
serving:
  description: What M(mail_commit) should find answering, as its option C(serving) takes it.
  returned: success
  type: list
  elements: str
  sample: [serve imap implicit 993]
pending:
  description: Services that wait for M(mail_commit) to restart them.
  returned: always
  type: list
  elements: str
  sample: [mailhost-stunnel]
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
from ansible.module_utils.mailhost.words import stunnel_services


def main():
    run_module(stunnel_services.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
