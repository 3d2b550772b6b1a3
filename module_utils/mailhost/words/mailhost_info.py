"""What a host is: distribution, init system, mail products and their dialects, ports, pending changes."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Optional, Sequence

from ..core.host import Command, Request, Seen
from ..core.operations import Plan
from ..core.shell import look
from ..core.versions import Version, dotted
from ..core.word import Planned
from ..products import standing
from ..products.dovecot import versions as dovecot
from ..products.postfix import versions as postfix
from ..products.table import PRODUCTS, choices
from ..systems.families import INSTALLED, REQUESTS, system
from ..systems.packages import WHICH

ARGUMENT_SPEC: "dict[str, Any]" = {}
INIT = look.INIT.argv()


#: what each version speaks, of the products whose versions differ
DIALECTS = {"dovecot": dovecot.DIALECTS, "postfix": postfix.DIALECTS}
_VERSIONED = [row for row in PRODUCTS.values() if row.version]


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    versions = (Command(row.version) for row in _VERSIONED)
    return (*REQUESTS, WHICH, *INSTALLED, *versions, Command(INIT), standing.PROCESSES, standing.PORTS)


def _dialect(number: "Optional[Version]", since: "Sequence[Version]") -> "str | None":
    known = [name for name in since if number and name <= number]
    return dotted(known[-1]) if known else None


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    platform = system(seen)
    versions = {row.name: standing.version_of(seen, row.name) for row in _VERSIONED}
    facts = {
        "distribution": platform.name,
        "release": dotted(platform.release),
        "family": platform.family.name,
        "init": seen.output(*INIT).text.strip(),
        "package_manager": platform.family.manager(seen),
        "packages": sorted(platform.family.installed(seen)),
        "versions": {name: dotted(number) if number else None for name, number in versions.items()},
        "dialects": {name: _dialect(versions[name], known) for name, known in DIALECTS.items()},
        "mta_installed": [name for name in choices("mta") if versions[name]],
        "mta_active": standing.running(seen) or None,
        "ports": standing.listening(seen),
        "pending": [{"service": service, "journal": journal} for service, journal in seen.pending],
    }
    return Plan(facts={"mailhost": facts})


WORD = Planned(ARGUMENT_SPEC, reads, plan)
