#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_plan
short_description: What a run would do to a fleet, grouped
description:
  - Puts hosts with the same changes into one group, whatever their names are, and returns them as lines for people; C(plan.json) in
    O(directory) has the same and every host's name, mode 0600, written in one step. docs/fleet.md has its schema.
  - Runs on the controller, over what playbooks/plan.yml gathered in check mode. Diffs never hold a secret, so neither does this.
options:
  directory:
    description: Directory on the controller.
    type: path
    required: true
  hosts:
    description:
      - "By host: C(planned), a list of word, diff and pending services; C(refused), the reason; C(unreachable); C(fqdn)."
    type: dict
    required: true
extends_documentation_fragment: [mailhost]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Group what is alike
  mail_plan:
    directory: plan
    hosts:
      mx1.example.org: {unreachable: true}
"""

RETURN = r"""
lines:
  description: The plan as text.
  returned: success
  type: list
  elements: str
  sample: ["1 host (mx1.example.org) cannot be reached"]
plan:
  description: The same as data.
  returned: success
  type: dict
  sample: {schema: 1}
written:
  description: The file.
  returned: success
  type: str
  sample: plan/plan.json
round_trips:
  description: How many times the host was asked something.
  returned: always
  type: int
  sample: 0
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mail_plan


def main():
    run_module(mail_plan.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
