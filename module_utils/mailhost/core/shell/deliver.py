"""One message that is seen to arrive: handed to the host's sendmail(8) for the mailbox of the known login, looked for
where that login reads, and taken out again. Nobody else gets one, nor a bounce (``-N never``, RFC 3461).

What does not come is a fault, ``delivery``, with what the MTA says of it. What cannot be told apart from a busy queue,
or cannot be tried, is a doubt.
"""

from __future__ import annotations

PROGRAM = r"""
moment() { sleep 0.2 2>/dev/null || sleep 1; }
answered() { # pattern: does the session have a line of it, soon?
    for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        ! grep -q "$1" "$state/session" || return 0
        moment
    done
    return 1
}
ended() { # number: have so many answers of several lines ended, soon?
    for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        [ "$(grep -c "^\.$cr\$" "$state/session")" -lt "$1" ] || return 0
        moment
    done
    return 1
}
hand_over() { # the message; whether it was taken
    exec 3<<DATA
From: <$mailbox>
To: <$mailbox>
Subject: mailhost looks whether mail arrives
Message-ID: <$nonce@mailhost.invalid>
X-Mailhost-Token: $nonce
Auto-Submitted: auto-generated

This message is removed as soon as it has been seen.
DATA
    within 20 sendmail -oi -N never -f "$mailbox" "$mailbox" >/dev/null 2>&1 && true >"$state/handed"
}
line_of() { # a line of a dialogue; none with a password, posh's printf is a process of its own
    printf "%s$cr\n" "$1"
}
looked_by_imap() { # the dialogue: only the newest are searched, and only the one message is removed
    cat <<DATA
a1 LOGIN $known_quoted$cr
DATA
    sleep 2 # see paced
    line_of "a2 CAPABILITY"
    line_of "a3 SELECT INBOX"
    if answered "^a3 OK" && { [ -e "$state/handed" ] || hand_over; }; then
        first=$(sed -n "s/^\* \([0-9][0-9]*\) EXISTS.*/\1/p" "$state/session" | tail -n 1)
        first=$((${first:-0} > 20 ? first - 20 : 1))
        number=10
        uid=
        while [ "$number" -lt "$until" ] && [ -z "$uid" ]; do
            [ "$number" = 10 ] || sleep 1
            line_of "n$number NOOP"
            line_of "s$number UID SEARCH $first:* HEADER X-Mailhost-Token $nonce"
            answered "^s$number " || break
            uid=$(tr -d "\r" <"$state/session" | sed -n "s/^\* SEARCH \([0-9][0-9]*\).*/\1/p" | tail -n 1)
            number=$((number + 1))
        done
        if [ -n "$uid" ]; then
            true >"$state/came"
            line_of "d1 UID SEARCH DELETED"
            others=unknown
            if answered "^d1 OK"; then
                others=$(tr -d "\r" <"$state/session" | sed -n "/^s$((number - 1)) /,\$s/^\* SEARCH \([0-9]\)/\1/p")
            fi
            line_of "d2 UID STORE $uid +FLAGS.SILENT (\\Deleted)"
            if grep -q "^\* CAPABILITY.* UIDPLUS" "$state/session"; then
                line_of "d3 UID EXPUNGE $uid"
            elif [ -z "$others" ]; then
                line_of "d3 EXPUNGE"
            else # the others are not ours to remove
                true >"$state/left"
            fi
        fi
    fi
    line_of "a9 LOGOUT"
}
looked_by_pop3() { # the dialogue: a session has no message that came after its beginning; of the newest three one is it
    cat <<DATA
USER $known$cr
PASS $password$cr
DATA
    sleep 2
    line_of STAT
    if answered "^+OK [0-9][0-9]* [0-9]"; then
        last=$(tr -d "\r" <"$state/session" | sed -n "s/^+OK \([0-9][0-9]*\) [0-9][0-9]*\$/\1/p" | tail -n 1)
        [ -e "$state/handed" ] || { hand_over; last=0; }
        turns=0
        for number in "$last" "$((last - 1))" "$((last - 2))"; do
            [ "$number" -gt 0 ] && [ ! -e "$state/came" ] || continue
            line_of "TOP $number 0"
            turns=$((turns + 1))
            ended "$turns"
            ! grep -q -i "^X-Mailhost-Token: $nonce" "$state/session" || {
                true >"$state/came"
                line_of "DELE $number"
            }
        done
    fi
    line_of QUIT
}
look_for_it() { # protocol, tls, port: one session
    true >"$state/session" || return 1
    "looked_by_$1" 2>/dev/null | { exec 3<&0; through "$@" >"$state/session"; }
}
waiting_in() { # sets waits to the file of the queue that holds the message
    waits=
    for folder in $queues; do
        [ -z "$waits" ] && [ -d "$folder" ] || continue
        waits=$(grep -r -l -e "$nonce@mailhost.invalid" "$folder" 2>/dev/null | head -n 1)
    done
    [ -n "$waits" ]
}
take_out() { # what waits, and nobody else's: a number may end another; Sendmail's parts differ in their first letter
    name=${waits##*/}
    case $name in (qf*) name="[A-Za-z]${name#q}" ;; esac
    for folder in $queues; do
        find "$folder" -type f -name "$name" -exec rm -f {} \; 2>/dev/null
    done
}
logged() { # what the MTA wrote last of the message, by its number in the queue
    if systemd; then
        journalctl --no-pager -q --since=-5min SYSLOG_FACILITY=2 # the facility mail of syslog(3)
    else
        for file in /var/log/maillog /var/log/mail.log; do [ ! -r "$file" ] || tail -n 3000 "$file"; done
    fi >"$state/session" 2>/dev/null
    id=$(sed -n "s/.* \([0-9A-Za-z]\{6,\}\): .*\(message-id=\|msgid=\)<$nonce@.*/\1/p" "$state/session" | tail -n 1)
    [ -z "$id" ] || grep " $id: .*stat[us]*=" "$state/session" | tail -n 1 | sed -e "s/.*$id: //" | cut -c 1-300
}
delivered() { # 0 if the message came, or nobody can say; sets fault, why, doubts
    case $serve in (*" smtp,"*) ;; (*) return 0 ;; esac
    [ -n "$known" ] && [ -n "$mailbox" ] && [ -z "$doubts" ] || return 0
    command -v sendmail >/dev/null || { doubts="unsent sendmail"; return 0; }
    patience_each=25
    rm -f "$state/handed" "$state/came" "$state/left"
    set -- imap $(way_in imap)
    [ "$#" = 3 ] || set -- pop3 $(way_in pop3)
    if [ "$#" = 3 ]; then
        until=24
        for try in 1 2 3 4; do
            look_for_it "$@"
            [ "$1" = pop3 ] && [ -e "$state/handed" ] && [ ! -e "$state/came" ] || break
        done
        fate=0
        came_out "$@" || fate=1
        rm -f "$state/session" "$state/handed" "$state/came" "$state/left"
        return "$fate"
    fi
}
came_out() { # protocol, tls, port: 0 if it came, or nobody can say
    waits=
    if [ -e "$state/handed" ] && [ ! -e "$state/came" ]; then
        ! waiting_in || take_out
        until=11
        look_for_it "$@" # it may have come since the last look
    fi
    if [ -e "$state/came" ]; then
        [ ! -e "$state/left" ] || doubts="left $1"
        return 0
    fi
    [ -e "$state/handed" ] || { doubts="unsent $1"; return 0; }
    says=$(logged)
    [ -z "$waits" ] || [ -n "$says" ] || { doubts="waits $1"; return 0; }
    fault=delivery
    why="mail for $mailbox does not come where $known reads it by $1${says:+: $says}"
    return 1
}
"""
