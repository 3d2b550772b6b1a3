"""What only a host with Cyrus IMAP is asked to run.

Sources: ctl_mboxlist(8), quota(8), cyr_info(8), saslpasswd2(8), RFC 3501 (LOGIN, LOGOUT).
"""

from __future__ import annotations

from typing import Sequence

from ...core.shell import COMMON, Inline, Program
from ...core.shell.serve import PROGRAM as SERVE
from ...core.shell.services import PROGRAM as SERVICES

#: folders that may hold its programs: those there, its version (2.3 has no cyr_info), whether pop3d knows Kerberos 4
INSTALLED = Inline("""
for folder; do
    [ ! -x "$folder/imapd" ] || {
        echo "folder $folder"; for program in "$folder"/*; do echo "program ${program##*/}"; done;
        ! grep -q krb_recvauth "$folder/pop3d" 2>/dev/null || echo kerberos4;
        [ ! -x "$folder/cyr_info" ] || "$folder/cyr_info" version;
        break;
    };
done
""")
#: folders as above: its mailboxes and their quotas, each behind its mark
LISTS = Inline("""
for folder; do
    [ -x "$folder/ctl_mboxlist" ] || continue;
    echo "= list"; su cyrus -s /bin/sh -c "$folder/ctl_mboxlist -d" 2>/dev/null;
    echo "= quota"; su cyrus -s /bin/sh -c "$folder/quota" 2>/dev/null;
    break;
done
""")
#: store: an empty store of secrets, which cyrus alone may read; saslpasswd2 makes none without a name in it
EMPTY = Inline("""
set -e; ( umask 022; mkdir -p "$(dirname "$1")" ); umask 077;
echo x | saslpasswd2 -f "$1" -p -c none; saslpasswd2 -f "$1" -d none;
chown cyrus "$1"; chmod 600 "$1"
""")
#: store; names and secrets on stdin, a line each: puts them into it; the store as it was is kept until the next change
REMEMBER = Inline("""
set -e; cp -p "$1" "$1.mailhost-old";
while IFS= read -r name; do
    IFS= read -r secret; printf "%s" "$secret" | saslpasswd2 -f "$1" -p -c "$name";
done;
chown cyrus "$1"; chmod 600 "$1"
""")
#: how, port, store, administrator, seconds: gives the administrator a password, speaks the IMAP of ``lines`` through
#: TLS as him, and takes the password away whatever happens. What was there already, or is gone already, is no fault
SPEAK = Program(
    COMMON.partition("IFS= read -r nonce")[0]
    + "nonce=\n"
    + SERVICES
    + SERVE
    + r"""
address=127.0.0.1 how=$1 port=$2 store=$3 name=$4 patience=$5
secret=$(od -An -N 24 -tx1 /dev/urandom | tr -d " \n")
trap 'saslpasswd2 -f "$store" -d "$name" 2>/dev/null' EXIT
trap "exit 1" HUP INT PIPE TERM
printf "%s" "$secret" | saslpasswd2 -f "$store" -p -c "$name" || { echo "saslpasswd2 cannot write $store"; exit 1; }
chown cyrus "$store"
(
    printf "a LOGIN %s %s\r\n" "$name" "$secret"
    lines | while IFS= read -r line; do printf "%s\r\n" "$line"; done
    printf "z LOGOUT\r\n"
) >"$store.dialogue"
exec 3<"$store.dialogue"
rm -f "$store.dialogue"
case $how in
    implicit) answer=$(within "$patience" tls "$port" 2>/dev/null) ;;
    *) answer=$(within "$patience" tls "$port" -starttls imap 2>/dev/null) ;;
esac
answer=$(printf "%s\n" "$answer" | tr -d "\r")
bad=$(printf "%s\n" "$answer" | grep "^[a-z][0-9]* [NB][OA]" |
    grep -v -i -e "already exists" -e "^d[0-9]* NO.*does not exist" | head -n 3)
case $bad in
    "a "*) echo "Cyrus does not let $name in ($bad); cyrus_services comes first"; exit 1 ;;
    ?*) printf "%s\n" "$bad"; exit 1 ;;
esac
printf "%s\n" "$answer" | grep -q "^z OK" || { echo "Cyrus did not answer to the end on port $port"; exit 1; }
"""
)


def speak(lines: "Sequence[str]") -> bytes:
    """SPEAK with its ``lines`` as a here-document: commands of our own making, their names checked, and no secret."""
    document = "".join(f"{line}\n" for line in lines)
    return Program(f"lines() {{\ncat <<'END-OF-LINES'\n{document}END-OF-LINES\n}}\n{SPEAK}").stdin
