"""Figures that tests counted (the fixture ``count``), for the closing lines of their folder's conftest."""

from __future__ import annotations


def counted(terminalreporter) -> "dict[str, list[float]]":
    """What the tests of this run counted, by name."""
    said: "dict[str, list[float]]" = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for what, number in getattr(report, "user_properties", []) if getattr(report, "when", "") == "call" else []:
                said.setdefault(what, []).append(number)
    return said
