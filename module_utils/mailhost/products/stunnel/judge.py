"""What stunnel's configuration says of tunnels in front of nothing,
and of strangers who come through one as loopback (stunnel(8))."""

from __future__ import annotations

import ipaddress
from typing import List, Sequence

from ...formats.settings import Setting, Settings
from ..cause import Cause


def judge(conf: Settings, ports: "Sequence[int]", trusted: "Sequence[str]") -> "List[Cause]":
    """Services of stunnel in front of nothing, and those through which strangers come as loopback."""
    causes = []
    for entry in conf.entries:
        if not isinstance(entry, Setting) or entry.name.lower() != "connect" or not entry.section:
            continue
        host, _, port = entry.value.rpartition(":")
        place = f"{conf.name}:{entry.line}"
        if not port.isdigit() or host not in ("", "localhost", "127.0.0.1", "::1"):
            continue
        if ports and int(port) not in ports:
            causes.append(
                Cause(
                    f"tunnel {entry.section}",
                    "dead",
                    place,
                    f"[{entry.section}] connects to {port}, where nothing listens",
                    "Start the daemon behind it, or take the tunnel out",
                    {},
                    "stunnel",
                )
            )
        source = conf.get("local", entry.section) or conf.get("local") or "127.0.0.1"
        if port in ("25", "587") and any(_holds(network, source) for network in trusted):
            causes.append(
                Cause(
                    f"tunnel {entry.section} trusted",
                    "open",
                    place,
                    f"[{entry.section}] leads to SMTP, and whoever comes through it comes from {source}, "
                    "which may relay",
                    "Take loopback out of the networks that may relay",
                    {"sender": ""},
                    "stunnel",
                )
            )
    return causes


def _holds(network: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except (ValueError, TypeError):
        return False
