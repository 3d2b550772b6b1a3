"""Figures that tests count, from whichever process they run in, for the closing lines of their folder's conftest."""

from __future__ import annotations

import pytest


@pytest.fixture
def count(record_property):
    """Counts something: ``count("tried")``, ``count("seconds", 1.5)``."""

    def add(what, number=1):
        record_property(what, number)

    return add


def counted(terminalreporter) -> "dict[str, list[float]]":
    """What the tests of this run counted, by name."""
    said: "dict[str, list[float]]" = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for what, number in getattr(report, "user_properties", []) if getattr(report, "when", "") == "call" else []:
                said.setdefault(what, []).append(number)
    return said
