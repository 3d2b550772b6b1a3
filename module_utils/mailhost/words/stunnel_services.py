"""TLS in front of a daemon that has none: stunnel's services, and a start of its own at boot, by systemd or SysV.

Source: stunnel(8). Whoever comes through a tunnel comes from loopback for the daemon behind, which so must
trust nobody there; and since Sendmail trusts 127.0.0.1 whatever it is told (cf/m4/proto.m4, Relay_ok), tunnels
to SMTP come from an address of their own.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Iterable, Mapping, Optional

from ..core.errors import BadConfiguration, BadInput, Entry
from ..core.host import Command, File, Request, Seen, encode
from ..core.operations import Plan, Remove, Run, Write
from ..core.shell.switch import ADD, BEGIN, END, UNADD
from ..core.versions import Version, dotted, version
from ..core.word import OPTIONS, Planned
from ..formats.settings import Settings
from ..products import access, ciphers
from ..products.access import PORTS
from ..products.relay import network
from ..products.stunnel import shell
from ..products.stunnel import versions as dialect
from ..products.stunnel.configure import CONF
from ..products.table import PRODUCTS, choices
from ..systems.families import REQUESTS, System, system

UNIT = PRODUCTS["stunnel"].unit
SYSTEMD, SYSV = f"/etc/systemd/system/{UNIT}.service", f"/etc/init.d/{UNIT}"
PID = "/var/run/mailhost-stunnel/stunnel.pid"
_SERVICE = {
    "name": {"type": "str", "required": True},
    "accept": {"type": "str", "required": True},
    "connect": {"type": "str", "required": True},
    "protocol": {"type": "str", "choices": ["", "imap", "pop3", "smtp"], "default": ""},
}
ARGUMENT_SPEC: "dict[str, Any]" = {
    "services": {"type": "list", "elements": "dict", "required": True, "options": _SERVICE},
    "ssl_version": {"type": "str", "default": ""},
    "certificate": {"type": "path"},
    "key": {"type": "path", "no_log": False},
    "access": {"type": "str", "choices": choices("access"), "default": "dovecot"},
    "protocols": {"type": "list", "elements": "str", "default": []},
    "networks": {"type": "list", "elements": "str", "default": []},
    **OPTIONS,
}
STANDS = shell.STANDS.argv("/usr/sbin/stunnel", "/usr/bin/stunnel4", "/usr/bin/stunnel")
#: the loopback address that tunnels to SMTP come from (stunnel's ``local``): never that of a local program
SOURCE = "127.0.0.25"
BEHIND = {143: "imap", 110: "pop3", 25: "smtp", 587: "smtp"}
UNIT_TEXT = """# Written by mailhost (stunnel_services).
[Unit]
Description=TLS in front of mail services
After=network.target

[Service]
ExecStart={program} {conf}

