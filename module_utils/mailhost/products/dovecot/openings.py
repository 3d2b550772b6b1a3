"""What opens a Dovecot to some clients or by some databases, beside its settings for everybody.

Sources: the manual's "login_trusted_networks", "Passwd-file", "Static password database", "Password database extra
fields" (nopassword), "Settings: filters"; doveconf(1). Where the host has doveconf, that is the judge of filters.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Dict, Iterator, List, Sequence, Tuple

from ...core.versions import Version
from ..cause import Cause
from . import shell
from . import versions as dialect
from .grammar import YES, Section, Setting
from .tree import Configuration

FILTERS = ("remote", "local", "local_name", "protocol", "remote_ip", "local_ip")
TRUSTED = "login_trusted_networks"
#: clients as whom Dovecot is asked: a stranger, and one of each range of private addresses
CLIENTS = ("192.0.2.1", "198.51.100.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "2001:db8::1")
MOST = 12


def openings(configuration: Configuration, number: Version) -> "List[Cause]":
    """Passwords in clear for some, networks that are believed whatever they say, databases that ask for no password."""
    causes: "List[Cause]" = []
    for place, path, value in _settings(configuration):
        causes += [*_filtered(place, path, value, number), *_trusted(place, path, value), *_nobody(place, path, value)]
    return causes


def _settings(configuration: Configuration) -> "Iterator[Tuple[str, Tuple[str, ...], str]]":
    for name, path, entry in configuration.entries():
        if isinstance(entry, Setting):
            yield f"{name}:{entry.line}", path, entry.value


def _filter(path: "Tuple[str, ...]") -> "Tuple[str, str]":
    """Kind and argument of the filter that a setting stands in; empty where it counts for everybody."""
    for section in reversed(path[:-1]):
        kind, _, argument = section.partition(" ")
        if kind in FILTERS:
            return kind, argument.strip()
    return "", ""


def _filtered(place: str, path: "Tuple[str, ...]", value: str, number: Version) -> "List[Cause]":
    (((name,), allowed),) = dialect.CLEARTEXT["allow"].nearest(number)
    kind, argument = _filter(path)
    if path[-1] != name or not kind or value.lower() != allowed or (kind.startswith("remote") and is_here(argument)):
        return []
    finding = f"{name} = {value} in {kind} {argument}: passwords are accepted without TLS there"
    out = f"Take it out of {kind} {argument}"
    return [Cause(f"cleartext {name} {kind} {argument}", "clear", place, finding, out, {}, "143", "cleartext_login")]


def is_here(network: str) -> bool:
    """Whether it is loopback, all of it."""
    try:
        return ipaddress.ip_network(network, strict=False).is_loopback
    except ValueError:
        return False


def _trusted(place: str, path: "Tuple[str, ...]", value: str) -> "List[Cause]":
    """From a trusted network Dovecot takes passwords in clear, and believes which client a proxy says it has."""
    if path[-1] != TRUSTED:
        return []
    causes = []
    for word in re.split(r"[\s,]+", value.strip()):
        try:
            network = ipaddress.ip_network(word, strict=False)
        except ValueError:
            if word:
                causes.append(_about_trust(word, "unknown", place, "cannot be read as a network"))
            continue
        if not network.is_loopback and network.num_addresses > 1:
            is_a_site = network.prefixlen >= (24 if network.version == 4 else 64)
            finding = "its clients' passwords are accepted in clear, and the addresses they name believed"
            causes.append(_about_trust(word, "unknown" if is_a_site else "clear", place, finding))
    return causes


def _about_trust(word: str, kind: str, place: str, finding: str) -> Cause:
    out = f"Name the proxies in {TRUSTED}, each by its address"
    return Cause(f"{TRUSTED} {word}", kind, place, f"{TRUSTED} holds {word}: {finding}", out, {}, "143")


def _nobody(place: str, path: "Tuple[str, ...]", value: str) -> "List[Cause]":
    """A database that lets in whoever gives a name: ``nopassword`` for all of its users."""
    section = next((part for part in path[:-1] if part.partition(" ")[0] == "passdb"), "")
    if not section and not path[-1].startswith("passdb_"):
        return []
    words = value.replace(",", " ").split()
    given = path[-1] in ("args", "default_fields", "override_fields", "passdb_args") and any(
        word == "nopassword" or word.partition("=")[0] == "nopassword" and word.partition("=")[2].lower() in ("", *YES)
        for word in words
    )
    if not given and not (path[-1] == "nopassword" and value.lower() in YES):
        return []
    if any(word.startswith(("proxy", "host=")) for word in words):  # the host behind it asks for the password
        return []
    nets = next((word[11:] for word in words if word.startswith("allow_nets=")), "")
    if nets and all(is_here(net) for net in nets.split(",")):
        return []
    finding, out = f"{section or 'passdb'}: nopassword lets in every name with any password", "Take nopassword out"
    return [Cause(f"nopassword {section or 'passdb'}".strip(), "clear", place, finding, out, {}, "143")]


def services(configuration: Configuration) -> "List[str]":
    """The services of PAM by which passwords are asked: the last word of ``args``, or the setting; else ``dovecot``."""
    found = []
    for _, path, entry in configuration.entries():
        kind, _, name = path[-1].partition(" ")
        if not isinstance(entry, Section) or kind != "passdb":
            continue
        inner = {one.key: one.value for one in entry.entries if isinstance(one, Setting)}
        if (inner.get("driver") or inner.get("passdb_driver") or name.strip()) != "pam":
            continue
        said = inner.get("service_name") or inner.get("pam_service_name") or (inner.get("args", "").split() or [""])[-1]
        found.append(said if re.match(r"^[\w.-]+$", said) else "dovecot")
    return list(dict.fromkeys(found))


def users(listing: str) -> "List[Cause]":
    """Users of passwd-files who need no password or are root: what ``shell.OPEN`` answers, a line each."""
    causes = []
    for line in listing.splitlines():
        match = re.match(r"^(/\S+:\d+) (nopassword|empty|root) (.+)$", line)
        if not match:
            continue
        place, kind, name = match.groups()
        finding = {
            "nopassword": f"{name} is let in with any password (nopassword)",
            "empty": f"{name} has an empty password",
            "root": f"{name}'s mail is read as uid 0",
        }[kind]
        out = f"Give {name} a password's hash" if kind != "root" else f"Give {name} a uid of his own"
        causes.append(Cause(f"{kind} {name}", "login" if kind == "root" else "clear", place, finding, out, {}, "143"))
    return causes


def question(configuration: Configuration, number: Version) -> "Tuple[str, ...]":
    """What to ask the host's own program: the settings as clients of many addresses meet them."""
    (((name,), _),) = dialect.CLEARTEXT["allow"].nearest(number)
    named = []
    for _, path, _ in _settings(configuration):
        kind, argument = _filter(path)
        if kind.startswith("remote"):
            named.append(argument.partition("/")[0])
    asked = [address for address in dict.fromkeys([*CLIENTS, *named]) if _is_address(address)]
    return shell.EFFECTIVE.argv(name, TRUSTED, "--", *asked[:MOST])


