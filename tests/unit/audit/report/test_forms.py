"""An audit's forms: the fleet's JSON, JUnit's XML, Prometheus' text; a host without a record is invalid,
and odd text harms nothing."""

import json
import os
import xml.etree.ElementTree as ET

import pytest
from mailhost.audit.finding import Finding, worst
from mailhost.audit.report import files, forms
from mailhost.core.errors import MailhostError
from mailhost.words import mail_report

from ....schemas import follows
from ...hosts import params

ODD = 'x\x1b</script>"\\\n&'


def record(name, *findings):
    data = [finding.data() for finding in findings]
    counts = {
        verdict: sum(one["verdict"] == verdict for one in data)
        for verdict in ("none", "pass", "warn", "invalid", "fail")
    }
    certificate = {"where": "25/smtp", "sha256": "ab" * 32, "names": [name], "ends": "x", "days": 9}
    return {
        "name": name, "fqdn": name, "address": "192.0.2.1", "verdict": worst(one["verdict"] for one in data),
        "profile": "intermediate", "about": "", "seconds": 1.5, "counts": counts,
        "certificates": [certificate], "accepted": [], "findings": data,
    }  # fmt: skip


GOOD = record("good.test", Finding("relay.R01", "pass", "t"), Finding("tls.T13", "none", "t"))
BAD = record("bad.test", Finding("relay.R02", "fail", "t", ODD, "25/smtp", "mend it", ("S: " + ODD,)))


def report(tmp_path, hosts, records, **more):
    for one in records:
        files.write_host(str(tmp_path), one)
    return mail_report.converge(params(mail_report, directory=str(tmp_path), hosts=hosts, **more), None, False)


def test_a_fleet(tmp_path):
    result = report(tmp_path, ["good.test", "bad.test", "gone.test"], [GOOD, BAD], missing={"gone.test": "no route"})
    assert (result["verdict"], result["changed"]) == ("fail", False)
    assert result["summary"] == {"none": 0, "pass": 1, "warn": 0, "invalid": 1, "fail": 1}
    fleet = follows("audit", json.loads((tmp_path / "audit.json").read_text()))
    assert fleet["schema"] == forms.SCHEMA
    assert [host["verdict"] for host in fleet["hosts"]] == ["pass", "fail", "invalid"]
    assert fleet["hosts"][2]["findings"][0]["detail"] == "no route"
    assert fleet["hosts"][1]["batteries"]["relay"] == "fail"
    assert all(os.stat(path).st_mode & 0o077 == 0 for path in result["written"])
    assert [(row["verdict"], row["id"]) for row in result["todo"]] == [("fail", "relay.R02"), ("invalid", "alive.host")]


def test_junit_is_xml_and_counts(tmp_path):
    report(tmp_path, ["good.test", "bad.test", "gone.test"], [GOOD, BAD])
    suites = ET.parse(tmp_path / "audit.xml").getroot()
    assert [[suite.get(name) for name in ("name", "tests", "failures", "errors")] for suite in suites] == [
        ["good.test", "2", "0", "0"],
        ["bad.test", "1", "1", "0"],
        ["gone.test", "1", "0", "1"],
    ]
    assert suites.find(".//error").get("type") == "invalid"
    failure = suites.find(".//failure")
    assert failure.get("type") == "fail"
    assert "</script>" in failure.text


def test_prometheus(tmp_path):
    report(tmp_path, ["good.test", "bad.test"], [GOOD, BAD])
    lines = (tmp_path / "audit.prom").read_text().splitlines()
    assert 'mailhost_audit_verdict{host="good.test"} 2' in lines
    assert 'mailhost_audit_verdict{host="bad.test"} 0' in lines
    assert 'mailhost_audit_certificate_days_left{host="bad.test",port="25/smtp"} 9' in lines
    assert 'mailhost_audit_findings{host="bad.test",verdict="fail"} 1' in lines
    assert 'mailhost_audit_battery_findings{host="bad.test",battery="relay",verdict="fail"} 1' in lines
    assert 'mailhost_audit_battery_findings{host="bad.test",battery="relay",verdict="invalid"} 0' in lines


def test_a_name_cannot_lead_out_of_the_directory(tmp_path):
    assert files.file_name("../../etc/passwd") == "_.._etc_passwd.json"
    assert files.write_host(str(tmp_path / "a"), record("../x", Finding("a.b", "pass", "t"))).startswith(
        str(tmp_path / "a" / "hosts")
    )


def test_what_cannot_be_written_or_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MailhostError, match="mailhost_audit_directory"):
        files.write(str(tmp_path / "file" / "x"), "a", "b")
    with pytest.raises(MailhostError, match="nothing to report"):
        report(tmp_path, [], [])
    assert report(tmp_path, ["a"], [], state="announced")["bounds"]["at_once"] > 0
    with pytest.raises(ValueError, match="no verdict"):
        Finding("a.b", "perhaps", "t")
