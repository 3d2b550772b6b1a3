"""What a fleet's check mode predicts, grouped: hosts with the same changes are one group, whatever their names are."""

from __future__ import annotations

import json
import re
import time
from typing import Any, Dict, Iterable, List, Mapping

SCHEMA = 1
NAMES = 6  # named in the text; the JSON has all
_OWN = "(the host's name)"


#: what tells two processes apart and nothing else (ss, netstat)
_PROCESS = re.compile(r",?pid=[0-9]+,fd=[0-9]+|\b[0-9]+(?=/)")


def _without(names: "Iterable[str]", text: str) -> str:
    """A text without what is a host's own: its full names, where they stand alone, and numbers of processes."""
    for name in names:
        if "." in name:
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", _OWN, text)
    return text


def _names(host: "Mapping[str, Any]") -> "List[str]":
    return sorted({str(host.get("fqdn") or ""), str(host.get("name") or "")}, key=len, reverse=True)


def changes(host: "Mapping[str, Any]") -> "List[Dict[str, Any]]":
    """A host's changes in order, each with its word, its place (a file or what is run),
    the lines that go and those that come."""
    host_changes = []
    planned = host.get("planned") or []
    if any(
        task["word"] != "mail_commit" for task in planned
    ):  # what does not serve as it should before its change is no news
        planned = [task for task in planned if task["word"] != "mail_commit"]
    for task in planned:
        for diff in task.get("diff") or []:
            sides = {side: _without(_names(host), str(diff.get(side) or "")) for side in ("before", "after")}
            place = str(diff.get("after_header") or diff.get("before_header") or "")
            if sides["after"].strip() == place or place == "services":
                place = _PROCESS.sub("", sides["after"].strip()) if place == "services" else place
                sides = {"before": "", "after": ""}
            host_changes.append(
                {
                    "word": task["word"],
                    "place": place,
                    "before": sides["before"].splitlines(),
                    "after": sides["after"].splitlines(),
                }
            )
    return host_changes


def preview(hosts: "Mapping[str, Mapping[str, Any]]") -> "Dict[str, Any]":
    """The whole: groups of hosts with the same changes, the largest first;
    hosts that refuse, by reason; hosts that were not reached."""
    groups: "Dict[str, Dict[str, Any]]" = {}
    refused: "Dict[str, List[str]]" = {}
    unreached: "List[str]" = []
    for name, host in hosts.items():
        if host.get("unreachable"):
            unreached.append(name)
        elif host.get("refused"):
            refused.setdefault(_without(_names({**host, "name": name}), str(host["refused"])), []).append(name)
        else:
            host_changes = changes({**host, "name": name})
            restarts = sorted({service for task in host.get("planned") or [] for service in task.get("pending") or []})
            key = json.dumps([host_changes, restarts])
            group = groups.setdefault(key, {"hosts": [], "changes": host_changes, "restarts": restarts})
            group["hosts"].append(name)
    ordered = sorted(groups.values(), key=lambda group: -len(group["hosts"]))
    return {
        "schema": SCHEMA,
        "generated": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "hosts": len(hosts),
        "unchanged": [name for group in ordered if not group["changes"] for name in group["hosts"]],
        "groups": [group for group in ordered if group["changes"]],
        "certificates": [
            name
            for group in ordered
            if any(change["word"] == "mail_certificate" for change in group["changes"])
            for name in group["hosts"]
        ],
        "restarts": {
            service: sum(len(group["hosts"]) for group in ordered if service in group["restarts"])
            for service in sorted({service for group in ordered for service in group["restarts"]})
        },
        "refused": [{"reason": reason, "hosts": names} for reason, names in refused.items()],
        "unreachable": unreached,
    }


def count(names: "List[str]") -> str:
    """ "3 hosts (a, b, c)": so many of them by name."""
    more = f", {len(names) - NAMES} more" if len(names) > NAMES else ""
    return f"{len(names)} {'host' if len(names) == 1 else 'hosts'} ({', '.join(names[:NAMES])}{more})"


def lines(prediction: "Mapping[str, Any]") -> "List[str]":
    """The preview as text."""
    text: "List[str]" = []
    for group in prediction["groups"]:
        text.append(f"{count(group['hosts'])}:")
        for change in group["changes"]:
            text.append(f"  {change['place']}")
            text += [f"    - {line}" for line in change["before"]] + [f"    + {line}" for line in change["after"]]
        if group["restarts"]:
            text.append(f"  restarts: {', '.join(group['restarts'])}")
    for refusal in prediction["refused"]:
        text.append(f"{count(refusal['hosts'])} refuse: {refusal['reason']}")
    if prediction["unreachable"]:
        text.append(f"{count(prediction['unreachable'])} cannot be reached")
    if prediction["unchanged"]:
        text.append(f"{count(prediction['unchanged'])}: nothing to change")
    if prediction["restarts"]:
        text.append(
            "services that would restart: "
            + ", ".join(f"{name} on {number}" for name, number in prediction["restarts"].items())
        )
    if prediction["certificates"]:
        text.append(f"certificates that would change: {count(prediction['certificates'])}")
    return text
