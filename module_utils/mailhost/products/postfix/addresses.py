"""Where the addresses of mailboxes lead: two tables of our own that Postfix looks up."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Optional, Sequence

from ...core.host import Command, File, Request, Seen
from ...core.operations import Plan
from ...formats.keyed import Keyed
from .configure import ALIASES, MAILBOXES, MAP_TYPE, map_files, map_type

HEAD = "# Written by mailhost (mailboxes).\n"


def reads(params: Mapping[str, Any]) -> "Iterable[Request]":
    yield from (File(ALIASES), Command(MAP_TYPE))
    if params["store"] == "virtual":
        yield File(MAILBOXES)


def plan(params: Mapping[str, Any], seen: Seen, plan: Plan, known: "Optional[Sequence[str]]") -> None:
    """``known`` are the virtual users whom a file of users names; where there is none the table itself tells them."""
    if not seen.output(*MAP_TYPE).ok:
        return
    tables = {ALIASES: _table(_aliases(params, seen))}
    if params["store"] == "virtual":
        if known is None:
            known = [row.key.split("@")[0] for row in Keyed(seen.file(MAILBOXES).text, MAILBOXES).rows()]
        tables[MAILBOXES] = _table(_mailboxes(params, known))
    map_files(plan, seen, map_type(seen), tables)


def _table(rows: "Iterable[str]") -> str:
    return HEAD + "".join(f"{row}\n" for row in sorted(rows))


def _aliases(params: Mapping[str, Any], seen: Seen) -> "List[str]":
    """Those of the mailboxes; of mailboxes not named here they stay."""
    virtual = params["store"] == "virtual"
    boxes = {box["name"]: box for box in params["mailboxes"]}
    rows = [line.split() for line in seen.file(ALIASES).text.splitlines() if line and not line.startswith("#")]
    targets = {row[0]: row[1] for row in rows if len(row) == 2 and row[1].split("@")[0] not in boxes}
    for domain in params["domains"]:
        if virtual:
            targets[f"postmaster@{domain}"] = "root@localhost"
        for name, box in boxes.items():
            if box["state"] != "absent":
                target = f"{name}@{domain}" if virtual else name
                targets.update({f"{alias}@{domain}": target for alias in box.get("aliases") or []})
    return [f"{key}\t{target}" for key, target in targets.items()]


def _mailboxes(params: Mapping[str, Any], known: "Sequence[str]") -> "List[str]":
    absent = {box["name"] for box in params["mailboxes"] if box["state"] == "absent"}
    names = {*known, *(box["name"] for box in params["mailboxes"])} - absent
    return [f"{name}@{domain}\t{name}/Maildir/" for name in names for domain in params["domains"]]
