"""What stands in Dovecot and worked for somebody: it stays, or is named before the first write."""

import pytest
from mailhost.core.errors import BadConfiguration
from mailhost.core.host import Output
from mailhost.products.dovecot import location
from mailhost.products.dovecot.grammar import Tree
from mailhost.words import dovecot_protocols, dovecot_settings

from ..hosts import after, centos5, debian, run, written

AUTH = "/etc/dovecot/conf.d/10-auth.conf"
OWN = "/etc/dovecot/mailhost.conf"
MAIL = "/etc/dovecot/conf.d/10-mail.conf"
SYSTEM = "!include auth-system.conf.ext\n"


def rules(plan):
    return [loss.rule for loss in plan.losses]


def with_auth(text, number="12", **more):
    return debian(number, files={AUTH: text, **more.pop("files", {})}, **more)


# databases

RIVALS = {
    "sql": "passdb {\n  driver = sql\n  args = /etc/dovecot/dovecot-sql.conf.ext\n}\n",
    "ldap": "passdb {\n  driver = ldap\n  args = /etc/dovecot/ldap.conf.ext\n}\n",
    "lua": "passdb {\n  driver = lua\n  args = file=/etc/dovecot/auth.lua\n}\n",
    "passwd-file": "passdb {\n  driver = passwd-file\n  args = scheme=CRYPT /etc/dovecot/app-passwords\n}\n",
    "static": "passdb {\n  driver = static\n  args = nopassword=y\n}\n",
}


@pytest.mark.parametrize("driver", RIVALS)
@pytest.mark.parametrize("store", ["system", "virtual"])
def test_a_database_of_others_is_a_loss_with_its_place(driver, store):
    plan = run(dovecot_settings, with_auth(SYSTEM + RIVALS[driver]), mailbox_store=store)
    assert [(loss.rule, loss.place) for loss in plan.losses] == [(f"loss.database passdb {driver}", f"{AUTH}:2")]
    assert "#passdb {" in written(plan)[AUTH], "accepted, it is a comment"


@pytest.mark.parametrize("driver", RIVALS)
def test_a_database_of_others_is_kept_beside_ours(driver):
    seen = with_auth(SYSTEM + RIVALS[driver])
    plan = run(dovecot_settings, seen, other_databases="keep", mailbox_store="virtual")
    assert not plan.losses
    assert AUTH not in written(plan)
    assert "passwd_file" in written(plan)[OWN] or "/etc/mailhost/users" in written(plan)[OWN]
    assert not run(dovecot_settings, after(plan, seen), other_databases="keep", mailbox_store="virtual").changed


def test_a_file_of_users_of_another_path_is_not_ours():
    """The driver is the same: its users would log in by nothing any more."""
    text = "passdb {\n  driver = passwd-file\n  args = /etc/dovecot/users\n}\n"
    users = "userdb {\n  driver = passwd-file\n  args = /etc/dovecot/users\n}\n"
    plan = run(dovecot_settings, with_auth(text + users), mailbox_store="virtual")
    assert rules(plan) == ["loss.database passdb passwd-file", "loss.database userdb passwd-file"]


@pytest.mark.parametrize("number", ["12", "13"])
@pytest.mark.parametrize("store", ["system", "virtual"])
@pytest.mark.parametrize("guard", ["deny", "master"])
def test_who_is_denied_stays_denied(number, store, guard):
    name = "passdb denied {\n  driver = passwd-file\n" if number == "13" else "passdb {\n  driver = passwd-file\n"
    text = f"{name}  {guard} = yes\n  args = /etc/dovecot/x\n}}\n".replace(
        "args = ", "passwd_file_path = " if number == "13" else "args = "
    )
    seen = with_auth(
        "!include auth-guard.conf.ext\n" + SYSTEM, number, files={"/etc/dovecot/conf.d/auth-guard.conf.ext": text}
    )
    plan = run(dovecot_settings, seen, mailbox_store=store)
    assert not plan.losses
    assert "\n!include auth-guard.conf.ext" in "\n" + written(plan).get(AUTH, "!include auth-guard.conf.ext")
    assert "/etc/dovecot/conf.d/auth-guard.conf.ext" not in written(plan)
    assert not run(dovecot_settings, after(plan, seen), mailbox_store=store).changed


