"""What Dovecot's configuration says of passwords in clear, logins by nobody, and databases that no login comes out of.

Sources: the dovecot-example.conf of 1.0 and Red Hat's change of it (cleartext allowed), the settings of 2.4.
"""

from __future__ import annotations

import re
from typing import Dict, Iterable, List, Tuple

from ...core.versions import Version
from ..cause import Cause
from . import versions as dialect
from .grammar import Section, Setting
from .tree import Configuration
from .versions import DRIVERS

Last = Dict[Tuple[str, ...], Tuple[str, str]]


def _last(configuration: Configuration) -> Last:
    """Each setting's value that counts, with its place."""
    settings = {}
    for name, path, entry in configuration.entries():
        if isinstance(entry, Setting):
            settings[path] = (entry.value, f"{name}:{entry.line}")
    return settings


def judge(configuration: Configuration, number: Version, is_clear_by_default: bool) -> "List[Cause]":
    """``is_clear_by_default``: whether this package's build lets passwords go in clear where nothing is set."""
    last = _last(configuration)
    return [
        *_cleartext(last, configuration.main, number, is_clear_by_default),
        *_anonymous(last),
        *_tls_off(last, number),
        *drivers(configuration, number),
    ]


def _cleartext(last: Last, main: str, number: Version, is_clear_by_default: bool) -> "Iterable[Cause]":
    (((name,), allowed),) = dialect.CLEARTEXT["allow"].nearest(number)
    (((_,), refused),) = dialect.CLEARTEXT["refuse"].nearest(number)
    value, place = last.get((name,), ("", main))
    if value.lower() == allowed or (not value and is_clear_by_default):
        unset = f"{name} is not set, and this package's default lets passwords go in clear"
        what = f"{f'{name} = {value}' if value else unset}: Dovecot accepts passwords without TLS"
        way_out = f"Set {name} to {refused}"
        yield Cause(f"cleartext {name}", "clear", place, what, way_out, {}, "143", "cleartext_login")


def _anonymous(last: Last) -> "Iterable[Cause]":
    what, way_out = "no password is needed: anonymous is a mechanism of Dovecot's", "Take anonymous out"
    for path, (value, place) in last.items():
        if path[-1] in ("mechanisms", "auth_mechanisms") and "anonymous" in value.lower().split():
            yield Cause("anonymous auth_mechanisms", "clear", place, what, way_out, {}, "143")


def _tls_off(last: Last, number: Version) -> "Iterable[Cause]":
    ((path, off),) = dialect.TLS_OFF.nearest(number)
    ssl, place = last.get(path, ("", ""))
    if ssl.lower() == off:
        what = "TLS is switched off in Dovecot"
        yield Cause("cleartext ssl", "clear", place, what, "Switch it on", {}, "143", "cleartext_login")


def drivers(configuration: Configuration, number: Version) -> "List[Cause]":
    """Databases of passwords and users that no Dovecot has a driver for: its own check says nothing of them, and no
    login succeeds. A section's name is the driver in 1.x; from 2.4 on it is, where the section has no ``driver``."""
    settings = [
        path for _, path, entry in configuration.entries() if isinstance(entry, Setting) and path[-1].endswith("driver")
    ]
    causes, with_driver = [], {path[:-1] for path in settings}
    for name, path, entry in configuration.entries():
        kind, _, named = path[-1].partition(" ")
        if (
            isinstance(entry, Setting)
            and path[-1] in ("driver", "passdb_driver", "userdb_driver")
            and not re.search(r"[%$]", entry.value)
        ):
            kind, driver = (
                path[-1].partition("_")[0] if "_" in path[-1] else "".join(path[-2:-1]).split(" ", 1)[0],
                entry.value,
            )
        elif (
            isinstance(entry, Section)
            and named
            and dialect.NAMED_DRIVERS.nearest(number)
            and not {path, ()} & with_driver
        ):
            driver = named
        else:
            continue
        if kind in DRIVERS and driver not in DRIVERS[kind]:
            finding = f"{kind} {driver}: Dovecot has no such driver, and no login would succeed"
            causes.append(
                Cause(f"{kind} {driver}", "dead", f"{name}:{entry.line}", finding, "Correct or remove it", {}, "143")
            )
    return causes


def stores(configuration: Configuration) -> "List[str]":
    """Files of passwords that Dovecot's configuration names."""
    paths = []
    for path, (value, _) in _last(configuration).items():
        if path[-1] == "passwd_file_path" or (path[-1] == "args" and any(part.startswith("passdb") for part in path)):
            paths += [word for word in value.split() if word.startswith("/")]
    return list(dict.fromkeys(paths))


def pems(configuration: Configuration) -> "List[Tuple[str, str]]":
    """Certificate and key that Dovecot serves."""
    last = {path[-1]: value.lstrip("<").strip() for path, (value, _) in _last(configuration).items() if len(path) == 1}
    names = (
        ("ssl_server_cert_file", "ssl_server_key_file"),
        ("ssl_cert", "ssl_key"),
        ("ssl_cert_file", "ssl_key_file"),
    )
    return [(last[cert], last[key]) for cert, key in names if cert in last and key in last][:1]
