"""What neither ``postfix check`` nor ``dovecot -n`` of 2006 says:
words and lines for which the daemon would serve nobody."""

import pytest
from mailhost.core.errors import BadConfiguration
from mailhost.products.postfix.lists import ASKED, GUARDS, PERMITS, TABLES, TRUSTED
from mailhost.products.postfix.main_cf import MainCf
from mailhost.products.postfix.master_cf import MasterCf
from mailhost.products.postfix.restrictions import unknown
from mailhost.products.postfix.setup import Setup
from mailhost.products.postfix.versions import SINCE
from mailhost.words import dovecot_settings, postfix_relay

from ..hosts import centos5, debian, run

SMTP = "smtp inet n - n - - smtpd\n"
GUARD = "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination"


@pytest.mark.parametrize(
    ("main", "master", "version", "said"),
    [
        (GUARD, SMTP, (2, 3, 3), []),
        (
            GUARD + ", reject_unknow_client",
            SMTP,
            (2, 3, 3),
            ["reject_unknow_client in smtpd_recipient_restrictions is no restriction"],
        ),
        (
            "smtpd_client_restrictions = Reject_Unknown_Client, foo",
            SMTP,
            (2, 3, 3),
            ["foo in smtpd_client_restrictions"],
        ),
        (
            GUARD,
            SMTP + "587 inet n - n - - smtpd\n  -o smtpd_sender_restrictions=permitt\n",
            (2, 3),
            ["permitt in smtpd_sender_restrictions"],
        ),
        ("smtpd_data_restrictions = reject_rbl_client zen.example=127.0.0.2, sleep 5, permit", SMTP, (2, 3), []),
        (
            "smtpd_data_restrictions = check_policy_service unix:p, hash:/t, check_sender_access hash:/x reject",
            SMTP,
            (2, 3),
            [],
        ),
        (
            "smtpd_restriction_classes = mine\nmine = permit_mynetworks, nosuch\nsmtpd_etrn_restrictions = mine",
            SMTP,
            (2, 3),
            ["nosuch in mine"],
        ),
        ("smtpd_helo_restrictions = defer_unauth_destination", SMTP, (2, 9), ["(it came with 2.10)"]),
        ("smtpd_helo_restrictions = defer_unauth_destination", SMTP, (2, 10), []),
        (
            "smtpd_sender_restrictions = $mine\nmine = reject_unlisted_sender, nope",
            SMTP,
            (3, 7),
            ["nope in smtpd_sender_restrictions"],
        ),
        ("smtpd_sender_restrictions = { check_sender_access inline:{x=OK} }, permit", SMTP, (3, 7), []),
        ("smtpd_relay_restrictions = nosuch", SMTP, (2, 3), []),  # which 2.3 does not read
    ],
)
def test_restrictions_that_smtpd_does_not_know(main, master, version, said):
    found = unknown(Setup(MainCf(main + "\n", "main.cf"), MasterCf(master, "master.cf"), version, {}.get))
    assert len(found) == len(said)
    assert all(text in cause.what and cause.kind == "dead" for text, cause in zip(said, found))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("smtp inett n - n - - smtpd", "'inett' is no type"),
        ("smtp inet x - n - - smtpd", "'x' is no private flag"),
        ("smtp inet n 1 n - - smtpd", "'1' is no unprivileged flag"),
        ("smtp inet n - yes - - smtpd", "'yes' is no chroot flag"),
        ("pickup unix n - n 60s 1 pickup", "'60s' is no wakeup time"),
        ("smtp inet n - n - many smtpd", "'many' is no limit of processes"),
        ("smtp inet n - n - -", "a service has eight fields"),
    ],
)
def test_lines_of_master_cf_that_2_3_does_not_look_at(line, said):
    with pytest.raises(BadConfiguration, match=f"master.cf:2: .*{said}"):
        MasterCf(f"# services\n{line}\n", "master.cf")


def test_good_lines_pass():
    for line in (
        "pickup fifo n - n 60 1 pickup",
        "tlsmgr unix - - n 1000? 1 tlsmgr",
        "smtpd pass - - - - 0 smtpd",
        "x unix-dgram n y - 0 - y",
    ):
        MasterCf(line + "\n")


def test_a_run_refuses_before_it_writes():
    seen = centos5(files={"/etc/postfix/main.cf": "smtpd_client_restrictions = reject_unknow_client\n"})
    with pytest.raises(
        BadConfiguration,
        match=r"main.cf:1: reject_unknow_client in smtpd_client_restrictions .* Correct or remove the word",
    ):
        run(postfix_relay, seen, hostname="mail.example.test", domains=["example.test"])


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (lambda: conf("  passdb pamm {\n  }\n"), "dovecot.conf:2: passdb pamm: Dovecot has no such driver"),
        (lambda: conf("  userdb passwdd {\n  }\n"), "dovecot.conf:2: userdb passwdd"),
        (
            lambda: debian(files={"/etc/dovecot/local.conf": "passdb {\n  driver = pamm\n}\n"}),
            "local.conf:2: passdb pamm",
        ),
        (lambda: debian("13", files={"/etc/dovecot/local.conf": "passdb pamm {\n}\n"}), "local.conf:1: passdb pamm"),
        (
            lambda: debian(
                "13", files={"/etc/dovecot/local.conf": "passdb mine {\n  driver = pam\n}\nuserdb sql {\n}\n"}
            ),
            None,
        ),
        (lambda: debian("13", files={"/etc/dovecot/local.conf": "passdb mine {\n  passdb_driver = pam\n}\n"}), None),
        (lambda: debian("13", files={"/etc/dovecot/local.conf": "passdb_driver = pam\npassdb mine {\n}\n"}), None),
        (
            lambda: debian("13", files={"/etc/dovecot/local.conf": "userdb x {\n  userdb_driver = nosuch\n}\n"}),
            "local.conf:2: userdb nosuch",
        ),
        (lambda: debian(files={"/etc/dovecot/local.conf": "passdb {\n  driver = $mine\n}\n"}), None),
        (lambda: debian(files={"/etc/dovecot/local.conf": "passdb {\n  driver = ldap\n}\n"}), None),
        (lambda: conf("  passdb checkpassword {\n  }\n"), None),
    ],
)
def test_databases_that_no_dovecot_has(seen, said):
    if said is None:
        run(dovecot_settings, seen())
        return
    with pytest.raises(BadConfiguration, match=said):
        run(dovecot_settings, seen())


def conf(within):
    return centos5(files={"/etc/dovecot.conf": f"auth default {{\n{within}}}\n"})


def test_every_restriction_that_the_policy_judges_is_known():
    assert {*ASKED, *GUARDS, *PERMITS, *TABLES, *TRUSTED} <= set(SINCE)
