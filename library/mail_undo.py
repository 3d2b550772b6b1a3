#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_undo
short_description: Take back what runs changed on a mail host
description:
  - Files get the content, mode and owner that the journal kept; commands are taken back where they have a way back, and the
    others are named in RV(not_undone). Installed packages stay, and removed mail does not come back.
  - A run is taken back whole, its newest change first. Whether all of it can be is seen before anything is changed; if not, each
    file that stands against it is named with the reason.
  - Services that did not run before the run are stopped, and do not begin at boot again, unless an earlier run had to do with them.
  - It is a change like any other, staged, checked by the daemon's parser and journalled; M(mail_commit) makes it effective.
  - Run again, it goes further back; what an undo did is not a change that it would take back.
options:
  count:
    description: How many runs to take back, the newest first.
    type: int
    default: 1
  id:
    description:
      - The run to take back instead of the last, or a single change of one, by its name in M(mail_history).
      - One that is not there, or was taken back before, is an error.
    type: str
  runs:
    description:
      - Take back what these runs did, as M(mail_history) names them, instead of the last O(count); C(this) is the run that is going on.
        A host where they did nothing stays as it is.
      - Of the first all is taken back, of the others what lies below no change of yet another run.
    type: list
    elements: str
    default: []
  force:
    description: Also overwrite files that somebody changed by hand since.
    type: bool
    default: false
extends_documentation_fragment: [mailhost, mailhost.host, mailhost.lock, mailhost.change]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Back by two runs
  mail_undo:
    count: 2
  register: back

- name: Make it effective
  mail_commit:
    services: "{{ back.services }}"
    serving: "{{ back.serving }}"

- name: One run, or one change, by its name in the history
  mail_undo:
    id: r91c6aa2f
"""

RETURN = r"""
undone:
  description: The changes taken back, the newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The journal's name; C(/var/lib/mailhost/journal/ID) holds it.
      type: str
    run:
      description: The run that the change belongs to.
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
      description: Empty; M(mail_history) has it afterwards.
      type: str
    changes:
      description: The files that were written or removed, and what was run.
      type: list
      elements: str
services:
  description: The services that had to restart and run on, for M(mail_commit).
  returned: success
  type: list
  elements: str
lines:
  description: What was taken back, by run, and what stays, as text.
  returned: success
  type: list
  elements: str
serving:
  description: What served when the run before was confirmed, for M(mail_commit) to see that it does again. Empty if that is not known.
  returned: success
  type: list
  elements: str
  sample: [serve imap implicit 993, closed 110]
not_undone:
  description: Commands that have no way back.
  returned: success
  type: list
  elements: str
  sample: [install postfix with apt-get]
round_trips:
  description: How many times the host was asked something.
  returned: always
  type: int
  sample: 1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mail_undo


def main():
    run_module(mail_undo.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
