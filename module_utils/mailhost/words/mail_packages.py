"""The packages a host needs, by product."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from ..core.errors import BadConfiguration, BadInput
from ..core.host import Command, Request, Seen, encode
from ..core.operations import Plan, Run
from ..core.shell.services import PROGRAM as SERVICES
from ..core.word import OPTIONS, Planned
from ..systems.families import MANAGERS, PACKAGES, REQUESTS, WHICH, System, manager, system

ARGUMENT_SPEC: "dict[str, Any]" = {
    "products": {"type": "list", "elements": "str", "required": True},
    **OPTIONS,
}
#: on Debian, what must go with the packages that a new one takes away: dovecot-core alone cannot restart with what is configured
GOES_TOO = {"cyrus-imapd": "dovecot-core"}
EVERY = tuple(
    sorted(
        {name for families in PACKAGES.values() for names in families.values() for name in names}
        | set(GOES_TOO.values())
    )
)
DPKG = ("dpkg-query", "-W", "-f", "${Package} ${Status}\\n", *EVERY)
RPM = ("rpm", "-q", *EVERY)
#: on Debian a package takes that of another daemon away: which, and its service, whose queue would wait for nobody
EXCLUDE = {
    "sendmail-bin": ("postfix", "postfix"),
    "postfix": ("sendmail-bin", "sendmail"),
    "dovecot-imapd": ("cyrus-imapd", "cyrus-imapd"),
}
NOBODY = ("", "")
#: how many messages wait: queue files (qf*) of Sendmail, all files of Postfix' queues
QUEUES = (
    "sh",
    "-c",
    'echo "queue sendmail $(find /var/spool/mqueue /var/spool/clientmqueue /var/spool/mqueue-client -name "qf*" 2>/dev/null | wc -l)"; '
    "cd /var/spool/postfix 2>/dev/null; "
    'echo "queue postfix $(find maildrop incoming active deferred hold -type f 2>/dev/null | wc -l)"',
)
#: which MTAs are there, and whether a tunnel is configured: what a play needs to leave out words that have nothing to do
STANDS = (
    "sh",
    "-c",
    "[ ! -e /usr/sbin/postfix ] || echo mta postfix; "
    "[ ! -e /usr/sbin/sendmail.sendmail ] && [ ! -e /usr/libexec/sendmail/sendmail ] || echo mta sendmail; "
    "[ ! -e /etc/mailhost/stunnel.conf ] || echo tunnels; true",
)
#: what installs without asking; the names follow
INSTALL = {
    "apt-get": (
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "sh",
        "-c",
        'apt-get -q update && exec apt-get -q -y -o Dpkg::Options::=--force-confold install --no-install-recommends -- "$@"',
        "apt-get",
    ),
    "dnf": ("dnf", "-y", "install", "--"),
    "yum": ("yum", "-y", "install"),
    "zypper": ("zypper", "--non-interactive", "install", "--"),
}
if set(INSTALL) != set(MANAGERS):
    raise ValueError("a package manager has no install command")
#: asks again after the installation: yum says nothing and succeeds when it does not know a package
CONFIRM = {
    "debian": ("dpkg-query", "-W", "-f", "${Package}\\n"),
    "redhat": ("rpm", "-q"),
    "suse": ("rpm", "-q"),
}


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    for product in params["products"]:
        if product not in PACKAGES:
            raise BadInput(
                "products", f"{product!r} is not a product mailhost knows", f"Choose from {', '.join(PACKAGES)}"
            )
    yield from (*REQUESTS, WHICH, Command(DPKG), Command(RPM), Command(STANDS))
    have = installed(System("", (), "debian"), seen)
    if any(
        EXCLUDE.get(name, NOBODY)[0] in have for product in params["products"] for name in PACKAGES[product]["debian"]
    ):
        yield Command(QUEUES)  # a second question, only where a package is about to take another's place


def installed(platform: System, seen: Seen) -> "set[str]":
    """Which of the packages mailhost knows are installed."""
    if platform.family == "debian":
        lines = seen.output(*DPKG).text.splitlines()
        return {line.split()[0] for line in lines if line.endswith(" installed")}
    lines = [line for line in seen.output(*RPM).text.splitlines() if "not installed" not in line]
    return {
        name for name in EVERY for line in lines if line.startswith(name + "-") and line[len(name) + 1 :][:1].isdigit()
    }


def waiting(seen: Seen, mta: str) -> int:
    """How many messages wait in the queues of an MTA."""
    found = re.findall(rf"^queue {mta} +(\d+)", seen.output(*QUEUES).text, re.M)
    return int(found[0]) if found else 0


def _refuse_to_lose_mail(missing: "list[str]", have: "set[str]", seen: Seen) -> None:
    for package in missing:
        other, mta = EXCLUDE.get(package, NOBODY)
        if other in have and waiting(seen, mta):
            raise BadConfiguration(
                f"the queue of {mta}",
                f"{waiting(seen, mta)} messages wait there, and {package} takes {other} away",
                "Let them go out (mailq shows them), or delete what cannot be delivered, and run again",
            )


def _stopped(service: str) -> Run:
    """The daemon that a package takes away, stopped first: it would run on without its files and hold the ports of the new one."""
    again = encode(SERVICES + 'restart "$1"\n')
    return Run(
        f"stop {service}",
        ("sh", "-s", service),
        encode(SERVICES + 'stop "$1"\n'),
        undo=("sh", "-s", service),
        undo_stdin=again,
    )


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    platform = system(seen)
    if platform.family == "unknown":
        raise BadConfiguration(
            "/etc/os-release", "an unknown distribution", "Install the packages by hand and leave mail_packages out"
        )
    wanted = [name for product in params["products"] for name in PACKAGES[product][platform.family]]
    have = installed(platform, seen)
    missing = [name for name in wanted if name not in have]
    stands = seen.output(*STANDS).text.splitlines()
    mtas = [line[4:] for line in stands if line.startswith("mta ")]
    plan = Plan(facts={"packages": wanted, "installed": missing, "mtas": mtas, "tunnels": "tunnels" in stands})
    if missing:
        if platform.family == "debian":
            _refuse_to_lose_mail(missing, have, seen)
        tool = manager(seen)
        if tool is None:
            raise BadConfiguration(
                "the host",
                f"has no {', '.join(missing)}, and none of {', '.join(MANAGERS)} to install them",
                "Install them by hand",
            )
        if tool == "apt-get":
            plan.operations += [
                _stopped(service)
                for package, (other, service) in EXCLUDE.items()
                if package in missing and other in have
            ]
        names = ", ".join(missing)
        gone = [GOES_TOO[name] + "-" for name in missing if tool == "apt-get" and GOES_TOO.get(name) in have]
        plan.operations.append(Run(f"install {names} with {tool}", (*INSTALL[tool], *missing, *gone)))
        plan.operations.append(Run(f"see that {names} came", (*CONFIRM[platform.family], *missing)))
    return plan


WORD = Planned(ARGUMENT_SPEC, reads, plan)
