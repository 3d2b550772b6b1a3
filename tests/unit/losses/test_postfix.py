"""What stands in Postfix and worked for somebody: it stays, or is named before the first write."""

import pytest
from mailhost.core.errors import BadInput
from mailhost.core.host import Output
from mailhost.products.dovecot import location
from mailhost.products.postfix.main_cf import MainCf
from mailhost.products.postfix.master_cf import MasterCf
from mailhost.words import postfix_relay

from ..hosts import after, debian, run, written

MAIN, MASTER = "/etc/postfix/main.cf", "/etc/postfix/master.cf"
GIVEN = {"hostname": "mx.example.test", "domains": ["example.test"]}


def postfix(main, master=None, **more):
    base = debian().files
    files = {MAIN: base[MAIN].text + main, MASTER: base[MASTER].text if master is None else master}
    tables = {f"/etc/postfix/{name}": "" for name in ("virtual", "vd", "local", "relayed", "nets")}
    tables["/y"] = ""
    return debian(files={**tables, **files, **more.pop("files", {})}, **more)


def planned(main, master=None, **given):
    seen = postfix(main, master)
    plan = run(postfix_relay, seen, **GIVEN, **given)
    assert not run(postfix_relay, after(plan, seen), **GIVEN, **given).changed
    return plan, MainCf(written(plan)[MAIN]), MasterCf(written(plan).get(MASTER, seen.files[MASTER].text))


def rules(plan):
    return [loss.rule for loss in plan.losses]


@pytest.mark.parametrize(
    "stands",
    ["hash:/etc/postfix/virtual", "hash:/etc/postfix/vd, hash:/y", "$virtual_maps"],
)
def test_tables_of_addresses_stay_beside_ours(stands):
    plan, main, _ = planned(f"virtual_alias_maps = {stands}\n")
    assert main.get("virtual_alias_maps") == f"hash:/etc/mailhost/aliases, {stands}"
    assert not plan.losses


def test_virtual_mailboxes_of_others_stay():
    text = "virtual_mailbox_domains = hash:/etc/postfix/vd\nvirtual_mailbox_maps = sqlite:/etc/postfix/v.cf\n"
    _, main, _ = planned(text)
    assert main.get("virtual_mailbox_domains") == "hash:/etc/postfix/vd"
    assert main.get("virtual_mailbox_maps") == "sqlite:/etc/postfix/v.cf"
    _, main, _ = planned(text, mailbox_store="virtual")
    assert main.get("virtual_mailbox_domains") == "example.test hash:/etc/postfix/vd"
    assert main.get("virtual_mailbox_maps") == "hash:/etc/mailhost/mailboxes, sqlite:/etc/postfix/v.cf"


@pytest.mark.parametrize(
    ("given", "wanted"), [({}, "[old.example]:25"), ({"smarthost": ""}, ""), ({"smarthost": "[a.test]"}, "[a.test]")]
)
def test_a_smarthost_that_is_not_given_stays(given, wanted):
    assert planned("relayhost = [old.example]:25\n", **given)[1].get("relayhost") == wanted


@pytest.mark.parametrize("stands", ["192.0.2.5, 127.0.0.1", "loopback-only", "$myhostname, localhost"])
def test_the_addresses_that_somebody_decided_on_stay(stands):
    assert planned(f"inet_interfaces = {stands}\n")[1].get("inet_interfaces") == stands


@pytest.mark.parametrize("stands", ["", "inet_interfaces = localhost\n"])
def test_what_a_package_alone_decided_becomes_all(stands):
    assert planned(stands)[1].get("inet_interfaces") == "all"


def test_addresses_are_for_smtp_too():
    plan, main, _ = planned("inet_interfaces = 192.0.2.5, 127.0.0.1\n", addresses=["192.0.2.6", "2001:db8::1"])
    assert main.get("inet_interfaces") == "127.0.0.1, 192.0.2.6, [2001:db8::1]"
    assert rules(plan) == ["loss.listener 192.0.2.5"]
    assert not planned("inet_interfaces = 192.0.2.5\n", addresses=["*"])[0].losses


# who is delivered to, and who may send


def test_domains_that_no_list_has_any_more_are_named():
    plan, _, _ = planned("mydestination = $myhostname, localhost, old.example, hash:/etc/postfix/local\n")
    assert rules(plan) == ["loss.address @old.example"]
    assert not planned("mydestination = old.example\n", relay_domains=["old.example"])[0].losses
    assert rules(planned("relay_domains = old.example\n")[0]) == ["loss.address @old.example"]


def test_a_list_of_domains_that_is_a_table_stays():
    _, main, _ = planned("mydestination = localhost, hash:/etc/postfix/local\nrelay_domains = /etc/postfix/relayed\n")
    assert main.get("mydestination").endswith(", example.test, hash:/etc/postfix/local")
    assert main.get("relay_domains") == "/etc/postfix/relayed"


