"""What an audit of a fleet found, written on the controller: audit.json, audit.xml (JUnit), audit.prom (Prometheus);
the page audit.html is rendered of the first by the playbook."""

from __future__ import annotations

import json
from typing import Any, Mapping

from ..audit.bounds import bounds
from ..audit.report import files, forms
from ..audit.report.todo import lines, todo
from ..core.errors import BadInput
from ..core.host import Host
from ..core.word import Alone

ARGUMENT_SPEC: "dict[str, Any]" = {
    "directory": {"type": "path", "required": True},
    "hosts": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": ["announced", "written", "page"], "default": "written"},
    "page": {"type": "str", "default": ""},
    "missing": {"type": "dict", "default": {}},
    "slices": {"type": "list", "elements": "path", "default": []},
}


def converge(params: Mapping[str, Any], host: Host, check_mode: bool) -> "dict[str, Any]":
    """Announced: what the audit may cost at most, and the last one's records gone. Written: each host's
    record read and the fleet's made of them. Page: the page that was rendered of it. A report is new each
    time and counts as no change of any host."""
    if not params["hosts"]:
        raise BadInput("hosts", "empty: there is nothing to report", "Name hosts that are in the inventory")
    if params["state"] == "announced":
        files.forget(params["directory"], params["hosts"])
        return {"changed": False, "bounds": bounds(len(params["hosts"]))}
    if params["state"] == "page":
        return {"changed": False, "written": [files.write(params["directory"], "audit.html", params["page"])]}
    report = forms.fleet(
        files.read_hosts(params["slices"] or [params["directory"]], params["hosts"]),
        {str(k): str(v) for k, v in params["missing"].items()},
    )
    texts = {
        "audit.json": json.dumps(report, ensure_ascii=False, indent=1),
        "audit.xml": forms.junit(report),
        "audit.prom": forms.prometheus(report),
    }
    written = [files.write(params["directory"], name, text) for name, text in texts.items()]
    rows = [
        {name: host_report[name] for name in ("name", "verdict", "about", "seconds", "counts", "batteries")}
        for host_report in report["hosts"]
    ]
    must_be_done = todo(report["hosts"])
    return {
        "changed": False,
        "verdict": report["verdict"],
        "summary": report["summary"],
        "todo": must_be_done,
        "lines": lines(must_be_done),
        "rows": rows,
        "written": written,
    }


WORD = Alone(ARGUMENT_SPEC, converge, on_controller=True)
