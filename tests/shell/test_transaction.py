"""Transactions, under every shell: all or nothing, metadata, links, locks, journals."""

import os
import subprocess
import time

import pytest
from mailhost.core.apply import apply
from mailhost.core.errors import Busy, HostError
from mailhost.core.host import File, FileState
from mailhost.core.operations import Check, Plan, Remove, Run, Write


def write(host, path, content, **more):
    return Write(host.read([File(str(path))]).file(str(path)), content, **more)


def leftovers(directory):
    return sorted(name for name in os.listdir(directory) if "mailhost" in name)


def test_content_mode_and_owner(local, shell, tmp_path, state):
    host = local(shell)
    old, new = tmp_path / "old", tmp_path / "sub" / "new"
    old.write_bytes(b"one")
    old.chmod(0o604)
    content = bytes(range(256)) + b"'\"$(id)\n"
    identity = apply(Plan([write(host, old, content), write(host, new, b"", mode=0o600)], ("dovecot",)), host, 5)
    assert (old.read_bytes(), old.stat().st_mode & 0o777) == (content, 0o604)
    assert (new.read_bytes(), new.stat().st_mode & 0o777) == (b"", 0o600)
    assert leftovers(tmp_path) == []
    assert (state / "pending").read_text() == f"dovecot {identity}\n"
    assert (state / "journal" / identity / "state").read_text() == "applied\n"
    assert host.read([File(str(old))]).pending == [("dovecot", identity)]
    assert state.stat().st_mode & 0o777 == 0o700
    assert not (state / "lock").is_symlink()


def test_a_link_stays_and_its_target_changes(local, shell, tmp_path):
    host = local(shell)
    (tmp_path / "target").write_bytes(b"a")
    (tmp_path / "link").symlink_to("target")
    apply(Plan([write(host, tmp_path / "link", b"b")]), host, 5)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"b"


def test_changed_under_us(local, shell, tmp_path):
    host = local(shell)
    path = tmp_path / "file"
    path.write_bytes(b"read")
    plan = Plan([write(host, path, b"new")])
    path.write_bytes(b"an administrator's")
    with pytest.raises(HostError, match="changed since it was read.*Nothing was changed"):
        apply(plan, host, 5)
    assert path.read_bytes() == b"an administrator's"
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("broken", ["run", "check"])
def test_a_failing_step_undoes_the_others(local, shell, tmp_path, state, broken):
    host = local(shell)
    kept, gone, new = tmp_path / "kept", tmp_path / "gone", tmp_path / "deep" / "new"
    kept.write_bytes(b"old")
    gone.write_bytes(b"still here")
    kept.chmod(0o640)
    mark = tmp_path / "mark"
    steps = [
        write(host, kept, b"new"),
        write(host, new, b"x"),
        Remove(host.read([File(str(gone))]).file(str(gone))),
        Run("make a mark", ("touch", str(mark)), undo=("rm", str(mark))),
    ]
    bad = ("sh", "-c", "echo the reason; exit 1")
    steps.append(
        Run("the last step", bad) if broken == "run" else Check(str(kept), ("sh", "-c", "echo the reason >&2; exit 89"))
    )
    with pytest.raises(HostError, match="the reason.*Nothing was changed"):
        apply(Plan(steps, ("dovecot",)), host, 5)
    assert (kept.read_bytes(), gone.read_bytes()) == (b"old", b"still here")
    assert kept.stat().st_mode & 0o777 == 0o640
    assert not mark.exists()
    assert not (tmp_path / "deep").exists()
    assert not (state / "pending").exists()
    assert os.listdir(state / "journal") == []


