"""Locks, limits and mail of mailbox users: what an administrator did stays, and nobody gets another's mail."""

import pytest
from mailhost.core.errors import BadInput
from mailhost.core.host import Output
from mailhost.core.operations import Run
from mailhost.core.shell.accounts import NEWCOMERS
from mailhost.words import mailboxes

from ..hosts import PASSWD, debian, run, written

HASH = "$6$salt$" + "a" * 86
OTHER = "$6$salt$" + "b" * 86
USERS = "/etc/mailhost/users"


def box(name, **more):
    return {"name": name, "state": "present", "password_hash": HASH, "aliases": [], **more}


def shadow(field):
    return debian(files={"/etc/shadow": f"root:*:1:0:::::\nbob:{field}:1:0:::::\n"})


def runs(plan):
    return [operation for operation in plan.operations if isinstance(operation, Run)]


def passwords(plan):
    return "".join(one.stdin.decode() for one in runs(plan) if one.argv[0] == "chpasswd")


def newcomers(text, passwd=PASSWD):
    return debian(files={"/etc/passwd": passwd}, outputs={NEWCOMERS.argv(): Output(0, text)})


@pytest.mark.parametrize(
    ("field", "state", "becomes"),
    [
        (f"!{HASH}", "present", ""),  # an administrator's lock stays
        (f"!!{HASH}", "present", ""),
        (f"!{OTHER}", "present", f"bob:!{HASH}\n"),  # with the new password under it
        ("!", "present", f"bob:{HASH}\n"),  # never had a password
        ("!!", "present", f"bob:{HASH}\n"),
        ("*", "present", f"bob:{HASH}\n"),
        (HASH, "locked", f"bob:!{HASH}\n"),
        (f"!{HASH}", "locked", ""),
    ],
)
def test_a_lock_of_an_account(field, state, becomes):
    assert passwords(run(mailboxes, shadow(field), mailboxes=[box("bob", state=state)])) == becomes


def test_a_lock_without_a_password_that_is_given():
    asked = [box("bob", state="locked", password_hash=None)]
    assert passwords(run(mailboxes, shadow(HASH), mailboxes=asked)) == f"bob:!{HASH}\n"
    assert not passwords(run(mailboxes, shadow(f"!{HASH}"), mailboxes=asked))
    assert not passwords(run(mailboxes, shadow("!"), mailboxes=asked))


def virtual(line, *boxes):
    seen = debian(files={USERS: line})
    return run(mailboxes, seen, mailboxes=list(boxes), store="virtual", domains=["a.test"])


@pytest.mark.parametrize(
    ("field", "state", "becomes"),
    [
        (f"{{CRYPT}}!{HASH}", "present", f"{{CRYPT}}!{HASH}"),
        (f"{{CRYPT}}!{OTHER}", "present", f"{{CRYPT}}!{HASH}"),
        ("{CRYPT}!", "present", f"{{CRYPT}}{HASH}"),
        (f"{{CRYPT}}{HASH}", "locked", f"{{CRYPT}}!{HASH}"),
    ],
)
def test_a_lock_of_a_virtual_user(field, state, becomes):
    line = f"bob:{field}:5000:5000::/var/vmail/bob::\n"
    assert written(virtual(line, box("bob", state=state))).get(USERS, line) == line.replace(field, becomes)


def test_what_others_wrote_behind_a_virtual_user_stays():
    line = f"bob:{{CRYPT}}{OTHER}:6000:6000:Bob:/srv/bob::allow_nets=192.0.2.0/24 quota=1\n"
    assert written(virtual(line, box("bob")))[USERS] == line.replace(OTHER, HASH)


def test_a_new_account_does_not_get_the_mail_of_one_that_is_gone():
    plan = run(mailboxes, newcomers("O 1002 dave\nO 1001 bob\nO 0 root\n"), mailboxes=[box("carol")])
    (made,) = [one for one in runs(plan) if one.argv[0] == "xargs"]
    assert made.argv[made.argv.index("-u") + 1] == "1003"


def test_who_comes_back_gets_his_mail_back():
    plan = run(mailboxes, newcomers("O 1002 dave\n"), mailboxes=[box("carol"), box("dave"), box("erin")])
    uids = {one.stdin: one.argv[one.argv.index("-u") + 1] for one in runs(plan) if one.argv[0] == "xargs"}
    assert uids == {b"carol\n": "1003", b"dave\n": "1002", b"erin\n": "1004"}


def test_without_mail_of_others_useradd_chooses():
    plan = run(mailboxes, newcomers("O 1001 bob\nO 65534 nobody\n"), mailboxes=[box("carol")])
    assert not any("-u" in one.argv for one in runs(plan))


def test_a_user_of_the_directory_is_taken_as_he_is():
    seen = newcomers("P carol\n")
    plan = run(mailboxes, seen, mailboxes=[box("carol", password_hash=None)])
    assert plan.facts["created"] == []
    assert not any("useradd" in one.argv for one in runs(plan))
    with pytest.raises(BadInput, match=r"mailboxes\[0\].password_hash .*directory"):
        run(mailboxes, seen, mailboxes=[box("carol")])


def test_a_group_of_that_name_is_theirs():
    plan = run(mailboxes, newcomers("G carol\n"), mailboxes=[box("carol"), box("dave")])
    made = [one.argv for one in runs(plan) if "useradd" in one.argv]
    assert made[0][-4:] == ("-g", "carol", "--", "carol")
    assert "-g" not in made[1]


def test_a_uid_that_the_inventory_states_is_allowed():
    seen = debian(files={"/etc/passwd": PASSWD + "old:x:501:501::/home/old:/sbin/nologin\n"})
    assert run(mailboxes, seen, mailboxes=[box("old", uid=501)]).facts["password_changed"] == ["old"]
    with pytest.raises(BadInput, match="account of the system itself"):
        run(mailboxes, seen, mailboxes=[box("old", password_hash=None)])
