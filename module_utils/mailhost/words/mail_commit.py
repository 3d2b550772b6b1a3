"""Restart what changed, see that it serves, keep the change or let the host roll it back."""

from __future__ import annotations

import re
from typing import Any, Mapping

from ..core.apply import failure, recover
from ..core.errors import BadInput, HostError, RolledBack
from ..core.host import Host, encode
from ..core.shell.commit import CHECK, COMMIT
from ..core.word import Alone
from ..formats.imap import imap_quoted
from ..products import table
from ..products.access import PORTS

ARGUMENT_SPEC: "dict[str, Any]" = {
    "state": {"type": "str", "choices": ["confirmed", "aborted"], "default": "confirmed"},
    "services": {"type": "list", "elements": "str", "default": ["dovecot", "postfix"]},
    "protocols": {"type": "list", "elements": "str", "default": []},
    "smtp": {"type": "list", "elements": "str", "choices": list(table.PORTS["mta"]), "default": []},
    "address": {"type": "str", "default": "127.0.0.1"},
    "serving": {"type": "list", "elements": "str", "default": []},
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "mailbox": {"type": "str"},
    "timeout": {"type": "int", "default": 30},
    "journal_keep": {"type": "int", "default": 20},
    "lock_timeout": {"type": "int", "default": 60},
}
_SMTP = table.PORTS["mta"]
#: processes that may hold a port when a commit failed, and are no stranger's
OURS = ("dovecot", "master", "sendmail", "stunnel")
_SERVING = re.compile(r"^(serve (imap|pop3|smtp) (plain|starttls|implicit)|closed) [1-9][0-9]{0,4}$")


def expectations(params: Mapping[str, Any]) -> str:
    """What should answer and what should not, as the lines that the host's program reads."""
    lines = [f"unit {unit}" for unit in params["services"]] + [f"address {params['address']}"]
    lines += [f"ours {name}" for name in OURS]
    for word in params["protocols"]:
        if word not in PORTS:
            raise BadInput("protocols", f"{word!r} is not one of {', '.join(PORTS)}", "Correct it")
        product = word.rstrip("s")
        lines.append(f"serve {product} {'implicit' if word.endswith('s') else 'plain'} {PORTS[word]}")
        if not word.endswith("s"):
            lines.append(f"serve {product} starttls {PORTS[word]}")
    if params["protocols"]:
        tunnels = {line.rpartition(" ")[2] for line in params["serving"]}
        lines += [
            f"closed {port}"
            for word, port in PORTS.items()
            if word not in params["protocols"] and str(port) not in tunnels
        ]
    for word in params["smtp"]:
        lines += [f"serve smtp plain {_SMTP[word]}", f"serve smtp starttls {_SMTP[word]}"]
    if params.get("mailbox"):
        lines += [f"mailbox {params['mailbox']}"]
        lines += [f"queue {folder}" for row in table.of_kind("mta") if row.queue for folder in row.queue.folders]
    return "\n".join([*lines, *params["serving"]]) + "\n"


def login(params: Mapping[str, Any]) -> str:
    """The login that is known, for the host's program: its name, its password, and both as IMAP quotes them."""
    user, password = params.get("user") or "", params.get("password") or ""
    return f"login\n{user}\n{password}\n{imap_quoted(user)} {imap_quoted(password)}\n" if user and password else ""


def _validate(params: Mapping[str, Any]) -> None:
    for option in ("user", "password"):
        if re.search(r"[\r\n\0]", params.get(option) or ""):
            raise BadInput(option, "a newline or NUL", "Give one line")
    for unit in params["services"]:
        if not re.match(r"^[A-Za-z0-9_.@-]+$", unit) or unit.startswith("-"):
            raise BadInput("services", f"{unit!r} is not a service's name", "Correct it")
    if params["journal_keep"] < 1:
        raise BadInput(
            "journal_keep", f"{params['journal_keep']}: the last change could not be taken back", "Give 1 or more"
        )
    for line in params["serving"]:
        if not _SERVING.match(line):
            raise BadInput("serving", f"{line[:60]!r} is not a line of mail_undo's", "Give what mail_undo returned")
    if params.get("mailbox") and not re.match(r"^[^\s<>\0-]\S*@[^\s<>@]+$", params["mailbox"]):
        raise BadInput("mailbox", f"{params['mailbox'][:60]!r} is not an address of one mailbox", "Give user@domain")
    if not re.match(r"^[0-9.]+$", params["address"]):
        raise BadInput("address", f"{params['address']!r} is not an IPv4 address of the host", "Correct it")


