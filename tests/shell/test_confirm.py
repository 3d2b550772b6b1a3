"""Undo without a controller, under every shell: the timer, a reboot, a killed run;
what an undo keeps; history and undo."""

import os
import signal
import subprocess
import time

import pytest
from mailhost.core.apply import apply, recover
from mailhost.core.converge import converge
from mailhost.core.errors import MailhostError
from mailhost.core.host import File
from mailhost.core.operations import Plan, Remove, Run, Write
from mailhost.words import mail_commit, mail_history, mail_undo

SERVICE = ("mailhost-no-such-service",)


def plan(host, path, content, *more):
    return Plan([Write(host.read([File(str(path))]).file(str(path)), content), *more], SERVICE)


def state_of(state, identity):
    return (state / "journal" / identity / "state").read_text().strip()


def until(condition, seconds=8):
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        time.sleep(0.1)
    return condition()


def timer(state):
    return int((state / "confirm").read_text().split()[0])


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


@pytest.fixture(autouse=True)
def no_timer_stays(state):
    yield
    if (state / "confirm").exists():
        os.kill(timer(state), signal.SIGTERM)


def test_what_nobody_confirms_is_taken_back(local, shell, tmp_path, state):
    host, path = local(shell), tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o640)
    first = apply(plan(host, path, b"new"), host, 5, 2)
    second = apply(
        plan(host, path, b"newer", Run("mark", ("touch", str(tmp_path / "m")), undo=("rm", str(tmp_path / "m")))),
        host,
        5,
        2,
    )
    assert path.read_bytes() == b"newer"
    assert until(lambda: not (state / "confirm").exists())
    assert (path.read_bytes(), path.stat().st_mode & 0o777, (tmp_path / "m").exists()) == (b"old", 0o640, False)
    assert (state_of(state, first), state_of(state, second)) == ("undone", "undone")
    assert not (state / "pending").exists()
    assert "nobody confirmed it in time" in (state / "undone").read_text()
    assert until(lambda: not (state / "lock").is_symlink())


def test_a_further_change_moves_the_deadline_of_one_timer(local, shell, tmp_path, state):
    host, path = local(shell), tmp_path / "f"
    apply(plan(host, path, b"1"), host, 5, 1)
    pid = timer(state)
    apply(plan(host, path, b"2"), host, 5, 60)
    assert timer(state) == pid
    time.sleep(2)
    assert path.read_bytes() == b"2"
    assert lives(pid)
    assert not host.read([]).unfinished


def test_a_reboot_before_the_confirmation(local, shell, tmp_path, state):
    host, path = local(shell), tmp_path / "f"
    path.write_bytes(b"old")
    apply(plan(host, path, b"new"), host, 5, 60)
    os.kill(timer(state), signal.SIGKILL)
    assert until(lambda: not lives(timer(state)))
    assert host.read([]).unfinished
    recover(host, 5)
    assert path.read_bytes() == b"old"
    assert not host.read([]).unfinished
    assert "the host started anew" in (state / "undone").read_text()


def test_a_killed_run_is_taken_back_before_anything_is_read(local, shell, tmp_path, state):
    host, path = local(shell), tmp_path / "f"
    path.write_bytes(b"old")
    identity = apply(plan(host, path, b"half"), host, 5, 0)
    (state / "journal" / identity / "state").write_text("swapping\n")

    class Feature:
        ARGUMENT_SPEC = {}
        reads = staticmethod(lambda params, seen: [File(str(path))])
        plan = staticmethod(lambda params, seen: Plan(facts={"found": seen.file(str(path)).content}))

    assert converge(Feature, {}, local(shell), True)["found"] == b"half"  # check mode touches nothing, and says so
    assert "left unfinished" in converge(Feature, {}, local(shell), True)["warnings"][0]
    assert converge(Feature, {}, local(shell), False)["found"] == b"old"


def test_an_edit_made_since_is_kept_in_the_journal(local, shell, tmp_path, state):
    host, path = local(shell), tmp_path / "f"
    path.write_bytes(b"old")
    identity = apply(plan(host, path, b"new"), host, 5, 1)
    path.write_bytes(b"an administrator's")
    assert until(lambda: not (state / "confirm").exists())
    assert path.read_bytes() == b"old"
    assert [found.read_bytes() for found in (state / "journal" / identity).glob("op/*/theirs")] == [
        b"an administrator's"
    ]


def test_a_hard_link_stays_one(local, shell, tmp_path):
    host, path = local(shell), tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o640)
    os.link(path, tmp_path / "other")
    apply(plan(host, path, b"new"), host, 5, 1)
    assert ((tmp_path / "other").read_bytes(), path.stat().st_nlink, path.stat().st_mode & 0o777) == (b"new", 2, 0o640)
    assert until(lambda: path.read_bytes() == b"old")
    assert path.stat().st_nlink == 2


