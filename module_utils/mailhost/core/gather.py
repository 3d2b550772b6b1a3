"""What a word asks of a host, in as few round trips as the depth of its questions allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional, Sequence

from .errors import HostError, Unasked
from .host import Host, Request, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable

ROUNDS = 8


Reads = Callable[[Seen], "Iterable[Request]"]


def gather(reads: "Sequence[Reads]", host: Host) -> Seen:
    """Read what all of them ask for: one round trip, and one more for each depth of what hangs on an answer.

    A ``reads`` that looks at what has no answer yet goes on in the next round;
    where none has anything left to ask, it is a defect.
    """
    seen = Seen()
    asked: "set[Request]" = set()
    for _ in range(ROUNDS):
        requests, waits = _requests(reads, seen)
        wanted = [request for request in requests if request not in asked]
        if not wanted and waits:
            raise waits
        if not wanted:
            return seen
        seen.add(host.read(wanted))
        asked.update(wanted)
    raise HostError("the host", f"its configuration includes files more than {ROUNDS} deep", "Look for an include loop")


def _requests(reads: "Sequence[Reads]", seen: Seen) -> "tuple[list[Request], Optional[Unasked]]":
    """What can be asked now, each once, and what somebody waits for."""
    requests: "dict[Request, None]" = {}
    waits = None
    for ask in reads:
        try:
            for request in ask(seen):
                requests[request] = None
        except Unasked as error:
            waits = error
    return list(requests), waits
