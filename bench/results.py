"""The rows of bench/results.json: one a measured piece of work, with what it was raced against and the
bound it should keep."""

from __future__ import annotations

import json
import os
import pathlib
import platform
import statistics

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results.json"


def row(
    name: str,
    ours: "list[float]",
    other: "list[float] | None",
    bound: "float | None",
    what: str,
    unit: str = "s",
    **more: object,
) -> dict:
    """``other`` are the runs of the other side, whose name is ``what``;
    without it ``what`` is what the bound counts."""
    mine = statistics.median(ours)
    found = {
        "id": name,
        "ours": round(mine, 3),
        "unit": unit,
        "bound": bound,
        "runs": len(ours),
        "other": None,
        "other_is": what,
    }
    found.update(ratio=None, bound_is=what, met=None if bound is None else mine <= bound)
    if other is not None:
        theirs = statistics.median(other)
        ratio = mine / theirs
        found.update(
            other=round(theirs, 3),
            ratio=round(ratio, 5),
            bound_is="ratio",
            met=None if bound is None else ratio <= bound,
        )
    return {**found, **more}


def machine() -> str:
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        "containers on the same machine"
    )


def load() -> "dict[str, dict]":
    return {one["id"]: one for one in json.loads(RESULTS.read_text())["rows"]} if RESULTS.exists() else {}


def keep(rows: "list[dict]") -> None:
    """Put rows in place of those of an earlier run, and print them."""
    every = load()
    for one in rows:
        every[one["id"]] = one
        told = f"{one['other']} {one['unit']}" if one["other"] is not None else "-"
        ratio = f"  ratio {one['ratio']}" if one["ratio"] is not None else ""
        bound = "" if one["bound"] is None else f"  bound {one['bound']:.4g} {'met' if one['met'] else 'NOT MET'}"
        print(
            f"{one['id']:26} ours {one['ours']:>9} {one['unit']:12} {one['other_is']} {told:>12}{ratio}{bound}",
            flush=True,
        )
    RESULTS.write_text(json.dumps({"machine": machine(), "rows": list(every.values())}, indent=1) + "\n")
