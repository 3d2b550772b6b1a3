"""Sendmail's policy, the access daemons', tunnels and keys: each cause by rule, kind and place;
a good host has none."""

import base64
import time

import pytest
from mailhost.core.host import FileState
from mailhost.formats.keyed import Keyed, Names
from mailhost.formats.settings import Settings
from mailhost.products import chains, keys
from mailhost.products.cyrus import judge as cyrus
from mailhost.products.dovecot import judge as access
from mailhost.products.dovecot.tree import Configuration
from mailhost.products.sendmail import judge as sendmail
from mailhost.products.sendmail.mc import SendmailMc
from mailhost.products.stunnel import judge as stunnel
from mailhost.systems.families import DEBIAN, REDHAT

from ..hosts import file, host

GOOD = (
    "define(`confAUTH_OPTIONS', `A p y')dnl\ndefine(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl\nFEATURE(`access_db')dnl\n"
)
ROWS = (
    "Connect:127\tRELAY\nConnect:192.0.2\tRELAY\nTo:passed.example\tRELAY\n"
    "spam.test\tREJECT\nConnect:IPv6:2001:db8:1\tRELAY\n"
)


def relay(mc=GOOD, rows=ROWS, relayed="", wanted=()):
    return sendmail.causes(
        SendmailMc(mc, "mc"),
        Keyed(rows, "access"),
        Names(relayed, "relay-domains"),
        wanted,
        "example.test",
        "mx.sub.example.test",
    )


def test_a_good_sendmail_has_no_cause():
    assert relay() == []
    assert sendmail.logins(SendmailMc(GOOD, "mc")) == []
    assert sendmail.maps("x", Keyed(ROWS)) == []
    assert sendmail.trusted(Keyed(ROWS)) == ["127.0.0.1/32", "127.0.0.0/8", "192.0.2.0/24", "2001:db8:1::/48"]


@pytest.mark.parametrize(
    ("mc", "rows", "relayed", "rule", "place", "witness"),
    [
        ("FEATURE(`promiscuous_relay')dnl\n", "", "", "FEATURE promiscuous_relay", "mc:1", {"sender": ""}),
        (
            "FEATURE(`relay_local_from')dnl\n",
            "",
            "",
            "FEATURE relay_local_from",
            "mc:1",
            {"sender": "<relaytest@example.test>"},
        ),
        (
            "FEATURE(`relay_entire_domain')dnl\n",
            "",
            "",
            "FEATURE relay_entire_domain",
            "mc:1",
            {"recipient": "<relaytest@mailhost-relay-test.sub.example.test>"},
        ),
        ("dnl\nFEATURE(`loose_relay_check')dnl\n", "", "", "FEATURE loose_relay_check", "mc:2", {}),
        ("RELAY_DOMAIN(`a.test')dnl\n", "", "", "RELAY_DOMAIN a.test", "mc:1", {"recipient": "<relaytest@sub.a.test>"}),
        ("define(`confCW_FILE', `|/bin/names')dnl\n", "", "", "confCW_FILE program", "mc:1", {}),
        (
            "",
            "# x\nrelay.test RELAY\n",
            "",
            "access relay.test",
            "access:2",
            {"recipient": "<relaytest@sub.relay.test>"},
        ),
        ("", "From:relay.test RELAY\n", "", "access From:relay.test", "access:1", {}),
        ("", "Connect:10 RELAY\n", "", "access Connect:10", "access:1", {}),
        ("", "Connect:com relay\n", "", "access Connect:com", "access:1", {}),
        ("", "To:com RELAY\n", "", "access To:com", "access:1", {"recipient": "<relaytest@mailhost-test.com>"}),
        ("", "", "com\n", "relay-domains com", "relay-domains:1", {"recipient": "<relaytest@mailhost-test.com>"}),
        ("", "", "|/bin/who\n", "relay-domains |/bin/who", "relay-domains:1", {}),
    ],
)
def test_an_open_sendmail(mc, rows, relayed, rule, place, witness):
    found = relay(mc, rows, relayed)
    assert [(cause.rule, cause.place, dict(cause.witness)) for cause in found] == [(rule, place, witness)]
    assert found[0].is_relay