def test_a_guard_in_the_one_file_of_centos_5_stays():
    text = (
        "protocols = imap\nauth default {\n  mechanisms = plain\n  passdb passwd-file {\n    args = /etc/deny\n"
        "    deny = yes\n  }\n  passdb pam {\n  }\n  userdb passwd {\n  }\n  user = root\n}\n"
    )
    seen = centos5(files={"/etc/dovecot.conf": text})
    plan = run(dovecot_settings, seen, mailbox_store="virtual")
    tree = written(plan)["/etc/dovecot.conf"]
    assert "  passdb passwd-file {\n    args = /etc/deny\n    deny = yes\n  }\n" in tree
    assert Tree(tree).settings().count("auth default / passdb passwd-file / args = /etc/mailhost/users") == 1
    assert "#  passdb pam {" in tree
    assert not run(dovecot_settings, after(plan, seen), mailbox_store="virtual").changed


def test_what_others_wrote_is_not_deleted():
    """The comments of a database that gives way stay with it."""
    text = "passdb {\n  driver = ldap\n  # the old directory\n  args = /x\n}\n" + SYSTEM
    assert "#  # the old directory\n" in written(run(dovecot_settings, with_auth(text)))[AUTH]


def test_a_fresh_host_loses_nothing():
    for seen in (debian(), debian("13"), centos5()):
        for store in ("system", "virtual"):
            assert not run(dovecot_settings, seen, mailbox_store=store).losses


# protocols


def test_what_packages_bring_by_lists_of_2_4_is_seen():
    files = {
        "/usr/share/dovecot/protocols.d/imapd.protocol": "protocols {\n  imap = yes\n}\n",
        "/usr/share/dovecot/protocols.d/lmtpd.protocol": "protocols {\n  lmtp = yes\n  sieve = yes\n  pop3 = no\n}\n",
    }
    plan = run(dovecot_protocols, debian("13", files=files), protocols=["imap"])
    assert "protocols = imap lmtp sieve\n" in written(plan)[OWN]


def test_a_package_that_comes_after_the_first_run_is_seen():
    seen = after(run(dovecot_protocols, debian(), protocols=["imap"]), debian())
    name = "/usr/share/dovecot/protocols.d/lmtpd.protocol"
    seen.files[name] = debian(files={name: "protocols = $protocols lmtp sieve\n"}).files[name]
    assert "protocols = imap lmtp sieve\n" in written(run(dovecot_protocols, seen, protocols=["imap"]))[OWN]


# mail

LOCATIONS = {
    "mbox:~/mail:INBOX=/var/mail/%u": ("mail", "/var/mail", ""),
    "mbox:~/mail:INBOX=/var/spool/mail/%u": ("mail", "/var/spool/mail", ""),
    "maildir:/srv/vmail/%d/%n:LAYOUT=fs": ("", "", "/srv/vmail"),
    "mdbox:~/mdbox": ("mdbox", "", ""),
    "sdbox:%h/sdbox": ("sdbox", "", ""),
    "maildir:~/Maildir:LAYOUT=fs": ("Maildir", "", ""),
    "maildir:~/Maildir:INDEX=/var/indexes/%u": ("Maildir", "", ""),
    "maildir:~/.maildir": (".maildir", "", ""),
    "": ("mail", "/var/mail", ""),
}


def standing(text, owners, number="12"):
    asked = LOCATIONS[text]
    files = {MAIL: f"mail_location = {text}\n"} if text else {}
    globs = {"/etc/dovecot/conf.d/*.conf": [AUTH, *files]}
    seen = debian(number, files=files, outputs={location.STORED.argv(*asked): Output(0, owners)})
    seen.globs.update(globs)
    return seen


@pytest.mark.parametrize("text", LOCATIONS)
def test_mail_that_stands_stays_where_it_is(text):
    plan = run(dovecot_settings, standing(text, "bob\ncarol\n"))
    assert not plan.losses
    assert "mail_location" not in written(plan)[OWN]


