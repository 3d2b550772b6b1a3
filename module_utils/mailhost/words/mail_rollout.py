"""A rollout's plan and its record: which hosts go together, who holds the fleet,
and what each host is after its batch."""

from __future__ import annotations

import os
import time
from typing import Any, Dict, List, Mapping, Optional

from ..core.host import Host
from ..core.word import Alone
from ..rollout import batches
from ..rollout.record import Record

ARGUMENT_SPEC: "dict[str, Any]" = {
    "state": {"type": "str", "choices": ["described", "held", "planned", "begun", "judged"], "required": True},
    "directory": {"type": "path", "required": True},
    "name": {"type": "str", "default": ""},
    "fqdn": {"type": "str", "default": ""},
    "domains": {"type": "list", "elements": "str", "default": []},
    "canary": {"type": "raw", "default": False},
    "fleet": {"type": "list", "elements": "dict", "default": []},
    "batches": {"type": "list", "elements": "raw", "default": []},
    "hold": {"type": "raw", "default": 0},
    "kinds": {"type": "dict", "default": {}},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "results": {"type": "dict", "default": {}},
}
NAMES = 40  # named one by one in a summary; more are in the record


def converge(params: Mapping[str, Any], host: Host, check_mode: bool) -> "dict[str, Any]":
    """Runs on the controller; each state is a step of playbooks/rollout.yml. Nothing of it touches a host."""
    record = Record(params["directory"])
    done: "Dict[str, Any]" = {"changed": False}
    step = {"described": _describe, "held": _hold, "planned": _plan, "begun": _begin, "judged": _judge}[params["state"]]
    done.update(step(params, record, host))
    return done


def _describe(params: Mapping[str, Any], record: Record, host: Host) -> "Dict[str, Any]":
    """``described`` is what the next steps need of a host. The action adds ``variables``,
    the text that the digest is made of."""
    described = {name: params[name] for name in ("name", "fqdn", "domains", "canary")}
    return {"described": {**described, "digest": record.digest(str(params.get("variables", "")))}}


def _hold(params: Mapping[str, Any], record: Record, host: Host) -> "Dict[str, Any]":
    fleet = batches.members(params["fleet"])
    named = batches.check(fleet, params["batches"])
    seconds = batches.hold(params["hold"], _at_a_terminal())
    record.hold([member.name for member in fleet], os.getppid(), host.who)
    return {"canaries": named, "hold": "ask" if seconds is None else seconds}


def _plan(params: Mapping[str, Any], record: Record, host: Host) -> "Dict[str, Any]":
    fleet = batches.members(params["fleet"])
    named = batches.check(fleet, params["batches"])
    first = named or batches.of_each_kind(fleet, params["kinds"])
    every = batches.batches(fleet, first, params["batches"])
    digests = {str(described["name"]): str(described["digest"]) for described in params["fleet"]}
    done = [member.name for member in fleet if record.is_new(member.name, digests[member.name])]
    remaining = [[name for name in batch if name not in done] for batch in every]
    remaining = [batch for batch in remaining if batch]
    if not remaining:  # the earlier one had come to its end but for its last words
        record.forget(done)
        done, remaining = [], every
    rows = [
        {
            "name": f"batch-{number}-of-{len(remaining)}",
            "hosts": batch,
            "canary": set(batch) <= set(first),
            "last": number == len(remaining),
            "first": number == 1,
        }
        for number, batch in enumerate(remaining, 1)
    ]
    return {
        "canaries": first,
        "done": done,
        "plan": rows,
        "order": _order(remaining, rows, record),
        "lines": [_line(row) for row in rows]
        + ([f"new already, since the rollout that stopped: {_names(done)}"] if done else []),
    }


def _order(remaining: "List[List[str]]", rows: "List[Dict[str, Any]]", record: Record) -> "List[Dict[str, Any]]":
    """Every host behind the judge of its batch; the groups' names sort as the batches go."""
    return [
        {
            "name": name,
            "batch": str(row["name"]),
            "group": f"mailhost_batch_{number:05}",
            "earlier": record.unproved(name),
        }
        for number, (batch, row) in enumerate(zip(remaining, rows), 1)
        for name in (str(row["name"]), *batch)
    ]


