"""What lets a stranger by Postfix beside its restriction lists, and what lets a password go in clear.
Sources: postconf(5), SASL_README."""

from __future__ import annotations

import re
from typing import List

from ..cause import Cause
from .setup import Effective, is_wide, network_of, words

TAKEN = ("relay_domains", "mydestination", "virtual_mailbox_domains", "virtual_alias_domains")
DEMANDS = ("encrypt", "secure", "verify")


def domains(effective: Effective) -> "List[Cause]":
    """Domains taken from everybody that are no domains: patterns, and subdomains nobody named."""
    causes, out = [], "Name domains (mailhost_relay_domains)"
    for name in TAKEN:
        for word in words(effective.get(name)):
            if word.startswith(("static:", "pcre:", "regexp:", "inline:")) or word in ("*", "."):
                finding = f"{name} holds {word}, which matches whatever it likes"
            elif (
                name == "relay_domains"
                and re.match(r"^\.?[A-Za-z]+$", word)
                and word.lower() not in ("localhost", "dovecot", "lmtp")
            ):
                finding = f"{name} holds {word}, a whole top-level domain"
            else:
                continue
            causes.append(Cause(f"{name} {word}", "open", effective.place(name), finding, out))
    return causes + _subdomains(effective)


def _subdomains(effective: Effective) -> "List[Cause]":
    """Before compatibility level 2 relay_domains was $mydestination,
    and every name below one of its domains is relayed for."""
    name = "relay_domains"
    if (
        name not in words(effective.get("parent_domain_matches_subdomains"))
        or "$mydestination" not in effective.raw(name)[0]
    ):
        return []
    local = words(effective.get("mydestination"))
    both = [
        word
        for word in words(effective.get(name))
        if word in local and "." in word and not word.startswith("localhost")
    ]
    if not both:
        return []
    finding = f"relay_domains is $mydestination: any name below {', '.join(both[:3])} is relayed for, from everybody"
    out = "Set relay_domains to what is passed on (mailhost_relay_domains), or to nothing"
    seen = {"recipient": f"<relaytest@sub.{both[-1]}>"}
    return [Cause("relay_domains $mydestination", "open", effective.place(name), finding, out, seen)]


def others(effective: Effective) -> "List[Cause]":
    """Parameters beside the lists by which a stranger passes for somebody else, or past a primary."""
    causes = []
    name = "allow_untrusted_routing"
    if effective.is_on(name):
        passed_on = [word for word in words(effective.get("relay_domains")) if "." in word]
        seen = {"recipient": f"<relaytest%victim.invalid@{passed_on[0]}>"} if passed_on else {}
        finding = f"{name}: user%elsewhere@domain is passed on to the primary, which sends it elsewhere"
        causes.append(Cause(name, "open", effective.place(name), finding, f"Set {name} to no", seen))
    name = "smtpd_authorized_xclient_hosts"
    for word in words(effective.get(name)):
        network = network_of(word)
        if network and is_wide(network):
            finding = f"{name} holds {word}: everybody may claim any client's address (XCLIENT)"
            causes.append(Cause(f"{name} {word}", "open", effective.place(name), finding, f"Take {word} out of {name}"))
    return causes


def clear(effective: Effective, service: str) -> "List[Cause]":
    """Passwords of AUTH in clear, and nobody's."""
    if not effective.is_on("smtpd_sasl_auth_enable"):
        return []
    causes = []

    def add(rule: str, name: str, finding: str, out: str) -> None:
        causes.append(Cause(rule, "clear", effective.place(name), f"service {service} {finding}", out))

    level = effective.get("smtpd_tls_security_level").strip().lower() or (
        "encrypt" if effective.is_on("smtpd_enforce_tls") else ""
    )
    demands = level in DEMANDS or effective.is_on("smtpd_tls_wrappermode")
    name = "smtpd_tls_auth_only"
    if not demands and not effective.is_on(name):
        add(
            f"{name} {service}",
            name,
            f"takes passwords before TLS: neither {name} nor a demand for TLS",
            f"Set {name} to yes",
        )
    name = "smtpd_tls_security_level"
    if not demands and service in ("submission", "587"):
        add("submission without TLS", name, "does not demand TLS", f"Give it -o {name}=encrypt")
    name = "smtpd_sasl_security_options"
    if "noanonymous" not in words(effective.get(name)):
        add(
            f"{name} {service}", name, f"lets in by ANONYMOUS: {name} lacks noanonymous", f"Put noanonymous into {name}"
        )
    return causes
