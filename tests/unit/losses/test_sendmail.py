"""What stands in Sendmail and worked for somebody: it stays, or is named before the first write."""

import pytest
from mailhost.core.host import Output
from mailhost.products.sendmail import access
from mailhost.products.sendmail.mc import SendmailMc
from mailhost.words import sendmail_relay

from ..hosts import run, written
from ..words.test_sendmail import CF, EL5, GIVEN, el5

MC, LOCAL = "/etc/mail/sendmail.mc", "/etc/mail/local-host-names"
STOCK = (EL5 / "etc/mail/sendmail.mc").read_text()


def planned(more="", mc=STOCK, **given):
    plan = run(sendmail_relay, el5(files={MC: mc.replace("MAILER(smtp)", f"{more}MAILER(smtp)")}), **GIVEN, **given)
    return plan, SendmailMc(written(plan)[MC])


def rules(plan):
    return [loss.rule for loss in plan.losses]


def listeners(mc):
    return [",".join(call.args) for call in mc.calls("DAEMON_OPTIONS")]


def test_a_smarthost_that_is_not_given_stays():
    more = "define(`SMART_HOST', `[old.example]')dnl\nFEATURE(`authinfo', `hash /etc/mail/authinfo')dnl\n"
    plan, mc = planned(more)
    assert mc.get_define("SMART_HOST") == "[old.example]"
    assert mc.feature("authinfo")
    assert planned(more, smarthost="")[1].get_define("SMART_HOST") is None
    assert not plan.losses


def test_the_client_may_log_in_where_the_server_lets_nobody():
    """A list of mechanisms is the client's too: AUTH is switched off for each listener."""
    _, mc = planned("define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl\n", authenticated=False)
    assert mc.get_define("confAUTH_MECHANISMS") == "PLAIN LOGIN"
    assert listeners(mc) == ["Port=smtp, Name=MTA, M=A"]
    _, mc = planned("define(`confAUTH_MECHANISMS', `EXTERNAL')dnl\n", authenticated=False)
    assert mc.get_define("confAUTH_MECHANISMS") is None, "which an earlier version of this wrote"


def test_a_listener_keeps_what_it_says():
    more = "DAEMON_OPTIONS(`Port=587, Name=Sub, M=E, InputMailFilters=dkim')dnl\n"
    _, mc = planned(more)
    assert "Port=587, Name=Sub, M=Ea, InputMailFilters=dkim" in listeners(mc)
    assert len(listeners(mc)) == 2
    assert not any("587" in text for text in listeners(planned(more, authenticated=False)[1]))


def test_auth_comes_back():
    mc = STOCK.replace("Port=smtp,Addr=127.0.0.1, Name=MTA", "Port=smtp, Name=MTA, M=A")
    assert "Port=smtp, Name=MTA" in listeners(planned(mc=mc)[1])


@pytest.mark.parametrize("address", ["192.0.2.5", "2001:db8::1"])
def test_the_address_that_somebody_decided_on_stays(address):
    family = "Family=inet6, " if ":" in address else ""
    mc = STOCK.replace("Port=smtp,Addr=127.0.0.1", f"{family}Port=smtp,Addr={address}")
    assert any(f"Addr={address}" in text for text in listeners(planned(mc=mc)[1]))


def test_addresses_are_for_smtp_too():
    _, mc = planned(addresses=["192.0.2.6", "2001:db8::1"], authenticated=False)
    found = [text for text in listeners(mc) if "smtp" in text]
    assert sorted(text.partition("Addr=")[2].split(",")[0] for text in found) == [
        "127.0.0.1",
        "192.0.2.6",
        "2001:db8::1",
    ]


def test_domains_that_are_no_more_delivered_are_named():
    seen = el5(files={LOCAL: "# ours\nold.example\nexample.test\nmachine\n"})
    plan = run(sendmail_relay, seen, **GIVEN)
    assert [(loss.rule, loss.place) for loss in plan.losses] == [("loss.address @old.example", f"{LOCAL}:2")]
    seen.outputs[access.OURS.argv] = Output(0, f"{LOCAL}\n")
    assert not run(sendmail_relay, seen, **GIVEN).losses


