"""What Dovecot gives away, by its files and by what doveconf says of them."""

from __future__ import annotations

from typing import Iterable

from ...core.host import Command, Request, Seen
from .. import standing
from ..policy import Reading
from . import configure, judge, openings
from .shell import OPEN
from .versions import NEW, OLD

STORES = (configure.USERS,)


def asks(seen: Seen) -> "Iterable[Request]":
    return configure.reads(seen)


def read(here: Reading) -> None:
    number = standing.version_of(here.seen, "dovecot")
    main = NEW if here.seen.file(NEW).exists else OLD
    if number is None or here.seen.file(main).kind != "file" or "cyrus" in here.products:
        return
    here.serves("dovecot", "Dovecot", number)
    stands = configure.whole(main, here.seen)
    here.causes += judge.judge(stands, number, here.platform.family.dovecot_cleartext.nearest(number))
    here.causes += openings.openings(stands, number)
    stores = judge.stores(stands)
    here.stores = [*stores, *here.stores]
    services = openings.services(stands)
    if services:
        here.services["Dovecot"] = services
    here.pairs += [("Dovecot", *pair) for pair in judge.pems(stands)]
    effective, users = openings.question(stands, number), OPEN.argv(*stores, configure.USERS)
    here.asked += map(Command, (effective, users))
    here.causes += openings.answered(here.seen.output(*effective).text, number, here.causes, main)
    here.causes += openings.users(here.seen.output(*users).text)
