"""stunnel's configuration: the file that is ours, and what any file of it says."""

from __future__ import annotations

from typing import List

from ...formats.settings import Setting, Settings
from ..table import PRODUCTS

CONF = PRODUCTS["stunnel"].programs[0]


def accepted_on(conf: Settings) -> "List[int]":
    """The ports of stunnel's services: ``accept = [HOST:]PORT``."""
    values = [
        entry.value
        for entry in conf.entries
        if isinstance(entry, Setting) and entry.section and entry.name.lower() == "accept"
    ]
    ports = [value.rpartition(":")[2] for value in values]
    return [int(port) for port in ports if port.isdigit() and len(port) < 6]
