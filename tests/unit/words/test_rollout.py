"""The steps of a rollout on the controller, one after the other, as the playbook takes them;
nothing here asks a host."""

import json
import time

import pytest
from mailhost.core.converge import converge
from mailhost.core.errors import BadInput, Busy
from mailhost.core.host import Host
from mailhost.words import mail_rollout

from ..hosts import params

DOMAINS = {"a": ["x"], "b": ["y"], "c": ["z"], "d": ["w"]}


class Rollout:
    def __init__(self, folder, who="me"):
        self.folder, self.who, self.fleet = str(folder), who, []

    def step(self, state, **given):
        def never(program, data):
            raise AssertionError("a host was asked")

        asked = {**params(mail_rollout, state=state, directory=self.folder), **given}
        return converge(mail_rollout.WORD, asked, Host(never, self.who, self.who), False)

    def describe(self, **variables):
        for name, domains in DOMAINS.items():
            text = variables.get(name, "as ever")
            self.fleet.append(
                self.step("described", name=name, fqdn=name, domains=domains, variables=text)["described"]
            )
        return self

    def plan(self, sizes=(1, "100%"), kinds=None):
        self.step("held", fleet=self.fleet, batches=list(sizes))
        return self.step(
            "planned", fleet=self.fleet, batches=list(sizes), kinds=kinds or dict.fromkeys("abcd", "one kind")
        )

    def judge(self, hosts, **results):
        self.step("begun", hosts=list(hosts))
        every = {name: {"proved": True} for name in hosts}
        return self.step("judged", hosts=list(hosts), fleet=self.fleet, results={**every, **results})


def rows(plan):
    return ["".join(row["hosts"]) for row in plan["plan"]]


def test_a_whole_rollout(tmp_path):
    rollout = Rollout(tmp_path).describe()
    plan = rollout.plan()
    assert rows(plan) == ["a", "b", "cd"]
    assert [one["group"][-1] for one in plan["order"]] == list("1122333")
    assert [one["name"] for one in plan["order"]] == [
        "batch-1-of-3",
        "a",
        "batch-2-of-3",
        "b",
        "batch-3-of-3",
        "c",
        "d",
    ]
    assert plan["lines"][0] == "batch-1-of-3 (canaries): 1 host: a"
    first = rollout.judge("a")
    assert (first["over"], first["lines"]) == (False, ["new: 1 host: a", "old: 3 hosts: b c d"])
    assert rollout.judge("b")["summary"] == {"new": ["a", "b"], "undone": [], "old": ["c", "d"], "lost": []}
    last = rollout.judge("cd")
    assert last["over"] and last["lines"] == ["new: 4 hosts: a b c d", "old: none"]
    assert rows(Rollout(tmp_path, "next").describe().plan()) == ["a", "b", "cd"], "what is over is not gone on with"


def test_a_batch_that_fails_and_the_run_after_it(tmp_path):
    rollout = Rollout(tmp_path).describe()
    rollout.plan()
    rollout.judge("a")
    rollout.judge("b")
    told = rollout.judge(
        "cd",
        c={"proved": True, "undone": 2},
        d={"proved": False, "why": "R01: an open relay", "at": str(time.time() - 5), "undone": 3},
    )
    assert told["failed"] and told["summary"] == {"new": ["a", "b"], "undone": ["c", "d"], "old": [], "lost": []}
    assert "stopped: 2 of 2 hosts of this batch are not new; it was taken back 5 s after" in told["msg"]
    assert "d: R01: an open relay" in told["msg"]
    again = Rollout(tmp_path, "the next").describe().plan()
    assert rows(again) == ["cd"] and again["done"] == ["a", "b"]
    assert "new already, since the rollout that stopped: 2 hosts: a b" in again["lines"]


