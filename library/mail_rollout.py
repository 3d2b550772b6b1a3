#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_rollout
short_description: Plan and record of a rollout
description:
  - The steps of playbooks/rollout.yml that think and remember. Each runs on the controller; none of them touches a host.
  - Hosts that serve one and the same domain are never in one batch. Sizes are those of Ansible's C(serial), of the whole fleet; the last
    one repeats.
  - The record in O(directory) (mode 0600) says what each host is, with a keyed digest of its variables and none of them in clear. A host
    that an unfinished rollout made new is left out of the next, unless its variables have changed.
options:
  state:
    description:
      - C(described) takes what the inventory says of one host; C(held) refuses what cannot be rolled out and takes the fleet's lock for as
        long as the playbook's process lives; C(planned) makes the batches; C(begun) and C(judged) record a batch.
      - C(judged) fails, with a summary, if a host of the batch is not new.
    type: str
    choices: [described, held, planned, begun, judged]
    required: true
  directory:
    description: Where the record is kept, on the controller.
    type: path
    required: true
  name:
    description: The host, as the inventory calls it.
    type: str
    default: ""
  fqdn:
    description: The host's own name. No two hosts of a rollout have the same.
    type: str
    default: ""
  domains:
    description: The domains that the host serves.
    type: list
    elements: str
    default: []
  canary:
    description: Whether the host is a canary; or the names of all canaries.
    type: raw
    default: false
  fleet:
    description: What C(described) returned for each host, in order.
    type: list
    elements: dict
    default: []
  batches:
    description: A number of hosts, or a share of the fleet such as C(10%), each.
    type: list
    elements: raw
    default: []
  hold:
    description: Seconds between batches, or C(ask).
    type: raw
    default: 0
  kinds:
    description: By host, what kind it is; without named canaries, one of each kind goes first.
    type: dict
    default: {}
  hosts:
    description: The hosts of the batch.
    type: list
    elements: str
    default: []
  results:
    description: "By host of the batch: C(proved), C(why) not, C(at) which time, how many changes were C(undone), whether it is C(lost)."
    type: dict
    default: {}
extends_documentation_fragment: [mailhost]
author:
  - The mailhost authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Who goes first, and who goes together
  mail_rollout:
    state: planned
    directory: /var/lib/rollouts
    fleet:
      - {name: mx1, fqdn: mx1.example.org, domains: [example.org], canary: true, digest: "0"}
      - {name: mx2, fqdn: mx2.example.org, domains: [example.org], digest: "0"}
    batches: ["100%"]
"""

RETURN = r"""
plan:
  description: "The batches: name, hosts, whether they are canaries, whether it is the first or the last."
  returned: when planned
  type: list
  elements: dict
  sample: [{name: batch-1-of-2, hosts: [mx1], canary: true, first: true, last: false}]
order:
  description:
    - Every host and every batch's judge, in the order in which they are rolled out.
    - C(earlier) are the runs that began with a host and came to no end; if it is not proved, what they did is taken back too.
  returned: when planned
  type: list
  elements: dict
  sample: [{name: mx1, batch: batch-1-of-2, group: mailhost_batch_00001, earlier: []}]
canaries:
  description: The hosts that go first; when held, those that the inventory names.
  returned: when held or planned
  type: list
  elements: str
  sample: [mx1]
done:
  description: The hosts that an unfinished rollout made new.
  returned: when planned
  type: list
  elements: str
  sample: []
hold:
  description: The same as the option, checked.
  returned: when held
  type: raw
  sample: 0
described:
  description: What the next steps need of the host.
  returned: when described
  type: dict
  sample: {name: mx1, fqdn: mx1.example.org, domains: [example.org], canary: true, digest: "0"}
summary:
  description: The names of hosts that are new, undone, old, and lost.
  returned: when judged
  type: dict
  sample: {new: [mx1], undone: [], old: [mx2], lost: []}
lines:
  description: The batches, or where the rollout stands, as text.
  returned: when planned or judged
  type: list
  elements: str
  sample: ["new: 1 host: mx1"]
over:
  description: Whether every host is new.
  returned: when judged
  type: bool
  sample: false
seconds:
  description: Seconds since the first failed proof.
  returned: when judged
  type: float
  sample: 8.1
round_trips:
  description: How many times the host was asked something.
  returned: always
  type: int
  sample: 0
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mailhost.core.entry import run_module
from ansible.module_utils.mailhost.words import mail_rollout


def main():
    run_module(mail_rollout.WORD, AnsibleModule)


if __name__ == "__main__":
    main()
