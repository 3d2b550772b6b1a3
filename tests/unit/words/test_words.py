"""Each word as a table: what it writes on each kind of host, that a second run has nothing to do,
and what it refuses."""

import pytest
from mailhost.core.errors import BadConfiguration, MailhostError
from mailhost.core.gather import gather
from mailhost.core.host import File, Host, Output
from mailhost.core.operations import Run, diff
from mailhost.products import standing
from mailhost.products.postfix import settings
from mailhost.products.postfix.main_cf import MainCf
from mailhost.products.table import PRODUCTS
from mailhost.systems.packages import WHICH
from mailhost.words import (
    dovecot_protocols,
    dovecot_settings,
    mail_certificate,
    mail_commit,
    mail_packages,
    mailhost_info,
    postfix_relay,
)

from ..hosts import LOGINS, Fake, after, centos5, debian, host, params, run, written

HOSTS = {"centos5": centos5, "debian12": debian, "debian13": lambda **more: debian("13", **more)}
OWN = {
    "centos5": "/etc/dovecot.conf",
    "debian12": "/etc/dovecot/mailhost.conf",
    "debian13": "/etc/dovecot/mailhost.conf",
}
HASH = "$6$salt$" + "a" * 86


def idempotent(feature, seen, **given):
    plan = run(feature, seen, **given)
    assert plan.changed
    again = run(feature, after(plan, seen), **given)
    assert not again.changed, diff(again)
    return plan


# dovecot_protocols

ALL = ["imap", "imaps", "pop3", "pop3s"]
LISTEN = "service imap-login / inet_listener {} / port = {}"


@pytest.mark.parametrize("kind", HOSTS)
@pytest.mark.parametrize("wanted", [ALL, ["imap"], ["imaps", "pop3s"], ["pop3", "imaps"]])
def test_protocols(kind, wanted):
    from mailhost.products.dovecot.grammar import Tree

    plan = idempotent(dovecot_protocols, HOSTS[kind](), protocols=wanted)
    settings = Tree(written(plan)[OWN[kind]]).settings()
    if kind == "centos5":
        assert "protocols = " + " ".join(word for word in ALL if word in wanted) in settings
        assert not any("inet_listener" in line for line in settings)
    else:
        products = [name for name in ("imap", "pop3") if name in wanted or name + "s" in wanted]
        assert f"protocols = {' '.join([*products, 'lmtp'])}" in settings
        if "imap" in products:
            assert LISTEN.format("imap", 143 if "imap" in wanted else 0) in settings
            assert LISTEN.format("imaps", 993 if "imaps" in wanted else 0) in settings
        assert written(plan)["/etc/dovecot/dovecot.conf"].endswith("!include mailhost.conf\n")


def test_order_of_the_words_does_not_matter():
    seen = after(run(dovecot_protocols, centos5(), protocols=ALL), centos5())
    assert not run(dovecot_protocols, seen, protocols=ALL[::-1]).changed


def test_addresses():
    plan = idempotent(dovecot_protocols, debian(), protocols=["imap"], addresses=["192.0.2.1", "2001:db8::1"])
    assert "listen = 192.0.2.1, 2001:db8::1" in written(plan)[OWN["debian12"]]
    plan = idempotent(dovecot_protocols, centos5(), protocols=["imap"], addresses=["2001:db8::1"])
    assert "listen = [2001:db8::1]" in written(plan)[OWN["centos5"]]


def test_what_packages_and_admins_put_behind_ours_does_not_count():
    seen = debian(files={"/etc/dovecot/local.conf": "protocols = imap pop3 none\n"})
    plan = idempotent(dovecot_protocols, seen, protocols=["imaps"])
    assert "protocols = imap lmtp" not in written(plan)[OWN["debian12"]]  # lmtp was switched off by local.conf
    assert "protocols = imap\n" in written(plan)[OWN["debian12"]]


