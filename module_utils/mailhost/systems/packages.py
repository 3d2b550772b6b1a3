"""Package managers and the databases behind them: how packages are looked up, installed and confirmed.

Sources: dpkg-query(1), rpm(8), apt-get(8), dnf(8), yum(8), zypper(8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Sequence, Set, Tuple

from ..core.host import Command, Seen
from ..core.shell.look import TOOLS
from ..core.shell.packages import APT


@dataclass(frozen=True)
class Database:
    """What knows which packages are installed. ``ask``: the question, ``confirm``: the command that fails for a
    package that is not there (yum says nothing and succeeds when it does not know one); of both the names follow.
    ``read`` finds the names in the answer."""

    ask: "Tuple[str, ...]"
    confirm: "Tuple[str, ...]"
    read: "Callable[[str, Sequence[str]], Set[str]]"


def _by_dpkg(text: str, names: "Sequence[str]") -> "Set[str]":
    return {line.split()[0] for line in text.splitlines() if line.endswith(" installed")}


def _by_rpm(text: str, names: "Sequence[str]") -> "Set[str]":
    lines = text.splitlines()
    return {
        name for name in names for line in lines if line.startswith(name + "-") and line[len(name) + 1 :][:1].isdigit()
    }


DPKG = Database(
    ("dpkg-query", "-W", "-f", "${Package} ${Status}\\n"), ("dpkg-query", "-W", "-f", "${Package}\\n"), _by_dpkg
)
RPM = Database(("rpm", "-q"), ("rpm", "-q"), _by_rpm)


@dataclass(frozen=True)
class Manager:
    """``install`` installs without asking, the names follow;
    ``removed``: how a package is named there that is to go in the same step."""

    install: "Tuple[str, ...]"
    removed: str


#: by name, the better ones of a family first
MANAGERS: "Dict[str, Manager]" = {
    "apt-get": Manager(
        (
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            *APT.argv(),
        ),
        "{}-",
    ),
    "dnf": Manager(("dnf", "-y", "install", "--"), ""),
    "yum": Manager(("yum", "-y", "install"), ""),
    "zypper": Manager(("zypper", "--non-interactive", "install", "--"), "-{}"),
}
WHICH = Command(TOOLS.argv(*MANAGERS))


def managers(seen: Seen) -> "Sequence[str]":
    """The package managers that the host has, by name, the best first."""
    programs = [line.rsplit("/", 1)[-1] for line in seen.output(*WHICH.argv).text.splitlines()]
    return [name for name in MANAGERS if name in programs]
