"""What only a host with Dovecot is asked to run."""

from __future__ import annotations

from ...core.shell import Inline

#: what Dovecot 1.0 itself says of POP3's identifiers (``key: value``); Red Hat's build has a default of its own
IDENTIFIERS = Inline("""
case $(dovecot --version 2>/dev/null) in 1.0*) dovecot -a 2>/dev/null | grep pop3_uidl_format ;; esac; true
""")
#: a folder below each home (may be empty), a directory with a file a user (may be empty), a directory (may be empty):
#: the users with mail in one of the first two, each once, and "* below" where there is any file below the third.
#: Accounts of the system itself are left out: root's mail is no mailbox's
STORED = Inline("""
{ getent passwd 2>/dev/null || cat /etc/passwd; } | while IFS=: read -r name _ uid _ _ home _; do
    [ "$uid" -ge 500 ] 2>/dev/null && [ "$uid" -lt 60000 ] || continue;
    if [ -n "$2" ] && [ -s "$2/$name" ]; then echo "$name"; continue; fi;
    [ -n "$1" ] && [ -d "$home/$1" ] || continue;
    for mail in "$home/$1"/cur/* "$home/$1"/new/* "$home/$1"/.[!.]*/cur/* "$home/$1"/storage/* "$home/$1"/* \
        "$home/$1"/mailboxes/*/dbox-Mails/u.* "$home/$1"/*/cur/*; do
        if [ -f "$mail" ] && [ -s "$mail" ]; then
            case ${mail##*/} in
                (dovecot* | subscriptions | maildirfolder | maildirsize) ;;
                (*) echo "$name"; break ;;
            esac;
        fi;
    done;
done;
if [ -n "$3" ] && [ -d "$3" ]; then
    find "$3" -type f -size +0 ! -name "dovecot*" ! -name "subscriptions" 2>/dev/null | sed -e "s/.*/* below/" -e 1q;
fi; true
""")
#: setting names, "--", addresses of clients: what Dovecot 2 itself says that they are for a client from there, by
#: protocol; behind a mark what it warns of
EFFECTIVE = Inline("""
command -v doveconf >/dev/null 2>&1 || { echo "= warnings"; dovecot -n 2>&1 >/dev/null; exit 0; };
names=; while [ "$1" != "--" ]; do names="$names $1"; shift; done; shift;
for protocol in imap pop3; do
    for address; do
        doveconf -f protocol=$protocol -f remote=$address $names 2>/dev/null | sed "s|^|$protocol $address |";
    done;
done;
echo "= warnings"; doveconf -n 2>&1 >/dev/null; true
""")
#: files of users: place, kind and name of each who needs no password (nopassword, empty) or has the uid 0 (root)
OPEN = Inline(r"""
for file; do
    [ -f "$file" ] && [ -r "$file" ] || continue;
    awk -F: -v file="$file" '/^[ \t]*(#|$)/ { next };
        /(^|[: \t])nopassword(=[yY1]|[ \t\r]|$)/ { print file ":" NR, "nopassword", $1; next };
        NF > 1 && $2 == "" { print file ":" NR, "empty", $1; next };
        $3 == "0" { print file ":" NR, "root", $1 };
    ' "$file";
done; true
""")
