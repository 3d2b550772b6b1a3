"""What hosts with Sendmail, Dovecot or stunnel are asked to run, under every shell;
the daemons' own programs are played."""

import subprocess
import time

import pytest
from mailhost.products.dovecot import shell as dovecot
from mailhost.products.sendmail import shell as sendmail
from mailhost.products.stunnel import shell as stunnel

CF = "# Built by mailhost\nDZ8.13.8\nO AccessFile=/etc/mail/access\n"
#: sendmail -bt: it refuses all but the recipients in the file beside it
TEST_MODE = r"""
[ -s "$3" ] || exit 1
while IFS= read -r line; do
    case $line in
        check_rcpt*)
            if grep -q -F -x -e "${line#check_rcpt }" "$0.takes"; then answer='$# ok'
            else answer='$# error $@ 5.7.1'; fi
            [ -e "$0.mute" ] || printf 'check_rcpt         returns: %s\n' "$answer" ;;
    esac
done
"""


@pytest.fixture
def mail(tmp_path, tools):
    folder = tmp_path / "etc mail"
    folder.mkdir()
    (folder / "sendmail.cf").write_text(CF)
    program = tools.add("sendmail", TEST_MODE)
    (tools.folder / "sendmail.takes").write_text("<postmaster@example.test>\n")
    return folder, program


def test_what_stands_of_sendmail(run, tools, mail, tmp_path):
    folder, program = mail
    for name in ("m4", "makemap"):
        tools.add(name)
    done = run(sendmail.STANDS, folder, program, tmp_path / "none")
    digest = subprocess.run(["sha1sum"], input=CF.partition("\n")[2].encode(), capture_output=True, check=True)
    lines = ["DZ8.13.8", "# Built by mailhost", digest.stdout.decode().strip(), program, tools.folder / "m4",
             tools.folder / "makemap"]  # fmt: skip
    assert done.stdout.splitlines() == list(map(str, lines))
    (folder / "access.db").touch()
    time.sleep(0.02)
    (folder / "access").touch()
    assert "stale" in run(sendmail.STANDS, folder, program).stdout.splitlines()
    assert run(sendmail.STANDS, tmp_path / "none").returncode == 1


def test_a_cf_of_an_mc(run, tools, mail):
    folder, _ = mail
    tools.add("m4", 'cat; echo "$PWD"; echo "m4: a word" >&2; exit $(cat "$0.code")')
    for code in (0, 3):
        (tools.folder / "m4.code").write_text(str(code))
        done = run(sendmail.BUILD, folder, stdin="define(`a', `$(id) \\n')dnl\n")
        assert done.stdout == f"define(`a', `$(id) \\n')dnl\n{folder}\n= {code}\nm4: a word\n"
        assert done.returncode == code


def test_a_map_is_made_anew_and_keeps_its_mode(run, tools, tmp_path):
    text = tmp_path / "a map"
    text.write_text("a\tRELAY\n")
    tools.add("makemap", '[ ! -e "$0.bad" ] || exit 1; cat >"$2.db"')
    assert run(sendmail.MAKEMAP, text).returncode == 0
    built = tmp_path / "a map.db"
    assert (built.read_text(), built.stat().st_mode & 0o777) == ("a\tRELAY\n", 0o640)
    built.chmod(0o604)
    text.write_text("b\tRELAY\n")
    assert run(sendmail.MAKEMAP, text).returncode == 0
    assert (built.read_text(), built.stat().st_mode & 0o777) == ("b\tRELAY\n", 0o604)
    (tools.folder / "makemap.bad").touch()
    text.write_text("c\tRELAY\n")
    assert run(sendmail.MAKEMAP, text).returncode != 0
    assert built.read_text() == "b\tRELAY\n"


def test_a_map_that_is_text_alone(run, tmp_path):
    assert run(sendmail.UNBUILT, tmp_path / "none").stdout == run(sendmail.UNBUILT, tmp_path).stdout == ""
    (tmp_path / "access").touch()
    assert run(sendmail.UNBUILT, tmp_path).stdout == "unbuilt\n"
    (tmp_path / "access.db").touch()
    assert run(sendmail.UNBUILT, tmp_path).stdout == ""


def test_the_rules_that_stand_are_asked(run, mail):
    folder, program = mail
    asked = ".D{client_addr}192.0.2.1\ncheck_rcpt <a@elsewhere.invalid>\ncheck_rcpt <postmaster@example.test>\n"
    done = run(sendmail.LIVE, program, folder / "sendmail.cf", stdin=asked)
    assert done.stdout == "$# error $@ 5.7.1\n$# ok\n"


@pytest.mark.parametrize(
    ("takes", "said"),
    [
        ("<postmaster@example.test>", None),
        ("<postmaster@example.test>\n<a@elsewhere.invalid>", "a stranger may relay to <a@elsewhere.invalid>"),
        ("", "mail for <postmaster@example.test> would be refused: $# error $@ 5.7.1"),
        ("mute", "sendmail -bt does not answer for <a@elsewhere.invalid>"),
        ("no map", "makemap refuses the access map"),
    ],
)
def test_a_candidate(run, tools, mail, tmp_path, takes, said):
    folder, program = mail
    tree = tmp_path / "copy"
    tree.mkdir()
    (tree / "sendmail.cf").write_text(f"O AccessFile={folder}/access\n")
    (tree / "access").write_text("127\tRELAY\n")
    tools.add("makemap", "exit 1" if takes == "no map" else 'cat "$2" >/dev/null; cat >"$4.db"')
    (tools.folder / "sendmail.takes").write_text(takes + "\n")
    if takes == "mute":
        (tools.folder / "sendmail.mute").touch()
    questions = (".D{client_addr}192.0.2.1", "check_rcpt <a@elsewhere.invalid>", "check_rcpt <postmaster@example.test>")
    done = run(sendmail.CANDIDATE, tree, folder, program, "1", *questions)
    assert (done.returncode, done.stderr) == ((0, "") if said is None else (1, f"{said}\n"))
    assert (tree / "candidate.cf").read_text() == f"O AccessFile={tree}/access\n"
    assert run(sendmail.CANDIDATE, tmp_path, folder, program, "1").returncode == 0, "no cf: nothing to ask"


