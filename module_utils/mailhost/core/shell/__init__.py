"""The programs that run on a host: constant POSIX sh, fed with data as words or on stdin; a module a topic.

Here stands what knows no daemon; what one daemon alone needs is in ``shell.py`` of its room. All are ``Program`` by
type, and by that the tests find them: those of the transaction go to ``Host`` whole, those of the words are run by
``argv``.

What ``Host`` is given holds no single quotes (it travels inside some). None has ``local`` or arrays, and all run under
dash, bash from 3.2 on, busybox sh and posh. Inside ``$(...)`` each pattern of ``case`` has its opening parenthesis, and
there is no here-document and no comment with a quote or a parenthesis: bash before 4.0, CentOS 5's /bin/sh, ends the
substitution there (bash's CHANGES, 4.0). tests/bash3.py looks. A value never becomes part of a program.
"""

from __future__ import annotations

import re

_JOINS = re.compile(r"(;|&&|\|\||\||[{()]|\b(do|then|else|in))$")


class Program(str):
    """A whole program: given to ``Host``, or read by ``sh -s`` from stdin, where it leaves no room for data."""

    def argv(self, *words: str) -> "tuple[str, ...]":
        """What runs it with these words, once it is on stdin."""
        return ("sh", "-s", *words)

    @property
    def stdin(self) -> bytes:
        return self.encode("utf-8")


class Inline(Program):
    """A program that travels as a word of argv, which is one line, and so may read data from stdin.

    It is written in several, joined by spaces: each but the last ends with a semicolon or what wants none behind it.
    """

    def __new__(cls, text: str) -> Inline:
        lines = [line.strip() for line in text.strip().splitlines()]
        for line in lines[:-1]:
            if not _JOINS.search(line):
                raise ValueError(f"no semicolon at the end of {line!r}")
        return super().__new__(cls, " ".join(lines))

    def argv(self, *words: str) -> "tuple[str, ...]":
        """What runs it with these words."""
        return ("sh", "-c", str(self), "mailhost", *words)


COMMON = r"""
set -u
set -f
umask 077
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
state=/var/lib/mailhost
export LC_ALL PATH state
IFS= read -r nonce || exit 70
printf "MAILHOST-BEGIN %s\n" "$nonce"
hex() { od -An -v -tx1; }
"""
