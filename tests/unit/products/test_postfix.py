"""The effective policy of smtpd as a table: a main.cf, a master.cf, tables, a version;
the causes by rule and place, or none."""

import pytest
from mailhost.core.errors import BadConfiguration, BadInput
from mailhost.products.cause import Cause, refuse
from mailhost.products.postfix.judge import causes
from mailhost.products.postfix.main_cf import MainCf
from mailhost.products.postfix.master_cf import MasterCf
from mailhost.products.postfix.networks import trusted
from mailhost.products.postfix.setup import Setup, destinations, tables

GUARD = "permit_mynetworks, reject_unauth_destination"
SAFE = (
    "mynetworks = 127.0.0.0/8\nrelay_domains =\n"
    "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
)
OLD = (
    "mynetworks = 127.0.0.0/8\nrelay_domains =\n"
    "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination\n"
)
SMTP = "smtp inet n - n - - smtpd\n"


def found(main, master=SMTP, version=(3, 7, 11), tables_=None):
    setup = Setup(MainCf(main, "main.cf"), MasterCf(master, "master.cf"), version, (tables_ or {}).get)
    return causes(setup)


CLOSED = [
    ("ours", SAFE, SMTP, (3, 7)),
    ("EL 5's", OLD, SMTP, (2, 3, 3)),
    ("defaults of level 3.6", "compatibility_level = 3.6\nmynetworks = 127.0.0.0/8\n", SMTP, (3, 7)),
    (
        "a policy service behind the guard",
        SAFE + "smtpd_recipient_restrictions = check_policy_service unix:private/p\n",
        SMTP,
        (3, 7),
    ),
    (
        "recipient list with OK rows, relay list shut",
        SAFE + "smtpd_recipient_restrictions = check_sender_access hash:/t, permit\n",
        SMTP,
        (3, 7),
    ),
    (
        "submission for logins only",
        SAFE,
        SMTP + "submission inet n - n - - smtpd\n  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\n",
        (3, 7),
    ),
    (
        "a reinjection port on loopback",
        SAFE,
        SMTP + "127.0.0.1:10025 inet n - n - - smtpd\n  -o smtpd_relay_restrictions=permit\n",
        (3, 7),
    ),
    (
        "class that rejects",
        SAFE.replace(GUARD, "shut") + f"smtpd_restriction_classes = shut\nshut = {GUARD}\n",
        SMTP,
        (3, 7),
    ),
    ("a client by its address", SAFE.replace(GUARD, "check_client_access hash:/clients, " + GUARD), SMTP, (3, 7)),
    ("a table with DUNNO and REJECT", SAFE.replace(GUARD, "check_sender_access hash:/mild, " + GUARD), SMTP, (3, 7)),
    ("AUTH in TLS only", SAFE + "smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes\n", SMTP, (3, 7)),
    (
        "networks with IPv6",
        SAFE.replace("127.0.0.0/8", "127.0.0.0/8 [::1]/128 [2001:db8::]/32 !192.0.2.1"),
        SMTP,
        (3, 7),
    ),
]
TABLES = {
    "/t": "# senders\nrelay.test OK\n",
    "/clients": "192.0.2.7 OK\nhost.example.org OK\n198.51.100 RELAY\n",
    "/mild": "a.test DUNNO\nb.test REJECT\nc.test 550 no\n",
    "/wide": "com OK\n10 OK\n",
    "/to": "partner.example OK\n",
    "/helo": "trusted.example OK\n",
}


@pytest.mark.parametrize(("name", "main", "master", "version"), CLOSED)
def test_a_closed_host_has_no_cause(name, main, master, version):
    assert [cause for cause in found(main, master, version, TABLES) if cause.kind != "unknown"] == []


def shut(words):
    return SAFE.replace(GUARD, f"permit_mynetworks, {words}, reject_unauth_destination")


