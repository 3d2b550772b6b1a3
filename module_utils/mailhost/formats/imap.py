"""Strings as IMAP writes them (RFC 9051, section 4.3: quoted; UTF-8 as it is)."""

from __future__ import annotations

import re


def imap_quoted(text: str) -> str:
    return '"' + re.sub(r'([\\"])', r"\\\1", text) + '"'
