"""What the ports of a host answer: a dialogue on each that it should serve. What is wrong is a word (``fault``:
greeting, password, login, closed, service, delivery) beside a sentence (``why``); nothing but the word decides.

The dialogues come from the host itself, so that a host can judge and undo its own change when nobody reaches it. What
a stranger sees is for mail_audit.
"""

from __future__ import annotations

PROGRAM = r"""
patience_each=9 # seconds for one dialogue
listeners() { # port, tcp or tcp6: the addresses that are listened on there, as the kernel writes them
    sed -n "s/^ *[0-9]*: \([0-9A-F]*\):$(printf "%04X" "$1") [0-9A-F]*:0000 0A .*/\1/p" "/proc/net/$2" 2>/dev/null
}
in_order() { # an address of the kernel: its bytes in the order of the net; it has words in that of the host
    [ "$(printf "\001\000" | od -An -td2 | tr -d " ")" = 1 ] || { echo "$1"; return 0; }
    echo "$1" | sed -e "s/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/g"
}
host_of() { # port: the address to ask there: the one that is given, or where only others are listened on, one of them
    [ "$address" = 127.0.0.1 ] || { echo "$address"; return 0; }
    own="$(in_order 7F000001)"
    four=$(listeners "$1" tcp | tr "\n" " ")
    case " $four" in
        (*" 00000000 "* | *" $own "*) echo "$address"; return 0 ;;
        (*" "[0-9A-F]*)
            set -- $(in_order "${four%% *}" | sed -e "s/../0x& /g")
            printf "%d.%d.%d.%d\n" "$1" "$2" "$3" "$4"
            return 0 ;;
    esac
    six=$(listeners "$1" tcp6 | tr "\n" " ")
    case " $six" in
        ("  " | " " | *" 00000000000000000000000000000000 "*) echo "$address" ;;
        (*) in_order "${six%% *}" | sed -e "s/..../&:/g" -e "s/:\$//" ;;
    esac
}
tcp() { # port: what it says to stdout, and after its greeting stdin to it (Postfix 3.9 refuses whoever talks first)
    if command -v bash >/dev/null; then
        exec bash -c "exec 4<>/dev/tcp/$(host_of "$1")/$1 || exit 1; IFS= read -r line <&4; printf \"%s\\n\" \"\$line\"
            cat <&3 >&4 3<&- & exec cat <&4" 3<&0
    elif command -v perl >/dev/null; then
        exec perl -MSocket -e "
            socket(S, PF_INET, SOCK_STREAM, 0); connect(S, sockaddr_in($1, inet_aton(q($(host_of "$1"))))) or exit 1;
            print scalar(<S>); syswrite(S, join(q(), <STDIN>)); print while <S>;"
    else
        { sleep 1; cat; } | nc -w 9 "$(host_of "$1")" "$1"
    fi
}
tls() { # port, s_client options: stdin through TLS, what the server says to stdout
    where=$(host_of "$1")
    case $where in *:*) where="[$where]" ;; esac
    where="$where:$1"
    shift
    exec openssl s_client -connect "$where" -quiet ${1+"$@"}
}
cr=$(printf "\r")
has() { # pattern: does $answer have a line of it?
    printf "%s\n" "$answer" | grep -q "$1"
}
said() { # protocol, tls, port: the dialogue of $script
    exec 3<<DATA
$script
DATA
    through "$@"
    exec 3<&-
}
through() { # protocol, tls, port: what comes by descriptor 3 to the port, what it says to stdout
    case $2 in
        plain) within "$patience_each" tcp "$3" 2>/dev/null ;;
        implicit) within "$patience_each" tls "$3" 2>/dev/null ;;
        starttls) within "$patience_each" tls "$3" -starttls "$1" 2>/dev/null ;;
    esac
}
knows_starttls() { # protocol: does s_client?
    # That of OpenSSL 0.9.8 shows its usage, with the protocols it knows, where not
    usage=$(openssl s_client -starttls "$1" -help 2>&1 </dev/null)
    case $usage in
        (*"\"$1\""*) return 0 ;;
        (*"are supported"*) return 1 ;;
    esac
}
greets() { # protocol, tls, port: a greeting, or after STARTTLS a farewell; sets fault and why
    fault=greeting
    case $1 in
        imap) script="a1 LOGOUT$cr" want="^\* OK" after="^\* BYE" ;;
        pop3) script="QUIT$cr" want="^+OK" after="^+OK" ;;
        smtp) script="QUIT$cr" want="^220" after="^221" ;;
    esac
    [ "$2" != starttls ] || want=$after
    # s_client talks as soon as TLS stands, at times before the greeting: Postfix 3.9 then says that instead of it
    case "$1 $2" in
        "smtp implicit") want="^220\|^554 5\.5\.0" ;;
    esac
    answer=$(said "$1" "$2" "$3" | head -n 40)
    has "$want" && return 0
    if [ -z "$answer" ] && [ "$1 $2" = "imap starttls" ] && ! knows_starttls imap; then # see unproved
        script="a1 CAPABILITY$cr
a2 LOGOUT$cr"
        answer=$(said imap plain "$3")
        ! has "^\* CAPABILITY.* STARTTLS" || return 0
    fi
    if [ -z "$answer" ]; then
        why="port $3 ($1, $2): no answer"
    else
        why="port $3 ($1, $2): $(printf "%s" "$answer" | tr -d "\r" | tail -n 1)"
    fi
    return 1
}
refuses() { # protocol, tls, port: a login with a wrong password gets a proper no; sets fault and why
    fault=password
    user="mailhost-no-such-user"
    patience_each=25 # Dovecot makes whoever failed before wait up to 17 s (auth penalty), and each commit fails once
    case $1 in
        imap) script="a1 LOGIN $user $nonce$cr
a2 LOGOUT$cr" want="^a1 NO" ;;
        pop3) script="USER $user$cr
PASS $nonce$cr
QUIT$cr" want="^-ERR" ;;
        *) return 0 ;;
    esac
    answer=$(said "$1" "$2" "$3" | tr -d "\r")
    ! broken "$@" || return 1
    has "$want" && return 0
    why="port $3 ($1, $2): a wrong password is not refused with NO or -ERR but: $(printf "%s" "$answer" | tail -n 1)"
    return 1
}
broken() { # protocol, tls, port: does $answer tell of something else than a wrong password? sets fault and why
    error=$(printf "%s\n" "$answer" | grep -i -e "process broken" -e "internal error" -e "temporary auth" \
        -e "\[UNAVAILABLE" -e "\[SYS" -e "\[SERVERBUG" | head -n 1)
    [ -n "$error" ] && fault=login && why="port $3 ($1, $2): logins fail: $error"
}
paced() { # the login, and a moment later what follows it:
    # old daemons hand on the connection, but not what they have read of it
    cat <<DATA
$script
DATA
    sleep 2
    cat <<DATA
$follows
DATA
}
lets_in() { # protocol, tls, port: the known login is let in and its session lives; sets fault and why, or doubt
    fault=login
    case $1 in
        imap) lives="^a2 [ONB]" refused="^a1 [NB]" script="a1 LOGIN $known_quoted$cr" \
            follows="a2 STATUS INBOX (MESSAGES)$cr
a3 LOGOUT$cr" ;;
        pop3) lives="^+OK [0-9]* [0-9]" refused="^-ERR" script="USER $known$cr
PASS $password$cr" follows="STAT$cr
QUIT$cr" ;;
    esac
    patience_each=25
    answer=$(paced | { exec 3<&0; through "$@"; [ "$?" -ne 137 ] || echo "slow"; } | tr -d "\r")
    case "$1 $units " in # Cyrus 2.3 says so while a user has no maildrop yet (RFC 3206); elsewhere it is a fault
        ("pop3 "*" cyrus-imapd "*) if has "\[SYS/PERM\]"; then doubt="mailbox $1"; return 0; fi ;;
    esac
    ! broken "$@" || return 1
    if has "$refused"; then doubt="refused $1"; return 0; fi # first: behind it a2 is answered BAD
    ! has "$lives" || return 0
    if has "^slow$"; then doubt="slow $1"; return 0; fi # the session did not end: nothing says that it is dead
    why="port $3 ($1, $2): logins fail: the session of $known ends where it should serve: $(
        printf "%s\n" "$answer" | tail -n 1
    )"
    return 1
}
first() { # lines of a fault and a why: the first of them into both; 0 if there is none
    why=$(printf "%s\n" "$1" | head -n 1)
    fault=${why%% *}
    why=${why#* }
    [ -z "$why" ]
}
way_in() { # protocol: the way that a login goes, "TLS PORT", as safe as there is one
    for how in implicit starttls plain; do
        [ "$1 $how" != "imap starttls" ] || knows_starttls imap || continue
        for item in $serve; do
            case $item in ("$1,$how,"*) echo "$how ${item##*,}"; return 0 ;; esac
        done
    done
}
login() { # the known login by each protocol, side by side, a fault asked again once:
    # the first into why, doubts into $doubts
    [ -n "$known" ] || return 0
    answers=$(
        for protocol in imap pop3; do
            {
                doubt=
                set -- $(way_in "$protocol")
                [ "$#" = 0 ] || lets_in "$protocol" "$@" || { sleep 1; lets_in "$protocol" "$@"; } ||
                    printf "W %s\n" "$fault $why"
                [ -z "$doubt" ] || printf "D %s\n" "$doubt"
            } &
        done
        wait
    )
    doubts=$(printf "%s\n" "$answers" | sed -n "s/^D //p")
    first "$(printf "%s\n" "$answers" | sed -n "s/^W //p")"
}
unproved() { # what could not be proved, a word and perhaps a protocol each
    [ -z "$doubts" ] || printf "%s\n" "$doubts"
    case $serve in
        (*" imap,starttls,"*) knows_starttls imap || echo "starttls imap" ;;
    esac
    case $serve in
        (*" imap,"* | *" pop3,"*) [ -n "$known" ] || echo "login" ;;
    esac
}
is_open() {
    exec 3</dev/null
    if [ -r /proc/net/tcp ]; then
        cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ":$(printf "%04X" "$1") [0-9A-F]*:0000 0A "
    else
        [ -n "$(within 3 tcp "$1" 2>/dev/null | head -n 1)" ]
    fi
}
holder_of() { # port: who listens there, where a tool can say it
    { ss -ltnp 2>/dev/null | grep users: || netstat -ltnp 2>/dev/null; } | grep "[:.]$1 " | sed -e "s/.*users:((//" \
        -e "s/.*LISTEN *//" | head -n 1
}
expectations() { # from stdin into $serve ("PROTOCOL TLS PORT") and $closed, up to a line with a full stop
    serve=
    closed=
    units=
    ours=
    mailbox=
    queues=
    tidy=
    known=
    doubts=
    while IFS= read -r word && [ "$word" != . ]; do
        set -- $word
        case $1 in
            serve) serve="$serve $2,$3,$4" ;;
            closed) closed="$closed $2" ;;
            unit) units="$units $2" ;;
            address) address=$2 ;;
            tidy) tidy=$2 ;;
            ours) ours="$ours $2" ;;
            mailbox) mailbox=$2 ;;
            queue) queues="$queues $2" ;;
            login)
                IFS= read -r known
                IFS= read -r password
                IFS= read -r known_quoted ;;
        esac
    done
}
each() { # question, how: ask it of every port side by side; the first fault into fault and why, 0 if there is none
    found=$(
        asked=
        for item in $serve; do
            protocol=${item%%,*}
            rest=${item#*,}
            case "$2,${rest%%,*} $serve " in # STARTTLS begins with the same greeting: to look, one of the two will do
                ("quick,plain "*" $protocol,starttls,${rest#*,} "*) continue ;;
            esac
            # one login: what checks passwords is one, and makes whoever fails wait longer each time
            if [ "$1" = refuses ]; then
                case "$asked,$protocol" in (yes,* | *,smtp) continue ;; esac
                asked=yes
            fi
            { "$1" "$protocol" "${rest%%,*}" "${rest#*,}" || printf "%s\n" "$fault $why"; } &
        done
        wait
    )
    first "$found"
}
serving() { # how (quick: to look; full: with a login): do all ports answer as they should? sets fault and why
    each greets "$1" || return 1
    for port in $closed; do
        if is_open "$port"; then
            fault=closed why="port $port is open and should be closed: $(holder_of "$port")"
            return 1
        fi
    done
    [ "$1" = full ] || return 0
    each refuses full && login
}
"""
