"""Every host of the table, before and after a run: nothing is lost without a word, and no safe host is refused."""

from __future__ import annotations

import re

import pytest

from .effects import lost, put, take
from .hosts import BrownHost, rules
from .table import ROWS


@pytest.fixture
def brown(request, tmp_path):
    host = BrownHost(request.param, tmp_path)
    yield host
    host.remove()


def steps(done):
    """The tasks that changed something, or would; but not the restart, which has nothing to restart in a check."""
    tasks = re.split(r"^TASK \[", done.stdout, flags=re.M)[1:]
    return [task.partition("]")[0] for task in tasks if "\nchanged: [" in task and "Restart changed" not in task]


def changed(done):
    found = re.search(r"changed=(\d+)", done.stdout)
    return int(found[1]) if found else None


def _expected(done, rules_of):
    """Whether a run refused for just the losses that it has to name."""
    named = rules(done)
    return (
        done.returncode != 0 and bool(named) and all(any(rule.startswith(kind) for rule in named) for kind in rules_of)
    )


def _serves(before, row):
    """What of the row's own host does not work, so that nothing could be lost."""
    unserved = [name for name, value in before.items() if value == "nowhere"]
    unserved += [f"rcpt {address}" for address in row.addresses if not before[f"rcpt {address}"].startswith("2")]
    out = [user for user in (*row.users, *row.logins) if user not in row.denied]
    return unserved + [user for user in out if before.get(f"login {user} imap", "") == "no"]


@pytest.mark.parametrize("brown", ROWS, indirect=True, ids=[row.name for row in ROWS])
def test_nothing_is_lost_without_a_word(brown, count):
    row = brown.row
    count("hosts")
    brown.start()
    put(brown)
    before, state = take(brown), brown.state
    assert not _serves(before, row), f"the table is wrong, or the host: {_serves(before, row)} of {before}"
    check = brown.play("--check", "--diff")
    assert brown.state == state, "a check touched the host"
    done = brown.play()
    stands = brown.state
    again = brown.play() if done.returncode == 0 else None
    gone = lost(before, take(brown), row)
    kinds = row.refused or row.or_refused
    refused = bool(kinds) and _expected(done, kinds)
    count("effects", len(before))
    count("lost", len(gone))
    count("refused", int(refused))
    count("safe", int(not kinds and bool(rules(done))))
    assert not gone, f"lost: {gone}; refused: {sorted(rules(done))}"
    assert rules(check) == rules(done), f"the check said {sorted(rules(check))}, the run {sorted(rules(done))}"
    if refused:
        assert stands == state, "a refused run touched the host"
        return
    assert not row.refused, f"not refused for {row.refused}: {_said(done)}"
    assert done.returncode == 0, f"a safe host is refused: {_said(done)}"
    assert (check.returncode, steps(check)) == (0, steps(done)), f"the check foresaw another run: {_said(check)}"
    assert again is not None and (again.returncode, changed(again)) == (0, 0), f"a second run: {_said(again)}"


def _said(done):
    return " ".join((done.stdout + done.stderr).split())[-2500:]
