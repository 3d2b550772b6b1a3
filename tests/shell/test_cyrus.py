"""What a host with Cyrus is asked to run, under every shell; its openssl, saslpasswd2 and own programs are played."""

import pytest
from mailhost.products.cyrus import mailboxes as cyrus_boxes
from mailhost.products.cyrus import shell

#: an IMAP server behind s_client: it keeps what it is told, and answers what the file beside it says
SERVER = r"""
printf '* OK ready\r\n'
while IFS= read -r line; do
    printf '%s\n' "$line" | tr -d '\r' >>"$0.told"
    tag=${line%% *}
    case $line in
        *LOGOUT*) [ -e "$0.dies" ] || printf '%s OK bye\r\n' "$tag"; exit 0 ;;
        *) answer=$(sed -n "s/^$tag //p" "$0.answers" 2>/dev/null); printf '%s %s\r\n' "$tag" "${answer:-OK done}" ;;
    esac
done
"""
LINES = ['c0 CREATE "user.alice"', 'q0 SETQUOTA "user.alice" (STORAGE 1024)']
GONE = ['d00 SETACL "user.bob" mailhost lrswipkxtecda', 'd01 DELETE "user.bob"']


@pytest.fixture
def cyrus(tools, tmp_path):
    tools.add("openssl", SERVER)
    tools.add(
        "saslpasswd2",
        f'case "$*" in *-d*) ;; *) cat >>{tmp_path}/secrets ;; esac; case "$*" in *-d*) ;; *) : >>"$2" ;; esac',
    )
    tools.add("chown")
    return tmp_path / "sasldb2"


def speak(run, lines, *words):
    return run(shell.Program(shell.speak(lines).decode()), *words)


@pytest.mark.parametrize(("how", "port", "more"), [("implicit", 993, ""), ("starttls", 143, " -starttls imap")])
def test_a_dialogue(run, tools, cyrus, tmp_path, how, port, more):
    done = speak(run, LINES, how, port, cyrus, "mailhost", "20")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    secret = (tmp_path / "secrets").read_text()
    assert len(secret) == 48
    assert (tools.folder / "openssl.told").read_text().splitlines() == [
        f"a LOGIN mailhost {secret}",
        *LINES,
        "z LOGOUT",
    ]
    assert tools.calls == [
        f"saslpasswd2 -f {cyrus} -p -c mailhost",
        f"chown cyrus {cyrus}",
        f"openssl s_client -connect 127.0.0.1:{port} -quiet{more}",
        f"saslpasswd2 -f {cyrus} -d mailhost",
    ], "the password goes at the end, and stands in no argv"
    assert not list(tmp_path.glob("*.dialogue"))


@pytest.mark.parametrize(
    ("answers", "lines", "said"),
    [
        ("c0 NO Mailbox already exists", LINES, None),
        ("d00 NO Mailbox does not exist\nd01 NO Mailbox does not exist", GONE, None),
        ("q0 NO Mailbox does not exist", LINES, "q0 NO Mailbox does not exist\n"),
        ("c0 BAD no", LINES, "c0 BAD no\n"),
        ("a NO [AUTH] no", LINES, "Cyrus does not let mailhost in (a NO [AUTH] no"),
        ("dies", LINES, "Cyrus did not answer to the end on port 993\n"),
    ],
)
def test_what_the_answers_come_to(run, tools, cyrus, answers, lines, said):
    (tools.folder / "openssl.answers").write_text(answers + "\n")
    if answers == "dies":
        (tools.folder / "openssl.dies").touch()
    done = speak(run, lines, "implicit", "993", cyrus, "mailhost", "20")
    assert done.returncode == (0 if said is None else 1)
    assert done.stdout.startswith(said or "")
    assert tools.calls[-1] == f"saslpasswd2 -f {cyrus} -d mailhost", "the password goes whatever happens"


def test_a_store_that_cannot_be_written_ends_it(run, tools, cyrus):
    tools.add("saslpasswd2", "exit 1")
    done = speak(run, LINES, "implicit", "993", cyrus, "mailhost", "20")
    assert (done.returncode, done.stdout) == (1, f"saslpasswd2 cannot write {cyrus}\n")
    assert not [line for line in tools.calls if line.startswith("openssl")]


def test_an_empty_store(run, tools, cyrus, tmp_path):
    store = tmp_path / "new" / "folders" / "sasldb2"
    assert run(shell.EMPTY, store).returncode == 0
    assert [line.split()[0] for line in tools.calls] == ["saslpasswd2", "saslpasswd2", "chown"]
    assert (store.stat().st_mode & 0o777, store.parent.stat().st_mode & 0o777) == (0o600, 0o755)
    tools.add("saslpasswd2", "exit 1")
    assert run(shell.EMPTY, tmp_path / "other").returncode != 0


def test_secrets_are_put_into_a_store(run, tools, cyrus, tmp_path):
    cyrus.write_text("old")
    cyrus.chmod(0o644)
    secrets = "alice\n it's $(id) \\ x\nbob\ns\n"
    assert run(shell.REMEMBER, cyrus, stdin=secrets).returncode == 0
    assert (tmp_path / "secrets").read_text() == " it's $(id) \\ xs"
    assert [line for line in tools.calls if line.startswith("sasl")] == [
        f"saslpasswd2 -f {cyrus} -p -c alice",
        f"saslpasswd2 -f {cyrus} -p -c bob",
    ]
    assert ((tmp_path / "sasldb2.mailhost-old").read_text(), cyrus.stat().st_mode & 0o777) == ("old", 0o600)


def test_what_is_installed(run, tools, tmp_path):
    folder = tmp_path / "lib cyrus"
    folder.mkdir()
    assert run(shell.INSTALLED, folder).stdout == ""
    for name, text in {"imapd": "", "pop3d": "krb_recvauth", "cyr_info": "#!/bin/sh\necho cyrus-imapd 3.6.1\n"}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    done = run(shell.INSTALLED, tmp_path / "none", folder, folder)
    programs = [f"program {name}" for name in ("cyr_info", "imapd", "pop3d")]
    lines = [f"folder {folder}", *programs, "kerberos4", "cyrus-imapd 3.6.1"]
    assert (done.returncode, done.stdout.splitlines()) == (0, lines)


def test_mailboxes_and_quotas(run, tools, tmp_path):
    folder = tmp_path / "lib"
    folder.mkdir()
    (folder / "ctl_mboxlist").write_text('#!/bin/sh\n[ "$1" = -d ] && printf "user.a\\tdefault a\\n"\n')
    (folder / "quota").write_text('#!/bin/sh\nprintf "  1024   0   0 user.a\\n"\n')
    for name in ("ctl_mboxlist", "quota"):
        (folder / name).chmod(0o755)
    tools.add("su", 'exec sh -c "$5"')
    done = run(shell.LISTS, tmp_path / "none", folder, folder)
    boxes, _, roots = done.stdout.partition("= list\n")[2].partition("= quota\n")
    assert (cyrus_boxes.listed(boxes), cyrus_boxes.quotas(roots)) == ({"user.a"}, {"user.a": 1024})
    assert run(shell.LISTS, tmp_path / "none").stdout == ""
