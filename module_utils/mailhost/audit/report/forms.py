"""An audit's records in the forms that others read: one JSON of the fleet,
JUnit's XML for CI, Prometheus' text for monitoring.

Sources: docs/audit.md (the JSON's schema); the JUnit XML that CI systems read;
Prometheus' text exposition format 0.0.4.
"""

from __future__ import annotations

import calendar
import time
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Tuple
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


def _gauge(name: str, about: str, rows: "Iterable[Tuple[Mapping[str, object], object]]") -> "List[str]":
    """A gauge with its help, and a line for each of its labels' values."""
    lines = [f"# HELP mailhost_audit_{name} {about}", f"# TYPE mailhost_audit_{name} gauge"]
    for labels, value in rows:
        inner = ",".join(f'{label}="{_label(text)}"' for label, text in labels.items())
        lines.append(f"mailhost_audit_{name}{'{' + inner + '}' if inner else ''} {value}")
    return lines


def _level(verdict: str) -> int:
    return {"pass": 2, "warn": 1}.get(verdict, 0)


LEVELS = "2 pass, 1 warn, 0 fail or invalid"


def prometheus(report: "Mapping[str, Any]") -> str:
    """Gauges for the node exporter's textfile collector."""
    hosts = report["hosts"]
    stamp = calendar.timegm(time.strptime(report["generated"], "%Y-%m-%dT%H:%M:%SZ"))
    lines = [
        *_gauge("verdict", LEVELS, [({"host": host["name"]}, _level(host["verdict"])) for host in hosts]),
        *_gauge("findings", "How many findings have a verdict", _findings(hosts)),
        *_gauge("battery", LEVELS, _batteries(hosts)),
        *_gauge(
            "battery_findings",
            "How many findings of a battery have a verdict: fail is a fault, invalid a question that could not be "
            "asked",
            _battery_findings(hosts),
        ),
        *_gauge("certificate_days_left", "Days until a served certificate expires", _days_left(hosts)),
        *_gauge(
            "seconds", "How long a host's audit took", [({"host": host["name"]}, host["seconds"]) for host in hosts]
        ),
        *_gauge("timestamp_seconds", "When the audit ended, seconds since 1970", [({}, stamp)]),
    ]
    return "\n".join([*lines, ""])


Rows = Iterator[Tuple[Mapping[str, object], object]]


def _findings(hosts: "List[Mapping[str, Any]]") -> Rows:
    for host in hosts:
        for verdict in VERDICTS:
            yield {"host": host["name"], "verdict": verdict}, host["counts"][verdict]


def _batteries(hosts: "List[Mapping[str, Any]]") -> Rows:
    for host in hosts:
        for name, verdict in host["batteries"].items():
            if verdict != "none":
                yield {"host": host["name"], "battery": name}, _level(verdict)


def _battery_findings(hosts: "List[Mapping[str, Any]]") -> Rows:
    for host in hosts:
        for name in BATTERIES:
            for verdict in VERDICTS:
                found = [one for one in host["findings"] if (one["battery"], one["verdict"]) == (name, verdict)]
                yield {"host": host["name"], "battery": name, "verdict": verdict}, len(found)


def _days_left(hosts: "List[Mapping[str, Any]]") -> Rows:
    for host in hosts:
        for certificate in host["certificates"]:
            yield {"host": host["name"], "port": certificate["where"]}, certificate["days"]