def test_logins_and_maps_of_sendmail():
    weak = "define(`confAUTH_MECHANISMS', `PLAIN ANONYMOUS')dnl\nDAEMON_OPTIONS(`Port=submission, Name=MSA, M=E')dnl\n"
    rules = {cause.rule: cause.kind for cause in sendmail.logins(SendmailMc(weak, "mc"))}
    assert rules == dict.fromkeys(
        ["confAUTH_OPTIONS p", "confAUTH_MECHANISMS ANONYMOUS", "submission without TLS"], "clear"
    )
    assert [cause.kind for cause in sendmail.maps("stale", Keyed(ROWS))] == ["stale"]
    assert "never built" in sendmail.maps("unbuilt", Keyed(ROWS))[0].what
    assert sendmail.local(["localhost", "mx.test", "example.test"], "mx.test") == "example.test"


def dovecot(text, number=(2, 3, 19), family=DEBIAN):
    path = "/etc/dovecot/dovecot.conf"
    return access.judge(Configuration(path, host(files={path: text})), number, family.dovecot_cleartext.nearest(number))


@pytest.mark.parametrize(
    ("text", "number", "family", "rules"),
    [
        ("disable_plaintext_auth = yes\nauth_mechanisms = plain login\nssl = required\n", (2, 3), DEBIAN, []),
        ("", (2, 3), DEBIAN, []),
        ("", (1, 0, 7), REDHAT, ["cleartext disable_plaintext_auth"]),
        ("disable_plaintext_auth = no\n", (2, 3), DEBIAN, ["cleartext disable_plaintext_auth"]),
        ("auth_allow_cleartext = yes\n", (2, 4), DEBIAN, ["cleartext auth_allow_cleartext"]),
        ("auth_mechanisms = plain anonymous\n", (2, 3), DEBIAN, ["anonymous auth_mechanisms"]),
        (
            "disable_plaintext_auth = yes\nauth default {\n  mechanisms = ANONYMOUS\n}\n",
            (1, 0),
            REDHAT,
            ["anonymous auth_mechanisms"],
        ),
        ("ssl = no\n", (2, 3), DEBIAN, ["cleartext ssl"]),
        ("disable_plaintext_auth = yes\nssl_disable = yes\n", (1, 0), REDHAT, ["cleartext ssl"]),
    ],
)
def test_dovecot(text, number, family, rules):
    assert [cause.rule for cause in dovecot(text, number, family)] == rules


def test_dovecots_stores_and_pems():
    path = "/etc/dovecot/dovecot.conf"
    text = "ssl_cert = </c\nssl_key = </k\npassdb {\n  driver = passwd-file\n  args = scheme=CRYPT /etc/users\n}\n"
    configuration = Configuration(path, host(files={path: text}))
    assert access.stores(configuration) == ["/etc/users"]
    assert access.pems(configuration) == [("/c", "/k")]


@pytest.mark.parametrize(
    ("text", "number", "rules"),
    [
        ("allowplaintext: no\nadmins: cyrus\nsasl_mech_list: PLAIN\n", (2, 3, 7), []),
        ("admins: cyrus\n", (2, 3, 7), ["cleartext allowplaintext"]),
        ("admins: cyrus\n", (3, 6), []),
        ("allowplaintext: 1\n", (3, 6), ["cleartext allowplaintext"]),
        (
            "allowanonymouslogin: yes\nadmins: anyone\nsasl_mech_list: PLAIN ANONYMOUS\n",
            (3, 6),
            ["allowanonymouslogin", "anonymous sasl_mech_list", "admins"],
        ),
    ],
)
def test_cyrus(text, number, rules):
    assert [cause.rule for cause in cyrus.judge(Settings(text, "imapd.conf"), number)] == rules


