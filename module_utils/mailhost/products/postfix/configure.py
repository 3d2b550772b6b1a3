"""A Postfix as it stands on a host: its files, its version, and the lookup tables that are ours."""

from __future__ import annotations

from typing import Callable, Optional

from ...core.errors import BadConfiguration
from ...core.host import Seen
from ...core.operations import Plan, Run, Write
from ...core.versions import Version, dotted
from ..standing import version_of
from ..table import PRODUCTS
from . import versions as dialect
from .main_cf import MainCf
from .master_cf import MasterCf
from .setup import Setup
from .tables import words

MAIN, MASTER = "/etc/postfix/main.cf", "/etc/postfix/master.cf"
VERSION = PRODUCTS["postfix"].version
MAP_TYPE = ("postconf", "-h", "default_database_type")
ALIASES, MAILBOXES = "/etc/mailhost/aliases", "/etc/mailhost/mailboxes"


def table(seen: Seen) -> "Callable[[str], Optional[str]]":
    """The text of a lookup table by its path; None for one that is not there."""

    def text(path: str) -> "Optional[str]":
        state = seen.file(path)
        return state.text if state.kind == "file" else None

    return text


def setup(main: MainCf, master: MasterCf, number: Version, seen: Seen) -> Setup:
    """A Postfix as the policy reads it, with the tables that were read."""
    return Setup(main, master, number, table(seen))


def map_type(seen: Seen) -> str:
    """The type of Postfix' own lookup tables on this host (hash, or lmdb where there is no Berkeley DB)."""
    kind = seen.output(*MAP_TYPE).text.strip()
    return kind if kind in dialect.MAP_SUFFIX else "hash"


def number_of(seen: Seen) -> Version:
    number = version_of(seen, "postfix")
    if number is None:
        raise BadConfiguration("postconf -d mail_version", "no Postfix is installed", "Install it (mail_packages)")
    if number < dialect.FIRST:
        raise BadConfiguration("postconf -d mail_version", f"{dotted(number)} is older than 2.3", "Upgrade Postfix")
    return number


def map_files(plan: Plan, seen: Seen, kind: str, contents: "dict[str, str]") -> None:
    """Write lookup tables and build them. A table is built again whenever its text changes."""
    for path, text in contents.items():
        state = seen.file(path)
        if plan.write(Write(state, text.encode("utf-8"), fallback_mode=0o644)):
            build, remove = ("postmap", f"{kind}:{path}"), ("rm", "-f", "--", f"{path}.db", f"{path}.{kind}")
            again = {"after_undo": build} if state.exists else {"undo": remove}
            plan.operations.append(Run(f"build {path}", build, **again))


def certificates(text: str) -> "list[str]":
    """The certificates that a main.cf names for smtpd; a chain's file comes before all others (3.4)."""
    main = MainCf(text, MAIN)
    names = ("smtpd_tls_chain_files", "smtpd_tls_cert_file", "smtpd_tls_eccert_file", "smtpd_tls_dcert_file")
    return [word for name in names for word in words(main.filled(main.get(name) or ""))]
