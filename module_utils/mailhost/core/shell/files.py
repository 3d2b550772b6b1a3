"""Secrets in files that one account alone may read, and what is asked of files without reading them."""

from __future__ import annotations

from . import Inline

#: path, secret on stdin: never a file that others can read; the old one is kept until the next change
PUT = Inline("""
set -e; umask 077; mkdir -p "$(dirname "$1")"; cat >"$1.mailhost-new"; chmod 600 "$1.mailhost-new";
if [ -e "$1" ] || [ -h "$1" ]; then mv -f "$1" "$1.mailhost-old"; chmod 600 "$1.mailhost-old"; fi;
mv "$1.mailhost-new" "$1"
""")
UNPUT = Inline("""rm -f "$1"; if [ -e "$1.mailhost-old" ]; then mv -f "$1.mailhost-old" "$1"; fi""")
#: file, copy, account: is the copy the same, and that account's alone?
COPIED = Inline("""cmp -s "$1" "$2" && [ "$(stat -c "%a %U" "$2")" = "400 $3" ] && echo same""")
COPY = Inline("""
set -e; ( umask 022; mkdir -p "$(dirname "$2")" ); umask 077; cat "$1" >"$2.mailhost-new"; chmod 400 "$2.mailhost-new";
chown "$3" "$2.mailhost-new"; [ ! -e "$2" ] || cp -p "$2" "$2.mailhost-old"; mv -f "$2.mailhost-new" "$2"
""")
UNCOPY = Inline("""
rm -f "$2"; [ ! -e "$2.mailhost-old" ] || mv -f "$2.mailhost-old" "$2"
""")
#: paths: mode, owner, clear or hash, and path of those that hold passwords; what is in a database is in clear
STORES = Inline("""
for file; do
    [ -f "$file" ] || continue;
    case $file in
        *.db | *sasldb2 | *sasl_passwd) kind="clear" ;;
        *) if grep -q -i -e "{PLAIN}" -e "{CLEARTEXT}" -- "$file"; then kind="clear"; else kind="hash"; fi ;;
    esac;
    stat -L -c "%a %U $kind %n" -- "$file";
done; true
""")
#: paths: those whose content is one that a run of ours wrote there, so that nobody has edited them since
WRITTEN = Inline("""
for file; do
    sum=$(sha1sum <"$file" 2>/dev/null);
    ! grep -q -x -F -e "${sum%% *} $file" "$state/written" 2>/dev/null || echo "$file";
done; true
""")
#: paths: mode and name of the folder of each
FOLDERS = Inline("""
for file; do folder=$(dirname "$file"); [ ! -d "$folder" ] || stat -L -c "%a %n" -- "$folder"; done; true
""")
#: paths: of each that is a socket the mode of its folder, its own, and its path
SOCKETS = Inline("""
for socket; do
    [ ! -S "$socket" ] || echo "$(stat -L -c %a "${socket%/*}") $(stat -L -c %a "$socket") $socket";
done; true
""")
