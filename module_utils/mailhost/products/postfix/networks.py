"""Whom lists of hosts trust (mynetworks, smtpd_authorized_xclient_hosts), by addresses, files and tables.

Source: postconf(5) (mynetworks), DATABASE_README: a file holds more words, a table trusts every key that it has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List, Optional, Tuple

from ..cause import Cause
from .setup import Effective, Network, is_wide, network_of, path_of
from .tables import inline_rows, logical_lines, rows, table_of, words

_NAME = re.compile(r"^\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$|^localhost$")
_OUT = "Name your own networks (mailhost_relay_networks)"


@dataclass(frozen=True)
class Entry:
    """A word of such a list with its place; ``network`` if it is one, else it is a name or ``unread``."""

    word: str
    place: str
    network: "Optional[Network]" = None
    unread: str = ""


def entries(effective: Effective, name: str) -> "List[Entry]":
    place = effective.place(name)
    found = [entry for word in words(effective.get(name)) for entry in _of_word(effective, word, place)]
    return found + [Entry(text, place, None, "its value is not known here") for text in effective.unread(name)]


def _of_word(effective: Effective, word: str, place: str) -> "List[Entry]":
    if word.startswith("!"):  # excludes, and so trusts nobody
        return []
    network = network_of(word)
    if network is not None or _NAME.match(word):
        return [Entry(word, place, network)]
    if "$" in word:  # said by what could not be filled in
        return []
    table, path = table_of(word), path_of(word)
    if table.kind == "static":
        return [Entry(word, place, network_of("0.0.0.0/0"))]
    if table.kind == "inline":
        pairs = inline_rows(table.name)
        if pairs is not None:
            return [entry for key, _ in pairs for entry in _of_key(key, place)]
    if path is None or table.kind in ("regexp", "pcre"):
        return [Entry(word, place, None, "may hold anybody")]
    text = effective.setup.table(path)
    if text is None:
        return [Entry(word, place, None, f"{path} is not there")]
    return _of_text(text, table.kind, path)


def _of_text(text: str, kind: str, path: str) -> "List[Entry]":
    if kind:
        found = [(row.line, row.key) for row in rows(text, kind) if not row.negated]
        return [entry for line, key in found for entry in _of_key(key, f"{path}:{line}")]
    lines: "List[Tuple[int, str]]" = logical_lines(text)
    listed = [(line, word) for line, value in lines for word in words(value.partition(" #")[0])]
    return [entry for line, word in listed if not word.startswith("!") for entry in _of_key(word, f"{path}:{line}")]


def _of_key(key: str, place: str) -> "List[Entry]":
    network = network_of(key)
    known = network is not None or _NAME.match(key) or re.match(r"^\d+(\.\d+){1,2}$", key)
    return [Entry(key, place, network, "" if known else "is not understood")]


def causes(effective: Effective, name: str, limit_to_loopback: bool = False) -> "List[Cause]":
    """The entries that trust more than can be meant, and those that are not understood."""
    found = []
    for entry in entries(effective, name):
        rule = f"{name} {entry.word}"
        if entry.unread:
            finding = f"{name} holds {entry.word}, which {entry.unread}: cannot be judged"
            kind = "wide" if table_of(entry.word).kind in ("regexp", "pcre") else "unknown"
            found.append(Cause(rule, kind, entry.place, finding, _OUT, asked=kind == "unknown"))
        elif entry.network is not None and is_wide(entry.network):
            found.append(_wide(name, entry, entry.network))
        elif limit_to_loopback and not (entry.network is not None and entry.network.is_loopback):
            alone = entry.network is not None and entry.network.num_addresses == 1
            finding = f"{name} holds {entry.word}: whoever has that address may claim any client's"
            out = f"Take {entry.word} out of {name}, or accept it if none but your own proxy has it"
            found.append(Cause(rule, "unknown" if alone else "open", entry.place, finding, out))
    return found


def _wide(name: str, entry: Entry, network: Network) -> Cause:
    everybody = not network.prefixlen or str(network) == "::ffff:0:0/96"
    finding = f"{name} holds {entry.word}, which is {'everybody' if everybody else 'much of the Internet'}"
    seen = {"sender": ""} if name == "mynetworks" and network.version == 4 and not network.prefixlen else {}
    return Cause(f"{name} {entry.word}", "open", entry.place, finding, _OUT, seen)
