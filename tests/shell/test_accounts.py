"""Accounts and packages, under every shell, by tools that note what they are told; the journals of a host."""

import pytest
from mailhost.core.shell import accounts, history, logins, packages
from mailhost.words.mail_history import journals


@pytest.mark.parametrize("mail", ["none", "a Maildir", "a box"])
def test_an_account_that_was_just_made_goes_with_its_home_unless_it_has_mail(run, tools, tmp_path, mail):
    home, box = tmp_path / "home", tmp_path / "mail"
    (home / "Maildir" / "new").mkdir(parents=True)
    box.mkdir()
    if mail == "a Maildir":
        (home / "Maildir" / "new" / "1").touch()
    if mail == "a box":
        (box / "alice").write_text("x")
    tools.add("getent", f'echo "alice:x:1001:1001::{home}:/bin/sh"')
    tools.add("userdel")
    assert run(accounts.UNMAKE, "alice", moved={"/var/mail/": f"{box}/"}).returncode == 0
    assert [line for line in tools.calls if line.startswith("userdel")] == [
        "userdel -r -- alice" if mail == "none" else "userdel -- alice"
    ]


def test_an_account_that_does_not_go_is_told(run, tools, tmp_path):
    tools.add("getent", f'echo "alice:x:1001:1001::{tmp_path}:/bin/sh"')
    tools.add("userdel", "exit 8")
    assert run(accounts.UNMAKE, "alice").returncode != 0
    tools.add("getent", f'test ! -e {tmp_path}/gone && echo "alice:x:1:1::{tmp_path}:/bin/sh"')
    tools.add("userdel", f"touch {tmp_path}/gone; exit 12")  # its mail box was not there: only that failed
    assert run(accounts.UNMAKE, "alice").returncode == 0


@pytest.mark.parametrize("group", ["there", "gone"])
def test_an_account_is_made_again_as_it_was(run, tools, tmp_path, group):
    tools.add("getent", "exit 2" if group == "gone" else "")
    for name in ("groupadd", "useradd"):
        tools.add(name)
    tools.add("chpasswd", f"cat >{tmp_path}/set")
    words = ("alice", "1001", "1002", "/home/alice", "/sbin/nologin", "Alice $(id) B.")
    assert run(accounts.MAKE_AGAIN, *words, stdin="alice:$6$s$h\n").returncode == 0
    calls = [line for line in tools.calls if not line.startswith("getent")]
    assert calls == [
        *(["groupadd -g 1002 -- alice"] if group == "gone" else []),
        "useradd -M -u 1001 -g 1002 -d /home/alice -s /sbin/nologin -c Alice $(id) B. -- alice",
        "chpasswd -e",
    ]
    assert (tmp_path / "set").read_text() == "alice:$6$s$h\n"
    assert not [line for line in tools.calls if "$6$" in line], "the hash stands in no argv"


def test_an_account_that_cannot_be_made_again_gets_no_password(run, tools):
    tools.add("getent")
    tools.add("useradd", "exit 4")
    tools.add("chpasswd")
    assert run(accounts.MAKE_AGAIN, "a", "1", "1", "/h", "/s", "", stdin="a:x\n").returncode == 4
    assert not [line for line in tools.calls if line.startswith("chpasswd")]


def test_what_stands_around_accounts_that_are_to_be_made(run, tools, tmp_path):
    for name in ("home/bob", "mail/carol"):
        (tmp_path / name).mkdir(parents=True)
    tools.add(
        "getent", 'case "$1 $*" in "passwd "*dave*) echo "dave:*:7:7::/h:/s"; exit 2 ;; "group "*) exit 2 ;; esac'
    )
    tools.add("useradd", f'echo "GROUP=100"; echo "HOME={tmp_path}/home"')
    moved = {"/var/mail/": f"{tmp_path}/mail/"}
    said = run(accounts.NEWCOMERS, stdin="bob\ndave\n", moved=moved).stdout
    uid = (tmp_path / "home").stat().st_uid
    assert said.splitlines() == ["P dave", f"O {uid} bob", f"O {uid} carol"]
    tools.add("getent", 'case $1 in group) echo "bob:x:9:" ;; *) exit 2 ;; esac')
    assert run(accounts.NEWCOMERS, stdin="bob\n", moved={"/var/mail/": "/nowhere/"}).stdout.splitlines()[0] == "G bob"