def converge(params: Mapping[str, Any], host: Host, check_mode: bool) -> "dict[str, Any]":
    """One round trip to look; a second one, only if something is to be done, that does it or takes it back."""
    _validate(params)
    if params["state"] == "aborted":
        return _taken_back(
            *([], []) if check_mode else recover(host, params["lock_timeout"], "the run that made it failed")
        )
    wanted = expectations(params)
    tidy = "" if check_mode else f"tidy {params['journal_keep']}\n"
    lines = host.ask(CHECK, (wanted + tidy + ".\n").encode())
    pending = sorted({line.split()[1] for line in lines if line.startswith("P ")})
    faults = [line[2:] for line in lines if line.startswith("S ")]
    faults += [line.split(" ", 2)[2] for line in lines if line.startswith("W ")]  # behind its code
    earlier = [line[2:] for line in lines if line.startswith("N ")]
    result: "dict[str, Any]" = {"changed": bool(pending or faults), "pending": pending, "faults": faults, "diff": []}
    if result["changed"]:
        about = [f"restart {service}" for service in pending] + [f"repair: {fault}" for fault in faults]
        result["diff"] = [
            {
                "before": "",
                "after": "".join(f"{line}\n" for line in about),
                "before_header": "",
                "after_header": "services",
            }
        ]
    if result["changed"] and not check_mode:
        head = f"{host.who}\n{host.run_id}\n{params['lock_timeout']}\n{params['timeout']}\n{params['journal_keep']}\n"
        lines = host.ask(COMMIT, encode(head + wanted + login(params) + ".\n"))
        if not lines or not lines[0].startswith("A "):
            raise _refused(lines, (params.get("password") or "", imap_quoted(params.get("password") or "")[1:-1]))
        result["restarted"] = lines[0][2:].split()
        result["unproved"] = [_doubt(line[2:], params) for line in lines if line.startswith("U ")]
        if result["unproved"]:
            result["warnings"] = [f"not proved: {'; '.join(result['unproved'])}"]
    notes = [line[2:] for line in lines if line.startswith("N ")]
    if notes:
        makers = [line[2:] for line in lines if line.startswith("B ")]
        _tell(notes[0], host.who in makers, check_mode or notes == earlier, result)
    return result


def _taken_back(whole: "list[str]", partly: "list[str]") -> "dict[str, Any]":
    taken = [*whole, *partly]
    result: "dict[str, Any]" = {"changed": bool(taken), "undone": taken, "pending": [], "faults": [], "diff": []}
    if partly:
        text = f"NOT all of it could be taken back: see undo.log in /var/lib/mailhost/journal: {', '.join(partly)}"
        result["warnings"] = [text]
    return result


#: what could not be proved, by the host's word for it
DOUBTS = {
    "login": "no user and password were given, so no login that should succeed was tried, and no mail sent",
    "refused": "{protocol} refuses the login of {user} (mailhost_probe_login), so none was proved",
    "mailbox": "{protocol} has no mailbox of {user} (mailhost_probe_login) to open, so no session was proved",
    "slow": "{protocol} did not answer the login of {user} (mailhost_probe_login) in time, so none was proved",
    "unsent": "sendmail(8) of the host takes no message for {user} (mailhost_probe_login), so no delivery was proved",
    "waits": "a message for {user} (mailhost_probe_login) was still in the queue, so no delivery was proved",
    "left": "the message that proved delivery to {user} is flagged as deleted and stays, as others that are",
    "starttls": "STARTTLS of {protocol} is offered, but the host's openssl s_client cannot speak it",
}


def _doubt(line: str, params: Mapping[str, Any]) -> str:
    word, _, protocol = line.partition(" ")
    return DOUBTS[word].format(protocol=protocol, user=params.get("user") or "")


def _tell(note: str, is_mine: bool, known: bool, result: "dict[str, Any]") -> None:
    """What the host took back by itself: an error if it was this run's,
    or was taken back in the middle of this commit."""
    text = f"the host took a change back by itself, {note}"
    if is_mine or not known:
        raise RolledBack(
            "mail_commit",
            text,
            "Run again; raise mailhost_confirm_timeout if a run takes longer",
            fault="unconfirmed",
            after="serves",
        )
    result["warnings"] = [*result.get("warnings", []), text]


def _refused(answer: "list[str]", secrets: "tuple[str, ...]" = ()) -> HostError | RolledBack:
    """The error of an answer; a daemon may have said a password again, in its answer or its log."""
    words = answer[0].split() if answer else []
    if words[:2] == ["E", "rolled"]:
        text = bytes.fromhex("".join(answer[1:])).decode("utf-8", "replace").strip()
        for secret in filter(None, secrets):
            text = text.replace(secret, "(hidden)")
        reason, _, rest = text.partition("\n")
        message = f"the host does not serve what was asked: {reason}. {'. '.join(rest.splitlines())}"
        return RolledBack("mail_commit", message, fault=words[2], after=words[3])
    return failure(answer)


WORD = Alone(ARGUMENT_SPEC, converge, validate=_validate)