OLD_TREE = {
    "/etc/dovecot/conf.d/10-auth.conf": "ssl_cert = </x\ndisable_plaintext_auth = yes\npassdb {\n  driver = pam\n}\n"
}
REFUSED_PROTOCOLS = [
    (centos5, {"protocols": ["kpop"]}, "protocols[0]: Dovecot has no KPOP"),
    (centos5, {"protocols": ["rpop"]}, "protocols[0]: no server has RPOP"),
    (
        centos5,
        {"protocols": ["imapx"]},
        "protocols[0]: 'imapx' is not a protocol of Dovecot's. Choose from imap, imaps, pop3, pop3s",
    ),
    (centos5, {"protocols": []}, "protocols: empty"),
    (centos5, {"protocols": ["imap", "imap"]}, "protocols: a protocol is named twice"),
    (centos5, {"protocols": ["imap"], "addresses": ["x"]}, "addresses[0]: 'x' is not an IP address"),
    (
        centos5,
        {"protocols": ["imap"], "addresses": ["192.0.2.1", "192.0.2.2"]},
        "addresses: Dovecot 1.0.7 listens on one address",
    ),
    (
        lambda: debian(outputs={LOGINS: "/usr/lib/dovecot/imap-login"}),
        {"protocols": ["pop3"]},
        "protocols: Dovecot on this host has no pop3-login",
    ),
    (
        lambda: debian("13", files=OLD_TREE),
        {"protocols": ["imap"]},
        "/etc/dovecot/dovecot.conf: a configuration for Dovecot 2.3, but Dovecot is 2.4.1",
    ),
    (lambda: host(), {"protocols": ["imap"]}, "dovecot --version: no Dovecot is installed"),
    (
        lambda: centos5(files={"/etc/dovecot.conf": "a {\n"}),
        {"protocols": ["imap"]},
        "/etc/dovecot.conf:1: section a is never closed",
    ),
]


@pytest.mark.parametrize(("kind", "given", "said"), REFUSED_PROTOCOLS)
def test_protocols_refused(kind, given, said):
    with pytest.raises(MailhostError) as error:
        run(dovecot_protocols, kind(), **given)
    assert str(error.value).startswith(said)


def test_an_old_tree_is_named_with_every_setting():
    with pytest.raises(MailhostError) as error:
        run(dovecot_settings, debian("13", files={**OLD_TREE, "/etc/dovecot/dovecot.conf": "!include conf.d/*.conf\n"}))
    for part in (
        "dovecot_config_version",
        "10-auth.conf:1 ssl_cert (now ssl_server_cert_file)",
        "10-auth.conf:3 passdb { (needs a name",
    ):
        assert part in str(error.value)


# dovecot_settings

EXPECTED = {
    "centos5": [
        "ssl_disable = no",
        "disable_plaintext_auth = yes",
        "mail_location = maildir:~/Maildir",
        "auth default / mechanisms = plain login",
        "auth default / socket listen / client / path = /var/spool/postfix/private/auth",
        "ssl_cert_file = /etc/pki/dovecot/certs/dovecot.pem",
    ],
    "debian12": [
        "ssl = yes",
        "disable_plaintext_auth = yes",
        "ssl_cert = </etc/ssl/certs/mailhost.pem",
        "auth_mechanisms = plain login",
    ],
    "debian13": [
        "auth_allow_cleartext = no",
        "ssl_server_key_file = /etc/ssl/private/mailhost.pem",
        "mail_path = ~/Maildir",
    ],
}
VIRTUAL = {
    "centos5": "auth default / passdb passwd-file / args = /etc/mailhost/users",
    "debian12": "passdb / args = scheme=CRYPT username_format=%u /etc/mailhost/users",
    "debian13": "passdb passwd-file / passwd_file_path = /etc/mailhost/users",
}


@pytest.mark.parametrize("kind", HOSTS)
def test_settings(kind):
    from mailhost.products.dovecot.grammar import Tree

    plan = idempotent(dovecot_settings, HOSTS[kind]())
    assert set(EXPECTED[kind]) <= set(Tree(written(plan)[OWN[kind]]).settings())
    seen = after(plan, HOSTS[kind]())
    allowed = idempotent(dovecot_settings, seen, cleartext_login="allow", postfix_sasl=False)
    assert "private/auth" not in written(allowed)[OWN[kind]]


