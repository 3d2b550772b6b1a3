"""What an inventory says of all hosts of a play, before the first is touched:
refused as a whole, each fault told once."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Mapping

from ..core.errors import BadInput
from ..core.host import Host
from ..core.input import nearest
from ..core.loss import accepted
from ..core.word import Alone

ARGUMENT_SPEC: "dict[str, Any]" = {
    "entry_points": {"type": "list", "elements": "str", "required": True},
    "steps": {"type": "list", "elements": "str", "required": True},
}
PREFIX = "mailhost_"
#: variables of the playbooks, which no entry point of the role takes
PLAYBOOKS = (
    "mailhost_hosts",
    "mailhost_plan_directory",
    "mailhost_undo_count",
    "mailhost_undo_id",
    "mailhost_undo_force",
    "mailhost_audit_slices",
)
#: what the role and the playbooks set themselves, for each other and for whoever goes on from there
RESULTS = (
    "mailhost_announced",
    "mailhost_audited",
    "mailhost_batch",
    "mailhost_batch_earlier",
    "mailhost_batch_fleet",
    "mailhost_batch_hold",
    "mailhost_batch_judge",
    "mailhost_plan",
    "mailhost_planned",
    "mailhost_planning",
    "mailhost_report",
    "mailhost_rollout",
)
#: the lists of what is accepted, which the words take from the variables and no task passes on
ACCEPT = ("mailhost_accept", "mailhost_relay_accept")
FAULTS, HOSTS = 50, 3  # told one by one, and named; of more the number


def unknown(names: "Iterable[str]", public: "Iterable[str]") -> "Iterator[BadInput]":
    """Each variable that looks like one of ours and is none."""
    offered = (*public, *PLAYBOOKS)
    for name in names:
        if name.startswith(PREFIX) and name not in offered and name not in RESULTS:
            meant = nearest(name[len(PREFIX) :], [known[len(PREFIX) :] for known in offered])
            way_out = (
                f"Did you mean {PREFIX}{meant}?"
                if meant
                else f"A variable of your own needs another prefix than {PREFIX}"
            )
            yield BadInput(name, "there is no such variable", way_out)


def unreasoned(variables: "Mapping[str, Any]") -> "Iterator[BadInput]":
    """Each list of what is accepted that has an entry without a reason."""
    for name in ACCEPT:
        try:
            accepted(variables.get(name) or (), name)
        except BadInput as error:
            yield error


def converge(params: "Mapping[str, Any]", host: Host, check_mode: bool) -> "dict[str, Any]":
    """One line for each fault, and for what several hosts have in common.

    The action adds ``checked``, the names of the hosts, and ``faults``:
    ``host``, ``where`` (file:line, or empty), ``text``.
    """
    hosts: "Dict[str, List[str]]" = {}
    for fault in params.get("faults", ()):
        line = f"{fault['where']}: {fault['text']}" if fault["where"] else fault["text"]
        hosts.setdefault(line, []).append("" if fault["where"] else fault["host"])
    lines = [f"{_named(names)}: {line}" if names[0] else line for line, names in hosts.items()]
    if len(lines) > FAULTS:
        lines[FAULTS:] = [f"and {len(lines) - FAULTS} more"]
    done = {"changed": False, "checked": params.get("checked", [])}
    return {**done, "failed": True, "msg": "\n".join(lines)} if lines else done


def _named(hosts: "List[str]") -> str:
    more = f" and {len(hosts) - HOSTS} more" if len(hosts) > HOSTS else ""
    return ", ".join(hosts[:HOSTS]) + more


WORD = Alone(ARGUMENT_SPEC, converge, on_controller=True)
