"""Who serves a port: what the host's own configuration says, else what a host of Enterprise Linux 5 runs."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from ..core.versions import version
from ..products.table import choices
from ..products.tls import ENTERPRISE_5, Daemon
from .wire import Endpoint


def serving(endpoint: Endpoint, greeting: str, policy: "Mapping[str, Any]") -> "Optional[Daemon]":
    """The daemon behind a port, by its greeting and mail_policy's facts; None if that is not known."""
    products = policy.get("products") or {}
    if endpoint.port in (policy.get("tunnels") or []):
        return Daemon("stunnel", (4, 15))  # the oldest here; its settings are as old
    names = choices("mta" if endpoint.product == "smtp" else "access")
    greeted = _greeted(greeting) if endpoint.product == "smtp" else None
    if policy.get("read"):
        here = [name for name in names if name in products]
        if greeted and greeted.product in here:
            here = [greeted.product]
        return Daemon(here[0], version(products[here[0]])) if len(here) == 1 else None
    if greeted:  # a tunnel may stand before it where TLS is implicit, and could refuse what it cannot
        return None if endpoint.implicit else greeted
    return Daemon(names[0], version(ENTERPRISE_5[names[0]]))


def _greeted(greeting: str) -> "Optional[Daemon]":
    """Sendmail, if that is what greets (``ESMTP Sendmail 8.13.8/8.13.8``); other daemons do not say their version."""
    _, named, rest = greeting.partition("Sendmail")
    return Daemon("sendmail", version(rest) or version(ENTERPRISE_5["sendmail"])) if named else None
