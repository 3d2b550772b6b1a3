"""mailboxes: what is made, what a second run does, and what is refused."""

import json

import pytest
from mailhost.core.errors import MailhostError
from mailhost.core.operations import Run, diff
from mailhost.words import mailboxes

from ..hosts import after, centos5, debian, file, run, written
from .test_words import HASH


def test_system_mailboxes():
    boxes = [
        {"name": "alice", "password_hash": "{SHA512-CRYPT}" + HASH, "aliases": ["sales"]},
        {"name": "bob", "password_hash": HASH},
    ]
    boxes += [{"name": "carol", "uid": 2000}, {"name": "gone", "state": "absent"}]
    plan = run(
        mailboxes,
        debian(),
        mailboxes=[{"state": "present", "aliases": [], **box} for box in boxes],
        domains=["example.test"],
    )
    assert (plan.facts["created"], plan.facts["password_changed"]) == (["alice", "carol"], ["bob"])
    runs = [operation for operation in plan.operations if isinstance(operation, Run)]
    assert runs[0].stdin == b"alice\n"
    assert "2000" in runs[1].argv
    assert runs[2].argv == ("chpasswd", "-e")
    assert runs[2].stdin == f"alice:{HASH}\nbob:{HASH}\n".encode()
    assert HASH not in json.dumps(diff(plan)) + repr([operation.argv for operation in runs])
    assert "sales@example.test\talice\n" in written(plan)["/etc/mailhost/aliases"]


def test_system_mailboxes_that_stand():
    seen = debian(files={"/etc/mailhost/aliases": "# Written by mailhost (mailboxes).\n"})
    given = {"mailboxes": [{"name": "bob", "state": "present", "password_hash": "$6$s$old"}]}
    first = run(mailboxes, seen, **given)
    assert sorted(written(first)) == ["/etc/mailhost/logins", "/etc/pam.d/dovecot"], "who may log in"
    assert not run(mailboxes, after(first, seen), **given).changed
    for purge, argv in ((False, ("userdel", "--", "bob")), (True, ("userdel", "-r", "--", "bob"))):
        plan = run(mailboxes, seen, mailboxes=[{"name": "bob", "state": "absent", "purge_mail": purge}])
        assert [operation.argv for operation in plan.operations if isinstance(operation, Run)] == [argv]


def test_virtual_mailboxes():
    boxes = [
        {"name": "alice", "state": "present", "password_hash": HASH, "aliases": ["sales"]},
        {"name": "bob", "state": "present"},
    ]
    given = {"mailboxes": boxes, "store": "virtual", "domains": ["example.test"]}
    plan = run(mailboxes, debian(), **given)
    users = written(plan)["/etc/mailhost/users"]
    assert f"alice:{{CRYPT}}{HASH}:5000:5000::/var/vmail/alice::\n" in users
    assert "sales@example.test\talice@example.test\n" in written(plan)["/etc/mailhost/aliases"]
    assert "bob@example.test\tbob/Maildir/\n" in written(plan)["/etc/mailhost/mailboxes"]
    assert HASH not in json.dumps(diff(plan))
    seen = after(plan, debian(files={"/etc/passwd": "vmail:x:5000:5000::/var/vmail:/sbin/nologin\n"}))
    seen.files["/etc/passwd"] = file("/etc/passwd", "vmail:x:5000:5000::/var/vmail:/sbin/nologin\n")
    assert not run(mailboxes, seen, **given).changed
    fewer = run(mailboxes, seen, **{**given, "mailboxes": [{"name": "bob", "state": "absent", "purge_mail": True}]})
    assert fewer.facts["removed"] == ["bob"]
    assert "bob" not in written(fewer)["/etc/mailhost/users"]
    assert fewer.operations[-1].argv == ("rm", "-rf", "--", "/var/vmail/bob")  # no way back: last
    other = run(mailboxes, seen, **{**given, "mailboxes": [{**boxes[0], "password_hash": "{SSHA}abcd"}]})
    assert other.facts["password_changed"] == ["alice"]
    assert "alice:{SSHA}abcd:" in written(other)["/etc/mailhost/users"]