@pytest.mark.parametrize("kind", HOSTS)
def test_virtual_users_and_back(kind):
    from mailhost.products.dovecot.grammar import Tree

    seen = HOSTS[kind]()
    plan = idempotent(dovecot_settings, seen, mailbox_store="virtual")
    settings = Tree(written(plan)[OWN[kind]]).settings()
    assert VIRTUAL[kind] in settings
    if kind != "centos5":
        assert "#!include auth-system.conf.ext" in written(plan)["/etc/dovecot/conf.d/10-auth.conf"]
    back = idempotent(dovecot_settings, after(plan, seen))
    assert "passwd-file" not in " ".join(line for line in Tree(written(back)[OWN[kind]]).settings())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"auth_mechanisms": ["plain", "apop"]}, "auth_mechanisms[1]: apop needs each user's clear password"),
        ({"auth_mechanisms": ["anonymous"]}, "auth_mechanisms[0]: 'anonymous' is not a mechanism"),
        ({"auth_mechanisms": []}, "auth_mechanisms: empty"),
        ({"maildir": "../x"}, "maildir: "),
        ({"maildir": "a\nssl = no"}, "maildir: "),
        ({"certificate": "/a\nb"}, "certificate: "),
        ({"key": "relative"}, "key: "),
    ],
)
def test_settings_refused(given, said):
    with pytest.raises(MailhostError) as error:
        run(dovecot_settings, centos5(), **given)
    assert str(error.value).startswith(said)


# postfix_relay

GIVEN = {"hostname": "Mail.Example.test", "domains": ["example.test"]}


@pytest.mark.parametrize("kind", HOSTS)
def test_relay(kind):
    seen = HOSTS[kind]()
    plan = idempotent(postfix_relay, seen, **GIVEN, networks=["127.0.0.0/8", "::1/128", "192.0.2.0/24"])
    main = MainCf(written(plan)["/etc/postfix/main.cf"])
    rule = "smtpd_recipient_restrictions" if kind == "centos5" else "smtpd_relay_restrictions"
    assert main.get(rule) == "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"
    assert main.get("mynetworks") == "127.0.0.0/8 [::1]/128 192.0.2.0/24"
    assert main.get("relay_domains") == ""
    assert main.get("myhostname") == "mail.example.test"
    assert "submission" in written(plan)["/etc/postfix/master.cf"]
    closed = idempotent(postfix_relay, after(plan, seen), **GIVEN, authenticated=False)
    assert "\nsubmission" not in written(closed)["/etc/postfix/master.cf"]


def test_relay_for_virtual_mailboxes_and_back():
    plan = idempotent(postfix_relay, debian(), **GIVEN, mailbox_store="virtual")
    main = MainCf(written(plan)["/etc/postfix/main.cf"])
    assert (main.get("mydestination"), main.get("virtual_mailbox_domains")) == ("localhost", "example.test")
    back = idempotent(postfix_relay, after(plan, debian()), **GIVEN)
    assert MainCf(written(back)["/etc/postfix/main.cf"]).get("virtual_mailbox_domains") is None


@pytest.mark.parametrize(
    ("stands", "becomes"),
    [
        (None, ""),
        ("permit", ""),
        ("permit_mynetworks reject_unauth_destination", ""),
        (
            "check_sender_access hash:/etc/x, permit_mynetworks,reject_rbl_client z.example",
            ", check_sender_access hash:/etc/x, reject_rbl_client z.example",
        ),
    ],
)
def test_an_old_list_keeps_its_other_restrictions_behind_the_guard(stands, becomes):
    found = settings.restrictions("smtpd_recipient_restrictions", True, stands)
    assert found == "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination" + becomes
    assert settings.restrictions("smtpd_recipient_restrictions", True, found) == found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"networks": ["0.0.0.0/0"]}, "networks[0]: 0.0.0.0/0 holds all of the Internet"),
        ({"networks": ["::/0"]}, "networks[0]: ::/0 holds all of the Internet"),
        ({"networks": ["128.0.0.0/1"]}, "networks[0]: 128.0.0.0/1 holds much of the Internet"),
        ({"networks": ["10.0.0.1/8"]}, "networks[0]: '10.0.0.1/8' has host bits set"),
        ({"networks": ["localhost"]}, "networks[0]: 'localhost' is not an IP network"),
        ({"networks": ["hash:/etc/x"]}, "networks[0]: "),
        ({"networks": ["127.0.0.0/8\nmynetworks=0.0.0.0/0"]}, "networks[0]: "),
        ({"domains": []}, "domains: empty"),
        ({"domains": ["com"]}, "domains[0]: 'com' is not a domain of at least two labels"),
        ({"domains": ["a..b"]}, "domains[0]: "),
        ({"domains": ["exa mple.test"]}, "domains[0]: "),
        ({"relay_domains": ["example.test"]}, "relay_domains: example.test is delivered here"),
        ({"smarthost": "x y"}, "smarthost: "),
        ({"hostname": "localhost"}, "hostname: "),
    ],
)
def test_relay_refused(given, said):
    with pytest.raises(MailhostError) as error:
        run(postfix_relay, debian(), **{**GIVEN, **given})
    assert str(error.value).startswith(said)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (
            "smtpd_relay_restrictions=permit",
            "/etc/postfix/master.cf:1: permit in smtpd_relay_restrictions: everybody is let by",
        ),
        ("mynetworks=0.0.0.0/0", "/etc/postfix/master.cf:1: mynetworks holds 0.0.0.0/0, which is everybody"),
    ],
)
def test_a_hole_in_master_cf_is_named(option, said):
    seen = debian(files={"/etc/postfix/master.cf": f"smtp inet n - y - - smtpd\n  -o {option}\n"})
    with pytest.raises(MailhostError) as error:
        run(postfix_relay, seen, **GIVEN)
    assert str(error.value).startswith(said)