def test_a_cf_edited_by_hand_is_named():
    cf = CF.rpartition("= ")[0] + "O MaxMessageSize=1000\nR$* < @ old > $*\t$#error\n"
    plan = run(sendmail_relay, el5(files={"/etc/mail/sendmail.cf": cf}), **GIVEN)
    assert rules(plan) == ["loss.configuration sendmail.cf"]
    assert "2 lines" in plan.losses[0].what
    same = run(sendmail_relay, el5(files={"/etc/mail/sendmail.cf": "# other date\n" + CF.rpartition("= ")[0]}), **GIVEN)
    assert not same.losses


def test_mbox_is_delivered_to_the_spool():
    files = {"/etc/procmailrc": "DEFAULT=$HOME/Maildir/\nLOGFILE=/x\n"}
    plan = run(sendmail_relay, el5(files=files), **GIVEN, mail_format="mbox")
    assert written(plan)["/etc/procmailrc"] == "LOGFILE=/x\n"
    assert "/etc/procmailrc" not in written(run(sendmail_relay, el5(), **GIVEN, mail_format="mbox"))


def test_submission_is_served_beyond_loopback():
    """Debian's package has it on loopback alone."""
    more = "DAEMON_OPTIONS(`Family=inet,  Name=MSP-v4, Port=submission, M=Ea, Addr=127.0.0.1')dnl\n"
    assert "Family=inet,  Name=MSP-v4, Port=submission, M=Ea" in listeners(planned(more)[1])
    more = more.replace("127.0.0.1", "192.0.2.5")
    assert any("Addr=192.0.2.5" in text for text in listeners(planned(more)[1]))


ACCESS, RELAYED = "/etc/mail/access", "/etc/mail/relay-domains"


@pytest.mark.parametrize(
    ("row", "given", "lost"),
    [
        ("Connect:192.0.2\tRELAY", {}, ["loss.route 192.0.2"]),
        ("Connect:192.0.2\tRELAY", {"networks": ["192.0.2.0/24"]}, []),
        ("Connect:IPv6:2001:db8:1\tRELAY", {}, ["loss.route IPv6:2001:db8:1"]),
        ("To:partner.example\tRELAY", {}, ["loss.address @partner.example"]),
        ("To:partner.example\tRELAY", {"relay_domains": ["partner.example"]}, []),
        ("Connect:localhost.localdomain\tRELAY", {}, []),
        ("Connect:127.0.0.1\tRELAY", {}, []),
        ("spammer.example\tREJECT", {}, []),
    ],
)
def test_rows_that_relay_are_not_dropped_without_a_word(row, given, lost):
    seen = el5(files={ACCESS: f"{row}\n"})
    assert rules(run(sendmail_relay, seen, **GIVEN, **given)) == lost
    seen.outputs[access.OURS.argv] = Output(0, f"{ACCESS}\n")
    assert not run(sendmail_relay, seen, **GIVEN, **given).losses


@pytest.mark.parametrize(
    ("name", "given", "lost"),
    [
        ("partner.example", {}, ["loss.address @partner.example"]),
        ("partner.example", {"relay_domains": ["partner.example"]}, []),
        ("192.168.1", {}, ["loss.route 192.168.1"]),
        ("192.168.1", {"networks": ["192.168.1.0/24"]}, []),
    ],
)
def test_names_of_relay_domains_are_not_dropped_without_a_word(name, given, lost):
    plan = run(sendmail_relay, el5(files={RELAYED: f"# who else\n{name}\n"}), **GIVEN, **given)
    assert [(loss.rule, loss.place) for loss in plan.losses] == [(rule, f"{RELAYED}:2") for rule in lost]
