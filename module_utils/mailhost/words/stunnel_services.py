"""TLS in front of a daemon that has none: stunnel's services, and a start of its own at boot."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..core.host import Request, Seen, encode
from ..core.operations import Plan, Write
from ..core.versions import dotted
from ..core.word import OPTIONS, Planned
from ..formats.settings import Settings
from ..products.stunnel import configure as stunnel
from ..products.stunnel import services
from ..products.stunnel.configure import CONF
from ..products.table import choices
from ..systems.families import REQUESTS, system

_SERVICE = {
    "name": {"type": "str", "required": True},
    "accept": {"type": "str", "required": True},
    "connect": {"type": "str", "required": True},
    "protocol": {"type": "str", "choices": ["", "imap", "pop3", "smtp"], "default": ""},
}
ARGUMENT_SPEC: "dict[str, Any]" = {
    "services": {"type": "list", "elements": "dict", "required": True, "options": _SERVICE},
    "ssl_version": {"type": "str", "default": ""},
    "certificate": {"type": "path"},
    "key": {"type": "path", "no_log": False},
    "access": {"type": "str", "choices": choices("access"), "default": "dovecot"},
    "protocols": {"type": "list", "elements": "str", "default": []},
    "networks": {"type": "list", "elements": "str", "default": []},
    **OPTIONS,
}


def reads(params: Mapping[str, Any], seen: Seen) -> "Iterable[Request]":
    services.validate(params)
    return (*REQUESTS, *stunnel.REQUESTS)


def plan(params: Mapping[str, Any], seen: Seen) -> Plan:
    services.validate(params)
    plan = Plan(services=(stunnel.UNIT,), facts={"serving": services.serving(params)})
    if not params["services"]:
        stunnel.take_away(plan, seen)
        return plan
    here = stunnel.Installation(seen)
    services.refuse_unknown(params, here)
    plan.facts["version"] = dotted(here.version)
    conf = services.configuration(params, system(seen), here)
    before = Settings(seen.file(CONF).text, CONF, " = ", "#;").settings()
    plan.write(Write(seen.file(CONF), encode(conf.render()), settings=(before, conf.settings()), fallback_mode=0o600))
    stunnel.start_at_boot(plan, seen, here)
    return plan


WORD = Planned(ARGUMENT_SPEC, reads, plan)