def _line(row: "Mapping[str, Any]") -> str:
    return f"{row['name']}{' (canaries)' if row['canary'] else ''}: {_names(row['hosts'])}"


def _names(names: "List[str]") -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return (
        f"{len(names)} {'host' if len(names) == 1 else 'hosts'}: {' '.join(names[:NAMES])}{more}" if names else "none"
    )


def _begin(params: Mapping[str, Any], record: Record, host: Host) -> "Dict[str, Any]":
    for name in params["hosts"]:
        record.tell(name, "begun", host.run_id)
    return {}


def _judge(params: Mapping[str, Any], record: Record, host: Host) -> "Dict[str, Any]":
    """What the batch's hosts are now; ``failed`` with the summary as message if one of them did not prove itself."""
    digests = {str(described["name"]): str(described["digest"]) for described in params["fleet"]}
    every = list(digests)
    stands: "Dict[str, Dict[str, Any]]" = {}
    for name in params["hosts"]:
        state, why = _became(params["results"].get(name) or {})
        record.tell(name, state, host.run_id, why, digests.get(name, ""))
    for name in every:
        known = record.host(name)
        mine = known.get("run") == host.run_id or record.is_new(name, digests[name])
        stands[name] = {
            "state": known.get("state", "old") if mine else "old",
            "why": known.get("why", "") if mine else "",
        }
    bad = [name for name in params["hosts"] if stands[name]["state"] != "new"]
    summary = {
        state: [name for name in every if stands[name]["state"] == state] for state in ("new", "undone", "old", "lost")
    }
    lines = [f"{state}: {_names(names)}" for state, names in summary.items() if names or state in ("new", "old")]
    lines += [f"{name}: {stands[name]['why']}" for name in bad if stands[name]["why"]]
    over = not bad and all(stands[name]["state"] == "new" for name in every)
    record.summarize(summary)
    if bad or over:
        record.release(os.getppid())
    if over:
        record.forget(every)
    result: "Dict[str, Any]" = {
        "summary": summary,
        "lines": lines,
        "over": over,
        "seconds": _seconds(params["results"]),
    }
    if bad:
        took = "" if result["seconds"] is None else f" {result['seconds']:.0f} s after the first failed proof"
        extent = "what could be reached of it" if summary["lost"] else "it"
        head = (
            f"stopped: {len(bad)} of {len(params['hosts'])} hosts of this batch are not new; "
            f"{extent} was taken back{took}"
        )
        result.update(failed=True, msg="\n".join([head, *lines, "Mend it and run again: it goes on with this batch"]))
    return result


def _became(result: "Mapping[str, Any]") -> "tuple[str, str]":
    """A host's state and the reason. ``lost`` is one that could not be asked any more, before its proof or for its
    undo: what was not confirmed it takes back by itself, and the next rollout takes back what was."""
    if not result:
        return "lost", "unreachable; a change that was not confirmed it takes back by itself, and the next run looks"
    if result.get("lost"):
        return "lost", str(result.get("why", ""))
    if result.get("undone") is None:
        why = str(result.get("why", ""))
        return ("lost", f"{why}; it could not be reached to be taken back") if why else ("new", "")
    return ("undone" if result["undone"] or result.get("why") else "old"), str(result.get("why", ""))


def _seconds(results: "Mapping[str, Any]") -> "Optional[float]":
    times = [float(result["at"]) for result in results.values() if result and result.get("at")]
    return round(time.time() - min(times), 1) if times else None


def _at_a_terminal() -> bool:
    """Whether the run itself (this process' parent) has one to ask at."""
    try:
        return os.readlink(f"/proc/{os.getppid()}/fd/0").startswith(("/dev/pts/", "/dev/tty", "/dev/console"))
    except OSError:
        return False


WORD = Alone(ARGUMENT_SPEC, converge, on_controller=True)
