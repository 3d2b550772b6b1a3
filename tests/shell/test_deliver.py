"""The message by which mail_commit proves that mail arrives, under every shell: an ``openssl s_client`` that plays a
server, a sendmail that plays an MTA with a queue and a log."""

import pytest
from mailhost.core.shell import COMMON
from mailhost.core.shell.deliver import PROGRAM as DELIVER
from mailhost.core.shell.serve import PROGRAM as SERVE
from mailhost.core.shell.services import PROGRAM as SERVICES
from mailhost.words.mail_commit import DOUBTS, login

PASSWORD = 'it\'s "$(id)" `x` \\ ö %s'
PROGRAM = (
    COMMON
    + SERVICES
    + SERVE
    + DELIVER
    + r"""
address=127.0.0.1
fault=
why=
expectations
delivered
echo "code $? $fault"
echo "why $why"
printf "D %s\n" "$doubts"
printf "MAILHOST-END %s\n" "$nonce"
"""
)
#: what a session is told goes to ``told``; the message comes out where ``arrives`` is there, as number 3 of three
SERVER = r"""#!/bin/sh
here=$(dirname "$0")
case "$*" in *-help*) exit 0 ;; esac
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -c -F -f "$here/password" >>"$here/argv"
say() { printf '%s\r\n' "$1"; }
is_there() { [ -s "$here/message" ] && [ -e "$here/arrives" ]; }
case "$*" in *:993* | *imap*) say "* OK ready" ;; *) say "+OK ready" ;; esac
while IFS= read -r line; do
    printf '%s\n' "$line" >>"$here/told"
    tag=${line%% *}
    case $line in
        a2*) say "* CAPABILITY IMAP4rev1$(cat "$here/more")"; say "a2 OK" ;;
        a3*) say "* 40 EXISTS"; say "a3 $(cat "$here/select")" ;;
        d1*) [ ! -e "$here/slow" ] || sleep 5; say "* SEARCH$(cat "$here/deleted")"; say "d1 OK" ;;
        s*) if is_there; then say "* SEARCH 17"; else say "* SEARCH"; fi; say "$tag OK" ;;
        a9* | QUIT*) [ ! -e "$here/late" ] || : >"$here/arrives"; exit 0 ;;
        STAT*) if is_there; then say "+OK 4 1204"; else say "+OK 3 900"; fi ;;
        "TOP 3 0"*) say "+OK"; ! is_there || grep Token "$here/message"; say "."; ;;
        TOP*) say "+OK"; say "Subject: another"; say "." ;;
        USER* | PASS* | DELE*) say "+OK" ;;
        *) say "$tag OK" ;;
    esac
done
"""
SENDMAIL = r"""#!/bin/sh
here=$(dirname "$0")
[ ! -e "$here/refuses" ] || exit 75
echo "$*" >>"$here/sent"
cat >"$here/message"
[ ! -d "$here/queue" ] || cp "$here/message" "$here/queue/$(cat "$here/name")"
id=$(sed -n "s/^Message-ID: *//p" "$here/message")
sed -e "s/@ID@/$id/" "$here/line" >"$here/log"
"""
POSTFIX = (
    "Nov 27 h postfix/cleanup[9]: 4FA0B1: message-id=@ID@\n"
    "Nov 27 h postfix/local[9]: 4FA0B1: to=<alice@example.test>, status=sent (delivered to file: /dev/null)\n"
)
MASTER = (
    "Nov 27 h sendmail[9]: 5AR0000001: from=<alice@example.test>, msgid=@ID@, relay=root@localhost\n"
    "Nov 27 h sendmail[9]: 5AR0000001: to=<alice@example.test>, mailer=relay, stat=Sent (5AR0000002 Message accepted)\n"
    "Nov 27 h sendmail[9]: 5AR0000002: from=<alice@example.test>, msgid=@ID@, relay=localhost\n"
    "Nov 27 h sendmail[9]: 5AR0000002: to=<alice@example.test>, mailer=local, dsn=4.2.0, stat=Deferred\n"
)
IMAP, POP3 = "serve imap implicit 993\nserve smtp plain 25\n", "serve pop3 implicit 995\nserve smtp plain 25\n"
LOST = "mail for alice@example.test does not come where alice reads it by"
#: what is served, the files of the server and its MTA: the code and fault, the end of why, the doubt, what is told last
CASES = {
    "it comes": (IMAP, {"arrives": "", "more": " UIDPLUS"}, "0", "", "", "d3 UID EXPUNGE 17"),
    "an old server": (IMAP, {"arrives": ""}, "0", "", "", "d3 EXPUNGE"),
    "an old server, others deleted": (
        IMAP,
        {"arrives": "", "deleted": " 4 5"},
        "0",
        "",
        "left imap",
        "a9 LOGOUT",
    ),
    "an old server, slow to say which": (
        IMAP,
        {"arrives": "", "deleted": " 4 5", "slow": ""},
        "0",
        "",
        "left imap",
        "a9 LOGOUT",
    ),
    "it comes behind the last look": (IMAP, {"late": "", "line": POSTFIX}, "0", "", "", "d3 EXPUNGE"),
    "no mailbox yet": (IMAP, {"select": "NO no such mailbox"}, "0", "", "unsent imap", "a9 LOGOUT"),
    "sendmail refuses": (IMAP, {"refuses": ""}, "0", "", "unsent imap", "a9 LOGOUT"),
    "it lies elsewhere": (IMAP, {"line": POSTFIX}, "1 delivery", "status=sent (delivered to file: /dev/null)", "", ""),
    "it waits": (IMAP, {"name": "4FA0B1", "queue/C4FA0B1": "of somebody else"}, "0", "", "waits imap", "a9 LOGOUT"),
    "it waits with a reason": (
        IMAP,
        {"name": "qf5AR0000002", "queue/df5AR0000002": "body", "queue/other": "", "line": MASTER},
        "1 delivery",
        "dsn=4.2.0, stat=Deferred",
        "",
        "",
    ),
    "by POP3": (POP3, {"arrives": ""}, "0", "", "", "QUIT"),
    "by POP3, and it does not come": (POP3, {"line": POSTFIX}, "1 delivery", "file: /dev/null)", "", "QUIT"),
    "no SMTP": (IMAP.partition("serve smtp")[0], {}, "0", "", "", ""),
}


