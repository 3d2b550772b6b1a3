#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_look
short_description: Whether anything on a host differs from what the role would make of it
description:
  - Reads the role's own list of steps, gives each word there what its task gives it, and asks the host for what all of them want to see in
    the same round trips. A host on which nothing differs needs no other task.
  - Predicts as check mode does and touches nothing. Where a word refuses its input or the host's configuration, RV(differs) is not empty,
    so that the word's own task says it.
options:
  steps:
    description:
      - The list of steps, a file of the role's C(tasks). Each step is one word with C(when) and C(register), nothing else, by itself or in a
        block or a file that is imported; what stands in C(rescue) is none.
    type: str
  asked:
    description: The words and what each is given, which the action makes of O(steps) for a host that runs its words itself.
    type: list
    elements: dict
    suboptions:
      word:
        description: The word.
        type: str
        required: true
      given:
        description: Its options.
        type: dict
        required: true
extends_documentation_fragment: [mailhost]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Look whether anything differs
  mail_look:
    steps: steps.yml
  register: look
"""

RETURN = r"""
differs:
  description: The first word that would change something; empty where nothing differs.
  returned: success
  type: list
  elements: str
  sample: [postfix_relay]
round_trips:
  description: How many times the host was asked something.
  returned: always
  type: int
  sample: 2
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mail_look


def main():
    run_module(mail_look.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
