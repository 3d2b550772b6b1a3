#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mta
short_description: Which mail transfer agent is the host's own
description:
  - Sets the alternative C(mta) where Red Hat's C(alternatives) manages it (F(/usr/sbin/sendmail), C(mailq), C(newaliases), the PAM and man
    links follow), stops the other MTAs, disables them in all runlevels, enables and starts this one.
  - The way back starts the others after the alternative is theirs again.
  - Messages that wait in the others' queues stay there and are counted in a warning.
  - On Debian the two packages exclude each other, so M(mail_packages) decides; this word then has nothing to do.
options:
  name:
    description: The MTA that is to run.
    type: str
    choices: [postfix, sendmail]
    required: true
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.lock, mailhost.change, mailhost.accept]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: CentOS 5's default
  mta:
    name: sendmail
"""

RETURN = r"""
mta:
  description: The host's MTA.
  returned: success
  type: str
  sample: sendmail
waiting:
  description: How many messages wait in the other MTAs' queues.
  returned: success
  type: int
  sample: 0
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
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mta


def main():
    run_module(mta.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
