"""The login by which mail_commit proves that one can log in, under every shell,
against an ``openssl s_client`` that plays a server."""

import pytest
from mailhost.core.shell import COMMON
from mailhost.core.shell.serve import PROGRAM as SERVE
from mailhost.core.shell.services import PROGRAM as SERVICES
from mailhost.words.mail_commit import login

PASSWORD = 'it\'s "$(id)" `x` \\ ö %s'
PROGRAM = (
    COMMON
    + SERVICES
    + SERVE
    + r"""
address=127.0.0.1
why=
expectations
login
echo "code $?"
echo "why $why"
unproved | sed -e "s/^/U /"
printf "MAILHOST-END %s\n" "$nonce"
"""
)
#: s_client in front of a server: what it is told it keeps, and in which words a password stands
SERVER = r"""#!/bin/sh
here=$(dirname "$0")
case "$*" in *-help*) cat "$here/usage" >&2; exit 1 ;; esac
echo "$*" >>"$here/asked"
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -c -F -f "$here/password" >>"$here/argv"
say() { printf '%s\r\n' "$1"; }
case "$*" in *:993* | *imap*) say "* OK ready" ;; *) say "+OK ready" ;; esac
[ ! -e "$here/slow" ] || { cat >>"$here/said"; exec sleep 30; }
while IFS= read -r line; do
    printf '%s\n' "$line" >>"$here/said"
    case $line in
        "a1 LOGIN "*) cat "$here/login" | tr '\n' '!' | sed -e 's/!/\r\n/g'; [ ! -e "$here/dead" ] || exit 0 ;;
        "a2 STATUS"*) if grep -q "a1 OK" "$here/login"; then
            say "* STATUS INBOX (MESSAGES 3)"; say "$(cat "$here/status")"
            else say "a2 BAD Please login first"; fi ;;
        USER*) say "+OK" ;;
        PASS*) cat "$here/pass" | tr '\n' '!' | sed -e 's/!/\r\n/g'; [ ! -e "$here/dead" ] || exit 0 ;;
        STAT*) if grep -q ERR "$here/pass"; then say "-ERR no login"; else say "+OK 3 1204"; fi ;;
        *LOGOUT* | QUIT*) exit 0 ;;
    esac
done
"""
NEW = "Usage: s_client [options]\n -starttls val  Use the appropriate STARTTLS command\n"
OLD = (
    'usage: s_client args\n \'prot\' defines which one to assume.  Currently,\n only "smtp" and "pop3" are supported.\n'
)
NEWER = 'usage: s_client args\n only "smtp", "pop3", "imap", and "ftp" are supported.\n'
GOOD, REFUSED = ("a1 OK Logged in.\n", "+OK Logged in.\n"), ("a1 NO [AUTHENTICATIONFAILED]\n", "-ERR [AUTH] no.\n")
CYRUS = ("a1 OK [CAPABILITY IMAP4rev1] User logged in SESSIONID=<x>\n", "+OK Mailbox locked and ready SESSIONID=<x>\n")
NO_MAILDROP = "-ERR [SYS/PERM] Unable to locate maildrop: Mailbox does not exist\n"
BOTH = (
    "serve imap plain 143\nserve imap starttls 143\nserve imap implicit 993\n"
    "serve pop3 plain 110\nserve pop3 starttls 110\n"
)
STATUS = {
    "a Cyrus 2.3 that has no mailbox yet": "a2 NO Mailbox does not exist",
    "a mailbox that breaks": "a2 NO [SERVERBUG] Internal error occurred",
}
#: what the server says, whether its session then ends, the usage of s_client, what is served:
#: code, why, what is unproved
CASES = {
    "good": (GOOD, False, NEW, BOTH, "0", "", []),
    "dead behind the right password": (
        GOOD,
        True,
        NEW,
        BOTH,
        "1",
        "the session of alice ends where it should serve",
        [],
    ),
    "Cyrus": (CYRUS, False, NEW, BOTH, "0", "", []),
    "a Cyrus 2.3 that has no mailbox yet": (
        (CYRUS[0], NO_MAILDROP),
        False,
        NEW,
        BOTH + "unit cyrus-imapd\n",
        "0",
        "",
        ["mailbox pop3"],
    ),
    "a Dovecot that may not open it": (
        (GOOD[0], NO_MAILDROP),
        False,
        NEW,
        BOTH + "unit dovecot\n",
        "1",
        "logins fail: -ERR [SYS/PERM]",
        [],
    ),
    "a mailbox that breaks": (GOOD, False, NEW, BOTH, "1", "logins fail: a2 NO [SERVERBUG]", []),
    "a command not understood": (("a1 BAD\n", "+OK Logged in.\n"), False, NEW, BOTH, "0", "", ["refused imap"]),
    "refused": (REFUSED, False, NEW, BOTH, "0", "", ["refused imap", "refused pop3"]),
    "broken": (
        ("a1 NO [UNAVAILABLE] Temporary authentication failure\n", "+OK\n"),
        False,
        NEW,
        BOTH,
        "1",
        "logins fail: a1 NO",
        [],
    ),
    "an s_client of 0.9.8e": (GOOD, False, OLD, BOTH, "0", "", ["starttls imap"]),
    "an s_client of 0.9.8g": (GOOD, False, NEWER, BOTH, "0", "", []),
    "slow": (("", ""), False, NEW, BOTH, "0", "", ["slow imap", "slow pop3"]),
    "smtp alone": (GOOD, True, NEW, "serve smtp plain 25\n", "0", "", []),
}


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "openssl").write_text(SERVER)
    (folder / "openssl").chmod(0o755)
    (folder / "password").write_text(PASSWORD + "\n")
    return folder


@pytest.mark.parametrize("name", CASES)
def test_a_login(local, shell, server, name):
    (for_imap, for_pop3), dead, usage, served, code, why, unproved = CASES[name]
    for file, text in (("login", for_imap), ("pass", for_pop3), ("usage", usage)):
        (server / file).write_text(text)
    if dead:
        (server / "dead").touch()
    (server / "status").write_text(STATUS.get(name, "a2 OK done"))
    program = (
        PROGRAM.replace("patience_each=25", "patience_each=2")
        .replace("sleep 2\n", "sleep 0.3\n")
        .replace("sleep 1;", "sleep 0.1;")
    )
    if name == "slow":
        (server / "slow").touch()
    known = login({"user": "alice", "password": PASSWORD})
    lines = local(shell, path=server).ask(program, (served + known + ".\n").encode())
    assert lines[0] == f"code {code}"
    assert why in lines[1]
    assert sorted(line[2:] for line in lines[2:]) == unproved
    if "imap" in served:
        said = (server / "said").read_bytes().decode()
        assert f"PASS {PASSWORD}\r\n" in said
        assert 'a1 LOGIN "alice" "it\'s \\"$(id)\\" `x` \\\\ ö %s"\r\n' in said
        assert "127.0.0.1:993 -quiet\n" in (server / "asked").read_text(), "the safest way there is"
        assert set((server / "argv").read_text().split()) == {"0"}, "the password stands in no argv"
        assert PASSWORD not in str(lines)


def test_without_a_password_it_is_said_that_no_login_was_proved(local, shell, server):
    (server / "usage").write_text(NEW)
    lines = local(shell, path=server).ask(PROGRAM, (BOTH + ".\n").encode())
    assert lines == ["code 0", "why ", "U login"]