BOX = {"name": "alice", "state": "present"}
REFUSED_BOXES = [
    (
        {"name": "bob:{PLAIN}x:0:0::/"},
        "mailboxes[0].name ('bob:{PLAIN}x:0:0::/'): not a mailbox name",
    ),
    ({"name": "bob\nroot2"}, "mailboxes[0].name ('bob\\nroot2')"),
    ({"name": "../bob"}, "mailboxes[0].name ('../bob')"),
    ({"name": "-rf"}, "mailboxes[0].name ('-rf')"),
    ({"name": "#bob"}, "mailboxes[0].name ('#bob')"),
    ({"name": ""}, "mailboxes[0].name ('')"),
    ({"name": "Bob"}, "mailboxes[0].name ('Bob')"),
    ({"name": "b" * 300}, "mailboxes[0].name ("),
    ({"name": "root"}, "mailboxes[0] ('root'): is an account of the system itself"),
    ({"uid": 0}, "mailboxes[0].uid ('alice'): 0 is not a mailbox user's uid"),
    ({"name": "bob", "uid": 2222}, "mailboxes[0].uid ('bob'): the account has uid 1001"),
    ({"password_hash": "{PLAIN}secret"}, "mailboxes[0].password_hash ('alice'): {PLAIN} is not a salted hash"),
    ({"password_hash": "secret"}, "mailboxes[0].password_hash ('alice'): not a hash of the form"),
    ({"password_hash": "$99$abc$def"}, "mailboxes[0].password_hash ('alice'): scheme $99$ is not known to crypt()"),
    ({"password_hash": "$6$a:b$c"}, "mailboxes[0].password_hash ('alice'): a colon or white space"),
    ({"password_hash": "{SSHA}abc"}, "mailboxes[0].password_hash ('alice'): a scheme of Dovecot's own"),
    ({"aliases": ["a b"]}, "mailboxes[0].aliases[0] ('alice'): "),
    ({"aliases": ["alice"]}, "mailboxes[0].aliases[0] ('alice'): 'alice' is a mailbox or an alias already"),
]


@pytest.mark.parametrize(("box", "said"), REFUSED_BOXES)
def test_mailboxes_refused(box, said):
    with pytest.raises(MailhostError) as error:
        run(mailboxes, debian(), mailboxes=[{**BOX, **box}])
    assert str(error.value).startswith(said)
    assert "secret" not in str(error.value)


def test_two_of_one_name():
    with pytest.raises(MailhostError, match="two mailboxes with one name"):
        run(mailboxes, debian(), mailboxes=[BOX, BOX])


@pytest.mark.parametrize(
    ("kind", "text", "stored"),
    [
        (centos5, "{SHA512-CRYPT}" + HASH, "{CRYPT}" + HASH),
        (centos5, "$1$ab$cd", "{CRYPT}$1$ab$cd"),
        (debian, "$y$j9T$ab$cd", "{CRYPT}$y$j9T$ab$cd"),
        (debian, "{ARGON2ID}$argon2id$v=19$x", "{ARGON2ID}$argon2id$v=19$x"),
        (lambda: debian("13"), "$1$ab$cd", None),
        (centos5, "$y$j9T$ab$cd", None),
        (centos5, "{ARGON2ID}x", None),
        (lambda: debian("13"), "{SMD5}x", None),
        (debian, "{PLAIN}x", None),
        (debian, "{SHA512-CRYPT}$5$x$y", None),
    ],
)
def test_the_form_of_a_hash(kind, text, stored):
    def go():
        return run(
            mailboxes, kind(), mailboxes=[{**BOX, "password_hash": text}], store="virtual", domains=["example.test"]
        )

    if stored is None:
        with pytest.raises(MailhostError, match="password_hash .*: "):
            go()
    else:
        assert f"alice:{stored}:5000" in written(go())["/etc/mailhost/users"]
