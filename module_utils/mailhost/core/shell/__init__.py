"""The programs that run on a host: constant POSIX sh, fed with data on stdin, and nothing but coreutils behind them.

They hold no single quotes (they travel inside some), no ``local``, no arrays, and run under dash, bash from 3.2 on, busybox sh
and posh. Inside ``$(...)`` each pattern of ``case`` has its opening parenthesis, and there is no here-document and no comment with a
quote or a parenthesis: bash before 4.0, CentOS 5's /bin/sh, ends the substitution there (bash's CHANGES, 4.0). tests/bash3.py looks.
A value never becomes part of a program.
"""

from __future__ import annotations

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
