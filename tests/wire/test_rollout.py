"""playbooks/plan.yml and playbooks/rollout.yml on real hosts: canaries, batches proved one by one,
a batch taken back, and on from there.

What the rollout brings is POP3 switched off; whether a host has it is asked on the wire.
"""

import json
import os
import re
import signal

import pexpect
import pytest
from mailhost.rollout.record import Record

from .fleet import Fleet

#: a and d serve one domain; c and d are of another kind, e of a third and reached by the module route
HOSTS = {
    "a": ("bookworm", ["x.test"]),
    "b": ("bookworm", ["y.test"]),
    "c": ("centos5", ["z.test"]),
    "d": ("centos5", ["x.test"]),
    "e": ("trixie", ["w.test"]),
}
NEW = {"mailhost_protocols": ["imap", "imaps"], "mailhost_commit_timeout": 15}
WRONG = {"mailhost_probe_login": {"user": "alice", "password": "not hers"}}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    made = Fleet(HOSTS, tmp_path_factory.mktemp("fleet"))
    try:
        made.variables["e"]["mailhost_execution"] = "module"
        done = made.play("playbooks/provision.yml")
        assert done.returncode == 0, done.stdout[-3000:]
        yield made
    finally:
        made.remove()


def batches(said):
    """The hosts of each batch, as they were announced."""
    return [
        "".join(names.split())
        for names in re.findall(r"batch-\d+-of-\d+(?: \(canaries\))?: \d+ hosts?: ([a-e ]+)", said)
    ]


def stands(said, state):
    found = re.findall(rf"\b{state}: \d+ hosts?: ([a-e ]+?)(?:\\n|\n|'|$)", said)
    return "".join(found[-1].split()) if found else ""


def test_plan_groups_and_touches_nothing(fleet):
    times = "find /etc/postfix /etc/dovecot* /var/lib/mailhost -printf '%p %i %C@\\n' | sort"
    before = [machine.run(times).stdout for machine in fleet.machines.values()]
    done = fleet.play("playbooks/plan.yml", own={"b": {"mailhost_mailboxes": [{"name": "root"}]}}, **NEW)
    assert done.returncode != 0, "a host that refuses stops a pipeline"
    plan = json.loads((fleet.folder / "plan/plan.json").read_text())
    assert sorted("".join(group["hosts"]) for group in plan["groups"]) == ["ae", "cd"]
    assert plan["restarts"] == {"dovecot": 4}
    assert [refusal["hosts"] for refusal in plan["refused"]] == [["b"]]
    assert "mailhost_mailboxes[0] ('root'): is an account of the system" in plan["refused"][0]["reason"]
    assert re.search(r"2 hosts \(a, e\):", done.stdout)
    recap = done.stdout.partition("PLAY RECAP")[2]
    assert re.findall(r"^(\w+) .* failed=[1-9]", recap, re.M) == ["b"]
    assert [machine.run(times).stdout for machine in fleet.machines.values()] == before


@pytest.mark.parametrize(
    ("variables", "own", "text"),
    [
        ({"mailhost_rollout_batches": ["some"]}, {}, "mailhost_rollout_batches: 'some' is neither"),
        ({"mailhost_rollout_batches": [1, "120%"]}, {}, "mailhost_rollout_batches: '120%'"),
        ({"mailhost_canary": "nosuch"}, {}, "mailhost_canary: 'nosuch' is not among"),
        ({}, {"b": {"mailhost_fqdn": "a.example.test"}}, "'a.example.test' is the name of two hosts: a and b"),
        ({}, {name: {"mailhost_canary": True} for name in "ad"}, "every host of the domain 'x.test' is a canary: a, d"),
        ({"mailhost_rollout_hold": "ask"}, {}, "mailhost_rollout_hold: 'ask' needs a terminal"),
    ],
)
def test_refused_before_any_host_is_touched(fleet, variables, own, text):
    done = fleet.play("playbooks/rollout.yml", own=own, environment={"ANSIBLE_SSH_ARGS": "-x"}, **{**NEW, **variables})
    assert done.returncode != 0
    assert text in " ".join(done.stdout.split()), done.stdout[-2000:]
    assert "TASK [mailhost : What each host is]" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("option", "text"), [(["--check"], "playbooks/plan.yml predicts"), (["--limit", "a"], "say -e mailhost_hosts=a")]
)
def test_neither_checked_nor_limited(fleet, option, text):
    done = fleet.play("playbooks/rollout.yml", *option, **NEW)
    assert done.returncode != 0
    assert text in " ".join(done.stdout.split()), done.stdout[-2000:]