@pytest.fixture
def server(tmp_path, state):
    folder = tmp_path / "bin"
    (folder / "queue").mkdir(parents=True)
    for name, text in (("openssl", SERVER), ("sendmail", SENDMAIL)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    for name, text in (("password", PASSWORD + "\n"), ("select", "OK"), ("more", ""), ("deleted", ""), ("line", "")):
        (folder / name).write_text(text)
    (folder / "name").write_text("../gone")
    state.mkdir()
    return folder


@pytest.mark.parametrize("name", CASES)
def test_a_message(local, shell, server, state, name):
    served, files, code, why, doubt, last = CASES[name]
    for file, text in files.items():
        (server / file).write_text(text)
    others = {path.name for path in (server / "queue").iterdir()} & {"other", "C4FA0B1"}
    program = PROGRAM.replace("sleep 2 ", "sleep 0.3 ").replace("sleep 2\n", "sleep 0.3\n").replace("sleep 1\n", ":\n")
    program = program.replace("/var/log/maillog", str(server / "log")).replace("if systemd; then", "if false; then")
    known = login({"user": "alice", "password": PASSWORD}) + f"mailbox alice@example.test\nqueue {server}/queue\n"
    lines = local(shell, path=server).ask(program, (served + known + ".\n").encode())
    assert lines[0].strip() == f"code {code}"
    assert lines[1].endswith(why)
    assert (LOST in lines[1]) is bool(why)
    assert lines[2].strip() == f"D {doubt}".strip()
    if not doubt:
        assert "D" in lines[2]
    assert doubt.split(" ")[0] in {"", *DOUBTS}
    told = (server / "told").read_text().splitlines() if (server / "told").exists() else []
    if last:
        assert last in told[-2:] if last.startswith("d3") else told[-1] == last
    assert ("DELE 3" in told) is (name == "by POP3")
    assert {path.name for path in (server / "queue").iterdir()} == others, "nothing of ours waits, all of others' does"
    if (server / "sent").exists():
        assert (server / "sent").read_text() == "-oi -N never -f alice@example.test alice@example.test\n"
    if told:
        assert set((server / "argv").read_text().split()) == {"0"}, "the password stands in no argv"
    left = {path.name for path in state.iterdir()}
    assert not left & {"session", "handed", "came", "left"}
