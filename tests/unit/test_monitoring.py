"""examples/monitoring against a real audit.prom.

Every metric, label and value that a rule or a panel names is there, and `fail` is not taken for `invalid`.
"""

import json
import pathlib
import re

import pytest
import yaml
from mailhost.audit.finding import VERDICTS, Finding
from mailhost.audit.report import forms

from .audit.report.test_forms import record

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples/monitoring"
SERIES = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
SELECTOR = re.compile(r"(mailhost_\w+)(?:\{([^}]*)\})?")
MATCHES = {"=": lambda a, b: a == b, "!=": lambda a, b: a != b, "=~": lambda a, b: bool(re.fullmatch(b, a)),
           "!~": lambda a, b: not re.fullmatch(b, a)}  # fmt: skip
COMPARES = {">": lambda a, b: a > b, "<": lambda a, b: a < b}
FLEET = {
    "good": record("good", Finding("relay.R01", "pass", "t")),
    "open": record("open", Finding("relay.R02", "fail", "t")),
    "weak": record("weak", Finding("tls.T19", "fail", "t")),
    "slow": record("slow", Finding("tls.T11", "invalid", "t")),
    "gone": None,
}
for one in ("good", "open", "weak", "slow"):
    FLEET[one]["certificates"][0]["days"] = 5 if one == "weak" else 90


def series():
    """The lines of the fleet's audit.prom: metric, labels, value."""
    text = forms.prometheus(forms.fleet(FLEET, {}))
    found = [SERIES.match(line) for line in text.splitlines() if not line.startswith("#")]
    assert all(found)
    return [
        (match[1], {name: value for name, _, value in LABEL.findall(match[2] or "")}, float(match[3]))
        for match in found
    ]


def rules():
    told = yaml.safe_load((EXAMPLES / "mailhost.rules.yml").read_text())
    return [rule for group in told["groups"] for rule in group["rules"]]


def dashboard():
    return json.loads((EXAMPLES / "grafana.json").read_text())


def expressions():
    """What is asked of Prometheus, and by whom."""
    found = [(rule["alert"], rule["expr"]) for rule in rules()]
    found += [(panel["title"], target["expr"]) for panel in dashboard()["panels"] for target in panel["targets"]]
    return found + [
        (one["name"], one["definition"]) for one in dashboard()["templating"]["list"] if "definition" in one
    ]


def selected(expr):
    """The series that a selector takes, by the labels that it names."""
    name, labels = SELECTOR.search(expr).groups()
    wanted = LABEL.findall((labels or "").replace("$host", ".*"))
    return [
        (found, value)
        for metric, found, value in series()
        if metric == name and all(MATCHES[how](found.get(label, ""), text) for label, how, text in wanted)
    ]


@pytest.mark.parametrize(("who", "expr"), expressions())
def test_what_is_asked_for_is_exported(who, expr):
    exported = {}
    for metric, labels, _ in series():
        for name, value in labels.items():
            exported.setdefault(metric, {}).setdefault(name, set()).add(value)
        exported.setdefault(metric, {})
    asked = SELECTOR.findall(expr)
    assert asked, "it asks for nothing"
    for metric, labels in asked:
        assert metric in exported
        for name, _, text in LABEL.findall(labels):
            assert name in exported[metric], f"{metric} has no label {name}"
            for value in text.split("|") if text != "$host" else ():
                assert value in {*exported[metric][name], *VERDICTS, *forms.BATTERIES}
    for name in re.findall(r"by \((\w+)\)|, (\w+)\)$", expr):
        assert next(filter(None, name)) in set().union(*(exported[metric] for metric, _ in asked))
    assert expr.count("(") == expr.count(")") and expr.count("{") == expr.count("}")


def test_fail_and_invalid_are_told_apart():
    raised = {}
    for rule in rules():
        compared = re.fullmatch(r"(mailhost_[^<>]+\S) ([<>]) (\d+)", rule["expr"])
        for labels, value in selected(rule["expr"]) if compared else ():
            if COMPARES[compared[2]](value, float(compared[3])):
                raised.setdefault(rule["alert"], []).append(labels["host"])
    assert raised == {
        "MailhostLetsStrangersRelay": ["open"],
        "MailhostAuditFailed": ["weak"],
        "MailhostAuditInvalid": ["slow", "gone"],
        "MailhostCertificateExpires": ["weak"],
    }


def test_the_text_of_an_alert_names_labels_that_it_has():
    for rule in rules():
        metric = SELECTOR.search(rule["expr"])[1]
        labels = set() if "absent(" in rule["expr"] else next(found for name, found, _ in series() if name == metric)
        named = {name for text in rule["annotations"].values() for name in re.findall(r"\$labels\.(\w+)", text)}
        assert named <= set(labels), rule["alert"]
        assert {"summary", "description"} == set(rule["annotations"]) and rule["labels"]["severity"]


def test_the_panels_have_numbers_of_their_own_and_no_server():
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert {panel["datasource"]["uid"] for panel in panels} == {"${datasource}"}, "a dashboard of one server only"
