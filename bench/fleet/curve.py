"""The curve of docs/performance.md, drawn from bench/results.json:
wall time of a run that changes nothing, by number of hosts."""

from __future__ import annotations

import re

import matplotlib as mpl

from bench.results import ROOT, load

mpl.use("svg")
import matplotlib.pyplot as plt  # noqa: E402  (after the choice of its backend)

SIDES = {"": "mailhost", "-stock": "stock modules", "-mitogen": "Mitogen, stock modules", "-pyinfra": "pyinfra"}


def points(rows: "dict[str, dict]", side: str) -> "list[tuple[int, float]]":
    found = []
    for name, row in rows.items():
        match = re.fullmatch(rf"fleet-noop-(\d+){side}", name)
        if match:
            found.append((int(match.group(1)), row["other"] if side else row["ours"]))
    return sorted(found)


def table(rows: "dict[str, dict]") -> str:
    """The figures as docs/performance.md has them: a row for each number of hosts."""
    lines = []
    for count in (1, 10, 20, 50, 200):
        cells = [str(count)]
        for name in ("noop", "first", "plan", "audit", "floor", "cpu-per-host", "memory", "round-trips"):
            cells.append(str(rows.get(f"fleet-{name}-{count}", {}).get("ours", "")))
        for side in ("stock", "mitogen", "pyinfra"):
            one = rows.get(f"fleet-noop-{count}-{side}")
            cells.append(f"{one['other']} ({one['ratio']:.3f})" if one else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    mpl.rcParams["svg.hashsalt"] = "mailhost"  # the same file of the same figures
    figure, axes = plt.subplots(figsize=(7, 4.5))
    rows = load()
    for side, label in SIDES.items():
        every = points(rows, side)
        axes.plot(
            [hosts for hosts, _ in every],
            [seconds for _, seconds in every],
            marker="o",
            linewidth=3 if not side else 1.5,
            label=label,
        )
    floor = sorted(
        (int(name.rsplit("-", 1)[1]), row["ours"])
        for name, row in rows.items()
        if re.fullmatch(r"fleet-floor-\d+", name)
    )
    axes.plot(
        [hosts for hosts, _ in floor],
        [seconds for _, seconds in floor],
        linestyle=":",
        color="grey",
        label="floor: one raw task a host",
    )
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="hosts",
        ylabel="seconds",
        title="A run that changes nothing, over SSH, 20 forks, two cores",
    )
    axes.set_xticks([1, 10, 50, 200], ["1", "10", "50", "200"])
    axes.grid(True, which="major", alpha=0.3)
    axes.legend()
    figure.tight_layout()
    print(table(rows))
    figure.savefig(ROOT / "docs" / "fleet-curve.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
