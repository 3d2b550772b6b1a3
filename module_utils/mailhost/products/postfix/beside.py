"""What lets a stranger by Postfix beside its restriction lists, and what lets a password go in clear.
Sources: postconf(5), SASL_README."""

from __future__ import annotations

import re
from typing import List

from ..cause import Cause
from . import networks
from .setup import REWRITES, TAKEN, Effective, path_of
from .tables import PLAIN, TableRow, inline_rows, rows, table_of, words

DEMANDS = ("encrypt", "secure", "verify")


def domains(effective: Effective) -> "List[Cause]":
    """Domains taken from everybody that are no domains: patterns, and subdomains nobody named."""
    causes = [cause for name in TAKEN for word in words(effective.get(name)) for cause in _taken(effective, name, word)]
    for name in TAKEN:
        unread = [text for text in effective.unread(name) if not re.match(r"^\$my(hostname|domain|origin)$", text)]
        causes += [_unjudged(effective, name, text) for text in unread]
    return causes + _subdomains(effective)


def _unjudged(effective: Effective, name: str, text: str, place: str = "") -> Cause:
    finding, out = f"{name} holds {text}, which cannot be judged", "Name domains (mailhost_relay_domains)"
    return Cause(f"{name} {text}", "unknown", place or effective.place(name), finding, out, asked=True)


def _taken(effective: Effective, name: str, word: str) -> "List[Cause]":
    """One word of a list of domains. Tables of plain keys, and what asks a table of addresses for a domain, are known
    by name alone; patterns are what they match."""
    place, out = effective.place(name), "Name domains (mailhost_relay_domains)"

    def opened(finding: str, at: str = place) -> "List[Cause]":
        return [Cause(f"{name} {word}", "open", at, f"{name} holds {finding}", out)]

    if word.startswith("!") or "$" in word:
        return []
    table, path = table_of(word), path_of(word)
    if table.kind in PLAIN and name != "relay_domains":  # its keys are names, and mail for them stays here
        return []
    if word in ("*", ".") or table.kind == "static":
        return opened(f"{word}, which matches whatever it likes")
    if name == "relay_domains" and re.match(r"^\.?[A-Za-z]+$", word):
        known = word.lower() in ("localhost", "dovecot", "lmtp")
        return [] if known else opened(f"{word}, a whole top-level domain")
    if not table.kind and path is None:
        plain = re.match(r"^[\w.\-\[\]:*@+]+$", word)
        return [] if plain else [_unjudged(effective, name, word)]
    pairs = inline_rows(table.name) if table.kind == "inline" else None
    text = effective.setup.table(path) if path else None
    if pairs is not None:
        found = [TableRow(0, key, value) for key, value in pairs]
    elif text is not None and (table.kind or path):
        found = rows(text, table.kind or "hash")
    else:
        return [_unjudged(effective, name, word)]
    if table.kind in (*PLAIN, "inline", ""):
        wide = [row for row in found if row.key in ("*", ".") or _is_top(name, row.key)]
    else:
        wide = [row for row in found if not _ends_with_a_domain(row)]
    at = f"{path}:{wide[0].line}" if wide and path else place
    return opened(f"{word}, whose {wide[0].key} matches domains that nobody named", at) if wide else []


def _is_top(name: str, key: str) -> bool:
    return name == "relay_domains" and bool(re.match(r"^\.?[A-Za-z]+$", key)) and key.lower() != "localhost"


def _ends_with_a_domain(row: TableRow) -> bool:
    """Whether a pattern matches names of a written domain, and those below it, alone (an address before ``@`` is free:
    virtual_alias_domains asks a table of addresses)."""
    if row.negated or re.match(r"(?i)^(reject|dunno)", row.value):
        return row.negated is False
    label = r"[A-Za-z0-9-]+"
    alternatives = rf"(\((\?:)?{label}(\|{label})*\)|{label})"
    domain = rf"({alternatives}\\\.)+{alternatives}\$"
    lead = rf"(\^(\((\?:)?{label}\\\.\)\??)*|\(\^\|\\\.\)|\(\^\|\.\*\\\.\)|\\\.|\^\(\.[*+]\\\.\)\??"
    lead += r"|\^\(\[[^]]*\][*+]\\\.\)\?|\^\.[*+]\\\.|\^?[^$|]*@)"
    return bool(re.match(rf"^{lead}\(?{domain[:-2]}\)?\$$", row.key))


def rewriting(effective: Effective) -> "List[Cause]":
    """Tables that make an address elsewhere out of what a stranger writes into one of ours."""
    causes = []
    for name in REWRITES:
        for word in words(effective.get(name)):
            table, path = table_of(word), path_of(word)
            if table.kind in PLAIN or (table.kind == "" and "$" in word):
                continue
            pairs = inline_rows(table.name) if table.kind == "inline" else None
            text = effective.setup.table(path) if path else None
            if table.kind == "static" or pairs is not None:
                continue
            if text is None:
                finding = f"{name} holds {word}, which is asked at run time: it cannot be judged from here"
                causes.append(Cause(f"{name} {word}", "unknown", effective.place(name), finding, "", asked=True))
                continue
            causes += [
                _rewritten(name, word, f"{path}:{row.line}", row) for row in rows(text, table.kind) if _leads(row)
            ]
        causes += [_unjudged(effective, name, text) for text in effective.unread(name)]
    return causes


def _leads(row: TableRow) -> bool:
    """Whether the domain of the result is what the pattern took from the address."""
    return any(re.search(r"\$[{(]?\d", address.rpartition("@")[2]) for address in words(row.value))


def _rewritten(name: str, word: str, place: str, row: TableRow) -> Cause:
    if re.search(r"@[^@$]*\$[{(]?\d|@?\$[{(]?\d[})]?@\$[{(]?\d", row.value):
        finding = f"{row.key} in {name}'s {word} makes {row.value} of an address: whoever writes it chooses the domain"
        out = f"Write the domain out in {word}"
        return Cause(f"{name} {word}", "open", place, finding, out)
    finding = f"{row.key} in {name}'s {word} makes {row.value} of an address, which cannot be judged"
    return Cause(f"{name} {word}", "unknown", place, finding, "", asked=True)


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
    causes += networks.causes(effective, "smtpd_authorized_xclient_hosts", True)
    name = "smtpd_authorized_xforward_hosts"  # which is believed in the log alone
    causes += [cause for cause in networks.causes(effective, name) if cause.is_relay]
    for name in ("smtpd_upstream_proxy_protocol", "postscreen_upstream_proxy_protocol"):
        value = effective.get(name).strip()
        screened = any(service.fields[7] == "postscreen" for service in effective.setup.master.services())
        if value and (name.startswith("smtpd") or screened):
            finding = f"{name} is {value}: whoever reaches this port may claim any client's address"
            out = "Let such a service listen on an address that none but the proxy reaches"
            causes.append(Cause(f"{name} {value}", "open", effective.place(name), finding, out))
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