@pytest.mark.parametrize("playbook", ["playbooks/rollout.yml", "playbooks/plan.yml"])
@pytest.mark.parametrize(("inventory", "options"), [([], []), (["a"], ["-e", "mailhost_hosts=nobody"])])
def test_an_empty_inventory(fleet, playbook, inventory, options):
    done = fleet.play(playbook, *options, inventory=inventory)
    assert done.returncode != 0, done.stdout
    assert "mailhosts: the inventory has no host that" in " ".join(done.stdout.split()), done.stdout


def test_while_another_holds_the_fleet(fleet):
    record = Record(str(fleet.folder / "state/mailhost/rollout"))
    record.hold(["e"], os.getpid(), "another run")
    try:
        done = fleet.play("playbooks/rollout.yml", **NEW)
    finally:
        record.release(os.getpid())
    assert done.returncode != 0
    assert "the fleet's lock: another run has been rolling out" in " ".join(done.stdout.split())
    assert fleet.open_on(110) == "abcde"


def test_a_batch_that_does_not_prove_itself_is_taken_back(fleet):
    sizes = {"mailhost_rollout_batches": [1, "100%"]}
    done = fleet.play("playbooks/rollout.yml", own={"b": WRONG}, mailhost_rollout_hold=2, **sizes, **NEW)
    assert done.returncode != 0
    assert batches(done.stdout) == ["ace", "b", "d"], done.stdout[-3000:]
    assert done.stdout.count("Pausing for 2 seconds") == 1, "it waits before the second batch, and the third never came"
    assert fleet.open_on(110) == "bd", (
        "the first three are new, the failing one serves as before, the last was not touched"
    )
    assert [stands(done.stdout, state) for state in ("new", "undone", "old")] == ["ace", "b", "d"]
    with fleet.at_terminal("playbooks/rollout.yml", mailhost_rollout_hold="ask", **sizes, **NEW) as again:
        again.expect_exact("Go on with batch-2-of-2?")
        goes_on = ["TASK [mailhost : Begin]", pexpect.TIMEOUT]
        assert again.expect_exact(goes_on, timeout=5) == 1, "it waits for an answer"
        assert fleet.open_on(110) == "d"
        for _ in range(60):  # what is typed while the question still goes out is thrown away
            again.send("\r")
            if again.expect_exact(goes_on, timeout=2) == 0:
                break
        else:
            pytest.fail("Enter does not answer it")
        again.expect(pexpect.EOF)
        again.wait()
    said = again.logfile_read.getvalue()
    assert again.exitstatus == 0, said[-3000:]
    assert batches(said) == ["b", "d"], "it goes on where it stopped"
    assert stands(said.replace("\r", ""), "new") == "abcde"
    assert fleet.open_on(110) == "" and fleet.open_on(143) == "abcde"
    nothing = fleet.play("playbooks/provision.yml", **NEW)
    assert not re.search(r"changed=[1-9]", nothing.stdout), nothing.stdout


def test_canaries_that_do_not_prove_themselves(fleet):
    own = {"e": {"mailhost_canary": True}, "c": {"mailhost_canary": True, **WRONG}}
    done = fleet.play("playbooks/rollout.yml", own=own)
    assert done.returncode != 0
    assert batches(done.stdout)[0] == "ce"
    assert fleet.open_on(110) == "", "both canaries are back, nobody else was touched"
    assert stands(done.stdout, "undone") == "ce" and stands(done.stdout, "old") == "abd"
    seconds = int(re.search(r"it was taken back (\d+) s after the first failed proof", done.stdout).group(1))
    assert seconds <= 30
    assert not re.search(r"changed=[1-9]", fleet.play("playbooks/provision.yml", **NEW).stdout)


def test_what_a_dead_controller_left_unproved_is_taken_back_by_the_next(fleet):
    process = fleet.start("playbooks/rollout.yml", mailhost_canary="a")
    for line in process.stdout:
        if "TASK [mailhost : What a stranger sees]" in line:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert fleet.open_on(110) == "a", "it came as far as the proof of its canary"
    done = fleet.play("playbooks/rollout.yml", own={"a": WRONG}, mailhost_canary="a")
    assert done.returncode != 0
    assert stands(done.stdout, "undone") == "a", done.stdout[-3000:]
    assert fleet.open_on(110) == ""


def test_a_host_that_cannot_be_reached_fails_its_batch(fleet):
    gone = {
        "a": {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": 1,
            "ansible_ssh_common_args": "-o ConnectTimeout=3",
        }
    }
    done = fleet.play("playbooks/rollout.yml", own=gone, mailhost_canary="e", mailhost_rollout_batches=["100%"])
    assert done.returncode != 0
    assert batches(done.stdout) == ["e", "abc", "d"]
    assert re.search(r"^unreachable: \[a\]: .*Connection refused$", done.stdout, re.M), done.stdout[-3000:]
    assert fleet.open_on(110) == "e"
    assert (stands(done.stdout, "lost"), stands(done.stdout, "undone"), stands(done.stdout, "new")) == ("a", "bc", "e")