def test_variables_that_changed_since_begin_anew(tmp_path):
    rollout = Rollout(tmp_path).describe()
    rollout.plan()
    rollout.judge("a", a={"proved": False, "why": "no", "undone": 0})
    rollout.judge("b")
    assert rows(Rollout(tmp_path, "next").describe(b="otherwise").plan()) == ["a", "b", "cd"]


def test_a_host_that_was_lost(tmp_path):
    rollout = Rollout(tmp_path).describe()
    rollout.plan()
    told = rollout.judge("ab", b={})
    assert told["summary"]["lost"] == ["b"]
    assert json.loads((tmp_path / "summary.json").read_text()) == told["summary"]
    assert "what could be reached of it was taken back" in told["msg"]
    assert "b: unreachable; a change that was not confirmed it takes back by itself" in told["msg"]


def test_a_host_that_could_not_be_reached_for_its_undo_is_lost(tmp_path):
    """What was confirmed and not proved still stands there: the next run has to take it back."""
    rollout = Rollout(tmp_path).describe()
    rollout.plan()
    told = rollout.judge("ab", a={"proved": True, "undone": 1}, b={"proved": False, "why": "R01"})
    assert told["summary"]["lost"] == ["b"] and "b: R01; it could not be reached to be taken back" in told["msg"]
    assert not list((tmp_path / "running").glob("*")), "a rollout that stopped holds the fleet no longer"
    (earlier,) = (row["earlier"] for row in Rollout(tmp_path, "next").describe().plan()["order"] if row["name"] == "b")
    assert earlier


def test_a_batch_that_could_not_be_undone(tmp_path):
    rollout = Rollout(tmp_path).describe()
    rollout.plan()
    told = rollout.judge("a", a={"proved": False, "why": "R01; NOT taken back: no room", "lost": True})
    assert told["failed"] and "a: R01; NOT taken back: no room" in told["msg"]


def test_a_batch_that_changed_nothing_and_fails_is_old(tmp_path):
    rollout = Rollout(tmp_path).describe()
    rollout.plan()
    told = rollout.judge("ab", a={"proved": True, "undone": 0}, b={"proved": False, "why": "R01", "undone": 0})
    assert told["failed"] and told["summary"]["old"] == ["a", "c", "d"] and told["summary"]["undone"] == ["b"]


def test_after_a_controller_that_died_its_run_is_taken_back_too(tmp_path):
    died = Rollout(tmp_path, "died").describe()
    died.plan()
    died.step("begun", hosts=["a"])
    again = Rollout(tmp_path, "again").describe()
    earlier = {one["name"]: one["earlier"] for one in again.plan()["order"]}
    assert (earlier["a"], earlier["b"], earlier["batch-1-of-3"]) == (["died"], [], [])


def test_named_canaries_need_no_kinds(tmp_path):
    rollout = Rollout(tmp_path).describe()
    rollout.fleet[2]["canary"] = True
    assert rollout.step("held", fleet=rollout.fleet, batches=["100%"])["canaries"] == ["c"]
    assert rows(rollout.plan(["100%"], kinds={"a": "1"})) == ["c", "abd"]


def test_bad_input_takes_no_lock(tmp_path):
    rollout = Rollout(tmp_path).describe()
    for given, text in (
        ({"batches": ["x%"]}, "mailhost_rollout_batches"),
        ({"hold": "ask"}, "mailhost_rollout_hold"),
        ({"fleet": []}, "mailhosts"),
    ):
        with pytest.raises(BadInput, match=f"^{text}"):
            rollout.step("held", **{"fleet": rollout.fleet, "batches": [1], **given})
    assert not (tmp_path / "running").exists() or not list((tmp_path / "running").iterdir())


def test_another_rollout(tmp_path, monkeypatch):
    rollout = Rollout(tmp_path).describe()
    rollout.plan()
    monkeypatch.setattr(mail_rollout.os, "getppid", lambda: 1)
    with pytest.raises(Busy, match="the fleet's lock: me has been rolling out"):
        rollout.plan()
