"""Secrets in files, and what is asked of files and of the host, under every shell."""

import getpass
import hashlib
import pathlib
import socket

from mailhost.core.shell import files, look

ME = getpass.getuser()


def mode(path):
    return path.stat().st_mode & 0o777


def test_a_secret_is_put_and_taken_back(run, tmp_path):
    key = tmp_path / "a folder" / "key"
    assert run(files.PUT, key, stdin="first\n").returncode == 0
    assert (key.read_text(), mode(key), mode(key.parent)) == ("first\n", 0o600, 0o700)
    assert run(files.PUT, key, stdin="second\n").returncode == 0
    assert key.read_text() == "second\n"
    assert [mode(path) for path in sorted(key.parent.iterdir())] == [0o600, 0o600]
    assert run(files.UNPUT, key).returncode == 0
    assert [(path.name, path.read_text()) for path in key.parent.iterdir()] == [("key", "first\n")]
    assert run(files.UNPUT, key).returncode == 0
    assert list(key.parent.iterdir()) == []


def test_a_secret_that_cannot_be_written_leaves_the_old_one(run, tmp_path):
    (tmp_path / "key").write_text("old")
    assert run(files.PUT, tmp_path / "key" / "below", stdin="new").returncode != 0
    assert (tmp_path / "key").read_text() == "old"


def test_what_a_run_of_ours_wrote_and_nobody_has_edited(run, tmp_path, monkeypatch):
    monkeypatch.setenv("state", str(tmp_path))
    ours, edited, gone = tmp_path / "our file", tmp_path / "edited", tmp_path / "gone"
    digest = hashlib.sha1(b"ours\n").hexdigest()
    for path in (ours, edited):
        path.write_text("ours\n")
    assert run(files.WRITTEN, ours, edited, gone).stdout == ""
    (tmp_path / "written").write_text(f"{digest} {ours}\n{digest} {edited}\n{digest} {gone}x\n")
    edited.write_text("theirs\n")
    assert run(files.WRITTEN, ours, edited, gone).stdout == f"{ours}\n"


def test_a_copy_for_one_account(run, tmp_path):
    key, copy = tmp_path / "key", tmp_path / "new" / "folders" / "copy"
    key.write_text("secret")
    assert run(files.COPIED, key, copy, ME).returncode != 0
    assert run(files.COPY, key, copy, ME).returncode == 0
    assert (copy.read_text(), mode(copy), copy.owner()) == ("secret", 0o400, ME)
    assert [mode(folder) for folder in (copy.parent, copy.parent.parent)] == [0o755, 0o755]
    same = run(files.COPIED, key, copy, ME)
    assert (same.returncode, same.stdout) == (0, "same\n")
    assert run(files.COPIED, key, copy, "somebody-else").returncode != 0
    key.write_text("another")
    assert run(files.COPIED, key, copy, ME).returncode != 0
    assert run(files.COPY, key, copy, ME).returncode == 0
    assert run(files.UNCOPY, key, copy).returncode == 0
    assert copy.read_text() == "secret"
    assert run(files.UNCOPY, key, copy).returncode == 0
    assert not copy.exists()


def test_stores_of_passwords(run, tmp_path):
    for name, text in {"users": "a:{PLAIN}x\n", "my hashes": "a:$6$x\n", "sasldb2": "", "map.db": ""}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o640)
    names = ["users", "my hashes", "sasldb2", "map.db", "absent"]
    told = run(files.STORES, *(tmp_path / name for name in names))
    kinds = ["clear", "hash", "clear", "clear"]
    assert told.stdout.splitlines() == [f"640 {ME} {kind} {tmp_path / name}" for kind, name in zip(kinds, names)]
    assert told.returncode == 0


def test_folders_and_sockets(run, tmp_path):
    folder = tmp_path / "a folder"
    folder.mkdir(mode=0o751)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "mux"))
        (folder / "mux").chmod(0o777)
        told = run(files.FOLDERS, folder / "key", tmp_path / "none" / "key")
        assert (told.returncode, told.stdout) == (0, f"751 {folder}\n")
        told = run(files.SOCKETS, folder / "mux", tmp_path / "calls", folder / "absent")
        assert (told.returncode, told.stdout) == (0, f"751 777 {folder / 'mux'}\n")


def test_tools_each_of_them(run, tools):
    for name in ("zypper", "yum"):
        tools.add(name)
    told = run(look.TOOLS, "mailhost-none", "zypper", "yum")
    assert (told.returncode, told.stdout) == (0, f"{tools.folder}/zypper\n{tools.folder}/yum\n")


def test_messages_and_folders_of_mail_are_counted(run, tmp_path):
    for name in ("mqueue/qfa", "mqueue/dfa", "client mqueue/qfb", "deferred/A/B", "hold/C"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    folders = [tmp_path / name for name in ("mqueue", "client mqueue", "none")]
    assert run(look.BELOW, "qf*", *folders).stdout.split() == ["2"]
    assert run(look.BELOW, "*", tmp_path / "deferred", tmp_path / "hold").stdout.split() == ["2"]
    assert (run(look.BELOW, "*", tmp_path / "none").stdout.split(), run(look.BELOW, "*", tmp_path).returncode) == (
        ["0"],
        0,
    )
    for name in ("a", "b"):
        (tmp_path / "homes" / name / "Maildir").mkdir(parents=True)
    assert run(look.COUNTED, f"{tmp_path}/homes/*/Maildir", f"{tmp_path}/none/*/Maildir").stdout.split() == ["2"]
    assert run(look.COUNTED, f"{tmp_path}/none/*/Maildir").stdout.split() == ["0"]


def test_files_by_pattern(run, tmp_path):
    for name in ("lib/imap-login", "lib64/pop3-login", "lib/other"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    told = run(look.LISTED, f"{tmp_path}/lib*/*-login", f"{tmp_path}/none/*-login")
    assert (told.returncode, told.stdout) == (0, f"{tmp_path}/lib/imap-login\n{tmp_path}/lib64/pop3-login\n")


def test_the_init_system(run, tmp_path):
    place = {"/run/systemd/system": tmp_path / "systemd"}
    assert run(look.INIT, moved=place).stdout == "sysv\n"
    (tmp_path / "systemd").mkdir()
    assert run(look.INIT, moved=place).stdout == "systemd\n"


def test_processes(run, tmp_path):
    for number, (name, words) in enumerate({"master": "/usr/lib/postfix/sbin/master\0-w", "sh": "sh\0-c\0x y"}.items()):
        process = tmp_path / str(number)
        process.mkdir()
        (process / "comm").write_text(name)
        (process / "cmdline").write_text(words)
        (process / "status").write_text(f"Name:\t{name}\nUmask:\t0022\n")
    moved = {"/proc/": f"{tmp_path}/"}
    told = run(look.RUNNING, "-e", "^master$", "-e", "[a-z/]*postfix[a-z/]*/master", "-e", "^none", moved=moved)
    assert (told.returncode, told.stdout) == (0, "/usr/lib/postfix/sbin/master\nmaster\n")
    assert run(look.RUNNING, "-e", "^none", moved=moved).returncode == 0
    assert run(look.NAMES, moved=moved).stdout == "master\nsh\n"
    assert "python" in run(look.NAMES).stdout or pathlib.Path("/proc/self/comm").read_text() in run(look.NAMES).stdout
