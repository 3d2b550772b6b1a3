"""What Dovecot, Cyrus IMAP and stunnel say of passwords in clear, logins by nobody, and tunnels in front of nothing.

Sources: the dovecot-example.conf of 1.0 and Red Hat's change of it (cleartext allowed), the settings of 2.4; imapd.conf(5), lib/imapoptions
of 2.3.7 and 3.6.1; stunnel(8).
"""

from __future__ import annotations

import re
from typing import Dict, List, Sequence, Tuple

from ..conf.dovecot import Section, Setting
from ..conf.dovecot_tree import Configuration
from ..conf.settings import Setting as Line
from ..conf.settings import Settings
from ..dialects.dovecot import DRIVERS
from ..dialects.versions import Version
from .cause import Cause


def _last(configuration: Configuration) -> "Dict[Tuple[str, ...], Tuple[str, str]]":
    """Each setting's value that counts, with its place."""
    found = {}
    for name, path, entry in configuration.entries():
        if isinstance(entry, Setting):
            found[path] = (entry.value, f"{name}:{entry.line}")
    return found


def dovecot(configuration: Configuration, number: Version, family: str) -> "List[Cause]":
    last, found = _last(configuration), []
    name = "auth_allow_cleartext" if number >= (2, 4) else "disable_plaintext_auth"
    allowed = "yes" if number >= (2, 4) else "no"
    value, place = last.get((name,), ("", configuration.main))
    by_default = not value and number < (1, 1) and family == "redhat"
    if value.lower() == allowed or by_default:
        what = f"{name} = {value}" if value else f"{name} is not set, and this package's default lets passwords go in clear"
        found.append(
            Cause(
                f"cleartext {name}",
                "clear",
                place,
                f"{what}: Dovecot takes passwords in clear",
                f"Set {name} to {'no' if allowed == 'yes' else 'yes'}",
                {},
                "143",
            )
        )
    for path, (value, place) in last.items():
        if path[-1] in ("mechanisms", "auth_mechanisms") and "anonymous" in value.lower().split():
            found.append(
                Cause(
                    "anonymous auth_mechanisms",
                    "clear",
                    place,
                    "nobody needs a password: anonymous is a mechanism of Dovecot's",
                    "Take anonymous out",
                    {},
                    "143",
                )
            )
    ssl, place = last.get(("ssl",), ("", "")) if number >= (1, 2) else last.get(("ssl_disable",), ("", ""))
    if ssl.lower() == ("no" if number >= (1, 2) else "yes"):
        found.append(Cause("cleartext ssl", "clear", place, "TLS is switched off in Dovecot", "Switch it on", {}, "143"))
    return found + drivers(configuration, number)


def drivers(configuration: Configuration, number: Version) -> "List[Cause]":
    """Databases of passwords and users that no Dovecot has a driver for: its own check says nothing of them, and no login succeeds. A
    section's name is the driver in 1.x; from 2.4 on it is, where the section has no ``driver``."""
    settings = [path for _, path, entry in configuration.entries() if isinstance(entry, Setting) and path[-1].endswith("driver")]
    found, told = [], {path[:-1] for path in settings}
    for name, path, entry in configuration.entries():
        kind, _, named = path[-1].partition(" ")
        if isinstance(entry, Setting) and path[-1] in ("driver", "passdb_driver", "userdb_driver") and not re.search(r"[%$]", entry.value):
            kind, driver = path[-1].partition("_")[0] if "_" in path[-1] else "".join(path[-2:-1]).split(" ")[0], entry.value
        elif isinstance(entry, Section) and named and not (2,) <= number < (2, 4) and not {path, ()} & told:
            driver = named
        else:
            continue
        if kind in DRIVERS and driver not in DRIVERS[kind]:
            what = f"{kind} {driver}: Dovecot has no such driver, and no login would succeed"
            found.append(Cause(f"{kind} {driver}", "dead", f"{name}:{entry.line}", what, "Correct or remove it", {}, "143"))
    return found


