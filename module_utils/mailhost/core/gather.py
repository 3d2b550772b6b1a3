"""What a word asks of a host, in as few round trips as the depth of its questions allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from .errors import HostError
from .host import Host, Request, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable

ROUNDS = 8


def gather(reads: "Callable[[Seen], Iterable[Request]]", host: Host) -> Seen:
    """Read what is asked for: one round trip, and one more for each depth of includes."""
    seen = Seen()
    asked: "set[Request]" = set()
    for _ in range(ROUNDS):
        wanted = list(dict.fromkeys(request for request in reads(seen) if request not in asked))
        if not wanted:
            return seen
        seen.add(host.read(wanted))
        asked.update(wanted)
    raise HostError("the host", f"its configuration includes files more than {ROUNDS} deep", "Look for an include loop")
