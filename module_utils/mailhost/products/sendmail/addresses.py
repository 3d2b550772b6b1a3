"""Where the addresses of mailboxes lead: rows of Sendmail's virtusertable."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Optional, Sequence

from ...core.host import File, Request, Seen, encode
from ...core.operations import Plan, Run, Write
from ...formats.keyed import Keyed
from .configure import VIRTUSERS
from .shell import MAKEMAP


def reads(params: Mapping[str, Any]) -> "Iterable[Request]":
    return [File(VIRTUSERS)]


def plan(params: Mapping[str, Any], seen: Seen, plan: Plan, known: "Optional[Sequence[str]]") -> None:
    """The aliases as rows of Sendmail's virtusertable; rows that lead to none of our mailboxes stay as they are."""
    boxes = {box["name"]: box for box in params["mailboxes"]}
    table = Keyed(seen.file(VIRTUSERS).text, VIRTUSERS)
    before = table.settings()
    wanted = {
        f"{alias}@{name}": box["name"]
        for name in params["domains"]
        for box in boxes.values()
        if box["state"] != "absent"
        for alias in box.get("aliases") or []
    }
    table.unset(
        *(
            row.key
            for row in table.rows()
            if row.value in boxes and row.key.partition("@")[2] in params["domains"] and row.key not in wanted
        )
    )
    for key, target in wanted.items():
        table.set(key, target)
    if plan.write(
        Write(seen.file(VIRTUSERS), encode(table.render()), fallback_mode=0o640, settings=(before, table.settings()))
    ):
        build, remove = MAKEMAP.argv(VIRTUSERS), ("rm", "-f", "--", f"{VIRTUSERS}.db")
        again = {"after_undo": build} if seen.file(VIRTUSERS).exists else {"undo": remove}
        plan.operations.append(Run(f"build {VIRTUSERS}.db", build, **again))
