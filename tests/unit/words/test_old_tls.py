"""What versions of 2006 need to be told of TLS and of POP3, and that nothing that stands is made
weaker or changed for it."""

import pytest
from mailhost.core.host import Output
from mailhost.formats.settings import Settings
from mailhost.products import ciphers
from mailhost.products.cyrus import configure as cyrus
from mailhost.products.dovecot.grammar import Tree
from mailhost.products.postfix import configure as postfix_at
from mailhost.products.postfix import versions as postfix
from mailhost.products.postfix.main_cf import MainCf
from mailhost.products.stunnel import configure as stunnel
from mailhost.products.stunnel.configure import CONF
from mailhost.words import cyrus_services, dovecot_protocols, dovecot_settings, postfix_relay, stunnel_services

from ..hosts import after, centos5, debian, file, host, run, written

OLD = "ALL:!LOW:!SSLv2:!EXP:!aNULL"
RELAY = {"hostname": "mail.example.test", "domains": ["example.test"]}
MAIN = "/etc/postfix/main.cf"


def planned(feature, seen, **given):
    plan = run(feature, seen, **given)
    assert written(run(feature, after(plan, seen), **given)) == {}, "a second run has nothing to do"
    return written(plan)


@pytest.mark.parametrize(
    ("stands", "becomes"),
    [
        ("", OLD),
        ("ALL:!LOW", OLD),
        (OLD, OLD),
        ("HIGH:!aNULL:!EXPORT", "HIGH:!aNULL:!EXPORT:!LOW:!SSLv2"),
        ("AES256-SHA !EXP", "AES256-SHA !EXP:!LOW:!SSLv2:!aNULL"),
        ("ALL:eNULL", "ALL:eNULL:!LOW:!SSLv2:!EXP:!aNULL:!eNULL"),
    ],
)
def test_a_list_of_ciphers_is_only_tightened(stands, becomes):
    assert ciphers.tightened(stands) == becomes
    assert ciphers.tightened(becomes) == becomes


def dovecot_conf(more="", within=""):
    text = centos5().file("/etc/dovecot.conf").text
    return centos5(
        files={"/etc/dovecot.conf": more + text.replace("  #pop3_uidl_format =\n", within + "  #pop3_uidl_format =\n")}
    )


def test_dovecot_1_is_told_its_ciphers_and_later_ones_are_not():
    given = {"certificate": "/c.pem", "key": "/k.pem"}
    settings = Tree(planned(dovecot_settings, centos5(), **given)["/etc/dovecot.conf"]).settings()
    assert f"ssl_cipher_list = {OLD}" in settings
    strong = dovecot_conf("ssl_cipher_list = HIGH:!aNULL:!SSLv2:!EXP:!LOW\n")
    settings = Tree(planned(dovecot_settings, strong, **given)["/etc/dovecot.conf"]).settings()
    assert "ssl_cipher_list = HIGH:!aNULL:!SSLv2:!EXP:!LOW" in settings
    text = (
        centos5()
        .file("/etc/dovecot.conf")
        .text.replace("protocol imap {\n", "protocol imap {\n  ssl_cipher_list = ALL\n")
    )
    within = centos5(files={"/etc/dovecot.conf": text})
    settings = Tree(planned(dovecot_settings, within, **given)["/etc/dovecot.conf"]).settings()
    assert [line for line in settings if "ssl_cipher_list" in line] == [
        f"protocol imap / ssl_cipher_list = {OLD}",
        f"ssl_cipher_list = {OLD}",
    ]
    included = dovecot_conf("!include /etc/dovecot-tls.conf\n")
    included.files["/etc/dovecot-tls.conf"] = file("/etc/dovecot-tls.conf", "ssl_cipher_list = HIGH:!aNULL\n")
    texts = planned(dovecot_settings, included, **given)  # in the file that it stands in, or it would win all the same
    assert texts["/etc/dovecot-tls.conf"] == "ssl_cipher_list = HIGH:!aNULL:!LOW:!SSLv2:!EXP\n"
    assert "ssl_cipher_list" not in texts["/etc/dovecot.conf"].replace("#ssl_cipher_list", "")
    assert "ssl_cipher_list" not in planned(dovecot_settings, debian(), **given)["/etc/dovecot/mailhost.conf"]


UIDL = "protocol pop3 / pop3_uidl_format = "