OPEN = [
    (
        "everybody",
        SAFE.replace("127.0.0.0/8", "127.0.0.0/8 0.0.0.0/0"),
        SMTP,
        (3, 7),
        "mynetworks 0.0.0.0/0",
        "main.cf:1",
        {"sender": ""},
    ),
    (
        "half of IPv4",
        SAFE.replace("127.0.0.0/8", "128.0.0.0/1"),
        SMTP,
        (3, 7),
        "mynetworks 128.0.0.0/1",
        "main.cf:1",
        {},
    ),
    ("all of IPv6", SAFE.replace("127.0.0.0/8", "[::]/0"), SMTP, (3, 7), "mynetworks [::]/0", "main.cf:1", {}),
    (
        "the subnet, said",
        SAFE.replace("mynetworks =", "mynetworks_style = subnet\n#"),
        SMTP,
        (3, 7),
        "mynetworks_style subnet",
        "main.cf:1",
        {},
    ),
    (
        "the subnet, by default",
        OLD.replace("mynetworks = 127.0.0.0/8\n", ""),
        SMTP,
        (2, 3),
        "mynetworks_style subnet",
        "default",
        {},
    ),
    (
        "no guard at all",
        "compatibility_level = 3.6\nsmtpd_relay_restrictions =\n",
        SMTP,
        (3, 7),
        "no guard smtp",
        "main.cf:2",
        {},
    ),
    (
        "no guard by default",
        "mynetworks = 127.0.0.0/8\nrelay_domains =\n",
        SMTP,
        (3, 7),
        "no guard smtp",
        "default",
        {},
    ),
    (
        "a guard that only warns",
        SAFE.replace("reject_unauth", "warn_if_reject reject_unauth"),
        SMTP,
        (3, 7),
        "no guard smtp",
        "main.cf:3",
        {},
    ),
    (
        "a guard misspelt",
        SAFE.replace("reject_unauth_destination", "reject_unauth_destinations"),
        SMTP,
        (3, 7),
        "no guard smtp",
        "main.cf:3",
        {},
    ),
    (
        "permit before the guard",
        shut("permit"),
        SMTP,
        (3, 7),
        "smtpd_relay_restrictions permit",
        "main.cf:3",
        {"sender": ""},
    ),
    (
        "whoever has us as MX",
        shut("permit_mx_backup"),
        SMTP,
        (3, 7),
        "smtpd_relay_restrictions permit_mx_backup",
        "main.cf:3",
        {},
    ),
    (
        "senders",
        shut("check_sender_access hash:/t"),
        SMTP,
        (3, 7),
        "check_sender_access hash:/t relay.test",
        "/t:2",
        {"sender": "<relaytest@relay.test>"},
    ),
    (
        "senders on EL 5",
        OLD.replace(GUARD, f"check_sender_access hash:/t, {GUARD}"),
        SMTP,
        (2, 3),
        "check_sender_access hash:/t relay.test",
        "/t:2",
        {"sender": "<relaytest@relay.test>"},
    ),
    (
        "recipients",
        shut("check_recipient_access hash:/to"),
        SMTP,
        (3, 7),
        "check_recipient_access hash:/to partner.example",
        "/to:1",
        {"recipient": "<relaytest@sub.partner.example>"},
    ),
    (
        "a table without its word",
        shut("hash:/to"),
        SMTP,
        (3, 7),
        "check_recipient_access hash:/to partner.example",
        "/to:1",
        {"recipient": "<relaytest@sub.partner.example>"},
    ),
    (
        "HELO names",
        shut("check_helo_access hash:/helo"),
        SMTP,
        (3, 7),
        "check_helo_access hash:/helo trusted.example",
        "/helo:1",
        {"helo": "trusted.example"},
    ),
    (
        "a top-level domain of clients",
        shut("check_client_access hash:/wide"),
        SMTP,
        (3, 7),
        "check_client_access hash:/wide com",
        "/wide:1",
        {},
    ),
    (
        "static OK",
        shut("check_client_access static:OK"),
        SMTP,
        (3, 7),
        "check_client_access static:OK",
        "main.cf:3",
        {},
    ),
    (
        "in a class",
        shut("mine") + "smtpd_restriction_classes = mine\nmine = check_sender_access hash:/t\n",
        SMTP,
        (3, 7),
        "check_sender_access hash:/t relay.test",
        "/t:2",
        {"sender": "<relaytest@relay.test>"},
    ),
    (
        "an override",
        SAFE,
        SMTP + "  -o smtpd_relay_restrictions=permit_mynetworks\n",
        (3, 7),
        "no guard smtp",
        "master.cf:1",
        {},
    ),
    (
        "an override of networks",
        SAFE,
        "587 inet n - n - - smtpd -o mynetworks=0.0.0.0/0\n",
        (3, 7),
        "mynetworks 0.0.0.0/0",
        "master.cf:1",
        {"sender": ""},
    ),
    (
        "behind postscreen",
        SAFE,
        "smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd -o mynetworks=0.0.0.0/0\n",
        (3, 7),
        "mynetworks 0.0.0.0/0",
        "master.cf:2",
        {"sender": ""},
    ),
    (
        "relay_domains is mydestination",
        OLD.replace("relay_domains =", "mydestination = relay.test\nrelay_domains = $mydestination"),
        SMTP,
        (2, 3),
        "relay_domains $mydestination",
        "main.cf:3",
        {"recipient": "<relaytest@sub.relay.test>"},
    ),
    (
        "the same by default",
        "mydestination = relay.test\nmynetworks = 127.0.0.0/8\n",
        SMTP,
        (2, 3),
        "relay_domains $mydestination",
        "default",
        {"recipient": "<relaytest@sub.relay.test>"},
    ),
    (
        "relay_domains is everything",
        SAFE.replace("relay_domains =", "relay_domains = static:all"),
        SMTP,
        (3, 7),
        "relay_domains static:all",
        "main.cf:2",
        {},
    ),
    (
        "relay_domains is com",
        SAFE.replace("relay_domains =", "relay_domains = com"),
        SMTP,
        (3, 7),
        "relay_domains com",
        "main.cf:2",
        {},
    ),
    (
        "untrusted routing",
        SAFE.replace("relay_domains =", "allow_untrusted_routing = yes\nrelay_domains = backup.test"),
        SMTP,
        (3, 7),
        "allow_untrusted_routing",
        "main.cf:2",
        {"recipient": "<relaytest%victim.invalid@backup.test>"},
    ),
    (
        "XCLIENT from everybody",
        SAFE + "smtpd_authorized_xclient_hosts = 0.0.0.0/0\n",
        SMTP,
        (3, 7),
        "smtpd_authorized_xclient_hosts 0.0.0.0/0",
        "main.cf:4",
        {},
    ),
]