[Install]
WantedBy=multi-user.target
"""


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    _validate(params)
    return (*REQUESTS, File(CONF), File(SYSTEMD), File(SYSV), Command(STANDS))


def place(option: str, text: str) -> "tuple[str, int]":
    """An address and a port of ``[ADDRESS:]PORT``; an empty address is all of them."""
    address, _, port = text.rpartition(":")
    address = address.strip("[]")
    if not re.match(r"^[1-9][0-9]{0,4}$", port) or int(port) > 65535:
        raise BadInput(option, f"{text[:60]!r} is not [address:]port", "Write it as in 127.0.0.1:143, or 993")
    if address and address != "localhost":
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise BadInput(
                option, f"{address[:60]!r} is not an IP address", "Write it as in 127.0.0.1:143, or 993"
            ) from None
    return address, int(port)


def _validate(params: Mapping[str, Any]) -> None:
    names, ports = set(), set()
    for option in ("certificate", "key"):
        access.path(option, params.get(option))
    if not re.match(r"^[A-Za-z0-9.]*$", params["ssl_version"]):
        raise BadInput("ssl_version", f"{params['ssl_version'][:40]!r} is not a version's name", "Write it as in TLSv1")
    for number, service in enumerate(params["services"]):
        where = Entry(f"services[{number}]", service["name"])
        if not re.match(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$", service["name"]) or service["name"].endswith("\n"):
            raise BadInput(where.at("name"), "not a name of letters, digits, _ and -", "Choose another name")
        _, accept = place(where.at("accept"), service["accept"])
        behind, connect = place(where.at("connect"), service["connect"])
        if service["name"].lower() in names or accept in ports:
            raise BadInput(where, "a name or a port to accept on is there twice", "Name each once")
        names.add(service["name"].lower())
        ports.add(accept)
        taken = [word for word in params["protocols"] if PORTS.get(word) == accept]
        if taken:
            raise BadInput(
                where.at("accept"),
                f"{params['access']} serves {taken[0]} on port {accept} itself",
                "Take one of the two out",
            )
        _refuse_trust(where, behind or "127.0.0.1", connect, service["protocol"], params)


def _refuse_trust(where: Entry, behind: str, connect: int, protocol: str, params: Mapping[str, Any]) -> None:
    """Nothing behind a tunnel may trust loopback, and a daemon that wants TLS itself sees none."""
    kind = protocol or BEHIND.get(connect, "")
    if protocol and BEHIND.get(connect, protocol) != protocol:
        raise BadInput(
            where.at("protocol"), f"{protocol}, but port {connect} speaks {BEHIND[connect]}", "Correct one of the two"
        )
    if kind == "smtp":
        if behind not in ("127.0.0.1", "localhost"):
            raise BadInput(
                where.at("connect"),
                f"{behind} is not this host's loopback",
                "Give 127.0.0.1 and the port, or the port alone",
            )
        source = ipaddress.ip_address(SOURCE)
        trusted = [
            text for text in params["networks"] if network("networks", text) and source in ipaddress.ip_network(text)
        ]
        if trusted:
            raise BadInput(
                where.at("connect"),
                f"{trusted[0]} may relay, and whoever comes through the tunnel comes from {SOURCE}: "
                "anybody could relay",
                "Name 127.0.0.1/32 in mailhost_relay_networks instead of that network, or no loopback at all",
            )
    if kind in ("imap", "pop3") and params["access"] == "cyrus":
        raise BadInput(
            where.at("connect"),
            "Cyrus refuses a password without TLS from loopback too",
            "Let it serve imaps and pop3s itself",
        )


def serving(params: Mapping[str, Any]) -> "list[str]":
    """What must answer, as lines for mail_commit."""
    lines = []
    for service in params["services"]:
        kind = service["protocol"] or BEHIND.get(place("connect", service["connect"])[1])
        if kind:
            lines.append(
                f"serve {kind} {'starttls' if service['protocol'] else 'implicit'} "
                f"{place('accept', service['accept'])[1]}"
            )
    return lines


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    _validate(params)
    output = seen.output(*STANDS).text
    plan = Plan(services=(UNIT,), facts={"serving": serving(params)})
    if not params["services"]:
        return _gone(plan, seen)
    program = next((line[8:] for line in output.splitlines() if line.startswith("program ")), "")
    match = re.search(r"stunnel (\d+\.\d+)", output)
    number: Optional[Version] = version(match.group(1)) if match else None
    if not program or number is None:
        raise BadConfiguration("stunnel -version", "no stunnel is installed", "Install it (mail_packages)")
    _refuse_unknown(params, number)
    plan.facts["version"] = dotted(number)
    systemd = "systemd" in output.split()
    conf = _conf(params, seen, system(seen), number, "nogroup" if "nogroup:" in output else "nobody", systemd)
    before = Settings(seen.file(CONF).text, CONF, " = ", "#;").settings()
    plan.write(Write(seen.file(CONF), encode(conf.render()), settings=(before, conf.settings()), fallback_mode=0o600))
    if systemd:
        fresh = plan.write(Write(seen.file(SYSTEMD), UNIT_TEXT.format(program=program, conf=CONF).encode()))
        if fresh:
            again = ("systemctl", "daemon-reload")
            plan.operations.append(Run(f"let systemd know {UNIT}", again, after_undo=again))
    else:
        fresh = plan.write(Write(seen.file(SYSV), shell.script(program, CONF, PID), mode=0o755))
        if not seen.file(SYSV).exists:
            plan.operations.append(Run(f"start {UNIT} at boot", ADD.argv(UNIT), undo=UNADD.argv(UNIT)))
    return plan


def _refuse_unknown(params: Mapping[str, Any], number: Version) -> None:
    for position, service in enumerate(params["services"]):
        rows = dialect.PROTOCOLS[service["protocol"]]
        if rows.at(number) is None:
            raise BadInput(
                Entry(f"services[{position}].protocol", service["name"]),
                f"stunnel {dotted(number)} does not know {rows.concept}, which came with {dotted(rows.rows[0].since)}",
                "Wrap the port for TLS from the first byte (imaps on 993) instead",
            )
    if params["ssl_version"] and dialect.SSL_VERSION.at(number) is None:
        raise BadInput(
            "ssl_version", f"stunnel {dotted(number)} does not know sslVersion, which came with 4.16", "Leave it out"
        )


def _conf(
    params: Mapping[str, Any], seen: Seen, platform: System, number: Version, group: str, systemd: bool
) -> Settings:
    """The whole file: it is ours alone."""
    conf = Settings("# Written by mailhost (stunnel_services). Changes made here are overwritten.\n", CONF, " = ")
    values = {
        "cert": params.get("certificate") or platform.family.certificate,
        "key": params.get("key") or platform.family.key,
        "pid": "" if systemd else PID,
        "setuid": "nobody",
        "setgid": group,
        "foreground": "yes" if systemd else "no",
        "ciphers": ciphers.tightened("") if ciphers.STUNNEL.at(number) else "",
        "options": "" if dialect.LOWEST.at(number) else "NO_SSLv3",
        "sslVersion": params["ssl_version"],
        "sslVersionMin": "" if params["ssl_version"] else dialect.LOWEST.at(number),
    }
    for name, value in values.items():
        if value or name == "pid":
            conf.set(name, value)
    for service in params["services"]:
        conf.add_section(service["name"])
        for name in ("accept", "connect"):
            address, port = place(name, service[name])
            address = address or ("127.0.0.1" if name == "connect" else "")
            conf.set(name, f"{address}:{port}" if address else str(port), service["name"])
        if (service["protocol"] or BEHIND.get(place("connect", service["connect"])[1])) == "smtp":
            conf.set("local", SOURCE, service["name"])
        if service["protocol"]:
            conf.set("protocol", service["protocol"], service["name"])
    return conf


def _gone(plan: Plan, seen: Seen) -> Plan:
    """No tunnels: what was written is taken away, the service stopped."""
    if seen.file(CONF).exists:
        plan.services = ()
        plan.operations.append(
            Run(f"stop {UNIT}", END.argv(UNIT), END.stdin, undo=BEGIN.argv(UNIT), undo_stdin=BEGIN.stdin)
        )
        plan.operations.append(Remove(seen.file(CONF)))
    return plan


WORD = Planned(ARGUMENT_SPEC, reads, plan)
