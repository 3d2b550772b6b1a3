"""The whole of what a stranger sees of a mail host, as a verdict: relay, TLS, passwords, messages; beside it
what the host's own configuration says (``mail_policy``). Runs where the play runs, never on the host; changes
nothing but for the messages it sends."""

from __future__ import annotations

import time
from typing import Any, Mapping

from ..audit.engine import Audit
from ..audit.finding import VERDICTS, worst
from ..audit.report.files import write_host
from ..core.errors import BadInput
from ..core.host import Host
from ..core.word import Alone
from ..products import access
from ..products.relay import domain, network

ARGUMENT_SPEC: "dict[str, Any]" = {
    "address": {"type": "str", "required": True},
    "address6": {"type": "str", "default": ""},
    "fqdn": {"type": "str", "required": True},
    "domain": {"type": "str", "default": ""},
    "passed_on": {"type": "str", "default": "", "no_log": False},
    "networks": {"type": "list", "elements": "str", "default": []},
    "cleartext_login": {"type": "str", "choices": ["refuse", "allow"], "default": "refuse"},
    "authenticated": {"type": "bool", "default": True},
    "profile": {"type": "str", "choices": ["", "modern", "intermediate", "centos5"], "default": ""},
    "anchors": {"type": "path"},
    "sink": {
        "type": "dict",
        "options": {
            "domain": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
            "port": {"type": "int", "default": 25},
        },
    },
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "policy": {"type": "dict", "default": {}},
    "protocols": {"type": "list", "elements": "str", "choices": [*access.PORTS, "kpop"], "default": []},
    "smtp": {"type": "list", "elements": "str", "choices": ["smtp", "submission"], "default": []},
    "name": {"type": "str", "default": ""},
    "directory": {"type": "path"},
    "fail": {"type": "bool", "default": True},
}


def _validate(params: Mapping[str, Any]) -> None:
    domain("fqdn", params["fqdn"])
    for option in ("domain", "passed_on"):
        if params[option]:
            domain(option, params[option])
    for number, text in enumerate(params["networks"]):
        network(f"networks[{number}]", text)
    sink = params.get("sink")
    if sink:
        domain("sink.domain", sink["domain"])
        if not 0 < sink["port"] < 65536:
            raise BadInput("sink.port", f"{sink['port']} is no port", "Give 1 to 65535")
        if sink["domain"].lower() in (params["domain"].lower(), params["passed_on"].lower()):
            raise BadInput(
                "sink.domain",
                f"{sink['domain']} is delivered here, so nothing sent to it proves relaying",
                "Name another",
            )


def converge(params: Mapping[str, Any], host: Host, check_mode: bool) -> "dict[str, Any]":
    """Looks only: never changed, the same in check mode. The whole report goes into ``directory``,
    the result is its summary."""
    _validate(params)
    begun = time.monotonic()
    audit = Audit(params)
    findings = audit.run()
    verdict = worst(finding.verdict for finding in findings)
    counts = {name: sum(finding.verdict == name for finding in findings) for name in VERDICTS}
    bad = [
        f"{finding.id} {finding.where}: {finding.verdict}, {finding.detail}"
        for finding in findings
        if finding.verdict in ("fail", "invalid")
    ]
    record = {
        "name": params["name"] or params["fqdn"],
        "fqdn": params["fqdn"],
        "address": params["address"],
        "verdict": verdict,
        "profile": audit.host.profile,
        "about": audit.host.policy.get("about") or "",
        "seconds": round(time.monotonic() - begun, 2),
        "counts": counts,
        "certificates": [here.data(where) for where, here in audit.host.served],
        "accepted": audit.host.policy.get("accepted") or [],
        "findings": [finding.data() for finding in findings],
    }
    record, bad = audit.mask.data(record), audit.mask.data(bad)
    if params.get("directory"):
        write_host(params["directory"], record)
    result: "dict[str, Any]" = {
        "changed": False,
        "verdict": verdict,
        "counts": counts,
        "bad": bad[:40],
        "seconds": record["seconds"],
    }
    if not params.get("directory"):
        result["audit"] = record
    if bad and params["fail"]:
        result.update(failed=True, msg=f"{params['fqdn']} ({params['address']}): " + "; ".join(bad[:8]))
    return result


WORD = Alone(ARGUMENT_SPEC, converge, validate=_validate, on_controller=True)
