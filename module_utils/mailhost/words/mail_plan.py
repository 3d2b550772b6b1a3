"""What a run would do to a fleet, grouped, as lines for people and as plan.json on the controller."""

from __future__ import annotations

import json
from typing import Any, Mapping

from ..audit.report import files, preview
from ..core.errors import BadInput
from ..core.host import Host
from ..core.word import Alone

ARGUMENT_SPEC: "dict[str, Any]" = {
    "directory": {"type": "path", "required": True},
    "hosts": {"type": "dict", "required": True},
}


def converge(params: Mapping[str, Any], host: Host, check_mode: bool) -> "dict[str, Any]":
    """Runs on the controller. The file is new each time and counts as no change of any host."""
    if not params["hosts"]:
        raise BadInput("hosts", "empty: there is nothing to plan", "Name hosts that are in the inventory")
    plan = preview.preview(params["hosts"])
    written = files.write(params["directory"], "plan.json", json.dumps(plan, ensure_ascii=False, indent=1))
    return {"changed": False, "plan": plan, "lines": preview.lines(plan), "written": written}


WORD = Alone(ARGUMENT_SPEC, converge, on_controller=True)