def test_which_accounts_have_a_password_that_works(run, tmp_path):
    shadow = {"root": "$6$s$h", "old": "abcdefghijklm", "alice": "!$6$s$h", "bob": "*", "free": "", "new": "!!"}
    (tmp_path / "shadow").write_text("".join(f"{name}:{field}:1:0:::::\n" for name, field in shadow.items()))
    (tmp_path / "passwd").write_text("".join(f"{name}:x:{uid}:1::/h:/s\n" for uid, name in enumerate(shadow)))
    moved = {"/etc/shadow": f"{tmp_path}/shadow", "/etc/passwd": f"{tmp_path}/passwd"}
    assert run(logins.ACCOUNTS, moved=moved).stdout.splitlines() == ["0 hash root", "1 hash old", "4 empty free"]


def test_in_whose_homes_a_file_is(run, tools, tmp_path):
    for name in ("bob", "carol"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".procmailrc").write_text("x" if name == "bob" else "")
    tools.add("getent", "\n".join(f'echo "{name}:x:1:1::{tmp_path}/{name}:/s"' for name in ("bob", "carol", "dave")))
    assert run(accounts.IN_HOMES, ".procmailrc").stdout == "bob\n"


def test_packages_by_apt(run, tools):
    tools.add("apt-get", 'test "$2" != update || test ! -e "$0.offline"')
    assert run(packages.APT, "dovecot-imapd", "postfix-").returncode == 0
    install = (
        "apt-get -q -y -o Dpkg::Options::=--force-confold install --no-install-recommends -- dovecot-imapd postfix-"
    )
    assert tools.calls == ["apt-get -q update", install]
    (tools.folder / "apt-get.offline").touch()
    assert run(packages.APT, "dovecot-imapd").returncode != 0
    assert tools.calls[2:] == ["apt-get -q update"], "nothing is installed by old lists"


def test_journals(run, tmp_path, monkeypatch):
    state = tmp_path / "state"
    monkeypatch.setenv("state", str(state))
    assert run(history.SHOW).stdout == ""
    one = state / "journal" / "000001-x" / "op" / "1001"
    one.mkdir(parents=True)
    (state / "journal" / "no journal").mkdir()
    for name, text in {
        "state": "committed",
        "when": "17",
        "who": "me",
        "run": "r1",
        "before": "dovecot stopped disabled",
        "services": "dovecot\npostfix",
        "reverts": "",
        "accepted": "loss.address a@b.test: why",
    }.items():
        (one.parent.parent / name).write_text(text + "\n")
    for name, text in {"kind": "W", "path": "/etc/a file", "old": "", "begun": ""}.items():
        (one / name).write_text(text + "\n")
    found = journals(run(history.SHOW).stdout)
    assert [journal.data() for journal in found] == [
        {"id": "000001-x", "run": "r1", "state": "committed", "when": 17, "who": "me",
         "services": ["dovecot", "postfix"], "reverts": [], "undone_by": "", "changes": ["/etc/a file"],
         "accepted": ["loss.address a@b.test: why"]}
    ]  # fmt: skip
    assert found[0].lines["b"] == ["dovecot stopped disabled"]
    assert (found[0].steps[0].has_old, found[0].steps[0].begun) == (True, True)


def test_who_has_mail(run, tools, tmp_path):
    home, spool = tmp_path / "home", tmp_path / "mail"
    for name, folder in (("alice", "cur"), ("bob", "new"), ("carol", "tmp"), ("dora", "cur"), ("dor-of-nobody", "new")):
        (home / name / "Maildir" / folder).mkdir(parents=True)
        (home / name / "Maildir" / folder / "1").touch()
    (home / "dora/Maildir/cur/1").unlink()
    (home / "dora/Maildir/dovecot-uidlist").touch()
    spool.mkdir()
    (spool / "erin").write_text("From a\n\nx\n\nFrom b\n\ny\n")
    (spool / "carol").touch()
    passwd = tmp_path / "passwd"
    names = ("alice", "bob", "carol", "erin")
    passwd.write_text("".join(f"{name}:x:1:1::{home}/{name}:/bin/sh\n" for name in names))
    # of a directory: known by the owner of a home alone, where that is somebody
    tools.add("stat", "case $* in *nobody*) echo UNKNOWN ;; *) echo dora ;; esac")
    moved = {
        "/etc/passwd": passwd,
        "/home/*/*": f"{home}/dora/none/*",
        "/home/* ": f"{home}/dor* ",
        "/var/mail ": f"{spool} ",
    }
    done = run(logins.READERS, moved=moved)
    assert sorted(done.stdout.splitlines()) == ["0 recent dora", "1 old alice", "1 old bob", "2 old erin"]
