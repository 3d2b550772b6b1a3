"""Whether anything on a host differs from what the role's words are to make of it:
all of them are asked at once, on both routes."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ..core.converge import converge as converge_one
from ..core.converge import foresee
from ..core.errors import MailhostError
from ..core.host import Host
from ..core.word import Alone, Planned
from . import (
    cyrus_mailboxes,
    cyrus_services,
    dovecot_protocols,
    dovecot_settings,
    mail_certificate,
    mail_commit,
    mail_packages,
    mailboxes,
    mta,
    postfix_relay,
    sendmail_relay,
    stunnel_services,
)

#: a module takes along only what it imports
WORDS = {
    word.__name__.rpartition(".")[2]: word.WORD
    for word in (cyrus_mailboxes, cyrus_services, dovecot_protocols, dovecot_settings, mail_certificate, mail_commit)
    + (mail_packages, mailboxes, mta, postfix_relay, sendmail_relay, stunnel_services)
}

ARGUMENT_SPEC: "dict[str, Any]" = {
    "steps": {"type": "str"},
    "asked": {
        "type": "list",
        "elements": "dict",
        "options": {"word": {"type": "str", "required": True}, "given": {"type": "dict", "required": True}},
    },
}


def look(asked: "Sequence[Mapping[str, Any]]", host: Host) -> "dict[str, Any]":
    """``differs``: the first word that would change something or that refuses;
    ``facts``: of each word that has a plan, in order; ``losses``: what all of them would take away, with
    ``refusal``, the first word's that refuses besides."""
    words = [(entry["word"], WORDS[entry["word"]], entry["given"]) for entry in asked]
    planned = [(name, word, given) for name, word, given in words if isinstance(word, Planned)]
    plans, losses, refusal = foresee([(word, given) for _, word, given in planned], host)
    if losses:
        return {"differs": [], "facts": [], "losses": [loss.data() for loss in losses], "refusal": refusal}
    facts = [plan.facts for plan in plans]
    differs = [name for (name, _, _), plan in zip(planned, plans) if plan.differs]
    if differs or len(plans) > len(planned):
        return {"differs": differs or ["mail_commit"], "facts": facts}
    for name, word, given in words:
        result = converge_one(word, given, host, True) if isinstance(word, Alone) else {}
        if result.get("changed") or result.get("warnings"):
            return {"differs": [name], "facts": facts}
    return {"differs": [], "facts": facts}


def converge(params: Mapping[str, Any], host: Host, check_mode: bool) -> "dict[str, Any]":
    """What the action asks for where a host runs its words itself."""
    try:
        return {"changed": False, **look(params["asked"] or [], host), "invocation": {}}
    except MailhostError:  # the word's own task will say it, in its own name and without a secret
        return {"changed": False, "differs": ["unknown"], "facts": [], "invocation": {}}


WORD = Alone(ARGUMENT_SPEC, converge)
