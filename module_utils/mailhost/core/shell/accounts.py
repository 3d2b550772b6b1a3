"""Accounts of the system, taken back or made again as they were."""

from __future__ import annotations

from . import Inline

#: name: takes an account back that was just made; one that has had mail since keeps its home
UNMAKE = Inline("""
home=$(getent passwd "$1" | cut -d : -f 6);
if [ -s "/var/mail/$1" ] || [ -n "$(find "$home" -type f -path "*/Maildir/*" 2>/dev/null | head -n 1)" ];
then userdel -- "$1"; else userdel -r -- "$1" 2>/dev/null || ! getent passwd "$1" >/dev/null; fi
""")
#: names on stdin: P and who of them is known to the system's sources of users, G and who to those of groups,
#: O, uid and name of each home and each mailbox in the spool
NEWCOMERS = Inline("""
names=$(cat);
printf "%s\\n" "$names" | xargs getent passwd | sed -e "s/:.*//" -e "s/^/P /";
printf "%s\\n" "$names" | xargs getent group | sed -e "s/:.*//" -e "s/^/G /";
base=$(useradd -D 2>/dev/null | sed -n "s/^HOME=//p");
for file in "${base:-/home}"/* /var/mail/*; do
    [ ! -e "$file" ] || echo "O $(stat -L -c %u -- "$file") ${file##*/}";
done; true
""")
#: name, uid, gid, home, shell, full name; "name:hash" on stdin: makes an account anew around a home that is there
MAKE_AGAIN = Inline("""
set -e; getent group "$3" >/dev/null || groupadd -g "$3" -- "$1";
useradd -M -u "$2" -g "$3" -d "$4" -s "$5" -c "$6" -- "$1"; chpasswd -e
""")
