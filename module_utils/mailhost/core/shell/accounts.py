"""Accounts of the system, taken back or made again as they were."""

from __future__ import annotations

from . import Inline

#: name: takes an account back that was just made; one that has had mail since keeps its home
UNMAKE = Inline("""
home=$(getent passwd "$1" | cut -d : -f 6);
if [ -s "/var/mail/$1" ] || [ -n "$(find "$home" -type f -path "*/Maildir/*" 2>/dev/null | head -n 1)" ];
then userdel -- "$1"; else userdel -r -- "$1" 2>/dev/null || ! getent passwd "$1" >/dev/null; fi
""")
#: name, uid, gid, home, shell, full name; "name:hash" on stdin: makes an account anew around a home that is there
MAKE_AGAIN = Inline("""
set -e; getent group "$3" >/dev/null || groupadd -g "$3" -- "$1";
useradd -M -u "$2" -g "$3" -d "$4" -s "$5" -c "$6" -- "$1"; chpasswd -e
""")
