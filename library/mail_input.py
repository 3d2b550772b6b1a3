#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_input
short_description: Whether what an inventory says of all hosts of a play can be used
description:
  - Compares the variables of every host of the play with the role's argument specs, and what each word of the role's
    steps would be given with what it takes. Fails for all hosts if one host's input is bad. Asks no host.
  - A variable whose name begins with C(mailhost_) and that is none of the role's is refused with the nearest name.
  - An error names the variable, and file and line where its value stands, as far as ansible-core knows them.
options:
  entry_points:
    description: Entry points of the role, in C(meta/argument_specs.yml), whose variables are checked by type and choice.
    type: list
    elements: str
    required: true
  steps:
    description: Files of the role's C(tasks) with the words that are to be given their options.
    type: list
    elements: str
    required: true
extends_documentation_fragment: [mailhost]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Check the input of every host
  mail_input:
    entry_points: [main]
    steps: [steps.yml]
  run_once: true
"""

RETURN = r"""
checked:
  description: The hosts whose input was checked.
  returned: always
  type: list
  elements: str
  sample: [mail1.example.org, mail2.example.org]
msg:
  description: One line for each fault; what several hosts have in common is one line.
  returned: failure
  type: str
  sample: "inventory/mine/hosts.yml:4: mailhost_protcols: there is no such variable. Did you mean mailhost_protocols?"
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mail_input


def main():
    run_module(mail_input.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
