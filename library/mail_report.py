#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_report
short_description: The results of a fleet's audit, for programs
description:
  - Reads what M(mail_audit) left for each host below O(directory) and writes C(audit.json) (docs/audit.md has its schema), C(audit.xml)
    (JUnit) and C(audit.prom) (Prometheus' textfile format) there, mode 0600, each in one step.
  - A host without a record is C(invalid), never left out.
  - Runs on the controller.
options:
  directory:
    description: Directory on the controller.
    type: path
    required: true
  hosts:
    description: The hosts, in order.
    type: list
    elements: str
    required: true
  state:
    description:
      - C(announced) returns what an audit of these hosts may cost at most, and removes the records of an earlier one.
      - C(page) writes O(page) as C(audit.html).
    type: str
    choices: [announced, written, page]
    default: written
  page:
    description: The page for people, as it was rendered of C(audit.json).
    type: str
    default: ""
  slices:
    description: >-
      Directories of audits of parts of the fleet, such as workers brought back, read instead of O(directory), where an older audit may
      lie; of each host the newest record counts.
    type: list
    elements: path
    default: []
  missing:
    description: Why a host has no record, by its name.
    type: dict
    default: {}
extends_documentation_fragment: [mailhost]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Report
  mail_report:
    directory: audit
    hosts: "{{ groups['mailhosts'] }}"
"""

RETURN = r"""
verdict:
  description: The worst of all hosts.
  returned: when written
  type: str
  sample: pass
summary:
  description: How many hosts have which verdict.
  returned: when written
  type: dict
  sample: {pass: 3}
todo:
  description: What must be done, the worst first; findings of the same kind with the same fix are one, for all hosts.
  returned: when written
  type: list
  elements: dict
  contains:
    verdict:
      description: V(fail), V(invalid) (it could not be asked) or V(warn).
      type: str
    id:
      description: The question.
      type: str
    title:
      description: What should be.
      type: str
    fix:
      description: What to do about it; empty if the answer says it.
      type: str
    places:
      description: The hosts that gave the same answer (C(detail)) at the same endpoints (C(where)).
      type: list
      elements: dict
lines:
  description: The same as text.
  returned: when written
  type: list
  elements: str
rows:
  description: For each host its verdict and the verdict of each battery.
  returned: when written
  type: list
  elements: dict
  sample: []
bounds:
  description: Connections in all, connections at once, and seconds for each host, at most.
  returned: when announced
  type: dict
  sample: {connections: 1400, at_once: 32, seconds: 204}
written:
  description: The files.
  returned: when written
  type: list
  elements: str
  sample: [audit/audit.json]

round_trips:
  description: How many times the host was asked something.
  returned: always
  type: int
  sample: 2
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mail_report


def main():
    run_module(mail_report.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
