"""What an audit must not show: the login's password, in whichever form a server or a form of ours has it.

Sources: RFC 4616 (PLAIN), RFC 4648 (base64, its alignments), RFC 3986 (%41), RFC 3461 (xtext: +41), RFC 2045 (=41).
Every output goes through ``Mask``: the lines of a dialogue as they are kept, replies before they are cut to a
sentence's length, and the whole of a result at the end.
"""

from __future__ import annotations

import base64
import re
from typing import Any, Iterator, List, Sequence, Tuple

HIDDEN = "(hidden)"
#: what may stand between two characters where a text is broken into lines
BREAK = r"(?:\\x0d|\\x0a|[\r\n]| )*"
#: what a line of an answer begins with, before what it says
LEAD = re.compile(r"^(?:[2-5]\d\d[ -]|\* |\+ |\+OK |-ERR |p\d+ )?")
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
SHORT = 4  # a run of base64 that is shorter is no sign of a secret


def _character(character: str) -> str:
    """The ways to write a character: itself, quoted, or each of its bytes by number."""
    data = character.encode("utf-8", "surrogateescape")
    by_bytes = BREAK.join(BREAK.join((rf"(?:%|\+|=|\\{BREAK}x)", *f"{byte:02x}")) for byte in data)
    entities = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
    number, four = BREAK.join(f"{ord(character)};"), BREAK.join(f"u{ord(character):04x}")
    ways = [by_bytes, rf"\\?{re.escape(character)}", f"&{BREAK}#{BREAK}{number}", rf"\\{BREAK}{four}"]
    ways += [BREAK.join(entities[character])] if character in entities else []
    ways += [r"\+"] if character == " " else []
    return f"(?:{'|'.join(ways)})"


def _runs(secret: str) -> "Iterator[str]":
    """What base64 of anything with the secret in it holds: at each of three alignments what no neighbour changes."""
    data = secret.encode("utf-8", "surrogateescape")
    for before, first in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(b"\0" * before + data).decode()[first : (before + len(data)) * 8 // 6]
        if len(text) >= SHORT:
            yield BREAK.join({"+": "[+-]", "/": "[/_]"}.get(one, one) for one in text)


def _one_of(patterns: "Sequence[str]") -> "re.Pattern[str]":
    return re.compile("|".join(patterns) or r"(?!)", re.I)


class Mask:
    """Takes these secrets out of texts, whatever their form."""

    def __init__(self, *secrets: str) -> None:
        self.secrets: "Tuple[str, ...]" = tuple(dict.fromkeys(secret for secret in secrets if secret))
        self._plain = _one_of([BREAK.join(map(_character, secret)) for secret in self.secrets])
        self._runs = _one_of([run for secret in self.secrets for run in _runs(secret)])

    def _spans(self, text: str) -> "Iterator[Tuple[int, int]]":
        """Where a secret stands; of base64 the whole run, whose other characters hold bits of it."""
        yield from (match.span() for match in self._plain.finditer(text))
        least = 0
        for match in self._runs.finditer(text):
            start, end = match.span()
            if end <= least:
                continue
            while start > least and text[start - 1] in BASE64:
                start -= 1
            while end < len(text) and text[end] in BASE64 + "=":
                end += 1
            least = end
            yield start, end

    def text(self, text: str) -> str:
        if not self.secrets:
            return text
        parts, at = [], 0
        for start, end in sorted(self._spans(text)):
            if end > at:
                parts += [text[at:start], HIDDEN] if start >= at else []
                at = end
        return "".join([*parts, text[at:]])

    def lines(self, lines: "Sequence[str]") -> "List[str]":
        """Those of a dialogue, where a secret may begin in one line and end in the next of the same side."""
        masked = [self.text(line) for line in lines]
        for number in range(len(masked) - 1):
            masked[number : number + 2] = self._two(masked[number], masked[number + 1])
        return masked

    def _two(self, one: str, other: str) -> "Tuple[str, str]":
        if not self.secrets or one[:3] != other[:3] or one[:3] not in ("S: ", "C: "):
            return one, other
        lead = LEAD.match(other[3:])
        at = 3 + (lead.end() if lead else 0)
        for start, end in self._spans(one + other[at:]):
            if start < len(one) < end:
                return one[:start] + HIDDEN, other[:at] + HIDDEN + other[at + end - len(one) :]
        return one, other

    def data(self, value: Any) -> Any:
        """The same of everything in a result."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.data(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            if value and all(isinstance(inner, str) for inner in value):
                return self.lines(value)
            return [self.data(inner) for inner in value]
        return value


NOTHING = Mask()