def test_the_check_sees_the_staged_tree(local, shell, tmp_path):
    host = local(shell)
    tree = tmp_path / "etc"
    (tree / "conf.d").mkdir(parents=True)
    (tree / "main.conf").write_text(f"!include {tree}/conf.d/a.conf\n")
    (tree / "conf.d" / "a.conf").write_text("old\n")
    seen = tmp_path / "seen"
    look = Check(str(tree), ("sh", "-c", f'cat "$1" "$2" >{seen}', "x", "@TREE@/main.conf", "@TREE@/conf.d/a.conf"))
    apply(Plan([write(host, tree / "conf.d" / "a.conf", b"new\n"), look]), host, 5)
    first, second = seen.read_text().splitlines()
    assert second == "new"
    assert str(tree) not in first.replace("journal", "")
    assert (tree / "conf.d" / "a.conf").read_text() == "new\n"


def test_a_secret_on_stdin_does_not_stay(local, shell, tmp_path, state):
    host = local(shell)
    apply(Plan([Run("keep a secret", ("sh", "-c", "cat >/dev/null"), b"SECRET")]), host, 5)
    assert subprocess.run(["grep", "-r", "SECRET", str(state)], capture_output=True, check=False).stdout == b""


def test_the_lock_names_its_holder(local, shell, tmp_path, state):
    host = local(shell)
    (state / "journal").mkdir(parents=True)
    sleeper = subprocess.Popen(["sleep", "60"])
    with open(f"/proc/{sleeper.pid}/stat") as stat:
        started = stat.read().rsplit(") ", 1)[1].split()[19]
    os.symlink(f"{sleeper.pid} {started} {int(time.time())} root@elsewhere pid 7", state / "lock")
    plan = Plan([write(host, tmp_path / "f", b"x")])
    with pytest.raises(Busy, match=rf"held by process {sleeper.pid} \(root@elsewhere pid 7\)"):
        apply(plan, host, 1)
    assert not (tmp_path / "f").exists()
    sleeper.kill()
    sleeper.wait()
    apply(plan, host, 1)  # its process is gone: the lock is stale and broken
    assert (tmp_path / "f").exists()


def test_a_plan_that_does_not_arrive_whole(local, shell, tmp_path, state):
    from mailhost.core.apply import failure, request
    from mailhost.core.shell.apply import PROGRAM

    host = local(shell)
    data = request(Plan([write(host, tmp_path / "f", b"content")]), "20260101T000000-a", host, 5)
    for cut in (len(data) - 1, len(data) // 2 + 20):
        assert "did not arrive whole" in str(failure(host.ask(PROGRAM, data[:cut])))
    assert not (tmp_path / "f").exists()
    assert not (state / "lock").is_symlink()


def test_a_run_killed_in_the_middle_is_undone_by_the_next(local, shell, tmp_path, state):
    host = local(shell)
    path = tmp_path / "f"
    path.write_bytes(b"old")
    slow = Plan([write(host, path, b"half"), Run("wait", ("sleep", "30"))], ("dovecot",))
    from mailhost.core.apply import request
    from mailhost.core.shell.apply import PROGRAM

    text = PROGRAM.replace("state=/var/lib/mailhost", f"state={state}")
    child = subprocess.Popen(
        [*shell, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    )
    child.stdin.write(b"nonce\n" + request(slow, "20260101T000000-a", host, 5))
    child.stdin.close()
    for _ in range(100):
        if path.read_bytes() == b"half":
            break
        time.sleep(0.05)
    assert path.read_bytes() == b"half"
    os.killpg(child.pid, 9)
    child.wait()
    apply(Plan([write(host, tmp_path / "other", b"x")]), host, 5)
    assert path.read_bytes() == b"old"
    assert not (state / "pending").exists()


def test_no_regular_file(local, tmp_path):
    with pytest.raises(HostError, match="not a regular file"):
        apply(Plan([Write(FileState(str(tmp_path), "other"), b"")]), local(), 5)


def test_many_runs_at_once_are_one_after_the_other(local, shell, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    def one(number):
        host = local(shell)
        apply(Plan([write(host, tmp_path / f"f{number}", b"x")]), host, 60)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(6)))
    assert len(list(tmp_path.glob("f*"))) == 6
