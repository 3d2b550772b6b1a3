"""What the ports of a host answer: a dialogue on each that it should serve.

The dialogues come from the host itself, so that a host can judge and undo its own change when nobody reaches it. What
a stranger sees is for mail_probe.
"""

from __future__ import annotations

PROGRAM = r"""
patience_each=9 # seconds for one dialogue
tcp() { # port: what it says to stdout, and after its greeting stdin to it (Postfix 3.9 refuses whoever talks first)
    if command -v bash >/dev/null; then
        exec bash -c "exec 4<>/dev/tcp/$address/$1 || exit 1; IFS= read -r line <&4; printf \"%s\\n\" \"\$line\"
            cat <&3 >&4 3<&- & exec cat <&4" 3<&0
    elif command -v perl >/dev/null; then
        exec perl -MSocket -e "
            socket(S, PF_INET, SOCK_STREAM, 0); connect(S, sockaddr_in($1, inet_aton(q($address)))) or exit 1;
            print scalar(<S>); syswrite(S, join(q(), <STDIN>)); print while <S>;"
    else
        { sleep 1; cat; } | nc -w 9 "$address" "$1"
    fi
}
tls() { # port, s_client options: stdin through TLS, what the server says to stdout
    where="$address:$1"
    shift
    exec openssl s_client -connect "$where" -quiet "$@"
}
said() { # protocol, tls, port, script: the dialogue
    exec 3<<DATA
$(printf "$4")
DATA
    case $2 in
        plain) within "$patience_each" tcp "$3" 2>/dev/null ;;
        implicit) within "$patience_each" tls "$3" 2>/dev/null ;;
        starttls) within "$patience_each" tls "$3" -starttls "$1" 2>/dev/null ;;
    esac
    exec 3<&-
}
greets() { # protocol, tls, port: a greeting, or after STARTTLS a farewell; sets why
    case $1 in
        imap) script="a1 LOGOUT\r\n" want="^\* OK" after="^\* BYE" ;;
        pop3) script="QUIT\r\n" want="^+OK" after="^+OK" ;;
        smtp) script="QUIT\r\n" want="^220" after="^221" ;;
    esac
    [ "$2" != starttls ] || want=$after
    case "$1 $2" in # s_client talks as soon as TLS stands, at times before the greeting: Postfix 3.9 then says that instead of it
        "smtp implicit") want="^220\|^554 5\.5\.0" ;;
    esac
    answer=$(said "$1" "$2" "$3" "$script" | head -n 40)
    printf "%s\n" "$answer" | grep -q "$want" && return 0
    if [ -z "$answer" ]; then
        why="port $3 ($1, $2): no answer"
    else
        why="port $3 ($1, $2): $(printf "%s" "$answer" | tr -d "\r" | tail -n 1)"
    fi
    return 1
}
refuses() { # protocol, tls, port: a login with a wrong password gets a proper no; sets why
    user="mailhost-no-such-user"
    patience_each=25 # Dovecot makes whoever failed before wait up to 17 s (auth penalty), and each commit fails once
    case $1 in
        imap) script="a1 LOGIN $user $nonce\r\na2 LOGOUT\r\n" want="^a1 NO" ;;
        pop3) script="USER $user\r\nPASS $nonce\r\nQUIT\r\n" want="^-ERR" ;;
        *) return 0 ;;
    esac
    answer=$(said "$1" "$2" "$3" "$script" | tr -d "\r")
    if printf "%s\n" "$answer" | grep -q -i -e "process broken" -e "internal error" -e "temporary auth" -e "\[UNAVAILABLE" \
        -e "\[SYS"; then
        why="port $3 ($1, $2): logins fail: $(printf "%s\n" "$answer" | grep -i -e broken -e internal -e temporary \
            -e UNAVAILABLE -e SYS | head -n 1)"
        return 1
    fi
    printf "%s\n" "$answer" | grep -q "$want" && return 0
    why="port $3 ($1, $2): a wrong password is not refused with NO or -ERR but: $(printf "%s" "$answer" | tail -n 1)"
    return 1
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
    tidy=
    while IFS= read -r word && [ "$word" != . ]; do
        set -- $word
        case $1 in
            serve) serve="$serve $2,$3,$4" ;;
            closed) closed="$closed $2" ;;
            unit) units="$units $2" ;;
            address) address=$2 ;;
            tidy) tidy=$2 ;;
        esac
    done
}
each() { # question, how: ask it of every port side by side; the first fault into why, 0 if there is none
    why=$(
        asked=
        for item in $serve; do
            protocol=${item%%,*}
            rest=${item#*,}
            case "$2,${rest%%,*} $serve " in # STARTTLS begins with the same greeting: to look, one of the two will do
                ("quick,plain "*" $protocol,starttls,${rest#*,} "*) continue ;;
            esac
            if [ "$1" = refuses ]; then # one login: what checks passwords is one, and makes whoever fails wait longer each time
                case "$asked,$protocol" in (yes,* | *,smtp) continue ;; esac
                asked=yes
            fi
            { "$1" "$protocol" "${rest%%,*}" "${rest#*,}" || printf "%s\n" "$why"; } &
        done
        wait
    )
    why=$(printf "%s" "$why" | head -n 1)
    [ -z "$why" ]
}
serving() { # how (quick: to look; full: with a login): do all ports answer as they should? sets why
    each greets "$1" || return 1
    for port in $closed; do
        if is_open "$port"; then
            why="port $port is open and should be closed: $(holder_of "$port")"
            return 1
        fi
    done
    [ "$1" = full ] || return 0
    each refuses full
}
"""
