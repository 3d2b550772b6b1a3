"""A Postfix as its policy is computed from: each smtpd service's effective parameters, by its ``-o``,
main.cf and the version's defaults.

Sources: postconf(5), master(5), mail_params.h of 2.3 to 3.10.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Callable, List, Optional, Tuple, Union

from ...core.versions import Version
from . import versions as dialect
from .expand import Expansion
from .main_cf import MainCf
from .master_cf import MasterCf, Service
from .tables import table_of, words

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
#: parameters whose domains mail is taken for, from everybody
TAKEN = ("relay_domains", "mydestination", "virtual_mailbox_domains", "virtual_alias_domains")
#: tables that give a recipient another address
REWRITES = ("canonical_maps", "recipient_canonical_maps", "virtual_alias_maps", "virtual_maps")
_LOOPBACK = re.compile(r"^(localhost|loopback-only|127(\.\d+){1,3}|\[?::1\]?)$")


@dataclass
class Setup:
    """A Postfix as data: ``table`` gives the text of a lookup table by its path; None for one that is not there."""

    main: MainCf
    master: MasterCf
    version: Version
    table: "Callable[[str], Optional[str]]"

    def level(self) -> "Tuple[int, ...]":
        match = re.match(r"(\d+)(?:\.(\d+))?", self.main.get("compatibility_level") or "0")
        return tuple(int(part) for part in match.groups() if part) if match else (0,)


class Effective:
    """The parameters of one smtpd service: its ``-o``, then main.cf, then the defaults; each with its place."""

    def __init__(self, setup: Setup, service: Service) -> None:
        self.setup, self.service = setup, service

    def raw(self, name: str) -> "Tuple[str, str]":
        if name in self.service.options:
            return self.service.options[name], f"{self.setup.master.name}:{self.service.line}"
        parameter = self.setup.main.parameter(name)
        if parameter is not None:
            return parameter.value, f"{self.setup.main.name}:{parameter.line}"
        return dialect.default(
            name, self.setup.version, self.setup.level()
        ), f"{self.setup.main.name} (the default of {name})"

    def get(self, name: str) -> str:
        """The value with ``$name`` filled in, as far as it is known."""
        return self._expansion(name).text

    def unread(self, name: str) -> "List[str]":
        """The parts of a value that could not be filled in."""
        return self._expansion(name).unread

    def _expansion(self, name: str) -> Expansion:
        return Expansion(self.raw(name)[0], self._known)

    def _known(self, name: str) -> "Optional[str]":
        if name in self.service.options:
            return self.service.options[name]
        value = self.setup.main.get(name)
        if value is None and name in dialect.DEFAULTS:
            return dialect.default(name, self.setup.version, self.setup.level())
        return value

    def place(self, name: str) -> str:
        return self.raw(name)[1]

    def is_on(self, name: str) -> bool:
        return self.get(name).strip().lower() == "yes"


def network_of(word: str) -> "Optional[Network]":
    """An address or a network as mynetworks has it (IPv6 in brackets); None for what is neither."""
    try:
        return ipaddress.ip_network(re.sub(r"[\[\]]", "", word), strict=False)
    except ValueError:
        return None


def is_wide(network: Network) -> bool:
    """Whether it is more of the Internet than anybody can own; IPv4 inside IPv6 (::ffff:0:0/96) is IPv4."""
    if network.version == 6 and network.prefixlen >= 96 and network.network_address.ipv4_mapped is not None:
        return network.prefixlen < 96 + 8
    return network.prefixlen < (8 if network.version == 4 else 16)


def classes(main: MainCf) -> "List[str]":
    return words(main.get("smtpd_restriction_classes") or "")


def path_of(word: str) -> "Optional[str]":
    """The file of a table whose text can be read here, or a file of a list's words."""
    word = re.sub(r"\$[{(]?config_directory[})]?", "/etc/postfix", word)
    return word if word.startswith("/") else table_of(word).path


def tables(setup: Setup) -> "List[str]":
    """Paths of the tables that decide about a recipient: what to read before ``causes``."""
    names = [*dialect.LISTS, *classes(setup.main), "mynetworks", *TAKEN, *REWRITES]
    found: "List[str]" = []
    for service in services(setup) or [plain()]:
        effective = Effective(setup, service)
        for name in names:
            found += filter(None, map(path_of, words(effective.get(name))))
    return list(dict.fromkeys(found))


def services(setup: Setup) -> "List[Service]":
    """The smtpd services that strangers reach: those of inet, and the one behind postscreen."""
    screened = any(service.fields[7] == "postscreen" for service in setup.master.services())
    return [
        service
        for service in setup.master.services()
        if service.fields[7] == "smtpd"
        and (service.fields[1] == "inet" or (screened and service.fields[1] == "pass"))
        and not _is_loopback(service.fields[0], setup)
    ]


def _is_loopback(name: str, setup: Setup) -> bool:
    """Whether only the host itself reaches a service: by its own address, or by inet_interfaces."""
    host = name.rpartition(":")[0]
    if host:
        return bool(_LOOPBACK.match(host))
    addresses = words(Effective(setup, plain()).get("inet_interfaces"))
    return bool(addresses) and all(_LOOPBACK.match(word) for word in addresses)


def plain() -> Service:
    return Service("", 0, ["smtp", "inet", "n", "-", "n", "-", "-", "smtpd"])


def destinations(setup: Setup) -> "List[str]":
    """The domains that mail is taken for, of those that are written out;
    where there is no other, the host's own name."""
    effective = Effective(setup, (services(setup) or [plain()])[0])
    names = [
        word.lower() for name in ("mydestination", "virtual_mailbox_domains") for word in words(effective.get(name))
    ]
    mine = [effective.get("myhostname").lower(), "localhost", f"localhost.{effective.get('mydomain').lower()}"]
    written = [
        name
        for name in dict.fromkeys(names)
        if re.match(r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", name) and not name.startswith("localhost.")
    ]
    return [name for name in written if name not in mine] or written