def test_tunnels():
    conf = Settings(
        "[imaps]\naccept = 993\nconnect = 143\n[smtps]\naccept = 465\nconnect = 127.0.0.1:25\n",
        "stunnel.conf",
        " = ",
        "#;",
    )
    assert stunnel.judge(conf, [25, 143], ["127.0.0.1/32"])[0].place == "stunnel.conf:6"
    assert [cause.rule for cause in stunnel.judge(conf, [25], ["192.0.2.0/24"])] == ["tunnel imaps"]
    apart = Settings("[smtps]\naccept = 465\nconnect = 25\nlocal = 127.0.0.25\n", "stunnel.conf", " = ", "#;")
    assert stunnel.judge(apart, [25], ["127.0.0.1/32"]) == []


def test_secrets_that_others_can_read():
    said = "644 root clear /etc/users\n640 root clear /etc/sasldb2\n600 dovecot hash /etc/mailhost/users\n"
    assert [(cause.rule, cause.kind) for cause in keys.secrets(said)] == [("readable /etc/users", "secret")]


PAIR = {"key": "/k", "shown": "rsaEncryption Public-Key: (2048 bit)", "is_a_pair": True, "mode": "600"}


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        ({}, []),
        ({"is_a_pair": False}, ["key of Postfix"]),
        ({"ends": -1}, ["expired Postfix"]),
        ({"begins": 99}, ["not yet valid Postfix"]),
        ({"mode": "644"}, ["readable /k"]),
        ({"shown": "rsaEncryption Public-Key: (1024 bit)"}, ["short key Postfix"]),
    ],
)
def test_keys(changed, rules):
    now = int(time.time())
    times = {"ends": now + 3600 * changed.pop("ends", 1000), "begins": now + 3600 * changed.pop("begins", -1)}
    found = keys.causes("Postfix", file("/c", certificate(b"leaf", b"leaf")), **{**PAIR, **changed}, **times)
    assert [cause.rule for cause in found] == rules


def test_a_key_inside_a_readable_certificate_and_a_fingerprint():
    both = certificate(b"leaf", b"leaf") + "-----BEGIN PRIVATE KEY-----"
    found = keys.causes("Postfix", file("/c", both), **PAIR, ends=None, begins=None)
    assert [cause.kind for cause in found] == ["secret"]
    assert keys.causes("Postfix", FileState("/c", "absent"), **PAIR, ends=None, begins=None)[0].what.endswith(
        "is not there"
    )
    pem = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n"
    assert keys.fingerprint(pem) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert keys.fingerprint("") == keys.fingerprint(pem.replace("YWJj", "Y")) == ""


def certificate(name, issuer):
    """The outline of a certificate: serial, algorithm, issuer, validity, subject, key."""

    def element(tag, content):
        return bytes([tag, len(content)]) + content

    fields = [
        b"\x02\x01\x01",
        element(0x30, b""),
        element(0x30, issuer),
        element(0x30, b""),
        element(0x30, name),
        element(0x30, b""),
    ]
    der = element(0x30, element(0x30, b"".join(fields)))
    return f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(der).decode()}\n-----END CERTIFICATE-----\n"


def test_the_order_of_a_chain():
    leaf, middle, root = certificate(b"leaf", b"middle"), certificate(b"middle", b"root"), certificate(b"root", b"root")
    assert chains.disorder(leaf) == chains.disorder(leaf + middle) == chains.disorder(leaf + middle + root) == ""
    assert chains.disorder(leaf + root + middle) == "certificate 2 is not the issuer of certificate 1"
    assert (
        keys.causes("Postfix", file("/c", middle + leaf), **PAIR, ends=None, begins=None)[0].rule == "chain of Postfix"
    )
    assert chains.disorder("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----" + leaf) == ""


def test_folders_and_sockets():
    assert [cause.rule for cause in keys.folders("755 /etc/ssl/private\n777 /tmp/keys\n1777 /tmp\n")] == [
        "writable /tmp/keys"
    ]
    said = "755 777 /var/run/saslauthd/mux\n710 777 /run/saslauthd/mux\n755 660 /x\n"
    assert [(cause.rule, cause.kind) for cause in keys.sockets(said)] == [("socket /var/run/saslauthd/mux", "unknown")]