@pytest.mark.parametrize(("name", "main", "master", "version", "rule", "place", "witness"), OPEN)
def test_an_open_host_has_its_cause_with_place_and_witness(name, main, master, version, rule, place, witness):
    here = {cause.rule: cause for cause in found(main, master, version, TABLES)}
    assert rule in here, sorted(here)
    assert here[rule].is_relay
    assert place in here[rule].place
    assert dict(here[rule].witness) == witness
    assert here[rule].way_out


CLEAR = [
    (SAFE + "smtpd_sasl_auth_enable = yes\n", SMTP, "smtpd_tls_auth_only smtp"),
    (SAFE, SMTP + "submission inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes\n", "submission without TLS"),
    (
        SAFE + "smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes\nsmtpd_sasl_security_options =\n",
        SMTP,
        "smtpd_sasl_security_options smtp",
    ),
]


@pytest.mark.parametrize(("main", "master", "rule"), CLEAR)
def test_passwords_in_clear_and_nobodys(main, master, rule):
    assert [cause.kind for cause in found(main, master) if cause.rule == rule] == ["clear"]


def test_what_others_decide_is_said_to_be_unknown():
    said = found(
        shut("check_policy_service unix:private/p, check_sender_access ldap:/etc/l, check_client_access hash:/gone")
    )
    assert [cause.kind for cause in said] == ["unknown"] * 3


def test_tables_networks_and_domains():
    main = shut("check_sender_access proxy:hash:/t, check_client_access cidr:/c, check_helo_access ldap:/l")
    master = SMTP + "  -o smtpd_recipient_restrictions=check_recipient_access,hash:/to\n"
    main += "mydestination = $myhostname, example.test, localhost\nmyhostname = mx.example.test\n"
    setup = Setup(MainCf(main), MasterCf(master), (3, 7), {}.get)
    assert tables(setup) == ["/t", "/c", "/to"]
    assert destinations(setup) == ["example.test"]
    assert trusted(setup) == ["127.0.0.0/8"]


def test_an_accepted_rule_is_a_warning_and_needs_a_reason():
    cause = Cause("mynetworks 0.0.0.0/0", "open", "main.cf:1", "everybody")
    with pytest.raises(
        BadConfiguration, match=r"main.cf:1: everybody \(rule 'mynetworks 0.0.0.0/0'\).*mailhost_accept"
    ):
        refuse([cause], [], BadConfiguration)
    assert refuse([cause], [{"rule": "mynetworks 0.0.0.0/0", "reason": "a lab"}], BadConfiguration) == [
        "main.cf:1: everybody: accepted, a lab"
    ]
    with pytest.raises(BadInput, match="without a reason"):
        refuse([cause], [{"rule": "mynetworks 0.0.0.0/0", "reason": " "}], BadConfiguration)
    with pytest.raises(ValueError, match="no kind"):
        Cause("x", "odd", "", "")
