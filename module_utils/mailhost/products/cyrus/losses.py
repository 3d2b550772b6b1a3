"""What a change of Cyrus' configuration would take away from somebody, by effect."""

from __future__ import annotations

from typing import List

from ...core.loss import Loss
from ...formats.settings import Settings
from .configure import CYRUS, IMAPD
from .cyrus_conf import CyrusConf

#: SASL's plugins that look users up outside of the host's own store of secrets (imapd.conf(5), SASL's options)
_ELSEWHERE = ("sql", "ldapdb", "ldap")


def losses(imapd: Settings, cyrus: CyrusConf, socket: str) -> "List[Loss]":
    return [*_passwords(imapd), *_delivery(cyrus, socket)]


def _passwords(imapd: Settings) -> "List[Loss]":
    """A source of passwords that is neither the system's accounts nor the store of secrets."""
    methods = (imapd.get("sasl_pwcheck_method") or "").lower().split()
    plugins = (imapd.get("sasl_auxprop_plugin") or "").lower().split()
    sources = [name for name in plugins if name in _ELSEWHERE] if "auxprop" in methods else []
    sources += [name for name in methods if name not in ("auxprop", "saslauthd", "alwaystrue")]
    return [
        Loss(
            f"loss.database sasl {name}",
            IMAPD,
            f"passwords are looked up by SASL's {name}: whoever logs in by it could not",
            "Take it out of imapd.conf, or leave that host's logins to it",
        )
        for name in sources
    ]


def _delivery(cyrus: CyrusConf, socket: str) -> "List[Loss]":
    """Another socket that mail is handed to."""
    lmtp = cyrus.get("lmtpunix")
    stands = lmtp.attributes.get("listen", socket) if lmtp else socket
    if stands.strip('"') == socket:
        return []
    fault = f"mail is taken at {stands}, and would be taken at {socket}"
    return [Loss("loss.listener lmtpunix", f"{CYRUS}:{lmtp.line if lmtp else 1}", fault, "Move it there by hand")]
