"""Restrictions that smtpd does not know: it then serves nobody (451 4.3.5 Server configuration error),
and neither ``postconf -n`` nor ``postfix check`` says so.

Source: postconf(5) of 2.3 to 3.10 (smtpd_client_restrictions and its likes), smtpd_check.c.
"""

from __future__ import annotations

import re
from typing import Dict, List

from ...core.versions import dotted
from ..cause import Cause
from . import versions as dialect
from .setup import Effective, Setup, classes, services
from .tables import words

LISTS = tuple(
    f"smtpd_{stage}_restrictions"
    for stage in ("client", "helo", "sender", "relay", "recipient", "data", "end_of_data", "etrn")
)
#: those behind which something else stands
_WITH_MORE = re.compile(
    r"^(check_\w+_(access|service|maps)|check_policy_service|reject_r(bl|hsbl)_\w+|permit_(dnswl|rhswl)_client|sleep)$"
)


def unknown(setup: Setup) -> "List[Cause]":
    """Each word of a restriction list that is none in this version; what cannot be told from a word alone is passed
    over: tables, braces (3.0 on), ``$name`` of a parameter that is not set, numbers."""
    by_rule: "Dict[str, Cause]" = {}
    named = classes(setup.main)
    for service in services(setup):
        effective = Effective(setup, service)
        for name in (*LISTS, *named):
            for cause in _of_list(effective, name, named):
                by_rule.setdefault(cause.rule, cause)
    return list(by_rule.values())


def _of_list(effective: Effective, name: str, named: "List[str]") -> "List[Cause]":
    raw, causes = effective.raw(name)[0], []
    if "{" in raw or (name in dialect.LISTS and name not in dialect.RELAY_LISTS.nearest(effective.setup.version)):
        return []
    todo = words(effective.get(name))
    while todo:
        word = todo.pop(0)
        if _WITH_MORE.match(word.lower()):
            todo = todo[1:]
        since = dialect.SINCE.get(word.lower())
        if word in named or re.search(r"[:/$\d.]", word) or (since and since <= effective.setup.version):
            continue
        number = dotted(effective.setup.version)
        finding = f"{word} in {name} is no restriction of Postfix {number}" + (
            f" (it came with {dotted(since)})" if since else ""
        )
        finding += ": smtpd would answer 451 4.3.5 to everybody"
        causes.append(
            Cause(f"{name} {word}", "dead", effective.place(name), finding, "Correct or remove the word", {}, "25")
        )
    return causes
