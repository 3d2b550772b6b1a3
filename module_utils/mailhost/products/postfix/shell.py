"""What only a host with Postfix is asked to run: a private Postfix that answers as a candidate would,
and serves nobody.

Sources: smtpd(8) and single_server(3): with ``-S`` smtpd speaks on its standard input, and as ``mail_owner`` it keeps
its access policy; XCLIENT_README. master(8) runs beside it for the address resolver and cleanup, which writes a queue
file that no queue manager knows of; postcat(1) shows what became of each recipient.
"""

from __future__ import annotations

from ...core.shell import Inline

#: seconds, the name of the question; the files, the services and the dialogue on stdin, each line with a letter or a
#: number and a space before it. Nothing listens on the network; all of it lies in a folder of its own, which is
#: removed whatever happens: by the program itself, and by a second one when that was killed. Files are dated back,
#: because Postfix waits for two seconds before it believes one that has just been written.
ASK = Inline(r"""
unset MAIL_CONFIG; umask 022;
owner=$(postconf -h mail_owner 2>/dev/null) && daemons=$(postconf -h daemon_directory 2>/dev/null) || exit 69;
number=$(id -u "$owner") && group=$(id -g "$owner") && [ "$(id -u)" = 0 ] || exit 69;
folder=$(mktemp -d /tmp/mailhost-ask.XXXXXX) || exit 73;
chown "root:$group" "$folder"; chmod 750 "$folder"; main=$$;
end() {
    [ ! -s "$folder/q/pid/master.pid" ] || read -r master <"$folder/q/pid/master.pid";
    [ -z "$master" ] || kill "$master" 2>/dev/null;
    [ ! -s "$folder/smtpd.pid" ] || { read -r smtpd <"$folder/smtpd.pid" && kill "$smtpd" 2>/dev/null; };
    [ -z "$master" ] || wait "$master" 2>/dev/null;
    rm -rf "$folder" || { sleep 1; rm -rf "$folder"; };
};
master=; (
    n=0; while [ "$n" -lt "$1" ] && [ -d "$folder" ] && kill -0 "$main" 2>/dev/null; do sleep 1; n=$((n + 1)); done;
    [ ! -d "$folder" ] || end;
) >/dev/null 2>&1 </dev/null & trap end 0; trap "exit 1" 1 2 15;
sed "s|@TREE@|$folder|g" >"$folder/in"; cd "$folder" || exit 73;
mkdir c q d; for file in /etc/postfix/*; do ln -s "$file" c/; done; rm -f c/main.cf c/master.cf;
part() { sed -n "s/^$1 //p" in; };
part r >c/master.cf; cr=$(printf "\r"); part d | sed "s/\$/$cr/" >dialogue;
for name in $(part s); do
    cp -a c "s$name"; { part m; part "$name"; part o; } >"s$name/main.cf";
done;
{ part m; part o; } >c/main.cf; touch -t 200001010000 c/main.cf s*/main.cf;
(cd q && mkdir active bounce corrupt defer deferred flush hold incoming maildrop pid private public saved trace &&
    chown "$number" ../d active bounce corrupt defer deferred flush hold incoming maildrop private public saved trace &&
    chmod 700 incoming private);
MAIL_CONFIG="$folder/c" "$daemons/master" -c "$folder/c" >/dev/null 2>&1 </dev/null & master=$!;
n=0; while [ ! -S q/private/rewrite ] && [ "$n" -lt 200 ] && kill -0 "$master" 2>/dev/null; do
    sleep 0.05 2>/dev/null || sleep 1; n=$((n + 1)); done;
[ -S q/private/rewrite ] || { echo "no master"; exit 69; };
become() {
    if command -v setpriv >/dev/null 2>&1; then
        exec setpriv --reuid "$number" --regid "$group" --init-groups "$@";
    fi;
    exec su -s /bin/sh "$owner" -c "exec $*";
};
for name in $(part s); do
    echo "= $name";
    (MAIL_CONFIG="$folder/s$name"; export MAIL_CONFIG;
    become "$daemons/smtpd" -S) <dialogue >answers 2>/dev/null & smtpd=$!;
    echo "$smtpd" >smtpd.pid; wait "$smtpd"; : >smtpd.pid;
    sed -n "s/^\([0-9][0-9][0-9]\) /\1 /p" answers | cut -c 1-12 | tr -d "\r";
    for file in q/incoming/*; do
        [ -f "$file" ] || continue;
        echo "~"; postcat -c "$folder/c" "$file" 2>/dev/null |
        grep -E "^(sender|original_recipient|recipient|named_attribute): " |
        grep -E "^(sender|original|recipient)|client_address=";
        rm -f "$file";
    done;
done; echo "= end"
""")
