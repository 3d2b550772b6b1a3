"""sendmail_relay and mta: what is written on an EL 5 and a Debian host, that a second run has nothing to do,
what is refused."""

import base64
import decimal
import hashlib

import pytest
from mailhost.core.errors import BadConfiguration, BadInput
from mailhost.core.host import Output, encode
from mailhost.core.operations import Check, Run
from mailhost.products import standing, switch
from mailhost.products.sendmail import access, build, shell
from mailhost.products.sendmail import configure as sendmail
from mailhost.products.sendmail import versions as dialect
from mailhost.products.sendmail.abuse import commands
from mailhost.products.sendmail.ask import candidate, live, patterns
from mailhost.products.sendmail.mc import SendmailMc
from mailhost.systems.families import DEBIAN
from mailhost.words import mail_packages, mta, sendmail_relay

from ..hosts import EL5, after, centos5, file, params, run, written

CF = "# a cf\nV10/x\nDZ8.13.8\n= 0\n"
PROGRAM = "/usr/sbin/sendmail.sendmail"
TOOLS = f"DZ8.13.8\n# head\n{'0' * 40}  -\n/usr/share/sendmail-cf/m4/cf.m4\n{PROGRAM}\n/usr/bin/m4\n/usr/sbin/makemap\n"
GIVEN = {"hostname": "mx.example.test", "domains": ["example.test"]}


def answers(refused="$# error $@ 5 . 7 . 1", accepted="$# local", **given):
    asked = params(sendmail_relay, **{**GIVEN, **given})
    no, yes = patterns(asked)
    return {live(PROGRAM, asked).argv: "\n".join([refused] * (2 * len(no)) + [accepted] * len(yes)) + "\n"}


def el5(files=None, outputs=None):
    names = ("sendmail.mc", "access", "local-host-names")
    found = {f"/etc/mail/{name}": (EL5 / f"etc/mail/{name}").read_text() for name in names}
    found.update({"/etc/aliases": "postmaster: root\n", **(files or {})})
    said = {sendmail.STANDS: TOOLS, build.BUILD: CF, build.BUILT: CF, **answers()}
    return centos5(files=found, outputs={**said, **(outputs or {})})


def built(seen, plan):
    """The host after the plan, whose cf is the one that was written."""
    new = after(plan, seen)
    text = written(plan)["/etc/mail/sendmail.cf"]
    head, _, body = text.partition("\n")
    digest = hashlib.sha1(encode(body)).hexdigest()
    new.outputs[sendmail.STANDS] = Output(0, TOOLS.replace("# head", head).replace("0" * 40, digest))
    return new


def test_the_first_run_and_the_second():
    seen = el5()
    plan = run(sendmail_relay, seen, **GIVEN)
    files = written(plan)
    assert "DAEMON_OPTIONS(`Port=smtp, Name=MTA')dnl\n" in files["/etc/mail/sendmail.mc"]
    assert "define(`confAUTH_OPTIONS', `A p y')dnl\n" in files["/etc/mail/sendmail.mc"]
    assert (
        "dnl define(`SMART_HOST', `smtp.your.provider')dnl\n" in files["/etc/mail/sendmail.mc"]
    )  # nothing of it is lost
    assert files["/etc/mail/local-host-names"].endswith("example.test\nmx.example.test\nlocalhost\n")
    assert "Connect:127\tRELAY\n" in files["/etc/mail/access"]
    assert files["/etc/procmailrc"] == "DEFAULT=$HOME/Maildir/\n"
    assert isinstance(plan.operations[0], Check)
    assert [operation.argv[2] for operation in plan.operations if isinstance(operation, Run)] == [shell.MAKEMAP]
    again = run(sendmail_relay, built(seen, plan), **GIVEN)
    assert again.operations == []


def test_a_cf_changed_by_hand_is_made_again():
    seen = el5()
    new = built(seen, run(sendmail_relay, seen, **GIVEN))
    said = new.outputs[sendmail.STANDS].text
    digest = next(line for line in said.splitlines() if line.endswith("  -"))
    new.outputs[sendmail.STANDS] = Output(0, said.replace(digest, "f" * 40 + "  -"))
    new.files["/etc/mail/sendmail.cf"] = file("/etc/mail/sendmail.cf", "V10/x\nO ByHand\n")
    assert set(written(run(sendmail_relay, new, **GIVEN))) == {"/etc/mail/sendmail.cf"}