@pytest.mark.parametrize(("rows", "said"), [("spam.example REJECT\n", None), ("friend.example OK\n", "senders:1")])
def test_the_tables_that_a_restriction_names_are_read(rows, said):
    lists = "check_sender_access,hash:/etc/postfix/senders,reject_unauth_destination"
    master = f"smtp inet n - y - - smtpd\n  -o smtpd_relay_restrictions={lists}\n"
    seen = debian(files={"/etc/postfix/master.cf": master, "/etc/postfix/senders": rows})
    if said is None:
        assert run(postfix_relay, seen, **GIVEN).changed
        return
    with pytest.raises(BadConfiguration, match=said):
        run(postfix_relay, seen, **GIVEN)


def test_beside_cyrus_postfix_asks_saslauthd_about_passwords():
    plan = run(postfix_relay, debian(files={"/etc/group": "sasl:x:45:\n"}), **GIVEN, access="cyrus")
    assert written(plan)["/etc/postfix/sasl/smtpd.conf"] == "pwcheck_method: saslauthd\nmech_list: plain login\n"
    joined = [operation.argv for operation in plan.operations if isinstance(operation, Run)]
    assert any("sasl" in argv for argv in joined), joined


def test_no_postfix():
    with pytest.raises(MailhostError, match="no Postfix is installed"):
        run(postfix_relay, host(), **GIVEN)


# mail_packages, mailhost_info


def test_packages():
    plan = run(mail_packages, debian(), products=["postfix", "dovecot"])
    assert plan.facts["installed"] == ["dovecot-imapd", "dovecot-pop3d"]
    assert plan.operations[0].argv[-2:] == ("dovecot-imapd", "dovecot-pop3d")
    assert run(mail_packages, centos5(), products=["postfix", "dovecot"]).facts["installed"] == ["postfix"]
    assert not run(mail_packages, centos5(), products=["dovecot"]).changed
    for seen, given, said in (
        (debian(), ["exim"], "products.0.: 'exim' is not a product"),
        (host(), ["postfix"], "an unknown distribution"),
        (debian(outputs={WHICH.argv: ""}), ["dovecot"], "and no apt-get to install them"),
    ):
        with pytest.raises(MailhostError, match=said):
            run(mail_packages, seen, products=given)


