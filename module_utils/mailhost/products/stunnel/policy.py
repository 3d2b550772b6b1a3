"""What stunnel gives away: whom the daemon behind a tunnel sees."""

from __future__ import annotations

from typing import Iterable

from ...core.host import File, Glob, Request, Seen
from ...formats.settings import Settings
from ..policy import Reading
from .configure import CONF, accepted_on
from .judge import judge

STORES = ()
OTHERS = Glob("/etc/stunnel/*.conf")


def asks(seen: Seen) -> "Iterable[Request]":
    yield from (File(CONF), OTHERS)


def read(here: Reading) -> None:
    for path in [CONF, *here.seen.names(OTHERS.pattern)]:
        if here.seen.file(path).kind == "file":
            conf = Settings(here.seen.file(path).text, path, " = ", "#;")
            here.causes += judge(conf, here.ports, here.networks)
            here.tunnels += accepted_on(conf)