@pytest.mark.parametrize(("version", "said"), [("1.0.7", "pop3_uidl_format: %v\n"), ("2.3.4", "")])
def test_identifiers_of_dovecot(run, tools, version, said):
    tools.add(
        "dovecot", f'case $1 in --version) echo {version} ;; -a) echo "x: y"; echo "pop3_uidl_format: %v" ;; esac'
    )
    done = run(dovecot.IDENTIFIERS)
    assert (done.returncode, done.stdout) == (0, said)


@pytest.mark.parametrize(
    ("asked", "users"),
    [
        (("mail", "SPOOL", ""), ["bob", "dave"]),
        (("mail", "", ""), ["dave"]),
        (("Maildir", "", ""), ["carol", "erin"]),
        (("mdbox", "", ""), []),
        (("sdbox", "", ""), ["frank"]),
        (("", "", "STORE"), ["*"]),
        (("", "", "EMPTY"), []),
    ],
)
def test_who_has_mail_of_dovecots(run, tools, tmp_path, asked, users):
    homes = {name: tmp_path / name for name in ("bob", "carol", "dave", "erin", "frank", "root")}
    for path in (
        "spool/bob", "spool/root", "carol/Maildir/cur/1:2,S", "dave/mail/Sent Items", "erin/Maildir/.Old/cur/2",
        "frank/sdbox/mailboxes/INBOX/dbox-Mails/u.1",
        "frank/mail/dovecot.index", "store/a.test/bob/cur/1", "empty/a.test/dovecot.index",
    ):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x")
    (tmp_path / "spool/carol").write_text("")
    lines = [f"{name}:x:{0 if name == 'root' else 1000}:1::{home}:/s" for name, home in homes.items()]
    tools.add("getent", "\n".join(f"echo {line}" for line in lines))
    places = {"SPOOL": tmp_path / "spool", "STORE": tmp_path / "store", "EMPTY": tmp_path / "empty"}
    done = run(dovecot.STORED, *(places.get(word, word) for word in asked))
    assert (done.returncode, done.stderr, [line.split()[0] for line in done.stdout.splitlines()]) == (0, "", users)


def test_what_dovecot_itself_says_of_clients(run, tools):
    tools.add("doveconf", 'case $1 in -n) echo "doveconf: Warning: x" >&2 ;; *) echo "$3 $4 ssl = yes" ;; esac')
    said = run(dovecot.EFFECTIVE, "ssl", "--", "192.0.2.1").stdout.splitlines()
    assert said[:2] == [f"{name} 192.0.2.1 -f remote=192.0.2.1 ssl = yes" for name in ("imap", "pop3")]
    assert said[2:] == ["= warnings", "doveconf: Warning: x"]


def test_who_needs_no_password_in_a_file_of_users(run, tmp_path):
    users = tmp_path / "users"
    users.write_text("# guest::\na:{CRYPT}x:1:1::/h::\nguest::::::nopassword=y\nb::1:1::/h\ntoor:{CRYPT}x:0:0::/h\n")
    said = run(dovecot.OPEN, users, tmp_path / "none").stdout.splitlines()
    assert said == [f"{users}:3 nopassword guest", f"{users}:4 empty b", f"{users}:5 root toor"]


def test_what_stands_of_stunnel(run, tools, tmp_path):
    program = tools.add("stunnel", 'printf "stunnel 4.15 on x\\nThreading\\nSsl\\nmore\\n" >&2')
    tools.add("getent", 'echo "nobody:x:99:"')
    place = {"/run/systemd/system": tmp_path / "systemd"}
    lines = [f"program {program}", "stunnel 4.15 on x", "Threading", "Ssl", "nobody:x:99:"]
    assert run(stunnel.STANDS, tmp_path / "none", program, program, moved=place).stdout.splitlines() == lines
    (tmp_path / "systemd").mkdir()
    assert run(stunnel.STANDS, tmp_path / "none", moved=place).stdout == "systemd\nnobody:x:99:\n"


def test_the_script_of_stunnel(shell, tools, tmp_path):
    pid = tmp_path / "run" / "stunnel.pid"
    program = tools.add("stunnel", f"sleep 60 >/dev/null 2>&1 &\necho $! >{pid}")
    script = tmp_path / "script"
    script.write_bytes(stunnel.script(str(program), "/etc/m.conf", str(pid)))

    def do(verb):
        return subprocess.run([*shell, script, verb], capture_output=True, text=True, timeout=60, check=False)

    assert do("status").returncode == 3
    assert do("start").returncode == do("start").returncode == 0
    assert tools.calls == ["stunnel /etc/m.conf"], "it runs once"
    first = pid.read_text()
    assert (do("status").returncode, do("restart").returncode) == (0, 0)
    assert pid.read_text() != first
    assert do("stop").returncode == 0
    assert (do("status").stdout, do("status").returncode, pid.exists()) == ("stunnel is stopped\n", 3, False)
    assert do("dance").returncode == 1