@pytest.mark.parametrize(
    ("more", "within", "compiled", "wanted", "said"),
    [
        ("", "", "", ["pop3s", "imap"], [UIDL + "%08Xu%08Xv"]),
        ("", "", "", ["imap"], []),
        ("", "  pop3_uidl_format = %v.%u\n", "", ["pop3"], [UIDL + "%v.%u"]),
        ("pop3_uidl_format = %f\n", "", "", ["pop3"], ["pop3_uidl_format = %f"]),
        ("", "", "  pop3_uidl_format: %v-%u", ["pop3"], []),  # Red Hat's build has one of its own
        ("", "", "  pop3_uidl_format: ", ["pop3"], [UIDL + "%08Xu%08Xv"]),
    ],
)
def test_dovecot_1_0_gets_identifiers_for_pop3_only_where_it_has_none(more, within, compiled, wanted, said):
    seen = dovecot_conf(more, within)
    seen.outputs[dovecot_protocols.IDENTIFIERS] = Output(0, compiled)
    lines = Tree(planned(dovecot_protocols, seen, protocols=wanted)["/etc/dovecot.conf"]).settings()
    assert [line for line in lines if "uidl" in line] == said


def test_later_versions_have_a_default():
    for seen in (debian(), debian("13"), centos5(outputs={("dovecot", "--version"): "1.1.20"})):
        assert "uidl_format =" not in "".join(planned(dovecot_protocols, seen, protocols=["pop3"]).values()).replace(
            "#pop3_uidl_format =", ""
        )


def test_the_question_is_put_to_1_0_alone(local, tmp_path):
    from mailhost.core.host import Command

    for version, said in (("1.0.7", "  pop3_uidl_format: %v"), ("2.3.19.1 (9b53102964)", "")):
        tool = tmp_path / "dovecot"
        tool.write_text(
            f"#!/bin/sh\n[ $1 = --version ] && echo '{version}' && exit\n"
            "printf 'protocol pop3:\\n  pop3_uidl_format: %%v\\n'\n"
        )
        tool.chmod(0o755)
        seen = local(path=tmp_path).read([Command(dovecot_protocols.IDENTIFIERS)])
        assert seen.output(*dovecot_protocols.IDENTIFIERS).text == said


@pytest.mark.parametrize(
    ("version", "stands", "said"),
    [
        (
            "2.3.3",
            "",
            {
                "smtpd_tls_mandatory_protocols": "TLSv1",
                "smtpd_tls_mandatory_exclude_ciphers": "aNULL",
                "smtpd_tls_exclude_ciphers": "EXPORT, LOW, SSLv2, aNULL",
                "smtpd_tls_protocols": None,
            },
        ),
        ("2.3.3", "smtpd_tls_mandatory_protocols = SSLv3, TLSv1\n", {"smtpd_tls_mandatory_protocols": "TLSv1"}),
        (
            "2.3.3",
            "smtpd_tls_exclude_ciphers = MD5 aNULL\n",
            {"smtpd_tls_exclude_ciphers": "MD5 aNULL, EXPORT, LOW, SSLv2"},
        ),
        ("2.9.6", "", {"smtpd_tls_mandatory_protocols": "!SSLv2, !SSLv3", "smtpd_tls_protocols": "!SSLv2, !SSLv3"}),
        ("2.9.6", "smtpd_tls_mandatory_protocols = TLSv1.2\n", {"smtpd_tls_mandatory_protocols": "TLSv1.2"}),
        ("3.7.11", "smtpd_tls_mandatory_protocols = >=TLSv1.3\n", {"smtpd_tls_mandatory_protocols": ">=TLSv1.3"}),
        (
            "3.7.11",
            "smtpd_tls_mandatory_protocols = >=TLSv1\n",
            {"smtpd_tls_mandatory_protocols": "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1"},
        ),
        (
            "3.7.11",
            "smtpd_tls_mandatory_protocols = $other\n",
            {"smtpd_tls_mandatory_protocols": "$other"},
        ),  # which cannot be read here
        (
            "3.7.11",
            "other = TLSv1.3\nsmtpd_tls_mandatory_protocols = $other\n",
            {"smtpd_tls_mandatory_protocols": "$other"},
        ),
        (
            "3.7.11",
            "other = >=TLSv1\nsmtpd_tls_mandatory_protocols = ${other}\n",
            {"smtpd_tls_mandatory_protocols": "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1"},
        ),
        ("3.7.11", "smtpd_tls_mandatory_protocols = >=0304\n", {"smtpd_tls_mandatory_protocols": ">=0304"}),
        (
            "3.7.11",
            "smtpd_tls_mandatory_protocols = >=0x0301\n",
            {"smtpd_tls_mandatory_protocols": "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1"},
        ),
        (
            "2.6.6",
            "smtpd_tls_mandatory_protocols = !SSLv2:!SSLv3:!TLSv1\n",
            {"smtpd_tls_mandatory_protocols": "!SSLv2:!SSLv3:!TLSv1"},
        ),
        (
            "2.9.6",
            "smtpd_tls_mandatory_protocols = TLSv1.2\nsmtpd_tls_protocols =\n  $smtpd_tls_mandatory_protocols\n",
            {"smtpd_tls_protocols": "$smtpd_tls_mandatory_protocols"},
        ),
        ("3.7.11", "", {"smtpd_tls_exclude_ciphers": None, "smtpd_tls_protocols": None}),
    ],
)
def test_postfix_is_told_what_its_version_can_be_told(version, stands, said):
    seen = centos5(outputs={postfix_at.VERSION: version}, files={MAIN: stands})
    main = MainCf(planned(postfix_relay, seen, **RELAY)[MAIN])
    assert {name: main.get(name) for name in said} == said


