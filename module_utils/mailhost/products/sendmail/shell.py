"""What only a host with Sendmail is asked to run: m4, makemap, and its own program in address test mode.

Sources: cf/README (m4), makemap(8), sendmail(8): in test mode ``check_rcpt`` is the rule set that answers RCPT, and
``$# error`` a refusal.
"""

from __future__ import annotations

from ...core.shell import Inline

#: folder of the configuration, files: version and stamp of the cf that stands, the digest of its rest, maps older than
#: their text, which of the files are there, tools
STANDS = Inline("""
cd "$1" 2>/dev/null || exit 1; shift;
grep -m 1 "^DZ" sendmail.cf; head -n 1 sendmail.cf; tail -n +2 sendmail.cf | sha1sum;
[ ! -e access ] || [ access.db -nt access ] || [ -z "$(find access -newer access.db 2>&1)" ] || echo stale;
ls "$@" 2>/dev/null;
for tool in m4 makemap; do command -v "$tool"; done
""")
#: folder; the mc on stdin: the cf that m4 makes of it, and behind a mark with its exit status what m4 complained of
BUILD = Inline("""
cd "$1" && mc=$(cat) && printf "%s\\n" "$mc" | m4 - 2>/dev/null; code=$?; echo "= $code";
printf "%s\\n" "$mc" | m4 - 2>&1 >/dev/null; exit $code
""")
#: text of a map: the map, made under a new name and renamed; it keeps owner and mode
MAKEMAP = Inline("""
set -e; new="$1.mailhost-new"; rm -f "$new.db"; makemap hash "$new" <"$1";
if [ -e "$1.db" ]; then chown --reference="$1.db" "$new.db"; chmod --reference="$1.db" "$new.db";
else chmod 640 "$new.db"; fi; mv -f "$new.db" "$1.db"
""")
#: folder: whether an access map stands there as text alone
UNBUILT = Inline("""cd "$1" 2>/dev/null || exit 0; [ ! -e access ] || [ -e access.db ] || echo unbuilt""")
ANSWERS = "sed -n 's/^check_rcpt *returns: *//p'"
#: program, cf; questions on stdin: what the rules answer, a line each
LIVE = Inline(f""""$1" -bt -C "$2" 2>&1 | {ANSWERS}""")
#: copy of the folder, folder, program, how many are to be refused, questions: on the copy paths lead into it, the map
#: is built there, the questions asked, and each answer compared
CANDIDATE = Inline(f"""
tree=$1 folder=$2 program=$3 refuse=$4; shift 4; [ -s "$tree/sendmail.cf" ] || exit 0;
sed -e "s|$folder/|$tree/|g" "$tree/sendmail.cf" >"$tree/candidate.cf";
if [ -e "$tree/access" ]; then
    makemap -C "$tree/candidate.cf" hash "$tree/access" <"$tree/access" 2>&1 ||
    {{ echo "makemap refuses the access map" >&2; exit 1; }};
fi;
answers=$(printf "%s\\n" "$@" | "$program" -bt -C "$tree/candidate.cf" 2>&1 | {ANSWERS});
count=0;
for line; do
    case $line in check_rcpt*) ;; *) continue ;; esac;
    count=$((count + 1));
    answer=$(printf "%s\\n" "$answers" | sed -n "${{count}}p"); recipient=${{line#check_rcpt }};
    case "$((count <= refuse)),$answer" in
        *,) echo "sendmail -bt does not answer for $recipient" >&2; exit 1 ;;
        1,*'$# error'*) ;;
        1,*) echo "a stranger may relay to $recipient" >&2; exit 1 ;;
        0,*'$# error'*) echo "mail for $recipient would be refused: $answer" >&2; exit 1 ;;
    esac;
done
""")
