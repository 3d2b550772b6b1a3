"""Which accounts of the system have a password (their names, never its hash), and which have mail."""

from __future__ import annotations

from . import Inline

#: uid, "hash" or "empty", and name of each account with a password that works (shadow(5), passwd(5))
ACCOUNTS = Inline(r"""
{ [ ! -r /etc/shadow ] || cat /etc/shadow; echo "="; cat /etc/passwd; } 2>/dev/null |
awk -F: '$0 == "=" { second = 1; next };
    !second { field[$1] = $2; known[$1] = 1; next };
    { secret = $2; if ($2 == "x" && ($1 in known)) secret = field[$1]; };
    secret == "" { print $3, "empty", $1; next };
    secret ~ /^\$/ || secret ~ /^[.\/0-9A-Za-z]+$/ && length(secret) == 13 { print $3, "hash", $1 };
'; true
""")
#: who has mail in a home or in the spool, also of LDAP or NIS: number of messages, "recent" where a session was there
#: in the last ninety days or else "old", name
READERS = Inline(r"""
{ cat /etc/passwd 2>/dev/null;
    for home in /home/* /home/*/*; do
        [ ! -d "$home/Maildir" ] || echo "$(stat -c %U -- "$home/Maildir"):::::$home:";
    done;
} | sort -u | while IFS=: read -r name _ _ _ _ home _; do
    [ "$name" != UNKNOWN ] || continue;
    number=0;
    [ ! -d "$home/Maildir" ] || number=$(find "$home/Maildir" -type f -path "*/[cn][ue][rw]/*" 2>/dev/null | wc -l);
    for spool in /var/mail /var/spool/mail; do
        [ "$number" -gt 0 ] || [ ! -s "$spool/$name" ] ||
            number=$(grep -c "^From " "$spool/$name" 2>/dev/null || true);
    done;
    last=old;
    [ -z "$(find "$home/Maildir" "$home/mail" -name "dovecot*" -mtime -90 2>/dev/null | head -n 1)" ] || last=recent;
    [ "$number $last" = "0 old" ] || echo "$number $last $name";
done; true
""")