def stores(configuration: Configuration) -> "List[str]":
    """Files of passwords that Dovecot's configuration names."""
    found = []
    for path, (value, _) in _last(configuration).items():
        if path[-1] == "passwd_file_path" or (path[-1] == "args" and any(part.startswith("passdb") for part in path)):
            found += [word for word in value.split() if word.startswith("/")]
    return list(dict.fromkeys(found))


def sections(configuration: Configuration) -> "List[str]":
    return [entry.key for _, _, entry in configuration.entries() if isinstance(entry, Section)]


def pems(configuration: Configuration) -> "List[Tuple[str, str]]":
    """Certificate and key that Dovecot serves."""
    last = {path[-1]: value.lstrip("<").strip() for path, (value, _) in _last(configuration).items() if len(path) == 1}
    names = (("ssl_server_cert_file", "ssl_server_key_file"), ("ssl_cert", "ssl_key"), ("ssl_cert_file", "ssl_key_file"))
    return [(last[cert], last[key]) for cert, key in names if cert in last and key in last][:1]


def cyrus(imapd: Settings, number: Version) -> "List[Cause]":
    lines = {entry.name.lower(): entry for entry in imapd.entries if isinstance(entry, Line)}
    found = []

    def value(name: str, default: str) -> "Tuple[str, str]":
        entry = lines.get(name)
        return (entry.value.lower(), f"{imapd.name}:{entry.line}") if entry else (default, f"{imapd.name} (the default of {name})")

    on = ("yes", "1", "on", "true", "t")
    clear, place = value("allowplaintext", "yes" if number < (2, 3, 16) else "no")
    if clear in on:
        found.append(
            Cause(
                "cleartext allowplaintext",
                "clear",
                place,
                "allowplaintext: Cyrus takes passwords in clear",
                "Set allowplaintext to no",
                {},
                "143",
            )
        )
    anonymous, place = value("allowanonymouslogin", "no")
    if anonymous in on:
        found.append(
            Cause("allowanonymouslogin", "clear", place, "allowanonymouslogin: nobody needs a password", "Set it to no", {}, "143")
        )
    mechanisms, place = value("sasl_mech_list", "")
    if "anonymous" in mechanisms.split():
        found.append(Cause("anonymous sasl_mech_list", "clear", place, "sasl_mech_list holds ANONYMOUS", "Take it out", {}, "143"))
    admins, place = value("admins", "")
    if {"anyone", "anonymous"} & set(admins.split()):
        found.append(Cause("admins", "clear", place, f"admins: {admins} lets anybody administer", "Name accounts", {}, "143"))
    return found


def tunnels(conf: Settings, ports: "Sequence[int]", trusted: "Sequence[str]") -> "List[Cause]":
    """Services of stunnel in front of nothing, and those through which strangers come as loopback."""
    found = []
    for entry in conf.entries:
        if not isinstance(entry, Line) or entry.name.lower() != "connect" or not entry.section:
            continue
        host, _, port = entry.value.rpartition(":")
        place = f"{conf.name}:{entry.line}"
        if not port.isdigit() or host not in ("", "localhost", "127.0.0.1", "::1"):
            continue
        if ports and int(port) not in ports:
            found.append(
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
            found.append(
                Cause(
                    f"tunnel {entry.section} trusted",
                    "open",
                    place,
                    f"[{entry.section}] leads to SMTP, and whoever comes through it comes from {source}, which may relay",
                    "Take loopback out of the networks that may relay",
                    {"sender": ""},
                    "stunnel",
                )
            )
    return found


def _holds(network: str, address: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except (ValueError, TypeError):
        return False


def secrets(said: str) -> "List[Cause]":
    """Files of secrets that others than their daemon can read; ``said`` is a line each: mode, owner, path, and whether it holds
    passwords in clear."""
    found = []
    for line in said.splitlines():
        match = re.match(r"^(\d{3,4}) (\S+) (clear|hash) (/.+)$", line)
        if match and int(match.group(1)[-1]) & 4:
            what = "passwords in clear" if match.group(3) == "clear" else "password hashes"
            found.append(
                Cause(
                    f"readable {match.group(4)}",
                    "secret",
                    match.group(4),
                    f"{what}, and everybody may read them (mode {match.group(1)})",
                    f"chmod 600 {match.group(4)}",
                    {},
                )
            )
    return found
