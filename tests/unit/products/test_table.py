"""One row a daemon: what holds for two of a kind holds for three, and the role says the same as the table."""

import dataclasses
import pathlib
import re

import pytest
import yaml
from mailhost.products import standing, switch, table
from mailhost.products.table import PORTS, PRODUCTS, Product, choices, of_kind
from mailhost.words import mail_packages, mta

from ..hosts import Fake, centos5, debian, params, run

ROLE = pathlib.Path(__file__).resolve().parents[3] / "roles/mailhost"


@pytest.fixture
def three(monkeypatch):
    """A third MTA, whose packages a family would have to name."""
    monkeypatch.setattr(table, "PACKAGED", (*table.PACKAGED, "exim"))
    exim = dataclasses.replace(
        PRODUCTS["sendmail"],
        name="exim",
        title="Exim",
        unit="exim",
        programs=("/usr/sbin/exim",),
        process=("^exim$",),
        queue=table.Queue(("/var/spool/exim/input",), "*-H", "exim -qff"),
    )
    monkeypatch.setattr(table, "_ROWS", (*table._ROWS, exim))
    monkeypatch.setitem(PRODUCTS, "exim", exim)
    return exim


def test_a_row_refuses_to_be_wrong():
    fields = {field.name: getattr(PRODUCTS["postfix"], field.name) for field in dataclasses.fields(Product)}
    for name in fields:
        with pytest.raises(TypeError, match=name):
            Product(**{other: value for other, value in fields.items() if other != name})
    with pytest.raises(ValueError, match="no kind of daemon"):
        dataclasses.replace(PRODUCTS["postfix"], kind="nntp")
    with pytest.raises(ValueError, match="no family says"):
        dataclasses.replace(PRODUCTS["postfix"], name="exim")
    for name, logins in (("postfix", PRODUCTS["cyrus"].logins), ("cyrus", None)):
        with pytest.raises(ValueError, match="an IMAP server says whom it lets in"):
            dataclasses.replace(PRODUCTS[name], logins=logins)


def test_mta_chooses_among_three(three):
    names = "/usr/sbin/postfix\n/usr/sbin/sendmail.sendmail\n/usr/sbin/exim\n"
    outputs = {
        standing.STANDS.argv: names,
        standing.ALTERNATIVE.argv: "/usr/sbin/sendmail.postfix\n",
        standing.queue("sendmail")[0].argv: "2\n",
        standing.queue("exim")[0].argv: "5\n",
        switch.question("mta").argv: "active sendmail\nenabled sendmail\nactive exim\n",
    }
    plan = run(mta, centos5(outputs=outputs), name="postfix")
    leave, take = plan.operations
    before = "active sendmail enabled sendmail active exim"
    assert (leave.argv[2:], leave.undo[2:]) == (("sendmail", "exim"), (before, "sendmail", "exim"))
    assert (take.argv[2:], take.undo[2:]) == (("postfix",), (before, "postfix"))
    assert [warning.partition(" messages")[0] for warning in plan.warnings] == ["2", "5"]
    assert "(exim -qff)" in plan.warnings[1]
    assert plan.facts["waiting"] == 7
    running = Fake(centos5(outputs={standing.PROCESSES.argv: "exim\n"})).read([standing.PROCESSES])
    assert standing.running(running) == "exim"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("", ""),
        ("master\n", "postfix"),
        ("usr/lib/postfix/sbin/master\n", "postfix"),
        ("master\nsendmail: MTA: accepting\n", "sendmail"),
    ],
)
def test_the_mta_that_runs(lines, name):
    seen = Fake(centos5(outputs={standing.PROCESSES.argv: lines})).read([standing.PROCESSES])
    assert standing.running(seen) == name


def test_what_is_left_behind_is_warned_of_only_if_there_is_some():
    for folders, warnings in (("0\n", 0), ("3\n", 1)):
        outputs = {
            switch.question("access").argv: "enabled dovecot\n",
            switch.count(PRODUCTS["dovecot"])[0].argv: folders,
        }
        from mailhost.core.gather import gather
        from mailhost.core.operations import Plan

        seen = gather([lambda _: switch.reads("cyrus")], Fake(centos5(outputs=outputs)))
        plan = Plan()
        switch.take_over(plan, seen, "cyrus")
        assert len(plan.warnings) == warnings
        leave, take = plan.operations
        assert leave.undo[2:] == ("enabled dovecot", "dovecot")
        assert take.undo[2:] == ("enabled dovecot", "cyrus-imapd")


def test_the_packages_of_a_host_tell_its_mtas_and_tunnels():
    outputs = {standing.STANDS.argv: "/usr/sbin/postfix\n/etc/mailhost/stunnel.conf\n"}
    facts = run(mail_packages, debian(outputs=outputs), products=["postfix"]).facts
    assert (facts["mtas"], facts["tunnels"]) == (["postfix"], True)


def test_the_role_chooses_among_the_rows():
    specs = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    assert sorted(specs["mailhost_mta"]["choices"]) == sorted(choices("mta"))
    assert sorted(specs["mailhost_access"]["choices"]) == sorted(choices("access"))


def test_the_role_knows_the_units():
    text = yaml.safe_load((ROLE / "vars/main.yml").read_text())
    others = dict(re.findall(r"'(\w+)': '([\w-]+)'", text["__mailhost_access_unit"]))
    assert others == {row.name: row.unit for row in of_kind("access") if row.unit != row.name}
    assert all(row.unit == row.name for row in of_kind("mta"))
    services = text["__mailhost_services"]
    assert PRODUCTS["stunnel"].unit in services
    assert PRODUCTS["saslauthd"].unit in services


def test_every_port_has_one_kind():
    ports = [port for many in PORTS.values() for port in many.values()]
    assert len(ports) == len(set(ports))
    assert params(mta, name="postfix")["name"] in choices("mta")