@pytest.mark.parametrize(
    ("text", "defines"),
    [
        ("smart.example.net", {"SMART_HOST": "smart.example.net", "RELAY_MAILER_ARGS": None}),
        ("[smart.example.net]:587", {"SMART_HOST": "[smart.example.net]", "RELAY_MAILER_ARGS": "TCP $h 587"}),
        ("", {"SMART_HOST": None, "RELAY_MAILER_ARGS": None}),
    ],
)
def test_smarthost(text, defines):
    mc = SendmailMc(written(run(sendmail_relay, el5(), smarthost=text, **GIVEN))["/etc/mail/sendmail.mc"])
    assert {name: mc.get_define(name) for name in defines} == defines


def test_cyrus_takes_the_mail_by_lmtp():
    text = written(run(sendmail_relay, el5(), access="cyrus", **GIVEN))["/etc/mail/sendmail.mc"]
    for part in (
        "`CYRUSV2_MAILER_ARGS', `FILE /var/lib/imap/socket/lmtp'",
        "`confLOCAL_MAILER', `cyrusv2'",
        "MAILER(`cyrusv2')",
        "(`CYRUSV2', `+w')",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("network", "keys"),
    [
        ("192.0.2.0/24", ["Connect:192.0.2"]),
        ("192.0.2.7/32", ["Connect:192.0.2.7"]),
        ("10.1.0.0/23", ["Connect:10.1.0", "Connect:10.1.1"]),
        ("192.0.2.0/30", [f"Connect:192.0.2.{number}" for number in range(4)]),
        ("127.0.0.0/8", ["Connect:127"]),
        ("2001:db8:1::/48", ["Connect:IPv6:2001:db8:1"]),
        ("::1/128", ["Connect:IPv6:0:0:0:0:0:0:0:1", "Connect:IPv6:::1"]),
    ],
)
def test_networks_as_keys_of_the_access_map(network, keys):
    assert access.prefixes("networks", network) == keys


