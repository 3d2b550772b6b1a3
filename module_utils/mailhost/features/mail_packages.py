"""The packages a host needs, by product."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..dialects.system import MANAGERS, PACKAGES, REQUESTS, WHICH, System, manager, system
from ..errors import BadConfiguration, BadInput
from ..host import Command, Request, Seen
from ..plan import OPTIONS, Plan, Run

ARGUMENT_SPEC: "dict[str, Any]" = {
    "products": {"type": "list", "elements": "str", "required": True},
    **OPTIONS,
}
EVERY = tuple(sorted({name for families in PACKAGES.values() for names in families.values() for name in names}))
DPKG = ("dpkg-query", "-W", "-f", "${Package} ${Status}\\n", *EVERY)
RPM = ("rpm", "-q", *EVERY)
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
            raise BadInput("products", f"{product!r} is not a product mailhost knows", f"Choose from {', '.join(PACKAGES)}")
    return (*REQUESTS, WHICH, Command(DPKG), Command(RPM))


def installed(platform: System, seen: Seen) -> "set[str]":
    """Which of the packages mailhost knows are installed."""
    if platform.family == "debian":
        lines = seen.output(*DPKG).text.splitlines()
        return {line.split()[0] for line in lines if line.endswith(" installed")}
    lines = [line for line in seen.output(*RPM).text.splitlines() if "not installed" not in line]
    return {name for name in EVERY for line in lines if line.startswith(name + "-") and line[len(name) + 1 :][:1].isdigit()}


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    platform = system(seen)
    if platform.family == "unknown":
        raise BadConfiguration("/etc/os-release", "an unknown distribution", "Install the packages by hand and leave mail_packages out")
    wanted = [name for product in params["products"] for name in PACKAGES[product][platform.family]]
    have = installed(platform, seen)
    missing = [name for name in wanted if name not in have]
    plan = Plan(facts={"packages": wanted, "installed": missing})
    if missing:
        tool = manager(seen)
        if tool is None:
            raise BadConfiguration(
                "the host",
                f"has no {', '.join(missing)}, and none of {', '.join(MANAGERS)} to install them",
                "Install them by hand",
            )
        names = ", ".join(missing)
        plan.operations.append(Run(f"install {names} with {tool}", (*INSTALL[tool], *missing)))
        plan.operations.append(Run(f"see that {names} came", (*CONFIRM[platform.family], *missing)))
    return plan
