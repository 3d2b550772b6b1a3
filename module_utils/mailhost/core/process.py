"""A process of the controller by a name that no other one has:
its number is given again, after a reboot and in every container."""

from __future__ import annotations


def started(process: int) -> str:
    """When a process began, in clock ticks since boot (proc(5), field 22); empty if it is gone or is a zombie."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return ""
    return "" if fields[0] in "XZ" else fields[19]


def name(process: int) -> str:
    """``pid NUMBER/START``."""
    return f"pid {process}/{started(process)}".rstrip("/")
