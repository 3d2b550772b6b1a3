"""Who holds the fleet and what each host is: real files, and processes that live and die."""

import json
import os
import subprocess

import pytest
from mailhost.core.errors import BadInput, Busy
from mailhost.core.process import name as process_name
from mailhost.core.process import started
from mailhost.rollout.record import Record, describes


@pytest.fixture
def record(tmp_path):
    return Record(str(tmp_path / "state"))


@pytest.fixture
def other():
    process = subprocess.Popen(["sleep", "60"])
    yield process.pid
    process.kill()
    process.wait()


def test_two_rollouts_of_one_fleet(record, other):
    record.hold(["a", "b"], other, "somebody")
    with pytest.raises(
        Busy, match=r"^the fleet's lock: somebody has been rolling out since .* to 1 of these hosts, b among them"
    ):
        record.hold(["b", "c"], os.getpid(), "me")
    record.hold(["c"], os.getpid(), "me")  # other hosts are nobody's
    record.release(other)
    record.hold(["b"], os.getpid(), "me")


def test_one_that_died_holds_nothing(record):
    process = subprocess.Popen(["sleep", "60"])
    record.hold(["a"], process.pid, "somebody")
    process.kill()
    process.wait()
    record.hold(["a"], os.getpid(), "me")


def test_another_process_of_that_number_holds_nothing(record, other):
    record.hold(["a"], other, "somebody")
    path = os.path.join(record.directory, "running", f"{other}.json")
    with open(path, encoding="utf-8") as file:
        held = json.load(file)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**held, "started": "1"}, file)
    record.hold(["a"], os.getpid(), "me")


def test_one_on_another_controller_holds(record, other):
    record.hold(["a"], other, "somebody")
    path = os.path.join(record.directory, "running", f"{other}.json")
    with open(path, encoding="utf-8") as file:
        held = json.load(file)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**held, "controller": "elsewhere", "started": "1"}, file)
    with pytest.raises(Busy, match=r"or remove .*\.json if it is gone"):
        record.hold(["a"], os.getpid(), "me")


def test_what_a_host_is(record):
    assert record.host("a") == {}
    record.tell("a", "new", "me", digest="1")
    assert record.is_new("a", "1")
    assert not record.is_new("a", "2")
    record.tell("a", "undone", "me", "why", "1")
    assert not record.is_new("a", "1")
    record.forget(["a", "never"])
    assert record.host("a") == {}


def test_runs_that_came_to_no_end_are_known_until_one_does(record):
    record.tell("a", "begun", "first")
    record.tell("a", "begun", "second")
    record.tell("a", "lost", "second", "unreachable")
    record.tell("a", "begun", "third")
    assert record.unproved("a") == ["first", "second", "third"]
    for state in ("new", "undone", "old"):
        record.tell("b", "begun", "first")
        record.tell("b", state, "first")
        assert record.unproved("b") == []
    assert record.unproved("nobody") == []


def test_a_digest_tells_nothing_and_stays(record, tmp_path):
    first = record.digest("secret")
    assert first == Record(record.directory).digest("secret") != record.digest("secret ")
    assert first != Record(str(tmp_path / "another")).digest("secret")
    for folder, _, names in os.walk(record.directory):
        for name in names:
            path = os.path.join(folder, name)
            assert os.stat(path).st_mode & 0o077 == 0 or name == "lock"
            with open(path, encoding="utf-8") as file:
                assert "secret" not in file.read()


def test_a_directory_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=r"^mailhost_rollout_directory: .*: Not a directory"):
        Record(str(tmp_path / "file" / "below")).hold(["a"], os.getpid(), "me")


def test_a_host_with_a_strange_name(record, tmp_path):
    record.tell("../../etc/passwd", "new", "me")
    assert record.host("../../etc/passwd")["state"] == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_started():
    assert started(os.getpid()) == started(os.getpid()) != ""
    assert started(2**22 + 1) == ""
    assert process_name(os.getpid()) == f"pid {os.getpid()}/{started(os.getpid())}"
    assert process_name(2**22 + 1) == f"pid {2**22 + 1}"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("mailhost_domains", True), ("mailhost_mailboxes", True), ("mailhost_canary", False),
     ("mailhost_audit_directory", False), ("mailhost_address", False), ("mailhost_addresses", True),
     ("mailhost_commit_timeout", False), ("ansible_host", False), ("mailhost_rollout_hold", False),
     ("mailhost_execution", False), ("mailhost_planned", False), ("__mailhost_checked", False)],
)  # fmt: skip
def test_describes(name, wanted):
    assert describes(name) is wanted
