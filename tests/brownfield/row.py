"""A host as somebody has it: its files, its users and mail, the inventory that its postmaster would write, and what a
run may make of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence, Tuple

PASSWORD = "brown-field-1"
HASH = "$6$brownfield$6Qv8rpt.34OCJGmzcFiHlND/Y/pxvCbC0FMFR7uTECRl9asF33rxM369JUCEwLZZeKfyT9F1VauNQg8Nk0mNo1"
FQDN = "mail.example.test"


def boxes(*names: str, **more: Any) -> "list[dict[str, Any]]":
    return [{"name": name, "password_hash": HASH, **more} for name in names]


@dataclass(frozen=True)
class Row:
    """``users`` are made on the host, ``files`` written, ``set_up`` run (with ``mbox``, ``maildir``, ``certificate``,
    see hosts.py), ``services`` restarted; where the role was there ``first``, it was so before all that. ``puts`` are
    numbers of messages by user and folder, put in over IMAP.

    What is measured: logins of ``users`` and ``logins``, mail from outside to ``addresses``, what ``asks`` print on
    the host, mail that the host itself ``sends``, which sender (user, address) a login may use. ``denied`` are users
    who must never get in.

    ``refused`` are the rules that a run must name and refuse for, ``or_refused`` those that it may; else the host is
    kept: no effect is lost but those of ``changes`` (patterns of effects, each with why the inventory says so)."""

    name: str
    image: str
    files: Mapping[str, str] = field(default_factory=dict)
    set_up: str = ""
    inventory: Mapping[str, Any] = field(default_factory=dict)
    users: Sequence[str] = ("alice", "bob")
    logins: Sequence[str] = ()
    puts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    denied: Sequence[str] = ()
    addresses: Sequence[str] = ("alice@example.test",)
    sends: Sequence[str] = ()
    names: Sequence[str] = ()
    asks: Mapping[str, str] = field(default_factory=dict)
    senders: Sequence[Tuple[str, str]] = ()
    first: bool = False
    refused: Sequence[str] = ()
    or_refused: Sequence[str] = ()
    changes: Mapping[str, str] = field(default_factory=dict)
    services: Sequence[str] = ("postfix", "dovecot")

    @property
    def variables(self) -> "dict[str, Any]":
        """Of the inventory; who is in it is what most postmasters would begin with."""
        return {
            "mailhost_fqdn": FQDN,
            "mailhost_domains": ["example.test"],
            "mailhost_mailboxes": boxes(*(user for user in self.users if user not in self.denied)),
            "mailhost_probe_login": {},
            "mailhost_execution": "controller",
            **self.inventory,
        }

    @property
    def listed(self) -> "set[str]":
        return {box["name"] for box in self.variables["mailhost_mailboxes"]}
