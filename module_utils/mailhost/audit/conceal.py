"""The one place where the probe's password leaves what a server said: all that an audit tells goes through it.

A server may say a password again in any form it was given in: clear, quoted as IMAP does (RFC 9051), as xtext
(RFC 3461) or in a URL, in base64 alone or within a longer text (RFC 4616), broken over lines.
"""

from __future__ import annotations

import base64
import dataclasses
import re
import urllib.parse
from typing import Any, Dict, List

from ..formats.imap import imap_quoted
from .finding import Finding

HIDDEN = "(hidden)"
_BASE64 = re.compile(r"[A-Za-z0-9+/]{4,}={0,2}")


class Secret:
    def __init__(self, password: str) -> None:
        self._bytes = password.encode("utf-8", "surrogateescape")
        xtext = "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in password)
        printed = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in password)
        forms = {password, printed, imap_quoted(password)[1:-1], xtext, urllib.parse.quote(password, safe="")}
        longest = sorted(filter(None, forms), key=len, reverse=True)
        self._forms = re.compile("|".join(map(re.escape, longest)), re.I) if longest else None

    def hide(self, text: str) -> str:
        """The text without the password in any form."""
        if self._forms is None:
            return text
        clear = self._forms.sub(HIDDEN, text)
        return _BASE64.sub(lambda run: HIDDEN if self._is_in(run.group()) else run.group(), clear)

    def _is_in(self, run: str) -> bool:
        """Whether a run of base64 holds it, wherever in a longer text the run begins."""
        bare = run.rstrip("=")
        for start in range(min(4, len(bare))):
            part = bare[start:]
            part = part[: len(part) - 1] if len(part) % 4 == 1 else part
            try:
                if self._bytes in base64.b64decode(part + "=" * (-len(part) % 4)):
                    return True
            except ValueError:  # no base64
                pass
        return False

    def lines(self, texts: "List[str]") -> "List[str]":
        """Lines of a dialogue; also one that goes on in the next, whose halves are harmless alone."""
        texts = [self.hide(text) for text in texts]
        for at in range(len(texts) - 1):
            (sign, first), (_, second) = _parted(texts[at]), _parted(texts[at + 1])
            tail, head = _run_at_end(first), _run_at_start(second)
            if tail and head and (self._is_in(tail + head) or self.hide(tail + head) != tail + head):
                texts[at] = sign + first[: len(first) - len(tail)] + HIDDEN
                texts[at + 1] = _parted(texts[at + 1])[0] + HIDDEN + second[len(head) :]
        return texts

    def conceal(self, finding: Finding) -> Finding:
        """A finding of which every text has gone through ``hide``."""
        texts: "Dict[str, Any]" = {
            field.name: self.hide(getattr(finding, field.name))
            for field in dataclasses.fields(finding)
            if isinstance(getattr(finding, field.name), str) and field.name not in ("id", "verdict", "reason")
        }
        return dataclasses.replace(finding, dialogue=tuple(self.lines(list(finding.dialogue))), **texts)


def _parted(line: str) -> "tuple[str, str]":
    """``S: `` and what was said; a reply's code of SMTP belongs to the first."""
    match = re.match(r"^((?:[CS*]:? )?(?:\d{3}[- ])?)(.*)$", line, re.S)
    return (match.group(1), match.group(2)) if match else ("", line)


def _run_at_end(text: str) -> str:
    match = re.search(r"\S+$", text)
    return match.group() if match else ""


def _run_at_start(text: str) -> str:
    match = re.match(r"\S+", text)
    return match.group() if match else ""
