"""Which accounts of the system have a password: their names, never its hash."""

from __future__ import annotations

from . import Inline

#: uid, "hash" or "empty", and name of each account with a password that works (shadow(5), passwd(5))
ACCOUNTS = Inline(r"""
{ [ ! -r /etc/shadow ] || cat /etc/shadow; echo =; cat /etc/passwd; } 2>/dev/null |
awk -F: '$0 == "=" { second = 1; next };
    !second { field[$1] = $2; known[$1] = 1; next };
    { secret = $2; if ($2 == "x" && ($1 in known)) secret = field[$1]; };
    secret == "" { print $3, "empty", $1; next };
    secret ~ /^\$/ || secret ~ /^[.\/0-9A-Za-z]+$/ && length(secret) == 13 { print $3, "hash", $1 };
'; true
""")
