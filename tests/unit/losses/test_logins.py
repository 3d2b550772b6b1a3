"""Who may log in beside the mailboxes of the inventory, as hosts have their accounts."""

import pytest
from mailhost.core.host import Output
from mailhost.core.shell import logins
from mailhost.products.admission import LISTED
from mailhost.words import mailboxes

from ..hosts import after, centos5, debian, file, gathered, params, run, written

SERVICE = "/etc/pam.d/dovecot"
STOCK = "#%PAM-1.0\n\n@include common-auth\n@include common-account\n"
ALICE = {"name": "alice", "state": "present"}
ONLY = f"auth required pam_listfile.so item=user sense=allow onerr=fail file={LISTED}\n"
HASH = "$6$s$old"


def host(make=debian, readers="", service=STOCK, **shadow):
    passwd = (
        "root:x:0:0:root:/root:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\ncarol:x:1002:1002::/home/carol:/bin/sh\n"
    )
    fields = "".join(f"{name}:{shadow.get(name, HASH)}:1:0:::::\n" for name in ("root", "bob", "carol"))
    files = {SERVICE: service, "/etc/passwd": passwd, "/etc/shadow": fields}
    return make(files=files, outputs={logins.READERS.argv(): Output(0, readers)})


def planned(seen, boxes=(ALICE,), **given):
    return run(mailboxes, seen, mailboxes=list(boxes), **given)


def test_who_is_listed_may_log_in_and_nobody_else():
    seen = host()
    plan = planned(seen, [ALICE, {"name": "bob", "state": "locked"}, {"name": "gone", "state": "absent"}])
    assert written(plan)[LISTED] == "alice\nbob\n"
    assert written(plan)[SERVICE] == STOCK.replace("@include common-auth", ONLY + "@include common-auth")
    assert not plan.losses
    write = next(operation for operation in plan.operations if getattr(operation, "path", "") == LISTED)
    assert (write.mode, write.owner) == (0o600, "root:root")
    assert not set(written(planned(after(plan, seen)))) & {SERVICE}


def test_where_all_may_the_accounts_of_the_system_may_not():
    line = "auth required pam_succeed_if.so quiet uid >= {}\n"
    for make, least in ((debian, 1000), (centos5, 500)):
        plan = planned(host(make), other_accounts="allow")
        assert line.format(least) in written(plan)[SERVICE]
        assert LISTED not in written(plan)
    listed = host(service=ONLY + STOCK)
    assert written(planned(listed, other_accounts="allow"))[SERVICE].count("required") == 1, (
        "one takes the other's place"
    )
    assert line.format(1000) in written(planned(host(), boxes=[]))[SERVICE], "nobody said who is meant to"


def test_a_service_that_no_package_brings_is_made_as_the_family_has_it():
    plan = planned(host(), access="cyrus", mta="postfix")
    assert (
        written(plan)["/etc/pam.d/smtp"]
        == ONLY + "@include common-auth\n@include common-account\n@include common-session\n"
    )
    assert SERVICE not in written(plan)


@pytest.mark.parametrize(
    ("readers", "service", "shadow", "lost"),
    [
        ("3 old carol\n", STOCK, {}, True),
        ("0 recent carol\n", STOCK, {}, True),
        ("3 old alice\n", STOCK, {}, False),  # listed
        ("3 old root\n", STOCK, {}, False),  # never was to
        ("3 old carol\n", STOCK, {"carol": "!" + HASH}, False),  # locked
        ("3 old carol\n", STOCK, {"carol": "*"}, False),
        ("3 old dora\n", STOCK, {}, True),  # of a directory
        ("3 old carol\n", "auth required pam_listfile.so item=user sense=deny file=/etc/no\n" + STOCK, {}, False),
        ("3 old carol\n", ONLY + STOCK, {}, False),  # refused already
    ],
)
def test_who_has_mail_does_not_lose_the_login_without_a_word(readers, service, shadow, lost):
    seen = host(readers=readers, service=service, **shadow)
    seen.files["/etc/no"] = debian(files={"/etc/no": "carol\n"}).file("/etc/no")
    name = readers.split()[2]
    found = planned(seen).losses
    assert [loss.rule for loss in found] == ([f"loss.login {name}"] if lost else [])
    assert all(loss.place == SERVICE for loss in found)
    accept = [{"rule": f"loss.login {name}", "reason": "has left"}]
    assert written(planned(seen, accept=accept))[LISTED] == "alice\n"
    assert not planned(seen, other_accounts="allow").losses


def test_a_host_without_the_service_had_no_logins():
    seen = host(readers="3 old carol\n")
    del seen.files[SERVICE]
    assert not planned(seen).losses


def test_virtual_users_are_no_accounts():
    given = {"store": "virtual", "domains": ["example.test"], "mailboxes": [{**ALICE, "password_hash": "{SSHA}abcd"}]}
    assert SERVICE not in written(run(mailboxes, host(), **given))
    assert params(mailboxes)["other_accounts"] == "refuse"


def test_what_keeps_passwords_in_mind_is_restarted():
    boxes, given = [{"name": "bob", "state": "present"}], {"access": "cyrus", "saslauthd": True}
    plan = planned(host(), boxes, **given)
    assert plan.services == ("saslauthd",)
    assert planned(host(), boxes, access="cyrus").services == ()
    assert planned(after(plan, host()), boxes, **given).services == ()


@pytest.mark.parametrize(
    ("given", "service", "asked"),
    [
        ({}, STOCK, True),
        ({}, ONLY + STOCK, False),
        ({"other_accounts": "allow"}, STOCK, False),
        ({"mailboxes": []}, STOCK, False),
    ],
)
def test_who_has_mail_is_asked_only_where_somebody_may_lose_a_login(given, service, asked):
    seen = host(service=service)
    all_given = params(mailboxes, **{"mailboxes": [ALICE], **given})
    assert (logins.READERS.argv() in gathered(mailboxes, seen, all_given).outputs) is asked


def test_of_red_hats_link_both_ends_are_set():
    """The MTA is switched behind the word, and the link with it."""
    ends = [f"/etc/pam.d/smtp.{name}" for name in ("postfix", "sendmail")]
    seen = host(centos5)
    for path in (*ends, "/etc/pam.d/smtp"):
        seen.files[path] = file(path, STOCK)
    given = {"mta": "sendmail", "boxes": [{"name": "bob", "state": "present"}]}
    plan = planned(seen, **given)
    assert {path for path in written(plan) if "smtp" in path} == set(ends)
    assert not {path for path in written(planned(after(plan, seen), **given)) if "pam.d" in path}
