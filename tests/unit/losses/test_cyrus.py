"""What stands in Cyrus and worked for somebody: it stays, or is named before the first write."""

import pytest
from mailhost.core.host import Output
from mailhost.core.operations import Run
from mailhost.products.cyrus import configure
from mailhost.products.cyrus.cyrus_conf import CyrusConf
from mailhost.systems.families import REDHAT
from mailhost.words import cyrus_mailboxes, cyrus_services

from ..hosts import EL5, debian, run, written
from ..words.test_cyrus import ALL, NEW, OLD, el5

IMAPD, CYRUS = "/etc/imapd.conf", "/etc/cyrus.conf"
STOCK = (EL5 / "etc/imapd.conf").read_text()


def services(text):
    return {service.name: service.attributes for service in CyrusConf(text).services() if not service.off}


@pytest.mark.parametrize("address", ["127.0.0.1:", "192.0.2.5:", "[::1]:", ""])
def test_the_address_that_somebody_decided_on_stays(address):
    text = f'SERVICES {{\n  imap cmd="imapd -U 30" listen="{address}imap" prefork=5\n}}\n'
    found = services(written(run(cyrus_services, el5(files={CYRUS: text}), protocols=ALL))[CYRUS])
    assert found["imap"] == {"cmd": "imapd -U 30", "listen": f"{address}imap", "prefork": "5"}
    assert found["imaps"]["listen"] == "imaps"
    asked = run(cyrus_services, el5(files={CYRUS: text}), protocols=ALL, addresses=["192.0.2.6"])
    assert services(written(asked)[CYRUS])["imap"]["listen"] == "192.0.2.6:imap"


def test_lmtp_keeps_its_options():
    text = f'SERVICES {{\n  lmtpunix cmd="lmtpd -a -U 20" listen="{REDHAT.cyrus_socket}" prefork=0\n}}\n'
    plan = run(cyrus_services, el5(files={CYRUS: text}), protocols=ALL)
    assert services(written(plan)[CYRUS])["lmtpunix"]["cmd"] == "lmtpd -a -U 20"
    assert not plan.losses


def test_another_socket_of_lmtp_is_a_loss():
    text = 'SERVICES {\n  lmtpunix cmd="lmtpd" listen="/run/lmtp"\n}\n'
    (loss,) = run(cyrus_services, el5(files={CYRUS: text}), protocols=ALL).losses
    assert (loss.rule, loss.place) == ("loss.listener lmtpunix", f"{CYRUS}:2")


def test_other_administrators_stay():
    text = STOCK.replace("admins: cyrus", "admins: cyrus manager backup")
    assert (
        "admins: cyrus manager backup mailhost\n"
        in written(run(cyrus_services, el5(files={IMAPD: text}), protocols=ALL))[IMAPD]
    )


@pytest.mark.parametrize(
    ("lines", "lost"),
    [
        ("sasl_pwcheck_method: auxprop\nsasl_auxprop_plugin: sql\n", ["loss.database sasl sql"]),
        ("sasl_pwcheck_method: auxprop saslauthd\nsasl_auxprop_plugin: sasldb ldapdb\n", ["loss.database sasl ldapdb"]),
        ("sasl_pwcheck_method: authdaemond\n", ["loss.database sasl authdaemond"]),
        ("sasl_pwcheck_method: saslauthd\nsasl_auxprop_plugin: sql\n", []),
        ("sasl_pwcheck_method: auxprop\nsasl_auxprop_plugin: sasldb\n", []),
        ("", []),
    ],
)
def test_a_source_of_passwords_of_others(lines, lost):
    text = "".join(line for line in STOCK.splitlines(True) if not line.startswith("sasl_")) + lines
    assert [loss.rule for loss in run(cyrus_services, el5(files={IMAPD: text}), protocols=ALL).losses] == lost


@pytest.mark.parametrize(
    ("version", "line", "name"),
    [
        (NEW, "", "user/alice"),  # 3.0 and newer
        (NEW, "unixhierarchysep: no\n", "user.alice"),
        (OLD, "", "user.alice"),
        (OLD, "unixhierarchysep: yes\n", "user/alice"),
    ],
)
def test_the_separator_is_the_versions_own(version, line, name):
    outputs = {configure.STANDS: version, cyrus_mailboxes.STANDS: Output(0, "= list\n= quota\n")}
    seen = debian(files={IMAPD: f"partition-default: /x\n{line}"}, outputs=outputs)
    plan = run(cyrus_mailboxes, seen, mailboxes=[{"name": "alice", "state": "present"}])
    (made,) = [one for one in plan.operations if isinstance(one, Run)]
    assert f'CREATE "{name}"' in made.stdin.decode()
