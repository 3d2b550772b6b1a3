"""What the two Dovecot words share: finding the installation, and turning edits into a plan.

On hosts with a conf.d one file of ours, ``/etc/dovecot/mailhost.conf``, is included by the last line of dovecot.conf,
so that nothing read later can change what it says; elsewhere the one file is edited in place.
"""

from __future__ import annotations

from typing import Iterable, Mapping

from ...core.errors import BadConfiguration, BadInput, Unasked
from ...core.host import Command, File, Glob, Request, Seen
from ...core.operations import Check, Plan, Write
from ...core.shell.look import LISTED
from ...core.versions import Rows, T, Version, dotted
from ..standing import version_of
from ..table import PRODUCTS
from . import versions as dialect
from .grammar import Section, Setting, Tree
from .tree import Configuration
from .versions import NEW, OLD

OWN = "/etc/dovecot/mailhost.conf"
#: users of the virtual store, a passwd-file
USERS = "/etc/mailhost/users"
VERSION = PRODUCTS["dovecot"].version
HEAD = "# Written by mailhost; its last word comes from the end of dovecot.conf. Changes made here are overwritten.\n"
LOGINS = LISTED.argv("/usr/lib*/dovecot/*-login", "/usr/libexec/dovecot/*-login")
USUAL: "tuple[Request, ...]" = (
    Command(VERSION),
    File(OLD),
    File(NEW),
    File(OWN),
    Glob("/etc/dovecot/conf.d/*.conf"),
    File("/etc/dovecot/conf.d/auth-system.conf.ext"),
    File("/etc/dovecot/local.conf"),
    Glob("/usr/share/dovecot/protocols.d/*.protocol"),
    Command(LOGINS),
)


class Installation:
    """The Dovecot of a host: its version, its configuration, and the tree that edits go to."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        number = version_of(seen, "dovecot")
        if number is None:
            raise BadConfiguration("dovecot --version", "no Dovecot is installed", "Install it (mail_packages)")
        self.version: Version = number
        if number < dialect.FIRST:
            raise BadConfiguration("dovecot --version", f"{dotted(number)} is older than 1.0", "Upgrade Dovecot")
        self.main = NEW if seen.file(NEW).exists else self.at(dialect.MAIN)
        if seen.file(self.main).kind != "file":
            raise BadConfiguration(self.main, "is not there or is not a file", "Reinstall the package's configuration")
        self.configuration = whole(self.main, seen)
        self.has_conf_d = bool(seen.names("/etc/dovecot/conf.d/*.conf")) and self.at(dialect.CONF_D)
        self._refuse_old_tree()
        self.edited = Configuration(self.main, seen).trees
        if self.has_conf_d:
            self.edited.setdefault(OWN, Tree(HEAD, OWN))
        self.own = self.edited[OWN if self.has_conf_d else self.main]

    def at(self, rows: "Rows[T]") -> T:
        value = rows.at(self.version)
        if value is None:
            raise BadInput(rows.concept, f"not in Dovecot {dotted(self.version)}", "Use a newer Dovecot")
        return value

    def _refuse_old_tree(self) -> None:
        """A tree of 2.3 under Dovecot 2.4: named as such, with the settings that 2.4 does not know."""
        needed = self.at(dialect.VERSION_SETTING)
        if not needed:
            return
        settings = [
            (name, path, entry) for name, path, entry in self.configuration.entries() if isinstance(entry, Setting)
        ]
        unknown = [
            f"{name}:{entry.line} {entry.key} (now {dialect.GONE_IN_2_4[entry.key]})"
            for name, path, entry in settings
            if entry.key in dialect.GONE_IN_2_4 and len(path) == 1
        ] + [
            f"{name}:{entry.line} {entry.key} {{ (needs a name)"
            for name, path, entry in self.configuration.entries()
            if isinstance(entry, Section) and len(path) == 1 and entry.key in (*dialect.NAMED_IN_2_4, "plugin")
        ]
        first = settings[0][2].key if settings else ""
        if unknown or first != needed:
            fault = f"a configuration for Dovecot 2.3, but Dovecot is {dotted(self.version)}"
            if first != needed:
                fault += f"; its first setting must be {needed}"
            if unknown:
                fault += "; settings 2.4 does not know: " + ", ".join(unknown)
            raise BadConfiguration(
                self.main, fault, "Convert it (doc.dovecot.org, upgrade 2.3 to 2.4) or restore the package's files"
            )

    def set(self, block: dialect.Block, **values: str) -> None:
        for path, value in dialect.fill(block, **values):
            if " " in path[-1]:  # a section's type and name: it is only to be there
                self.own.section(path)
            else:
                self.own.set(path, value)

    def plan(self, facts: "Mapping[str, object]") -> Plan:
        """What was edited, as writes; the own file's include as the main file's last line; the parser's check."""
        plan = Plan(services=("dovecot",), facts={"version": dotted(self.version), **facts})
        if self.has_conf_d:
            self.edited[self.main].include("mailhost.conf")
        for path, tree in self.edited.items():
            state = self.seen.file(path)
            before = self.configuration.trees.get(path)
            content = tree.render().encode("utf-8", "surrogateescape")
            plan.write(Write(state, content, settings=(before.settings() if before else [], tree.settings())))
        if plan.changed:
            root = "/etc/dovecot" if self.main == NEW else OLD
            inner = "@TREE@/dovecot.conf" if self.main == NEW else "@TREE@"
            plan.operations.append(Check(root, (*self.at(dialect.CHECKER), inner)))
        return plan


def read(main: str, seen: Seen) -> Configuration:
    """The configuration as far as it was read, the same for all who only look at it."""
    return seen.once(("dovecot", main), lambda: Configuration(main, seen))


def whole(main: str, seen: Seen) -> Configuration:
    """The configuration with all that it includes; raises Unasked for an include that was not read."""
    configuration = read(main, seen)
    if configuration.missing:
        raise Unasked(str(configuration.missing[0]))
    return configuration


def reads(seen: Seen) -> "Iterable[Request]":
    """What any Dovecot word needs to see; what includes name comes with the next round."""
    yield from USUAL
    yield from read(NEW if seen.file(NEW).exists else OLD, seen).missing


def certificates(seen: Seen) -> "list[tuple[str, str]]":
    """The certificates that the configuration names for all protocols, for one, and for a name; each with its place."""
    main = NEW if seen.file(NEW).exists else OLD
    if seen.file(main).kind != "file":
        return []
    last = {
        path[:-1] + (name,): (entry.value.lstrip("<").strip(), f"{file}:{entry.line}")
        for file, path, entry in whole(main, seen).entries()
        if isinstance(entry, Setting)
        for name in [path[-1]]
        if name in ("ssl_server_cert_file", "ssl_cert", "ssl_cert_file") and not path[0].startswith("local")
    }
    return list(last.values())