def test_info():
    tcp = (
        "  sl  local_address rem_address   st\n"
        "   0: 00000000:0019 00000000:0000 0A 0\n"
        "   1: 0100007F:1234 0100007F:0019 01 0\n"
    )
    outputs = {
        PRODUCTS["dovecot"].version: "1.0.7",
        mailhost_info.INIT: "sysv\n",
        standing.PROCESSES.argv: "master",
        standing.PORTS.argv: tcp,
    }
    seen = centos5(outputs=outputs)
    seen.pending = [("dovecot", "j1")]
    found = run(mailhost_info, seen).facts["mailhost"]
    assert (found["distribution"], found["release"], found["family"]) == ("CentOS", "5.11", "redhat")
    assert (found["ports"], found["dialects"], found["mta_active"]) == (
        [25],
        {"dovecot": "1.0", "postfix": "2.3"},
        "postfix",
    )
    assert found["pending"] == [{"service": "dovecot", "journal": "j1"}]
    assert found["packages"] == ["dovecot", "openssl"]
    newer = run(
        mailhost_info, debian(outputs={mailhost_info.INIT: "systemd\n", standing.PROCESSES.argv: "master"})
    ).facts["mailhost"]
    assert (newer["family"], newer["packages"]) == ("debian", ["openssl", "postfix"])


@pytest.mark.parametrize(
    ("release", "family"),
    [
        ('ID=ubuntu\nVERSION_ID="24.04"', "debian"),
        ("ID=debian\n", "debian"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"', "redhat"),
        ("ID=sles", "suse"),
        ("ID=arch", "unknown"),
    ],
)
def test_families(release, family):
    from mailhost.systems.families import system

    found = system(host({"/etc/redhat-release": None, "/etc/os-release": release + "\n"}))
    assert found.family.name == family
    assert found.uid_min in (500, 1000)
    assert found.crypt_schemes


def test_every_word_reads_files_and_commands_only():
    for feature, given in ((mailhost_info, {}), (mail_certificate, {"names": ["a.test"]})):
        assert any(isinstance(request, File) for request in feature.reads(params(feature, **given), debian()))
    assert Output(0, "").ok


@pytest.mark.parametrize(
    ("rule", "stands", "accept", "wanted"),
    [
        (
            "smtpd_relay_restrictions",
            "permit_mynetworks, check_sender_access hash:/s, permit",
            [],
            "permit_mynetworks, reject_unauth_destination, check_sender_access hash:/s",
        ),
        (
            "smtpd_relay_restrictions",
            "check_sender_access hash:/s, permit_mx_backup",
            ["check_sender_access hash:/s partner.example"],
            "check_sender_access hash:/s, permit_mynetworks, reject_unauth_destination",
        ),
        (
            "smtpd_recipient_restrictions",
            "permit_mx_backup, reject_rbl_client bl.test",
            ["smtpd_recipient_restrictions permit_mx_backup"],
            "permit_mx_backup, permit_mynetworks, reject_unauth_destination, reject_rbl_client bl.test",
        ),
        (
            "smtpd_recipient_restrictions",
            "check_sender_access hash:/s, reject_unauth_destination",
            [],
            "permit_mynetworks, reject_unauth_destination, check_sender_access hash:/s",
        ),
    ],
)
def test_what_was_accepted_stays_in_front_of_the_guard(rule, stands, accept, wanted):
    assert settings.restrictions(rule, False, stands, accept) == wanted


def test_a_daemon_that_says_the_password_again_shows_nobody():
    password = 'se"cret\\'
    text = f'port 143 (imap, plain): logins fail: a1 BAD LOGIN "alice" "se\\"cret\\\\"\nrestored: /x\nlog: {password}'

    def run(program, data):
        nonce = data.split(b"\n")[0].decode()
        lines = ["S dovecot inactive"] if len(asked) == 0 else ["E rolled login serves", text.encode().hex()]
        asked.append(data)
        return 0, "\n".join([f"MAILHOST-BEGIN {nonce}", *lines, f"MAILHOST-END {nonce}", ""]).encode(), b""

    asked = []
    given = {**params(mail_commit), "user": "alice", "password": password, "services": ["dovecot"]}
    with pytest.raises(MailhostError) as error:
        mail_commit.converge(given, Host(run), False)
    assert "(hidden)" in str(error.value)
    assert "cret" not in str(error.value)
    assert password.encode() in asked[1], "it goes by stdin"
    assert password.encode() not in asked[0]


def test_what_packages_of_dovecot_include_costs_no_round_trip_of_its_own():
    told = Fake(debian(files={"/etc/dovecot/local.conf": "mail_debug = yes\n"}))
    gather([lambda seen: dovecot_protocols.reads(params(dovecot_protocols, protocols=["imap"]), seen)], told)
    assert told.round_trips == 1