@pytest.mark.parametrize(("value", "said"), [("$other", 1), (">=TLSv1.9", 1), (">=TLSv1.3", 0), ("", 0)])
def test_what_stands_and_cannot_be_read_is_said(value, said):
    seen = centos5(outputs={postfix_at.VERSION: "3.7.11"}, files={MAIN: f"smtpd_tls_mandatory_protocols = {value}\n"})
    plan = run(postfix_relay, seen, **RELAY)
    assert [f"{MAIN}:1: smtpd_tls_mandatory_protocols = {value} cannot be read" in line for line in plan.warnings] == [
        True
    ] * said


def test_without_submission_port_25_still_refuses_export_ciphers():
    main = MainCf(planned(postfix_relay, centos5(), authenticated=False, **RELAY)[MAIN])
    assert main.get("smtpd_tls_exclude_ciphers") == "EXPORT, LOW, SSLv2, aNULL"
    assert main.get("smtpd_tls_mandatory_protocols") is None


@pytest.mark.parametrize(
    ("value", "versions"),
    [
        ("TLSv1", {"TLSv1"}),
        ("!SSLv2, !SSLv3", {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}),
        (">=TLSv1.2", {"TLSv1.2", "TLSv1.3"}),
        (">=TLSv1.1, <=TLSv1.2", {"TLSv1.1", "TLSv1.2"}),
        (">= TLSv1.3", {"TLSv1.3"}),
        ("", set(postfix.VERSIONS)),
        (">=0303", {"TLSv1.2", "TLSv1.3"}),
        ("<=0x0302:!SSLv2", {"SSLv3", "TLSv1", "TLSv1.1"}),
        (">=0399", None),
        ("$x", None),
    ],
)
def test_versions_that_a_list_allows(value, versions):
    assert postfix.allowed(value) == versions


def test_cyrus_and_stunnel_of_2006():
    imapd = Settings(cyrus_conf("2.3.7"), "/etc/imapd.conf")
    assert imapd.get("tls_cipher_list") == OLD
    assert Settings(cyrus_conf("3.6.1"), "/etc/imapd.conf").get("tls_cipher_list") is None
    for version, said in (("4.15", OLD), ("5.68", None)):
        seen = host(
            {"/etc/redhat-release": "CentOS release 5.11 (Final)\n"},
            {stunnel.STANDS: f"program /usr/sbin/stunnel\nstunnel {version} on x\n"},
        )
        service = {"name": "imaps", "accept": "993", "connect": "143", "protocol": ""}
        text = planned(stunnel_services, seen, services=[service], networks=["127.0.0.1/32"])[CONF]
        assert Settings(text, "c", " = ", "#;").get("ciphers") == said


def cyrus_conf(version):
    seen = host(
        {
            "/etc/redhat-release": "CentOS release 5.11 (Final)\n",
            "/etc/imapd.conf": "configdirectory: /var/lib/imap\n",
            "/etc/cyrus.conf": 'SERVICES {\n  imap cmd="imapd" listen="imap"\n}\n',
        },
        {cyrus.STANDS: f"folder /usr/lib/cyrus-imapd\nprogram imapd\nprogram pop3d\ncyrus-imapd {version}\n"},
    )
    return planned(cyrus_services, seen, protocols=["imap", "imaps"])["/etc/imapd.conf"]