@pytest.mark.parametrize("text", LOCATIONS)
def test_mail_is_not_lost_from_view(text):
    (loss,) = run(dovecot_settings, standing(text, "bob\ncarol\n"), mail_format="maildir").losses
    assert loss.kind == "loss.mail_location"
    assert "2 users (bob, carol)" in loss.what
    assert loss.place == (f"{MAIL}:1" if text else "/etc/dovecot/dovecot.conf")


@pytest.mark.parametrize("text", LOCATIONS)
@pytest.mark.parametrize("mail_format", ["keep", "maildir"])
def test_without_mail_it_is_a_maildir(text, mail_format):
    plan = run(dovecot_settings, standing(text, ""), mail_format=mail_format)
    assert not plan.losses
    assert "mail_location = maildir:~/Maildir\n" in written(plan)[OWN]


def test_the_location_of_2_4():
    text = "mail_driver = mbox\nmail_path = %{home}/mail\nmail_inbox_path = /var/mail/%{user}\n"
    seen = debian("13", files={MAIL: text}, outputs={location.STORED.argv("mail", "/var/mail", ""): "bob\n"})
    seen.globs["/etc/dovecot/conf.d/*.conf"] = [AUTH, MAIL]
    assert not run(dovecot_settings, seen).losses
    assert "mail_driver" not in written(run(dovecot_settings, seen))[OWN]
    (loss,) = run(dovecot_settings, seen, mail_format="maildir").losses
    assert loss.rule == "loss.mail_location mbox"


@pytest.mark.parametrize(("number", "line"), [("12", "mail_privileged_group = mail"), ("13", "mail_driver = mbox")])
def test_mbox_is_a_format_too(number, line):
    seen = debian(number)
    plan = run(dovecot_settings, seen, mail_format="mbox")
    assert line in written(plan)[OWN]
    assert not run(dovecot_settings, after(plan, seen), mail_format="mbox").changed


def test_a_maildir_that_we_made_is_not_left_for_mbox():
    plan = run(dovecot_settings, debian())
    seen = after(plan, debian())
    seen.outputs[location.STORED.argv("Maildir", "", "")] = Output(0, "bob\n")
    assert rules(run(dovecot_settings, seen, mail_format="mbox")) == ["loss.mail_location maildir"]


NAMESPACES = {
    "12": "namespace inbox {\n  inbox = yes\n  location = mbox:~/m:INBOX=/var/mail/%u\n}\n",
    "13": "namespace inbox {\n  inbox = yes\n  mail_driver = mbox\n  mail_path = ~/m\n}\n",
}


@pytest.mark.parametrize("number", NAMESPACES)
def test_the_inboxs_own_place_counts_before_one_for_all(number):
    """A setting for all would be written, and mail delivered where nobody looks."""
    seen = debian(number, files={MAIL: NAMESPACES[number]})
    seen.globs["/etc/dovecot/conf.d/*.conf"] = [AUTH, MAIL]
    assert "maildir" not in written(run(dovecot_settings, seen))[OWN]
    with pytest.raises(BadConfiguration, match=f"{MAIL}:3: the INBOX's namespace has a place of its own"):
        run(dovecot_settings, seen, mail_format="maildir")


@pytest.mark.parametrize(
    ("text", "asked", "lost"),
    [
        ("mbox:~/mail:INBOX=/var/spool/mail/%u", ("mail", "/var/spool/mail", ""), []),
        ("mbox:~/other:INBOX=/var/mail/%u", ("other", "/var/mail", ""), ["loss.mail_location mbox"]),
        ("mbox:/srv/mail/%u", ("", "", "/srv/mail"), ["loss.mail_location mbox"]),
    ],
)
def test_an_mbox_of_another_place_is_not_lost_from_view(text, asked, lost):
    seen = debian(files={MAIL: f"mail_location = {text}\n"}, outputs={location.STORED.argv(*asked): Output(0, "bob\n")})
    seen.globs["/etc/dovecot/conf.d/*.conf"] = [AUTH, MAIL]
    assert rules(run(dovecot_settings, seen, mail_format="mbox")) == lost
