"""Figures of the hosts that people have, at the end."""

from __future__ import annotations

from ..figures import counted


def pytest_terminal_summary(terminalreporter):
    said = counted(terminalreporter)
    if "hosts" not in said:
        return
    sums = {what: int(sum(numbers)) for what, numbers in said.items()}
    terminalreporter.section("figures")
    for what in (
        "hosts tried",
        "effects compared",
        "lost without a word",
        "refused with the reason",
        "safe hosts refused",
    ):
        terminalreporter.write_line(f"{what} {sums.get(what.split(' ')[0], 0)}")