def _is_address(text: str) -> bool:
    try:
        return not ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def answered(text: str, number: Version, known: "Sequence[Cause]", main: str) -> "List[Cause]":
    """What the host's program says beyond what is ``known`` of the files: values for some clients, and warnings."""
    (((name,), allowed),) = dialect.CLEARTEXT["allow"].nearest(number)
    values, _, warnings = text.partition("= warnings\n")
    causes: "List[Cause]" = []
    if not any(cause.rule.startswith(f"cleartext {name}") for cause in known):
        seen: "Dict[str, str]" = {}
        for protocol, address, value in re.findall(rf"^(\S+) (\S+) {name} = (\S+)$", values, re.M):
            if value == allowed and protocol not in seen:
                seen[protocol] = address
        for protocol, address in seen.items():
            finding = f"doveconf -f protocol={protocol} -f remote={address}: {name} = {allowed}: passwords go in clear"
            rule = f"cleartext {name} protocol {protocol}"
            causes.append(Cause(rule, "clear", main, finding, "Look for what says it", {}, "143", "cleartext_login"))
    return causes + [_warning(line, main) for line in _warnings(warnings)]


def _warnings(text: str) -> "List[str]":
    """Dovecot's own warnings, without advice about old names of settings."""
    lines = re.findall(r"^(?:doveconf|dovecot): (?:Warning|Error): (.+)$", text, re.M)
    return [line for line in dict.fromkeys(lines) if not line.startswith(("NOTE: ", "Obsolete setting"))]


def _warning(line: str, main: str) -> Cause:
    place = re.search(r"(/\S+?)[: ](?:line )?(\d+)", line)
    where = f"{place.group(1)}:{place.group(2)}" if place else main
    return Cause(f"doveconf {line[:60]}", "unknown", where, f"Dovecot warns: {line[:200]}", "See what it warns of")
