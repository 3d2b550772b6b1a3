"""Which mail transfer agent is the host's own: alternatives, the other one stopped, and what still waits in its queue."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.errors import BadConfiguration
from ..core.host import Command, Request, Seen
from ..core.operations import Plan, Run
from ..core.word import OPTIONS, Planned
from ..products.switch import question, switch
from ..systems.families import REQUESTS
from .mail_packages import QUEUES, waiting

ARGUMENT_SPEC: "dict[str, Any]" = {
    "name": {"type": "str", "choices": ["postfix", "sendmail"], "required": True},
    **OPTIONS,
}
UNITS = ("postfix", "sendmail")
#: what is installed, and what the alternative mta points to
STANDS = (
    "sh",
    "-c",
    "ls /usr/sbin/sendmail.postfix /usr/sbin/sendmail.sendmail /usr/sbin/postfix /usr/libexec/sendmail/sendmail 2>/dev/null; "
    'echo "alternative $(readlink /etc/alternatives/mta)"',
)
PROGRAM = {"postfix": "/usr/sbin/postfix", "sendmail": "/usr/libexec/sendmail/sendmail"}
FLUSH = {"postfix": "postqueue -f while it runs", "sendmail": "/usr/sbin/sendmail.sendmail -q"}


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    return (*REQUESTS, Command(STANDS), Command(QUEUES), question(*UNITS))


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    name = params["name"]
    other = "postfix" if name == "sendmail" else "sendmail"
    said = seen.output(*STANDS).text.split()
    wanted = f"/usr/sbin/sendmail.{name}"
    if wanted not in said and PROGRAM[name] not in said:
        raise BadConfiguration("/usr/sbin", f"no {name} is installed", "Install it (mail_packages)")
    left = waiting(seen, other)
    plan = Plan(services=(name,), facts={"mta": name, "waiting": left})
    stands = said[-1] if said[-1] != "alternative" else ""
    if stands and stands != wanted:
        about = f"make {name} the host's MTA (alternatives --set mta {wanted})"
        plan.operations.append(
            Run(about, ("alternatives", "--set", "mta", wanted), undo=("alternatives", "--set", "mta", stands))
        )
    step = switch(seen, other, name, UNITS)
    if step:
        plan.operations.append(step)
    if left and plan.changed:
        plan.warnings.append(
            f"{left} messages wait in the queue of {other}; they stay there until it is the MTA again or its queue is run ({FLUSH[other]})"
        )
    return plan


WORD = Planned(ARGUMENT_SPEC, reads, plan)
