"""Rows of access tables that let a stranger by.

Source: access(5), cidr_table(5), regexp_table(5), SMTPD_ACCESS_README."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Tuple

from ..cause import Cause
from .setup import Effective, is_wide, network_of, path_of
from .tables import PATTERNS, TableRow, inline_rows, rows, table_of, words

#: answers after which the next restriction decides, or that refuse, or that leave the address as it is
ON: "Tuple[str, ...]" = (
    "DUNNO",
    "REJECT",
    "DEFER",
    "DEFER_IF_REJECT",
    "DEFER_IF_PERMIT",
    "DISCARD",
    "HOLD",
    "WARN",
    "INFO",
    "PREPEND",
)
ON = (*ON, "REDIRECT", "FILTER", "BCC", "DELAY")
_WHO = {
    "client": "a name of many, which its owner gives",
    "helo": "whoever says that name in HELO may send anywhere",
    "sender": "whoever claims that sender may send anywhere",
    "recipient": "mail for it is passed on from everybody, without regard to what the host is there for",
}
#: ``by``, ``on`` or ``unread``, of an answer
Answer = Callable[[str], str]


@dataclass(frozen=True)
class Question:
    """A table in a restriction list: ``word`` asks it by a ``kind`` of name."""

    rule: str
    name: str
    word: str
    kind: str
    argument: str
    place: str
    out: str


def causes(effective: Effective, question: Question, answer: Answer) -> "List[Cause]":
    table, path = table_of(question.argument), path_of(question.argument)
    if table.kind == "static":
        return _of_all(question, table.name, answer)
    if table.kind == "inline":
        pairs = inline_rows(table.name)
        if pairs is None:
            return [_unknown(question, f"{question.argument} cannot be judged")]
        return _of_rows(effective, question, "inline", [TableRow(0, key, value) for key, value in pairs], answer)
    if path is None or not table.kind:
        return [_unknown(question, f"{question.argument} is asked at run time, and may accept a stranger")]
    text = effective.setup.table(path)
    if text is None:
        return [_unknown(question, f"{path} is not there")]
    return _of_rows(effective, question, table.kind, rows(text, table.kind), answer)


def _unknown(question: Question, finding: str) -> Cause:
    return Cause(question.rule, "unknown", question.place, f"{question.word}: {finding}", question.out)


def _of_all(question: Question, name: str, answer: Answer) -> "List[Cause]":
    value = name[1:-1].strip() if name.startswith("{") else name
    verdict, finding = answer(value), f"{question.argument} accepts everybody"
    if verdict == "unread":
        return [_unknown(question, f"{question.argument} cannot be judged")]
    return [Cause(question.rule, "open", question.place, finding, question.out)] if verdict == "by" else []


def _of_rows(
    effective: Effective, question: Question, kind: str, found: "List[TableRow]", answer: Answer
) -> "List[Cause]":
    causes = []
    for row in found:
        verdict = answer(row.value)
        if verdict == "on" or (verdict == "by" and _is_known(effective, question.kind, kind, row)):
            continue
        place = f"{path_of(question.argument)}:{row.line}" if row.line else question.place
        about = f"{row.key} {row.value} in {question.name}'s {question.word}: "
        about += _WHO[question.kind] if verdict == "by" else "cannot be judged"
        seen = _witness(question.kind, row.key, question.argument) if verdict == "by" else {}
        rule = question.rule if kind == "inline" else f"{question.rule} {row.key}"
        causes.append(Cause(rule, "open" if verdict == "by" else "unknown", place, about, question.out, seen))
    return causes


def _is_known(effective: Effective, kind: str, type_: str, row: TableRow) -> bool:
    if row.negated:
        return False
    if kind == "client":
        return _is_a_client(row.key, type_)
    return kind == "recipient" and type_ not in PATTERNS and _is_our_address(effective, row.key)


def _is_our_address(effective: Effective, key: str) -> bool:
    """Whether it is one address of a domain that mail is taken for anyhow."""
    local, at, domain = key.rpartition("@")
    taken = [
        word.lower()
        for name in ("mydestination", "virtual_mailbox_domains", "virtual_alias_domains", "relay_domains")
        for word in words(effective.get(name))
    ]
    return bool(local and at) and domain.lower() in taken


def _is_a_client(key: str, type_: str) -> bool:
    """Whether a client's row names a host or a network of somebody known:
    an address of two octets and more, a name of two labels."""
    if type_ in ("pcre", "regexp"):
        return _pattern_is_a_client(key)
    key = key.strip("[]").rstrip(".")
    if "/" in key or type_ == "cidr":
        network = network_of(key)
        return network is not None and not is_wide(network) and network.prefixlen >= (9 if network.version == 4 else 17)
    return len([part for part in re.split(r"[.:]", key) if part]) >= 2


def _pattern_is_a_client(pattern: str) -> bool:
    """A pattern that ends with a written domain of two labels, or is one address or the beginning of one."""
    literal = r"[A-Za-z0-9-]+"
    name = rf"^(\^|\(\^\|\\\.\)|\\\.|\^\.\*\\\.)({literal}\\\.)+{literal}\$$"
    address = r"^\^\d+\\\.\d+\\\.(\d+\\\.(\d+\$)?)?$"
    return bool(re.match(name, pattern) or re.match(address, pattern))


def _witness(kind: str, key: str, argument: str) -> "Dict[str, str]":
    """An envelope that such a row lets by; nothing for patterns, which only their author can read backwards."""
    pattern: "Optional[str]" = table_of(argument).kind
    if pattern in PATTERNS or not re.match(r"^[A-Za-z0-9@._+-]+$", key):
        return {}
    name = key.lstrip(".")
    if kind == "helo":
        return {"helo": name if not key.startswith(".") else f"x.{name}"}
    if kind == "client":
        return {}
    address = f"relaytest@{name}"
    if name.endswith("@"):
        address = f"{name}relaytest.invalid"
    elif "@" in name:
        address = name
    if kind == "recipient" and "@" not in key:
        return {"recipient": f"<relaytest@{'sub.' if not key.startswith('.') else 'x.'}{name}>"}
    return {kind: f"<{address}>"}
