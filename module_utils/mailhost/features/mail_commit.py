"""Restart what changed, see that it serves, keep the change or let the host roll it back."""

from __future__ import annotations

import re
from typing import Any, Mapping

from ..dialects.dovecot import PORTS
from ..errors import BadInput, HostError, RolledBack
from ..host import Host
from ..shell.commit import CHECK, COMMIT
from ..transaction import failure

ARGUMENT_SPEC: "dict[str, Any]" = {
    "services": {"type": "list", "elements": "str", "default": ["dovecot", "postfix"]},
    "protocols": {"type": "list", "elements": "str", "default": []},
    "smtp": {"type": "list", "elements": "str", "choices": ["smtp", "submission"], "default": []},
    "address": {"type": "str", "default": "127.0.0.1"},
    "timeout": {"type": "int", "default": 30},
    "journal_keep": {"type": "int", "default": 20},
    "lock_timeout": {"type": "int", "default": 60},
}
_SMTP = {"smtp": 25, "submission": 587}


def expectations(params: Mapping[str, Any]) -> str:
    """What should answer and what should not, as the lines that the host's program reads."""
    lines = [f"unit {unit}" for unit in params["services"]] + [f"address {params['address']}"]
    for word in params["protocols"]:
        if word not in PORTS:
            raise BadInput("protocols", f"{word!r} is not one of {', '.join(PORTS)}", "Correct it")
        product = word.rstrip("s")
        lines.append(f"serve {product} {'implicit' if word.endswith('s') else 'plain'} {PORTS[word]}")
        if not word.endswith("s"):
            lines.append(f"serve {product} starttls {PORTS[word]}")
    if params["protocols"]:
        lines += [f"closed {port}" for word, port in PORTS.items() if word not in params["protocols"]]
    for word in params["smtp"]:
        lines += [f"serve smtp plain {_SMTP[word]}", f"serve smtp starttls {_SMTP[word]}"]
    return "\n".join(lines) + "\n.\n"


def _validate(params: Mapping[str, Any]) -> None:
    for unit in params["services"]:
        if not re.match(r"^[A-Za-z0-9_.@-]+$", unit) or unit.startswith("-"):
            raise BadInput("services", f"{unit!r} is not a service's name", "Correct it")
    if not re.match(r"^[0-9.]+$", params["address"]):
        raise BadInput("address", f"{params['address']!r} is not an IPv4 address of the host", "Correct it")


def converge(params: Mapping[str, Any], host: Host, check_mode: bool) -> "dict[str, Any]":
    """One round trip to look; a second one, only if something is to be done, that does it or takes it back."""
    _validate(params)
    wanted = expectations(params)
    lines = host.ask(CHECK, wanted.encode())
    pending = sorted({line.split()[1] for line in lines if line.startswith("P ")})
    faults = [line[2:] for line in lines if line.startswith(("S ", "W "))]
    result: "dict[str, Any]" = {"changed": bool(pending or faults), "pending": pending, "faults": faults, "diff": []}
    if result["changed"]:
        about = [f"restart {service}" for service in pending] + [f"repair: {fault}" for fault in faults]
        result["diff"] = [{"before": "", "after": "".join(f"{line}\n" for line in about), "before_header": "", "after_header": "services"}]
    if result["changed"] and not check_mode:
        head = f"{host.who}\n{params['lock_timeout']}\n{params['timeout']}\n{params['journal_keep']}\n"
        answer = host.ask(COMMIT, (head + wanted).encode())
        if not answer or not answer[0].startswith("A "):
            raise _refused(answer)
        result["restarted"] = answer[0][2:].split()
    return result


def _refused(answer: "list[str]") -> "HostError | RolledBack":
    if answer and answer[0] == "E rolled":
        text = bytes.fromhex("".join(answer[1:])).decode("utf-8", "replace").strip()
        reason, _, rest = text.partition("\n")
        return RolledBack("mail_commit", f"the host does not serve what was asked: {reason}. {'. '.join(rest.splitlines())}")
    return failure(answer)