def test_acl_and_attributes_stay(local, shell, tmp_path):
    host, path = local(shell), tmp_path / "f"
    path.write_bytes(b"old")
    os.setxattr(path, "user.mailhost", b"kept")
    apply(plan(host, path, b"new"), host, 5, 0)
    assert (path.read_bytes(), os.getxattr(path, "user.mailhost")) == (b"new", b"kept")


def test_somebody_elses_edit_is_planned_anew(local, shell, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"a\n")
    host = local(shell)

    class Feature:
        ARGUMENT_SPEC = {}
        edits = [b"theirs\n"]
        reads = staticmethod(lambda params, seen: [File(str(path))])

        @staticmethod
        def plan(params, seen):
            state = seen.file(str(path))
            if Feature.edits:
                path.write_bytes(state.content + Feature.edits.pop())
            return Plan([Write(state, state.content + b"ours\n")])

    assert converge(Feature, {}, host, False)["changed"]
    assert path.read_bytes() == b"a\ntheirs\nours\n"


def test_history_and_undo(local, shell, tmp_path, state):
    host, path, gone, mark = local(shell), tmp_path / "f", tmp_path / "gone", tmp_path / "m"
    path.write_bytes(b"one")
    path.chmod(0o600)
    gone.write_bytes(b"here")
    losing = plan(host, path, b"two", Remove(host.read([File(str(gone))]).file(str(gone))))
    losing.accepted = ("loss.address a: nobody\nwrites there", "loss.lock b: he is back")
    apply(losing, host, 5, 0)
    marking = Run(
        "make a mark",
        ("touch", str(mark)),
        undo=("sh", "-c", 'rm "$1"; cat >"$1.said"', "x", str(mark)),
        undo_stdin=b"secret",
    )
    apply(plan(host, path, b"three", marking, Run("no way back", ("true",))), host, 5, 0)
    history = converge(mail_history.WORD, {}, local(shell, read_only=True), False)["history"]
    assert [entry["changes"] for entry in history] == [
        [str(path), str(gone)],
        [str(path), "make a mark", "no way back"],
    ]
    accepted = ["loss.address a: nobody writes there", "loss.lock b: he is back"]
    assert [entry["accepted"] for entry in history] == [accepted, []]
    assert [(entry["state"], entry["who"]) for entry in history] == [("applied", "a test")] * 2
    asked = {"count": 1, "runs": [], "force": False, "lock_timeout": 5, "confirm_timeout": 0}
    predicted = converge(mail_undo.WORD, asked, local(shell, read_only=True), True)
    done = converge(mail_undo.WORD, asked, local(shell), False)
    assert predicted["diff"] == done["diff"]
    assert (path.read_bytes(), mark.exists(), (tmp_path / "m.said").read_bytes()) == (b"two", False, b"secret")
    assert done["not_undone"] == ["no way back"]
    assert "secret" not in str(done)
    assert not gone.exists()
    converge(mail_undo.WORD, asked, local(shell), False)  # further back, not back to three
    assert (path.read_bytes(), path.stat().st_mode & 0o777, gone.read_bytes()) == (b"one", 0o600, b"here")
    with pytest.raises(MailhostError, match="no run is left that can be taken back"):
        converge(mail_undo.WORD, asked, local(shell), False)


def test_undo_of_two_at_once_and_of_an_edited_file(local, shell, tmp_path):
    host, path, new = local(shell), tmp_path / "f", tmp_path / "new"
    path.write_bytes(b"one")
    apply(plan(host, path, b"two"), host, 5, 0)
    apply(Plan([plan(host, path, b"three").operations[0], plan(host, new, b"x").operations[0]], SERVICE), host, 5, 0)
    asked = {"count": 2, "runs": [], "force": False, "lock_timeout": 5, "confirm_timeout": 0}
    path.write_bytes(b"by hand")
    with pytest.raises(MailhostError, match="somebody changed it since"):
        converge(mail_undo.WORD, asked, local(shell, read_only=True), False)
    assert converge(mail_undo.WORD, {**asked, "force": True}, local(shell), False)["changed"]
    assert (path.read_bytes(), new.exists()) == (b"one", False)