@pytest.mark.parametrize(
    ("stands", "lost"),
    [
        ("127.0.0.0/8 [::1]/128 [::ffff:127.0.0.0]/104", []),
        ("127.0.0.1 192.0.2.0/24", ["loss.route 192.0.2.0/24"]),
        ("10.1.2.0/24", []),  # within the one that is given
        ("[2001:db8::]/32", ["loss.route 2001:db8::/32"]),
        ("cidr:/etc/postfix/nets", ["loss.route cidr:/etc/postfix/nets"]),
        ("/etc/postfix/nets", ["loss.route /etc/postfix/nets"]),
        ("0.0.0.0/0", []),  # which nobody may want back
    ],
)
def test_networks_that_may_send(stands, lost):
    assert rules(planned(f"mynetworks = {stands}\n", networks=["127.0.0.0/8", "10.0.0.0/8"])[0]) == lost


def test_lists_that_a_run_of_ours_wrote_are_the_inventorys_to_change():
    seen = postfix("mydestination = old.example\nmynetworks = 192.0.2.0/24\n")
    assert len(run(postfix_relay, seen, **GIVEN).losses) == 2
    seen.outputs[postfix_relay.OURS] = Output(0, f"{MAIN}\n")
    assert not run(postfix_relay, seen, **GIVEN).losses


# delivery


@pytest.mark.parametrize(
    "stands",
    [
        "mailbox_command = /usr/bin/maildrop -d $USER",
        "mailbox_transport = maildrop",
        "mailbox_command_maps = hash:/etc/postfix/commands",
        "mailbox_transport_maps = hash:/etc/postfix/transports",
    ],
)
def test_what_beats_our_delivery_is_named(stands):
    plan, main, _ = planned(stands + "\n")
    name = stands.split(" ")[0]
    assert rules(plan) == [f"loss.delivery {name}"]
    assert main.get(name) == "", "accepted, it delivers no more"


PROCMAIL = 'mailbox_command = procmail -a "$EXTENSION"\n'


@pytest.mark.parametrize(
    ("rules", "owners", "lost"),
    [
        (None, "", []),  # as Debian's package has it where procmail is installed
        ("# ours\nDEFAULT=$HOME/Maildir/\n", "", []),
        (":0\n* ^Subject: spam\n/dev/null\n", "", ["loss.delivery mailbox_command"]),
        (None, "bob\n", ["loss.delivery mailbox_command"]),
    ],
)
def test_procmail_without_rules_loses_nothing(rules, owners, lost):
    seen = postfix(PROCMAIL, files={"/etc/procmailrc": rules})
    seen.outputs[postfix_relay.RULES] = Output(0, owners)
    plan = run(postfix_relay, seen, **GIVEN)
    assert ([loss.rule for loss in plan.losses], MainCf(written(plan)[MAIN]).get("mailbox_command")) == (lost, "")


@pytest.mark.parametrize(
    "stands",
    ["mailbox_command = /usr/lib/dovecot/dovecot-lda -f x", "mailbox_transport = lmtp:unix:private/dovecot-lmtp"],
)
def test_a_delivery_by_dovecot_stays(stands):
    plan, main, _ = planned(stands + "\n")
    assert not plan.losses
    assert main.get(stands.split(" ")[0])


def test_where_mail_stays_delivery_does():
    text = "home_mailbox = \nmailbox_command = procmail\nmail_spool_directory = /var/spool/mail\n"
    seen = postfix(text, files={"/etc/dovecot/local.conf": "mail_location = mbox:~/m:INBOX=/var/spool/mail/%u\n"})
    seen.outputs[location.STORED.argv("m", "/var/spool/mail", "")] = Output(0, "bob\n")
    plan = run(postfix_relay, seen, **GIVEN)
    main = MainCf(written(plan)[MAIN])
    assert [main.get(name) for name in ("home_mailbox", "mailbox_command")] == ["", "procmail"]
    assert not plan.losses
    assert "home_mailbox = Maildir/" in written(run(postfix_relay, seen, **GIVEN, mail_format="maildir"))[MAIN]


# services and TLS

SMTP = "smtp inet n - y - - smtpd\n"
RICH = (
    "{} inet n - n - 40 smtpd\n  -o syslog_name=postfix/{}\n  # who sends as whom\n"
    "  -o smtpd_sender_restrictions=reject_authenticated_sender_login_mismatch,permit\n"
    "  -o milter_macro_daemon_name=ORIGINATING\n  -o content_filter=dkim:[127.0.0.1]:10026\n"
)


