"""What Sendmail gives away, by its sources and by its own rules, which are asked as a stranger."""

from __future__ import annotations

from typing import Iterable

from ...core.host import Command, File, Request, Seen
from ...formats.keyed import Keyed, Names
from ..policy import Reading
from . import abuse, ask, judge
from .configure import ACCESS, DIRECTORY, LOCAL, MC, RELAYED, STANDS, number_of
from .mc import SendmailMc
from .shell import UNBUILT as UNBUILT_PROGRAM
from .versions import PROGRAMS

STORES = ()
UNBUILT = UNBUILT_PROGRAM.argv(DIRECTORY)
_SOURCES = (MC, ACCESS, LOCAL, RELAYED)


def asks(seen: Seen) -> "Iterable[Request]":
    yield from (Command(STANDS), Command(UNBUILT))
    yield from map(File, _SOURCES)


def read(here: Reading) -> None:
    mc, rows, local, relayed = (here.seen.file(path) for path in _SOURCES)
    output = here.seen.output(*STANDS)
    if mc.kind != "file" or not here.runs("sendmail") or not any(path in output.text for path in PROGRAMS):
        return
    macros, table = SendmailMc(mc.text, mc.path), Keyed(rows.text, rows.path)
    here.serves("sendmail", "Sendmail", number_of(here.seen))
    host = (macros.get_define("confDOMAIN_NAME") or "").lower()
    domain = judge.local(Names(local.text, local.path).names(), host)
    mine = {row.key.lower() for row in table.rows() if row.value.upper() == "RELAY" and not judge.opens(row)}
    here.causes += judge.causes(macros, table, Names(relayed.text, relayed.path), mine, domain, host)
    here.causes += abuse.causes(macros) + judge.logins(macros)
    here.causes += judge.maps(output.text + "\n" + here.seen.output(*UNBUILT).text, table)
    networks = judge.trusted(table)
    here.networks += networks
    here.domains += [domain] if domain else []
    certificate, key = macros.get_define("confSERVER_CERT"), macros.get_define("confSERVER_KEY")
    if certificate and key:
        here.pairs.append(("Sendmail", certificate, key))
    if domain and host:
        keys = [row.key.lower() for row in table.rows()]
        asked = {
            "hostname": host,
            "domains": [domain],
            "relay_domains": [name[3:] for name in keys if name in mine and name.startswith("to:")],
            "networks": networks,
            "accept": [],
        }
        program = next(path for path in PROGRAMS if path in output.text)
        here.asked.append(ask.live(program, asked))
        if not any(cause.is_relay for cause in here.causes):  # else it would say once more what is known
            here.causes += ask.holes(program, asked, here.seen)
