"""An audit's records in the forms that others read: one JSON of the fleet,
JUnit's XML for CI, Prometheus' text for monitoring.

Sources: docs/audit.md (the JSON's schema); the JUnit XML that CI systems read;
Prometheus' text exposition format 0.0.4.
"""

from __future__ import annotations

import time
from typing import Any, Dict, Iterator, List, Mapping
from xml.sax.saxutils import escape, quoteattr

from ..finding import VERDICTS, Finding, worst

SCHEMA = 1
BATTERIES = ("vantage", "alive", "asked", "policy", "relay", "tls", "clear", "way")


def fleet(records: "Mapping[str, Any]", missing: "Mapping[str, str]") -> "Dict[str, Any]":
    """The fleet's report: every host in order, those without an audit as ``invalid`` with the reason."""
    hosts = [record or _absent(name, missing.get(name, "the audit did not finish")) for name, record in records.items()]
    for host in hosts:
        host["batteries"] = {
            name: worst(finding["verdict"] for finding in host["findings"] if finding["battery"] == name)
            for name in BATTERIES
        }
    return {
        "schema": SCHEMA,
        "generated": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "verdict": worst(host["verdict"] for host in hosts),
        "summary": {verdict: sum(host["verdict"] == verdict for host in hosts) for verdict in VERDICTS},
        "hosts": hosts,
    }


def _absent(name: str, reason: str) -> "Dict[str, Any]":
    finding = Finding("alive.host", "invalid", "the host was audited", reason)
    return {
        "name": name,
        "fqdn": name,
        "address": "",
        "verdict": "invalid",
        "profile": "",
        "about": "",
        "seconds": 0,
        "counts": {**dict.fromkeys(VERDICTS, 0), "invalid": 1},
        "certificates": [],
        "accepted": [],
        "findings": [finding.data()],
    }


def _clean(text: object) -> str:
    """Without characters that XML has not."""
    return "".join(
        character
        for character in str(text)
        if character in "\t\n" or ord(character) >= 32 and not 0xD800 <= ord(character) < 0xE000
    )


def junit(report: "Mapping[str, Any]") -> str:
    """A suite for each host, a case for each finding: fail is a failure, invalid (it could not be asked) an error;
    what there was nothing to ask about is skipped."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for host in report["hosts"]:
        counts = host["counts"]
        head = f"tests={quoteattr(str(len(host['findings'])))} failures={quoteattr(str(counts['fail']))}"
        head += f" errors={quoteattr(str(counts['invalid']))}"
        head += f" skipped={quoteattr(str(counts['none']))} time={quoteattr(str(host['seconds']))}"
        head += f" timestamp={quoteattr(report['generated'][:-1])}"
        lines.append(f"  <testsuite name={quoteattr(_clean(host['name']))} {head}>")
        lines += _cases(host)
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _cases(host: "Mapping[str, Any]") -> "Iterator[str]":
    for finding in host["findings"]:
        name = _clean(f"{finding['id']} {finding['where']}".strip())
        case = (
            f"    <testcase classname={quoteattr(_clean(host['name']) + '.' + finding['battery'])}"
            f" name={quoteattr(name)}"
        )
        text = escape(
            _clean("\n".join([finding["title"], finding["detail"], finding["way_out"], *finding["dialogue"]]))
        )
        if finding["verdict"] in ("fail", "invalid"):
            kind = "failure" if finding["verdict"] == "fail" else "error"
            about = f"type={quoteattr(finding['verdict'])} message={quoteattr(_clean(finding['detail']))}"
            yield f"{case}><{kind} {about}>{text}</{kind}></testcase>"
        elif finding["verdict"] == "none":
            yield f"{case}><skipped message={quoteattr(_clean(finding['detail']))}/></testcase>"
        else:
            yield case + "/>"


def _label(text: object) -> str:
    return str(text).replace("\\", r"\\").replace('"', r"\"").replace("\n", " ")


def prometheus(report: "Mapping[str, Any]") -> str:
    """Gauges for the node exporter's textfile collector."""
    lines: "List[str]" = []

    def gauge(name: str, about: str, rows: "List[str]") -> None:
        lines.extend([f"# HELP mailhost_audit_{name} {about}", f"# TYPE mailhost_audit_{name} gauge", *rows])

    hosts = report["hosts"]
    gauge(
        "verdict",
        "2 pass, 1 warn, 0 fail or invalid",
        [
            f'mailhost_audit_verdict{{host="{_label(host["name"])}"}} '
            f"{({'pass': 2, 'warn': 1}).get(host['verdict'], 0)}"
            for host in hosts
        ],
    )
    gauge(
        "findings",
        "How many findings have a verdict",
        [
            f'mailhost_audit_findings{{host="{_label(host["name"])}",verdict="{verdict}"}} {host["counts"][verdict]}'
            for host in hosts
            for verdict in VERDICTS
        ],
    )
    gauge(
        "battery",
        "2 pass, 1 warn, 0 fail or invalid",
        [
            f'mailhost_audit_battery{{host="{_label(host["name"])}",battery="{name}"}} '
            f"{({'pass': 2, 'warn': 1}).get(verdict, 0)}"
            for host in hosts
            for name, verdict in host["batteries"].items()
            if verdict != "none"
        ],
    )
    gauge(
        "battery_findings",
        "How many findings of a battery have a verdict: fail is a fault, invalid a question that could not be asked",
        [
            f'mailhost_audit_battery_findings{{host="{_label(host["name"])}",battery="{name}",verdict="{verdict}"}} '
            + str(sum(finding["battery"] == name and finding["verdict"] == verdict for finding in host["findings"]))
            for host in hosts
            for name in BATTERIES
            for verdict in VERDICTS
        ],
    )
    gauge(
        "certificate_days_left",
        "Days until a served certificate expires",
        [
            f'mailhost_audit_certificate_days_left{{host="{_label(host["name"])}",'
            f'port="{_label(certificate["where"])}"}} '
            f"{certificate['days']}"
            for host in hosts
            for certificate in host["certificates"]
        ],
    )
    gauge(
        "seconds",
        "How long a host's audit took",
        [f'mailhost_audit_seconds{{host="{_label(host["name"])}"}} {host["seconds"]}' for host in hosts],
    )
    stamp = int(time.mktime(time.strptime(report["generated"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone)
    gauge(
        "timestamp_seconds", "When the audit ended, seconds since 1970", [f"mailhost_audit_timestamp_seconds {stamp}"]
    )
    return "\n".join([*lines, ""])
