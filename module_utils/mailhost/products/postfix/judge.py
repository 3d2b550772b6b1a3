"""Who may relay by each smtpd service of a Postfix, computed from main.cf, master.cf,
the version's defaults and the tables named.

Sources: postconf(5), SMTPD_ACCESS_README, access(5), master(5), mail_params.h of 2.3 to 3.10. Of the restriction
lists each ends with the first word that decides; a recipient is taken if no list refuses it. So a host is closed if
one of its lists (the relay list of 2.10 and newer, or the recipient list) reaches ``reject_unauth_destination``
before anything that lets a stranger by.
"""

from __future__ import annotations

from dataclasses import replace
from typing import List, Sequence

from ..cause import Cause
from . import versions as dialect
from .beside import clear, domains, others, rewriting
from .lists import walk
from .restrictions import unknown
from .setup import REWRITES, TAKEN, Effective, Setup, services
from .tables import words


def causes(setup: Setup) -> "List[Cause]":
    """Every reason why a stranger would be relayed for, why a password would go in clear,
    or why smtpd would not serve."""
    causes: "List[Cause]" = []
    for service in services(setup):
        effective = Effective(setup, service)
        name = service.fields[0].rpartition(":")[2]
        port = {"smtp": "25", "submission": "587", "smtps": "465", "submissions": "465"}.get(name, name)
        here = [*domains(effective), *others(effective), *rewriting(effective), *clear(effective, name)]
        here = [_as_far_as_read(cause, effective, (cause.rule.partition(" ")[0],)) for cause in here]
        lists = [(cause, (cause.rule.partition(" ")[0], *dialect.LISTS)) for cause in _by_its_lists(effective, name)]
        here += [_as_far_as_read(cause, effective, names) for cause, names in lists] + _unread(effective)
        known = {(cause.rule, cause.place) for cause in causes}
        causes += [replace(cause, service=port) for cause in here if (cause.rule, cause.place) not in known]
    return causes + unknown(setup)


def _as_far_as_read(cause: Cause, effective: Effective, names: "Sequence[str]") -> Cause:
    """Of the values of these names that were not wholly filled in both alternatives were looked at: which one counts,
    smtpd knows."""
    known = ("mynetworks", *TAKEN, *REWRITES, *dialect.LISTS)
    if cause.is_relay and any(effective.unread(name) for name in names if name in known):
        return replace(cause, kind="unknown", asked=True, what=f"{cause.what}, as far as it can be read", witness={})
    return cause


def _unread(effective: Effective) -> "List[Cause]":
    """Arguments of the service that are not understood."""
    service, name = effective.service, effective.setup.master.name
    out, place = "Write it as -o name=value", f"{name}:{service.line}"
    return [
        Cause(f"argument {word}", "unknown", place, f"service {service.fields[0]}: {word} cannot be judged", out)
        for word in service.unread
    ]


def _by_its_lists(effective: Effective, name: str) -> "List[Cause]":
    """A list that is closed, without a way by it, closes the service, whatever the other lets by."""
    asked = dialect.RELAY_LISTS.nearest(effective.setup.version)
    ways = [walk(effective, list_name) for list_name in asked]
    closed = [way for way in ways if way.closed]
    if not closed:
        return [*(way.permit for way in ways if way.permit), _no_guard(effective, name, asked)]
    tight = [way for way in closed if all(cause.kind == "unknown" for cause in way.causes)]
    if tight:
        is_alone = len([list_name for list_name in dialect.LISTS if words(effective.get(list_name))]) == 1
        return tight[0].causes if is_alone else []
    return list({cause.rule: cause for way in closed for cause in way.causes}.values())


def _no_guard(effective: Effective, name: str, asked: "Sequence[str]") -> Cause:
    overridden = [list_name for list_name in dialect.LISTS if list_name in effective.service.options]
    place = f"{effective.setup.master.name}:{effective.service.line}" if overridden else effective.place(asked[0])
    finding = f"service {name}: no reject_unauth_destination or the like in {' or '.join(asked)}"
    finding += f" (-o {overridden[0]})" if overridden else ""
    finding += ": strangers may relay, or smtpd refuses to serve anybody"
    return Cause(
        f"no guard {name}", "open", place, finding, f"Set {asked[0]} to permit_mynetworks, reject_unauth_destination"
    )