def test_what_cannot_be_taken_back_whole_is_told(local, shell, tmp_path, state):
    host, path = local(shell), tmp_path / "f"
    path.write_bytes(b"one")
    whole = apply(plan(host, path, b"two"), host, 5, 0)
    partly = apply(plan(host, path, b"three", Run("no way back", ("true",), undo=("false",))), host, 5, 0)
    asked = {name: option.get("default") for name, option in mail_commit.ARGUMENT_SPEC.items()}
    result = converge(mail_commit.WORD, {**asked, "state": "aborted"}, local(shell), False)
    assert (result["changed"], result["undone"], path.read_bytes()) == (True, [whole, partly], b"one")
    assert result["warnings"] == [
        f"NOT all of it could be taken back: see undo.log in /var/lib/mailhost/journal: {partly}"
    ]
    assert (state_of(state, whole), state_of(state, partly)) == ("undone", "partial")


def test_undo_of_what_runs_did(local, shell, tmp_path, state):
    host, path = local(shell), tmp_path / "f"
    path.write_bytes(b"one")
    for content in (b"two", b"three", b"four"):
        identity = apply(plan(host, path, content), host, 5, 0)
        (state / "journal" / identity / "run").write_text(f"{content.decode()}\n")
    asked = {"count": 1, "runs": ["four", "three"], "force": False, "lock_timeout": 5, "confirm_timeout": 0}
    assert len(converge(mail_undo.WORD, asked, local(shell), False)["undone"]) == 2
    assert path.read_bytes() == b"two", "what another run did stays"
    nothing = converge(mail_undo.WORD, asked, local(shell), False)
    assert (nothing["changed"], nothing["undone"]) == (False, [])


def test_undo_of_an_earlier_run_stops_below_somebody_elses_change(local, shell, tmp_path, state):
    host, path = local(shell), tmp_path / "f"
    path.write_bytes(b"one")
    for content, run in ((b"two", "died"), (b"three", "by hand"), (b"four", "a-test")):
        identity = apply(plan(host, path, content), host, 5, 0)
        (state / "journal" / identity / "run").write_text(f"{run}\n")
    asked = {"count": 1, "runs": ["a-test", "died"], "force": False, "lock_timeout": 5, "confirm_timeout": 0}
    assert len(converge(mail_undo.WORD, asked, local(shell), False)["undone"]) == 1
    assert path.read_bytes() == b"three"


UNDO = {"count": 1, "runs": [], "force": False, "lock_timeout": 5, "confirm_timeout": 0}


def two_runs(local, shell, tmp_path):
    """A run r1 that wrote a and b, then r2 that wrote b and c; the ids of r2's changes."""
    host, files = local(shell), [tmp_path / name for name in "abc"]
    for path in files:
        path.write_bytes(b"before")
    made = []
    for host.run_id, path in (("r1", files[0]), ("r1", files[1]), ("r2", files[1]), ("r2", files[2])):
        made.append(apply(plan(host, path, host.run_id.encode()), host, 5, 0))
    return files, made[2:]


def test_a_run_is_taken_back_whole(local, shell, tmp_path):
    files, ids = two_runs(local, shell, tmp_path)
    history = converge(mail_history.WORD, {}, local(shell, read_only=True), False)["runs"]
    assert [(run["run"], len(run["journals"])) for run in history] == [("r2", 2), ("r1", 2)]
    done = converge(mail_undo.WORD, UNDO, local(shell), False)
    assert [entry["id"] for entry in done["undone"]] == ids[::-1], "the newest first"
    assert [path.read_bytes() for path in files] == [b"r1", b"r1", b"before"]
    with pytest.raises(MailhostError, match=r"r2 was taken back already, by run \S+ of 20"):
        converge(mail_undo.WORD, {**UNDO, "id": "r2"}, local(shell, read_only=True), False)
    with pytest.raises(MailhostError, match="1 runs that can be taken back"):
        converge(mail_undo.WORD, {**UNDO, "count": 2}, local(shell, read_only=True), False)
    converge(mail_undo.WORD, {**UNDO, "id": "r1"}, local(shell), False)
    assert [path.read_bytes() for path in files] == [b"before"] * 3
    with pytest.raises(MailhostError, match="'r9' is no run and no change"):
        converge(mail_undo.WORD, {**UNDO, "id": "r9"}, local(shell, read_only=True), False)


def test_a_run_that_cannot_be_taken_back_whole_stays(local, shell, tmp_path):
    files, ids = two_runs(local, shell, tmp_path)
    with pytest.raises(MailhostError, match=r"not all of it can be: /\S+/b: .* \(run r2 did: take it back first\)"):
        converge(mail_undo.WORD, {**UNDO, "id": "r1"}, local(shell, read_only=True), False)
    files[1].write_bytes(b"by hand")
    files[2].write_bytes(b"by hand")
    with pytest.raises(MailhostError, match=r"/c: is not what that change left.*/b: is not what that change left"):
        converge(mail_undo.WORD, UNDO, local(shell, read_only=True), False)
    files[2].write_bytes(b"r2")
    converge(mail_undo.WORD, {**UNDO, "id": ids[1]}, local(shell), False)
    assert [path.read_bytes() for path in files] == [b"r1", b"by hand", b"before"], (
        "a single change, for who asks for it"
    )


