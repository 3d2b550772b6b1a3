"""What a host's own configuration says of relaying, passwords and keys, whoever wrote it:
the causes behind what the wire shows.

Reads only: one round trip, and one more for the tables and keys that the files name.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from ..core.host import Request, Seen
from ..core.loss import ACCEPT, accepted
from ..core.operations import Plan
from ..core.word import Planned
from ..products.cyrus import policy as cyrus
from ..products.dovecot import policy as dovecot
from ..products.policy import HOST, Reading, Room
from ..products.postfix import policy as postfix
from ..products.sendmail import policy as sendmail
from ..products.stunnel import policy as stunnel

ARGUMENT_SPEC: "dict[str, Any]" = {
    "accept": ACCEPT,
    "mailboxes": {"type": "list", "elements": "str", "default": []},
}
#: stunnel looks at the networks that an MTA trusts, Dovecot whether Cyrus serves; last what may wait for its includes
ROOMS: "Sequence[Room]" = (postfix, sendmail, cyrus, stunnel, dovecot)


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    accepted(params["accept"])
    yield from HOST
    for room in ROOMS:
        yield from room.asks(seen)
    yield from Reading(seen, ROOMS).requests()


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    here = Reading(seen, ROOMS, params["mailboxes"])
    causes = [cause.data() for cause in here.judged()]
    reasons = [{"rule": rule, "reason": reason} for rule, reason in accepted(params["accept"]).items()]
    return Plan(facts={"policy": {"read": True, **here.facts(), "causes": causes, "accepted": reasons}})


WORD = Planned(ARGUMENT_SPEC, reads, plan)
