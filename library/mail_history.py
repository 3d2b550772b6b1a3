#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_history
short_description: What was changed on a mail host, when, and by which run
description:
  - Reads the journals that every change leaves in C(/var/lib/mailhost/journal), root only; M(mail_commit) keeps the newest.
  - Changes nothing. M(mail_undo) takes changes back.
options: {}
extends_documentation_fragment: [mailhost, mailhost.host]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: What was done here?
  mail_history:
  register: done
"""

RETURN = r"""
history:
  description: The changes, the oldest first; each is a journal, which one word wrote.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The journal's name; C(/var/lib/mailhost/journal/ID) holds it.
      type: str
    run:
      description:
        - The run that the change belongs to, the same for all that one C(ansible-playbook) did on this host.
        - One that was made without a run's name, as by a version before 0.1.0, is a run of its own and has its own name here.
      type: str
    state:
      description: V(applied) (not confirmed yet), V(committed) or V(undone).
      type: str
    when:
      description: When it began, in seconds since 1970, by the host's clock.
      type: int
    who:
      description: The run, as user, controller and process.
      type: str
    services:
      description: The services that had to restart.
      type: list
      elements: str
    reverts:
      description: The journals that this change took back.
      type: list
      elements: str
    undone_by:
      description: The run that took it back; empty if none did.
      type: str
    changes:
      description: The files that were written or removed, and what was run.
      type: list
      elements: str
    accepted:
      description: What the change took away that O(mailboxes#module:accept) let through, each rule with its reason.
      type: list
      elements: str
runs:
  description: The runs, the newest first.
  returned: success
  type: list
  elements: dict
  contains:
    run:
      description: The run's name, as O(mail_undo#module:id) takes it.
      type: str
    who:
      description: The run, as user, controller and process.
      type: str
    when:
      description: When its first change began, in seconds since 1970, by the host's clock.
      type: int
    journals:
      description: Its changes, the newest first, as in RV(history).
      type: list
      elements: dict
round_trips:
  description: How many times the host was asked something.
  returned: always
  type: int
  sample: 1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mail_history


def main():
    run_module(mail_history.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