def test_services_that_did_not_run_before_are_stopped(local, shell, tmp_path, state):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in (
        "systemctl",
        "service",
        "chkconfig",
    ):  # systemctl VERB [--quiet] UNIT; service UNIT VERB; chkconfig [--list] UNIT [on]
        (tools / name).write_text(f"""#!/bin/sh
for word; do last=$word; case $word in new | old) unit=$word ;; esac; done
case "{name} $*" in
    *is-active* | *status*) [ -e {tools}/$unit.runs ] ;;
    *is-enabled*) [ -e {tools}/$unit.boots ] ;;
    *"--list"*) [ ! -e {tools}/$unit.boots ] || echo "$unit 3:on" ;;
    *disable* | *off*) rm -f {tools}/$unit.boots ;;
    *enable* | *chkconfig*on*) : >{tools}/$unit.boots ;;
    *stop*) rm -f {tools}/$unit.runs ;;
    *start*) : >{tools}/$unit.runs ;;
    *chkconfig*) [ -e {tools}/$unit.boots ] ;;
esac
""")
        (tools / name).chmod(0o755)
    (tools / "old.runs").touch()
    (tools / "old.boots").touch()
    host, path = local(shell, path=str(tools)), tmp_path / "f"
    host.run_id = "r1"
    path.write_bytes(b"before")
    write = Write(host.read([File(str(path))]).file(str(path)), b"after")
    identity = apply(Plan([write], ("old",), new_services=("new",)), host, 5, 0)
    assert (state / "journal" / identity / "before").read_text() == "old active enabled\nnew stopped disabled\n"
    (tools / "new.runs").touch()
    (tools / "new.boots").touch()
    done = converge(mail_undo.WORD, UNDO, local(shell, path=str(tools)), False)
    assert done["services"] == ["old"] and done["lines"][-1] == "stopped, as before: new"
    assert sorted(path.name for path in tools.glob("*.*")) == ["old.boots", "old.runs"]


def test_the_newest_journals_stay_and_all_of_a_run_that_they_begin_in(local, shell, tmp_path, state):
    two_runs(local, shell, tmp_path)
    for journal in (state / "journal").iterdir():
        (journal / "state").write_text("committed\n")
    (state / "pending").unlink()
    given = {"state": "confirmed", "services": [], "protocols": [], "smtp": [], "serving": [], "address": "127.0.0.1"}
    for keep, left in ((3, 4), (2, 2), (1, 2)):
        converge(
            mail_commit.WORD, {**given, "journal_keep": keep, "lock_timeout": 5, "timeout": 5}, local(shell), False
        )
        assert len(list((state / "journal").iterdir())) == left


def test_undo_never_removes_a_file_for_want_of_its_copy(local, shell, tmp_path, state):
    host, path, gone = local(shell), tmp_path / "f", tmp_path / "gone"
    path.write_bytes(b"one")
    gone.write_bytes(b"here")
    asked = {"count": 1, "runs": [], "force": False, "lock_timeout": 5, "confirm_timeout": 0}
    identity = apply(plan(host, path, b"two", Remove(host.read([File(str(gone))]).file(str(gone)))), host, 5, 0)
    gone.write_bytes(b"somebody's")
    with pytest.raises(MailhostError, match="somebody changed it since"):
        converge(mail_undo.WORD, asked, local(shell, read_only=True), False)
    gone.unlink()
    copies = list((state / "journal" / identity).glob("op/*/old"))
    copies[0].unlink()
    copies[0].mkdir()
    with pytest.raises(MailhostError, match="cannot be read"):
        converge(mail_undo.WORD, asked, local(shell, read_only=True), False)
    assert path.read_bytes() == b"two"


def test_nothing_but_the_journal_and_what_was_written_stays(local, shell, tmp_path, state):
    host, path = local(shell), tmp_path / "f"
    for number in range(3):
        apply(plan(host, path, str(number).encode()), host, 5, 0)
    assert sorted(os.listdir(state)) == ["journal", "pending", "written"]
    assert (state / "written").read_text().count(f" {path}\n") == 3, "by which a file that nobody has edited is known"
    assert sorted(os.listdir(tmp_path)) == ["f", "state"]
    assert (
        subprocess.run(["find", str(state), "-maxdepth", "2", "-perm", "/077"], capture_output=True, check=True).stdout
        == b""
    )