REFUSED = [
    ({"networks": ["0.0.0.0/0"]}, "holds all of the Internet"),
    ({"networks": ["10.0.0.1/8"]}, "host bits"),
    ({"networks": ["2001:db8::/33"]}, "IPv6 networks of 16, 32, 48"),
    ({"domains": ["com"]}, "not a domain of at least two labels"),
    ({"domains": ["a.b\nc.d"]}, "not a domain"),
    ({"relay_domains": ["x`syscmd(id)'.test"]}, "not a domain"),
    ({"hostname": "mx"}, "not a domain of at least two labels"),
    ({"smarthost": "a.b`syscmd(id)'"}, "neither a name nor"),
    ({"smarthost": "|/bin/sh"}, "neither a name nor"),
    ({"mailbox_store": "virtual"}, "Sendmail delivers to accounts"),
    ({"certificate": "/etc/a'b"}, "absolute path"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_bad_input_is_refused_before_anything_is_read(given, message):
    with pytest.raises(BadInput, match=message):
        list(sendmail_relay.reads(params(sendmail_relay, **{**GIVEN, **given}), el5()))


OPEN = [
    ("sendmail.mc", "FEATURE(`promiscuous_relay')dnl", "anybody may send anywhere"),
    ("sendmail.mc", "FEATURE(relay_local_from)", "claims a sender of this host"),
    ("sendmail.mc", "FEATURE(`relay_mail_from', `domain')dnl", "claims a sender with a From: row"),
    ("sendmail.mc", "FEATURE(`relay_based_on_MX')dnl", "points an MX record"),
    ("sendmail.mc", "FEATURE(`relay_entire_domain')dnl", "below this host's domain"),
    ("sendmail.mc", "FEATURE(`loose_relay_check')dnl", "user%elsewhere@here"),
    ("sendmail.mc", "ifdef(`X', `FEATURE(`promiscuous_relay')')dnl", "anybody may send anywhere"),
    ("sendmail.mc", "RELAY_DOMAIN(`example.org')dnl", "clients and subdomains"),
    ("access", "relay.test RELAY", "has no tag"),
    ("access", "com RELAY", "has no tag"),
    ("access", "Connect:com RELAY", "whole top-level domain"),
    ("access", "Connect: RELAY", "names nobody"),
    ("access", "Connect:10 RELAY", "sixteen million"),
    ("access", "To:@ RELAY", "names nobody"),
    ("access", "Connect:IPv6:2001 RELAY", "much of the Internet"),
    ("access", "From:example.test RELAY", "trusts a sender's name"),
    ("relay-domains", "com", "whole top-level domain"),
]


@pytest.mark.parametrize(("name", "line", "message"), OPEN)
def test_what_opens_a_relay_is_refused_with_its_place(name, line, message):
    path = f"/etc/mail/{name}"
    text = (EL5 / "etc/mail" / name).read_text() if name != "relay-domains" else "# head\n"
    where = text.count("\n") + 1
    with pytest.raises(BadConfiguration, match=f"^{path}:{where}: .*{message}"):
        run(sendmail_relay, el5({path: text + line + "\n"}), **GIVEN)


def test_relay_rows_are_exactly_the_options():
    rows = (
        "Connect:192.0.2 RELAY\nConnect:IPv6:::1 RELAY\nTo:old.example RELAY\n"
        "spam.example REJECT\nConnect:203.0.113 OK\n"
    )
    text = written(
        run(sendmail_relay, el5({"/etc/mail/access": rows}), relay_domains=["new.example"], networks=[], **GIVEN)
    )["/etc/mail/access"]
    assert text == "spam.example REJECT\nConnect:203.0.113 OK\nTo:new.example\tRELAY\n"


def test_what_stands_is_asked_too():
    seen = el5()
    new = built(seen, run(sendmail_relay, seen, **GIVEN))
    new.outputs.update({argv: Output(0, text) for argv, text in answers(refused="RELAY").items()})
    with pytest.raises(BadConfiguration, match="a stranger may relay to <user@elsewhere.invalid>"):
        run(sendmail_relay, new, **GIVEN)
    new.outputs.update({argv: Output(0, "") for argv in answers()})
    with pytest.raises(BadConfiguration, match="does not answer"):
        run(sendmail_relay, new, **GIVEN)


def test_without_m4_or_a_cf():
    bare = TOOLS.replace("/usr/bin/m4\n", "")
    with pytest.raises(BadConfiguration, match="no m4"):
        run(sendmail_relay, el5(outputs={sendmail.STANDS: bare}), **GIVEN)
    with pytest.raises(BadConfiguration, match="m4 refuses it: m4:stdin:3: bad"):
        run(sendmail_relay, el5(outputs={build.BUILD: "= 1\nm4:stdin:3: bad\n"}), **GIVEN)
    with pytest.raises(BadConfiguration, match="is not there"):
        run(sendmail_relay, centos5(), **GIVEN)


def test_the_candidate_is_asked_with_an_address_nobody_trusts():
    asked = params(sendmail_relay, networks=["203.0.113.0/24"], **GIVEN)
    words = candidate(PROGRAM, asked).argv
    assert ".D{client_addr}198.51.100.77" in words
    assert any(word == "check_rcpt <user%elsewhere.invalid@example.test>" for word in words)


def alternatives(stands, active, waiting=0):
    said = "".join(f"active {unit}\nenabled {unit}\n" for unit in active)
    return {
        standing.STANDS.argv: "/usr/sbin/sendmail.postfix\n/usr/sbin/sendmail.sendmail\n",
        standing.ALTERNATIVE.argv: f"{stands}\n",
        standing.queue("postfix")[0].argv: f"{waiting}\n",
        switch.question("mta").argv: said,
    }


def test_the_other_mta():
    seen = centos5(outputs=alternatives("/usr/sbin/sendmail.postfix", ["postfix"], waiting=3))
    plan = run(mta, seen, name="sendmail")
    assert [operation.argv for operation in plan.operations] == [
        ("sh", "-s", "postfix"),
        ("alternatives", "--set", "mta", "/usr/sbin/sendmail.sendmail"),
        ("sh", "-s", "sendmail"),
    ], "no daemon starts, on the way there or back, while the alternative is another's"
    leave, points, take = plan.operations
    assert points.undo == ("alternatives", "--set", "mta", "/usr/sbin/sendmail.postfix")
    before = "active postfix enabled postfix"
    assert (leave.undo[2:], take.undo[2:]) == ((before, "postfix"), (before, "sendmail"))
    assert "3 messages wait in the queue of postfix" in plan.warnings[0]
    assert not run(
        mta, centos5(outputs=alternatives("/usr/sbin/sendmail.sendmail", ["sendmail"])), name="sendmail"
    ).changed
    with pytest.raises(BadConfiguration, match="no sendmail is installed"):
        run(mta, centos5(outputs={standing.STANDS.argv: ""}), name="sendmail")


def test_a_package_that_would_take_a_loaded_queue_away_is_refused():
    from ..hosts import debian

    seen = debian(outputs={standing.queue("postfix")[0].argv: "7\n"})
    with pytest.raises(BadConfiguration, match="7 messages wait there, and sendmail-bin takes postfix away"):
        run(mail_packages, seen, products=["sendmail"])
    assert run(mail_packages, debian(), products=["sendmail"]).changed


@pytest.mark.parametrize(
    ("stands", "wanted", "stopped"),
    [
        ("postfix", "sendmail", ["postfix"]),
        ("cyrus-imapd", "dovecot", ["cyrus-imapd"]),
        ("cyrus-imapd", "postfix", []),
        ("", "dovecot", []),
    ],
)
def test_a_daemon_whose_package_goes_has_stopped_before(stands, wanted, stopped):
    from ..hosts import debian

    seen = debian(outputs={DEBIAN.asked().argv: f"{stands} install ok installed\n"})
    before = [
        operation
        for operation in run(mail_packages, seen, products=[wanted]).operations
        if operation.argv[:2] == ("sh", "-s")
    ]
    assert [operation.argv[2:] for operation in before] == [(name,) for name in stopped]
    assert all(operation.undo == operation.argv for operation in before)  # and it runs again if the installation fails


def test_aliases_in_the_virtusertable():
    from mailhost.words import mailboxes

    box = {"name": "alice", "aliases": ["sales"], "state": "present"}
    seen = centos5(files={sendmail.VIRTUSERS: "hand@example.test\telsewhere@example.org\nold@example.test alice\n"})
    plan = run(mailboxes, seen, mailboxes=[box], domains=["example.test"], mta="sendmail")
    assert written(plan)[sendmail.VIRTUSERS] == "hand@example.test\telsewhere@example.org\nsales@example.test\talice\n"


def mc_of(before="", version="8.13.8", drop=""):
    """The mc after a run on a host with lines of its own in it, and the files that were written;
    a second run has nothing to do."""
    text = (
        (EL5 / "etc/mail/sendmail.mc")
        .read_text()
        .replace("MAILER(smtp)", f"{before}MAILER(smtp)")
        .replace(drop or "\0", "")
    )
    tools = TOOLS.replace("8.13.8", version)
    seen = el5({"/etc/mail/sendmail.mc": text}, {sendmail.STANDS: tools})
    plan = run(sendmail_relay, seen, **GIVEN)
    new = built(seen, plan)
    new.outputs[sendmail.STANDS] = Output(0, new.outputs[sendmail.STANDS].text.replace("DZ8.13.8", f"DZ{version}"))
    assert run(sendmail_relay, new, **GIVEN).operations == []
    return SendmailMc(written(plan)["/etc/mail/sendmail.mc"]), written(plan)


DH_GROUPS = [  # what stands, of which version; whether ours takes its place
    (None, "8.13.8", True),
    (None, "8.14.4", True),
    (None, "8.15.1", True),
    (None, "8.15.2", False),
    (None, "8.18.1", False),
    ("5", "8.13.8", True),
    ("512", "8.18.1", True),
    ("1", "8.13.8", True),
    ("1024", "8.15.2", True),
    ("2", "8.13.8", True),  # it knows no 2, and takes its default
    ("2048", "8.18.1", False),
    ("i", "8.15.2", False),
    ("", "8.13.8", True),
    ("none", "8.13.8", False),
    ("/etc/mail/own.pem", "8.13.8", False),
]


@pytest.mark.parametrize(("stands", "version", "ours"), DH_GROUPS)
def test_a_diffie_hellman_group_that_is_too_short(stands, version, ours):
    mc, files = mc_of("" if stands is None else f"define(`confDH_PARAMETERS', `{stands}')dnl\n", version)
    assert mc.get_define("confDH_PARAMETERS") == (sendmail.DH if ours else stands)
    assert (sendmail.DH in files) == ours


def test_the_diffie_hellman_group_is_the_one_of_rfc_7919():
    with decimal.localcontext() as context:
        context.prec = 800
        part = int(decimal.Decimal(2) ** 1918 * decimal.Decimal(1).exp())
    prime = 2**2048 - 2**1984 + (part + 560316) * 2**64 - 1
    assert (
        base64.b64decode("".join(dialect.DH_PEM.splitlines()[1:-1]))[9:] == prime.to_bytes(256, "big") + b"\x02\x01\x02"
    )


def test_the_file_of_the_group_is_written_again_when_it_is_gone():
    seen = el5()
    new = built(seen, run(sendmail_relay, seen, **GIVEN))
    del new.files[sendmail.DH]
    assert written(run(sendmail_relay, new, **GIVEN)) == {sendmail.DH: dialect.DH_PEM}


def test_a_cf_that_stays_is_not_left_older_than_its_mc():
    """make, which the init script runs at every start, would build it anew, and the next run would find it changed."""
    seen = el5()
    new = built(seen, run(sendmail_relay, seen, **GIVEN))
    path = "/etc/mail/sendmail.mc"
    new.files[path] = file(path, new.files[path].text.replace(f"`{sendmail.DH}'", "5"))
    plan = run(sendmail_relay, new, **GIVEN)
    assert set(written(plan)) == {path}
    assert [operation.argv for operation in plan.operations if isinstance(operation, Run)] == [
        ("touch", "/etc/mail/sendmail.cf")
    ]


def test_local_mail_asks_no_name_server():
    mc, _ = mc_of()
    assert mc.feature("nocanonify").args == ["nocanonify", "canonify_hosts"]
    assert {name: mc.get_define(name) for name in dialect.RESOLVER} == dialect.RESOLVER
    assert "LOCAL_CONFIG" not in mc.render()  # a sender's domain is not asked for here (accept_unresolvable_domains)
    mc, _ = mc_of(
        "FEATURE(nocanonify)dnl\ndefine(`confTO_RESOLVER_RETRY', `3')dnl\n",
        drop="FEATURE(`accept_unresolvable_domains')dnl\n",
    )
    assert mc.feature("nocanonify").args == ["nocanonify"]  # the administrator's own decisions stay
    assert [mc.get_define(name) for name in dialect.RESOLVER] == ["2s", "3"]
    assert mc.render().endswith("\nLOCAL_CONFIG\nFP-o /etc/mail/local-host-names\n")
    assert mc.render().count("FP-o") == 1


@pytest.mark.parametrize(
    ("line", "owner", "said"),
    [
        ("syscmd(`id')dnl\n", "root", "sendmail.mc syscmd"),
        ("define(`confDOMAIN_NAME', esyscmd(`hostname'))dnl\n", "root", "sendmail.mc esyscmd"),
        ("builtin(`syscmd', `id')dnl\n", "root", "sendmail.mc builtin"),
        ("# syscmd(`id')\n", "root", "sendmail.mc syscmd"),
        ("", "smmta", "belongs to smmta"),
    ],
)
def test_nothing_of_others_is_given_to_m4(line, owner, said):
    """Refused while the host is read: m4 itself is not asked, in check mode neither."""
    seen = el5()
    text = seen.file("/etc/mail/sendmail.mc").text + line
    seen.files["/etc/mail/sendmail.mc"] = file("/etc/mail/sendmail.mc", text, owner=owner)
    del seen.outputs[build.BUILD], seen.outputs[build.BUILT]
    with pytest.raises(BadConfiguration, match=said):
        run(sendmail_relay, seen, **GIVEN)
    assert commands(SendmailMc("dnl syscmd(`id')dnl\n")) == []
