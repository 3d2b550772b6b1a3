"""The grammars of Sendmail, Cyrus and stunnel: nothing is lost, set is idempotent, unset takes set back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mailhost.core.errors import BadInput
from mailhost.core.host import encode
from mailhost.formats.keyed import Keyed, Names
from mailhost.formats.settings import Settings
from mailhost.products.cyrus.cyrus_conf import CyrusConf
from mailhost.products.sendmail.mc import SendmailMc, quoted

from ..hosts import EL5

EL5_MC = (EL5 / "etc/mail/sendmail.mc").read_text()
EL5_CYRUS = (EL5 / "etc/cyrus.conf").read_text()
DEBIAN_MC = """divert(-1)dnl
divert(0)dnl
define(`_USE_ETC_MAIL_')dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
FEATURE(`no_default_msa')dnl
dnl DAEMON_OPTIONS(`Family=inet6, Name=MTA-v6, Port=smtp, Addr=::1')dnl
DAEMON_OPTIONS(`Family=inet,  Name=MTA-v4, Port=smtp, Addr=127.0.0.1')dnl
define(`confPRIVACY_FLAGS',dnl
`needmailhelo,restrictqrun,authwarnings')dnl
FEATURE(`access_db', , `skip')dnl
# FEATURE(`promiscuous_relay') in a comment that m4 copies
MAILER_DEFINITIONS
MAILER(`local')dnl
MAILER(`smtp')dnl
LOCAL_RULESETS
SLocal_check_rcpt
R$* ( $* )	$: $1
"""
macro = st.sampled_from(
    [
        *EL5_MC.splitlines(),
        *DEBIAN_MC.splitlines(),
        "ifdef(`X', `define(`Y', `z')')",
        "changequote([, ])define([a], [b])",
    ]
)
junk = st.text(alphabet="`'()[],# \tdnlFEATURE\r$@\"\udcff", max_size=15)
plain = st.from_regex(r"[a-z0-9.]{1,12}", fullmatch=True)


@st.composite
def lines(draw, line):
    return "\n".join(draw(st.lists(line, max_size=8))) + draw(st.sampled_from(["", "\n"]))


@given(lines(st.one_of(macro, junk)))
def test_sendmail_mc_loses_nothing(text):
    assert SendmailMc(text).render() == text


@given(lines(macro), plain)
@example(EL5_MC, "x")
@example(DEBIAN_MC, "x")
def test_a_definition_set_twice_is_set_once(text, value):
    if "changequote" in text:
        return
    mc = SendmailMc(text)
    mc.set_define("SMART_HOST", value)
    once = mc.render()
    again = SendmailMc(once)
    assert again.get_define("SMART_HOST") == value
    again.set_define("SMART_HOST", value)
    assert again.render() == once


@pytest.mark.parametrize("text", [EL5_MC, DEBIAN_MC])
def test_set_then_unset_is_before(text):
    mc = SendmailMc(text)
    mc.set_define("NEVER_THERE", "x")
    assert mc.render() != text
    mc = SendmailMc(mc.render())
    mc.unset_define("NEVER_THERE")
    assert mc.render() == text


def test_what_m4_sees():
    mc = SendmailMc(DEBIAN_MC)
    assert mc.get_define("confPRIVACY_FLAGS") == "needmailhelo,restrictqrun,authwarnings"
    assert mc.feature("access_db").args == ["access_db", "", "skip"]
    assert mc.feature("promiscuous_relay") is None  # in a comment
    assert [call.args for call in mc.calls("DAEMON_OPTIONS")] == [
        ["Family=inet,  Name=MTA-v4, Port=smtp, Addr=127.0.0.1"]
    ]
    assert SendmailMc(EL5_MC).get_define("SMART_HOST") is None  # behind dnl
    hidden = SendmailMc("ifdef(`X',\n `FEATURE(`promiscuous_relay')')dnl\n")
    assert [call.args for call in hidden.every_call() if call.name == "FEATURE"] == [["promiscuous_relay"]]
    later = SendmailMc("define(`A', `1')dnl\nundefine(`A')dnl\n")
    assert later.get_define("A") is None


def test_definitions_come_before_mailers():
    mc = SendmailMc(EL5_MC)
    mc.set_define("confDOMAIN_NAME", "a.b.c")
    text = mc.render()
    assert text.index("confDOMAIN_NAME") < text.index("\nMAILER(smtp)")
    mc.append_call("MAILER", "cyrusv2", after=mc.calls("MAILER")[-1])
    assert "MAILER(procmail)dnl\nMAILER(`cyrusv2')dnl\n" in mc.render()


@pytest.mark.parametrize("value", ["a'b", "`", "syscmd(x)", ")", "a\nb", "a\rb", "x dnl y", "\0"])
def test_what_m4_would_obey_is_refused(value):
    with pytest.raises(BadInput, match="m4 would obey"):
        quoted("option", value)


ROW = st.one_of(
    st.sampled_from(["# comment", "", "Connect:10.1\tRELAY", "spam.test   REJECT", "  odd", "To:a.b RELAY"]), junk
)


@given(lines(ROW), plain, plain)
def test_keyed(text, key, value):
    table = Keyed(text)
    assert table.render() == text
    known = table.get(key) is not None
    table.set(key, value)
    once = table.render()
    again = Keyed(once)
    assert again.get(key) == value
    again.set(key, value)
    assert again.render() == once
    if not known:
        again.unset(key)
        assert again.render() == text


def test_class_files():
    names = Names("# head\nOld.example # why\nkept.example\n")
    names.set_names(["kept.example", "new.example"])
    assert names.render() == "# head\nkept.example\nnew.example\n"
    with pytest.raises(BadInput):
        names.set("a b", "")


OPTION = st.one_of(
    st.sampled_from(["# c", "", "admins: cyrus", "a: b \\\n c", "x:y", "; c", "[imaps]", "accept = 993"]), junk
)


@given(lines(OPTION), st.sampled_from([": ", " = ", "="]), plain)
@example("a", ": ", "x")
def test_settings(text, separator, value):
    file = Settings(text, "f", separator, "#;")
    assert encode(file.render()) == encode(text)
    file.set("never_there", value)
    once = file.render()
    again = Settings(once, "f", separator, "#;")
    assert again.get("never_there") == value
    again.set("never_there", value)
    assert again.render() == once


def test_settings_of_sections():
    file = Settings("cert = a\n[imaps]\naccept = 993\n; note\n[pop3s]\naccept = 995\n", "stunnel.conf", " = ", "#;")
    file.set("connect", "143", "imaps")
    file.set("key", "b")
    assert file.render() == "cert = a\nkey = b\n[imaps]\naccept = 993\nconnect = 143\n; note\n[pop3s]\naccept = 995\n"
    file.drop_section("imaps")
    assert file.render() == "cert = a\nkey = b\n[pop3s]\naccept = 995\n"
    with pytest.raises(BadInput):
        file.set("cert", "a\nkey = c")


SERVICE = st.sampled_from(
    EL5_CYRUS.splitlines() + ['#imaps cmd="imapd -s" listen="imaps" prefork=0', "SERVICES {", "}", "# x", 'odd "', ""]
)


@given(lines(SERVICE))
@example(EL5_CYRUS)
def test_cyrus_conf(text):
    conf = CyrusConf(text)
    assert conf.render() == text
    conf.set("imaps", cmd="imapd -s", listen="imaps")
    once = conf.render()
    again = CyrusConf(once)
    assert again.get("imaps").attributes["listen"] == "imaps"
    again.set("imaps", cmd="imapd -s", listen="imaps")
    assert again.render() == once
    again.unset("imaps")
    assert CyrusConf(again.render()).get("imaps") is None


def test_cyrus_services_off_and_on_again():
    conf = CyrusConf(EL5_CYRUS)
    conf.unset("pop3")
    assert '#  pop3\t\tcmd="pop3d" listen="pop3" prefork=3\n' in conf.render()
    conf = CyrusConf(conf.render())
    conf.set("pop3", listen="pop3")
    assert CyrusConf(conf.render()).settings() == CyrusConf(EL5_CYRUS).settings()
    with pytest.raises(BadInput, match="a quote"):
        conf.set("imap", cmd='imapd" evil cmd="/bin/sh')
    with pytest.raises(BadInput, match="a newline"):
        conf.set("imap", cmd="imapd\nevil")
