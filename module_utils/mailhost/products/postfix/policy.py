"""What Postfix gives away, by its files and by a private smtpd that is asked as a stranger."""

from __future__ import annotations

from typing import Iterable

from ...core.host import Command, File, Request, Seen
from .. import standing
from ..policy import Reading
from . import abuse, judge
from .ask import Open, Questions
from .configure import MAIN, MASTER, VERSION, setup
from .main_cf import MainCf
from .master_cf import MasterCf
from .networks import trusted
from .setup import destinations, tables

STORES = ("/etc/postfix/sasl_passwd", "/etc/postfix/sasl_passwd.db")


def asks(seen: Seen) -> "Iterable[Request]":
    yield from (Command(VERSION), File(MAIN), File(MASTER), abuse.ASKED)


def read(here: Reading) -> None:
    number = standing.version_of(here.seen, "postfix")
    files = [here.seen.file(path) for path in (MAIN, MASTER)]
    if number is None or any(state.kind != "file" for state in files) or not here.runs("postfix"):
        return
    main, master = MainCf(files[0].text, files[0].path), MasterCf(files[1].text, files[1].path)
    stands = setup(main, master, number, here.seen)
    here.serves("postfix", "Postfix", number)
    here.asked += map(File, tables(stands))
    here.networks += trusted(stands)
    here.domains += destinations(stands)
    certificate, key = main.get("smtpd_tls_cert_file"), main.get("smtpd_tls_key_file")
    if certificate:
        in_one = key in (None, "", "$smtpd_tls_cert_file")
        here.pairs.append(("Postfix", certificate, certificate if in_one else str(key)))
    defaults = here.seen.output(*abuse.ASKED.argv).text
    here.causes += abuse.causes(main, number, abuse.known(here.seen), defaults)
    causes = judge.causes(stands)
    try:
        here.causes += Questions(stands).judged(causes, here.seen)
    except Open as error:
        here.asked.append(error.question)
        raise
