"""Which of imap, imaps, pop3 and pop3s Dovecot serves: exactly these ports, whatever the version's habit."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from ..core.errors import BadInput
from ..core.host import Command, Request, Seen
from ..core.operations import Plan
from ..core.versions import dotted
from ..core.word import OPTIONS, Planned
from ..products import access, switch
from ..products.dovecot import configure as dovecot
from ..products.dovecot import shell
from ..products.dovecot import versions as dialect
from ..products.dovecot.configure import OWN

ARGUMENT_SPEC: "dict[str, Any]" = {
    "protocols": {"type": "list", "elements": "str", "required": True},
    "addresses": {"type": "list", "elements": "str", "default": []},
    **OPTIONS,
}
IDENTIFIERS = shell.IDENTIFIERS.argv()
KPOP = "Dovecot has no KPOP; current Kerberos has none either. Use imaps or pop3s with GSSAPI"


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    _wanted(params)
    access.addresses(params)
    yield from (*switch.reads("dovecot"), Command(IDENTIFIERS))
    yield from dovecot.reads(seen)


def _wanted(params: Mapping[str, Any]) -> "list[str]":
    return access.protocols(params, "Dovecot", {"kpop": KPOP})


def _refuse_what_is_not_installed(wanted: "list[str]", seen: Seen) -> None:
    installed = seen.output(*dovecot.LOGINS).text
    for product in ("imap", "pop3"):
        if installed and any(word.startswith(product) for word in wanted) and f"/{product}-login" not in installed:
            raise BadInput(
                "protocols",
                f"Dovecot on this host has no {product}-login, so it cannot serve {product}",
                "Install its package (mail_packages; on Debian dovecot-imapd or dovecot-pop3d)",
            )


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    wanted = _wanted(params)
    here = dovecot.Installation(seen)
    _refuse_what_is_not_installed(wanted, seen)
    if here.at(dialect.LISTENERS):
        products = [name for name in ("imap", "pop3") if name in wanted or name + "s" in wanted]
        # our own file's list is what a run made of an earlier one: packages that came since are seen without it
        stand = here.configuration.words("protocols", without=[OWN] if here.has_conf_d else [])
        others = [word for word in stand if word not in (*access.PORTS, "none")]
        _set(here, ("protocols",), " ".join(products + others))
        for product in products:
            for name in (product, product + "s"):
                listener = (f"service {product}-login", f"inet_listener {name}")
                _set(here, (*listener, "port"), str(access.PORTS[name] if name in wanted else 0))
                if name.endswith("s"):
                    _set(here, (*listener, "ssl"), "yes")
    else:
        _set(here, ("protocols",), " ".join(wanted))
    addresses = access.addresses(params)
    if addresses:
        if len(addresses) > 1 and not here.at(dialect.LISTEN_MANY):
            raise BadInput(
                "addresses", f"Dovecot {dotted(here.version)} listens on one address", "Give one, or use 1.1"
            )
        _set(here, ("listen",), ", ".join(_bracketed(address, here) for address in addresses))
    if any(word.startswith("pop3") for word in wanted):
        _identifiers(here)
    plan = here.plan({"protocols": wanted, "ports": [access.PORTS[word] for word in wanted]})
    switch.take_over(plan, seen, "dovecot")
    return plan


def _identifiers(here: dovecot.Installation) -> None:
    """Where the version has no default for POP3's identifiers: one of ours,
    but never another than stands or was compiled in, by which clients know what they have fetched."""
    compiled = re.search(r":[ \t]*\S", here.seen.output(*IDENTIFIERS).text)
    for path, value in here.at(dialect.POP3_UIDL):
        if not compiled and not any(here.own.get(at) for at in (path, path[-1:])):
            here.own.set(path, value)


def _bracketed(address: str, here: dovecot.Installation) -> str:
    return f"[{address}]" if ":" in address and not here.at(dialect.LISTENERS) else address


def _set(here: dovecot.Installation, path: "tuple[str, ...]", value: str) -> None:
    here.own.set(path, value)


WORD = Planned(ARGUMENT_SPEC, reads, plan)
