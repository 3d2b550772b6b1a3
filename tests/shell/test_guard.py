"""What the host does by itself when run, program and timer are gone, under every shell; what is closed, what stays."""

import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest
from mailhost.core.apply import apply, recover
from mailhost.core.errors import HostError
from mailhost.core.host import File
from mailhost.core.operations import Plan, Run, Write
from mailhost.core.shell.serve import PROGRAM as SERVE


def plan(host, path, content, *more, services=("mailhost-no-such-service",)):
    return Plan([Write(host.read([File(str(path))]).file(str(path)), content), *more], services)


def word_of(state, identity):
    return (state / "journal" / identity / "state").read_text().strip()


def kill_the_timer(state):
    pid = int((state / "confirm").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    ends = time.monotonic() + 8
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < ends:
        with open(f"/proc/{pid}/stat") as stat:
            if stat.read().rsplit(") ", 1)[1][0] == "Z":
                return
        time.sleep(0.05)


@pytest.fixture
def cron(state):
    """A host whose cron runs."""
    (state.parent / "state.cron.d").mkdir()
    (state.parent / "state.crond.pid").write_text(f"{os.getpid()}\n")
    return state.parent / "state.cron.d" / "mailhost-guard"


def minute(shell, state):
    """What cron does once a minute."""
    done = subprocess.run([*shell, str(state / "guard")], capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr


def test_the_host_finishes_what_a_killed_run_and_timer_left(local, shell, tmp_path, state, cron, tools):
    tools.add("systemctl")
    tools.add("service")
    tools.add("chkconfig")
    host, path = local(shell, path=tools.folder), tmp_path / "f"
    path.write_bytes(b"old")
    identity = apply(plan(host, path, b"new", services=("imapd",)), host, 5, 600)
    assert cron.read_text() == f"* * * * * root /bin/sh {state}/guard\n"
    assert cron.stat().st_mode & 0o777 == 0o644
    script = state / "guard"
    script.write_text(script.read_text().replace("\nPATH=", f"\nPATH={tools.folder}:", 1))
    minute(shell, state)  # the timer lives: nothing is its business
    assert (path.read_bytes(), word_of(state, identity), cron.exists()) == (b"new", "applied", True)
    kill_the_timer(state)
    minute(shell, state)
    assert (path.read_bytes(), word_of(state, identity)) == (b"old", "undone")
    assert [line for line in tools.calls if "restart" in line and "imapd" in line], "what was to run was not started"
    assert not cron.exists() and not script.exists() and not (state / "lock").is_symlink()
    assert not (state / "pending").exists()


def test_a_guard_leaves_alone_what_a_run_that_lives_works_on(local, shell, tmp_path, state, cron):
    host, path = local(shell), tmp_path / "f"
    path.write_bytes(b"old")
    apply(plan(host, path, b"new"), host, 5, 600)
    kill_the_timer(state)
    with open(f"/proc/{os.getpid()}/stat") as stat:
        started = stat.read().rsplit(") ", 1)[1].split()[19]
    os.symlink(f"{os.getpid()} {started} 0 a run", state / "lock")
    minute(shell, state)
    assert (path.read_bytes(), (state / "lock").is_symlink()) == (b"new", True)


def test_a_failed_undo_is_closed_by_what_is_confirmed_after_it(local, shell, tmp_path, state):
    """Its own failure is no reason to restore old files over what was confirmed since."""
    host, path = local(shell), tmp_path / "f"
    path.write_bytes(b"old")
    failed = apply(plan(host, path, b"bad", Run("no way back", ("true",), undo=("false",))), host, 5, 0)
    assert recover(host, 5, "a test") == ([], [failed])
    assert word_of(state, failed) == "partial"
    kept = apply(plan(host, path, b"good", services=()), host, 5, 0)
    newer = apply(plan(host, path, b"unconfirmed"), host, 5, 600)
    kill_the_timer(state)
    recover(host, 5)
    assert path.read_bytes() == b"good"
    assert [word_of(state, one) for one in (failed, kept, newer)] == ["superseded", "committed", "undone"]


def test_an_applied_journal_that_nothing_waits_for_is_closed(local, shell, tmp_path, state):
    """As an earlier version left it after an undo that failed."""
    host, path = local(shell), tmp_path / "f"
    path.write_bytes(b"old")
    left = apply(plan(host, path, b"bad"), host, 5, 0)
    (state / "pending").unlink()
    apply(plan(host, path, b"good", services=()), host, 5, 0)
    apply(plan(host, path, b"unconfirmed"), host, 5, 600)
    kill_the_timer(state)
    recover(host, 5)
    assert (path.read_bytes(), word_of(state, left)) == (b"good", "superseded")


def test_a_file_written_twice_in_a_second_has_another_time(local, shell, tmp_path):
    host, path = local(shell), tmp_path / "users"
    path.write_bytes(b"a")
    other = tmp_path / "twice named"
    os.link(path, other)
    for content in (b"b", b"c"):
        before = int(path.stat().st_mtime)
        apply(plan(host, path, content, services=()), host, 5, 0)
        assert int(path.stat().st_mtime) != before
    assert other.read_bytes() == b"c"


def test_a_failed_run_tells_what_stays(local, shell, tmp_path):
    host, path = local(shell), tmp_path / "f"
    host.run_id = "r1"
    made = apply(plan(host, path, b"new", services=()), host, 5, 0)
    account = Run("create the account alice", ("true",))
    with pytest.raises(HostError) as caught:
        apply(plan(host, path, b"newer", account, Run("fail", ("false",))), host, 5, 0)
    text = str(caught.value)
    assert "Nothing was changed" not in text
    assert "What cannot be undone stays: create the account alice" in text
    assert f"what this run changed before stays: {made}" in text


@pytest.mark.parametrize(
    ("four", "six", "asked"),
    [
        ([], [], "127.0.0.1"),
        (["00000000"], [], "127.0.0.1"),
        (["0100007F"], [], "127.0.0.1"),
        (["050200C0", "0100007F"], [], "127.0.0.1"),
        (["050200C0"], [], "192.0.2.5"),
        (["050200C0"], ["0" * 32], "192.0.2.5"),
        ([], ["0" * 32], "127.0.0.1"),
        ([], ["B80D0120000000000000000005000000"], "2001:0DB8:0000:0000:0000:0000:0000:0005"),
    ],
)
def test_the_address_that_stands_is_asked(shell, tmp_path, four, six, asked):
    for name, addresses in (("tcp", four), ("tcp6", six)):
        peer = "0" * (8 if name == "tcp" else 32)
        lines = [f"   0: {one}:008F {peer}:0000 0A 0 0\n   1: 0200C0C0:0019 {peer}:0000 0A 0 0\n" for one in addresses]
        (tmp_path / name).write_text("  sl  local_address rem_address   st\n" + "".join(lines))
    program = SERVE.replace("/proc/net/$2", f"{tmp_path}/$2") + "address=127.0.0.1\nhost_of 143\n"
    done = subprocess.run([*shell, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout, done.stderr) == (f"{asked}\n", "")
    stated = program.replace("address=127.0.0.1", "address=192.0.2.9")
    done = subprocess.run([*shell, "-c", stated], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "192.0.2.9\n"


def test_a_port_on_one_address_answers(shell):
    with socket.create_server(("127.0.0.5", 0)) as server:

        def greet():
            peer, _ = server.accept()
            peer.sendall(b"* OK ready\r\n")
            peer.close()

        threading.Thread(target=greet, daemon=True).start()
        port = server.getsockname()[1]
        program = f"{SERVE}\naddress=127.0.0.1\nexec 3</dev/null\ntcp {port}\n"
        done = subprocess.run([*shell, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert re.search("OK ready", done.stdout), done.stderr