@pytest.mark.parametrize("name", ["submission", "587", "192.0.2.5:587"])
def test_a_submission_service_of_its_own_keeps_what_it_has(name):
    plan, _, master = planned("", SMTP + RICH.format(name, name))
    (service,) = master.on(("submission", "587"))
    assert RICH.format(name, name) in master.render()
    assert service.fields[4:7] == ["n", "-", "40"]
    assert service.options["smtpd_tls_security_level"] == "encrypt"
    assert service.options["smtpd_sasl_auth_enable"] == "yes"
    assert service.options["content_filter"] == "dkim:[127.0.0.1]:10026"


@pytest.mark.parametrize("level", ["encrypt", "may", "none"])
def test_submission_asks_for_tls_whatever_stood(level):
    _, _, master = planned("", f"{SMTP}587 inet n - y - - smtpd -o smtpd_tls_security_level={level} -o a=b\n")
    (service,) = master.on(("submission", "587"))
    assert service.options["smtpd_tls_security_level"] == "encrypt"
    assert service.options["a"] == "b"


@pytest.mark.parametrize("name", ["submission", "587"])
def test_no_submission_is_left_where_none_is_asked_for(name):
    _, _, master = planned("", SMTP + RICH.format(name, name), authenticated=False)
    assert not master.on(("submission", "587"))


@pytest.mark.parametrize("name", ["smtpd_tls_chain_files", "smtpd_tls_eccert_file"])
def test_what_would_be_served_before_the_asked_certificate_goes(name):
    _, main, _ = planned(f"{name} = /etc/x.pem\n")
    assert main.get(name) is None
    assert main.get("smtpd_tls_cert_file") == "/etc/ssl/certs/mailhost.pem" or main.get("smtpd_tls_cert_file")


def test_comments_within_a_list_stay_behind_it():
    text = "mynetworks =\n  127.0.0.0/8\n# the office\n  192.0.2.0/24\nlast = 1\n"
    main = MainCf(text)
    main.set("mynetworks", "127.0.0.0/8")
    assert main.render() == "mynetworks = 127.0.0.0/8\n# the office\nlast = 1\n"


@pytest.mark.parametrize(("asked", "wanted"), [(None, "1"), ("10485760", "10485760"), ("50M", "52428800")])
def test_a_size_that_is_not_given_stays(asked, wanted):
    assert planned("message_size_limit = 1\n", message_size=asked)[1].get("message_size_limit") == wanted


@pytest.mark.parametrize("asked", ["0", "50 M", "1.5G", "-1", "x", ""])
def test_what_is_no_size(asked):
    with pytest.raises(BadInput, match="message_size: .* is not a size"):
        run(postfix_relay, debian(), **GIVEN, message_size=asked)


@pytest.mark.parametrize(
    ("stands", "wanted"), [("", "52428800"), ("= 0", "0"), ("= 60000000", "60000000"), ("= 1000", "52428800")]
)
def test_a_mailbox_takes_what_a_message_may_have(stands, wanted):
    """local(8) refuses to deliver anything where its limit is the smaller one."""
    text = "".join(f"{name} {stands}\n" for name in ("mailbox_size_limit", "virtual_mailbox_limit") if stands)
    main = planned(text, message_size="50M")[1]
    assert [main.get(name) for name in ("mailbox_size_limit", "virtual_mailbox_limit")] == [wanted, wanted]
    assert planned(text)[1].get("mailbox_size_limit") == (stands[2:] or None)


GUARD = "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"


@pytest.mark.parametrize(
    ("entry", "rows", "lost"),
    [
        ("check_client_access hash:/y", "partner.example OK\n", True),
        ("check_client_access cidr:/y", "192.0.2.7 permit\n", True),
        ("check_client_access hash:/y", "spammer.example REJECT\nother.example 554 no\n", False),
        ("check_sender_access hash:/y", "spammer.example REJECT\n", False),
        ("permit_tls_clientcerts", "", True),
        ("permit_mx_backup", "", True),
        ("reject_rbl_client bl.example", "", False),
    ],
)
def test_clients_that_a_list_lets_by_are_not_shut_out_without_a_word(entry, rows, lost):
    seen = postfix(f"smtpd_relay_restrictions = {entry}, {GUARD}\n", files={"/y": rows})
    plan = run(postfix_relay, seen, **GIVEN)
    assert rules(plan) == ([f"loss.route {entry}"] if lost else [])
    main = MainCf(written(plan)[MAIN])
    behind = "" if entry.startswith("permit_") else f", {entry}"
    assert main.get("smtpd_relay_restrictions") == GUARD + behind, "what refuses still does, behind the guard"
    again = run(postfix_relay, after(plan, seen), **GIVEN)
    assert (again.changed, again.losses) == (False, [])
    accept = [{"rule": rule, "reason": "our other office"} for rule in (entry, f"smtpd_relay_restrictions {entry}")]
    kept = run(postfix_relay, seen, **GIVEN, accept=accept)
    assert MainCf(written(kept).get(MAIN, seen.files[MAIN].text)).get("smtpd_relay_restrictions") == f"{entry}, {GUARD}"
    assert not kept.losses
