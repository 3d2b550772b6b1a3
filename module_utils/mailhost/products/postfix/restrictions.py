"""Restrictions that smtpd does not know: it then serves nobody (451 4.3.5 Server configuration error), and neither ``postconf -n`` nor
``postfix check`` says so.

Source: postconf(5) of 2.3 to 3.10 (smtpd_client_restrictions and its likes), smtpd_check.c.
"""

from __future__ import annotations

import re
from typing import Dict, List

from ...core.versions import Version, dotted
from ..cause import Cause
from .setup import Effective, Setup, classes, services, words

LISTS = tuple(
    f"smtpd_{stage}_restrictions"
    for stage in ("client", "helo", "sender", "relay", "recipient", "data", "end_of_data", "etrn")
)
_ALWAYS = """
permit reject defer defer_if_permit defer_if_reject warn_if_reject permit_mynetworks permit_inet_interfaces permit_sasl_authenticated
permit_tls_clientcerts permit_tls_all_clientcerts permit_naked_ip_address permit_auth_destination permit_mx_backup check_relay_domains
reject_unknown_client reject_unknown_client_hostname reject_unknown_reverse_client_hostname reject_plaintext_session
reject_unauth_pipelining reject_multi_recipient_bounce reject_rbl reject_maps_rbl reject_invalid_hostname reject_invalid_helo_hostname
reject_non_fqdn_hostname reject_non_fqdn_helo_hostname reject_unknown_hostname reject_unknown_helo_hostname reject_non_fqdn_sender
reject_unknown_sender_domain reject_unknown_address reject_unlisted_sender reject_unverified_sender reject_sender_login_mismatch
reject_authenticated_sender_login_mismatch reject_unauthenticated_sender_login_mismatch reject_non_fqdn_recipient
reject_unknown_recipient_domain reject_unlisted_recipient reject_unverified_recipient reject_unauth_destination check_sender_access
check_client_access check_helo_access check_recipient_access check_etrn_access check_ccert_access check_helo_mx_access check_helo_ns_access
check_sender_mx_access check_sender_ns_access check_recipient_mx_access check_recipient_ns_access check_policy_service reject_rbl_client
reject_rhsbl_client reject_rhsbl_sender reject_rhsbl_recipient reject_rhsbl_helo check_recipient_maps sleep
"""
_LATER: "Dict[Version, str]" = {
    (2, 6): "check_reverse_client_hostname_access",
    (
        2,
        7,
    ): "check_client_mx_access check_client_ns_access check_reverse_client_hostname_mx_access check_reverse_client_hostname_ns_access",
    (2, 8): "permit_dnswl_client permit_rhswl_client reject_rhsbl_reverse_client",
    (2, 10): "defer_unauth_destination",
    (2, 11): "reject_known_sender_login_mismatch check_sasl_access",
    (3, 0): "check_client_a_access check_reverse_client_hostname_a_access check_helo_a_access check_sender_a_access "
    "check_recipient_a_access",
    (3, 8): "reject_unknown_forward_client_hostname",  # not in 3.7's smtpd
}
#: each restriction, and the version that brought it
SINCE: "Dict[str, Version]" = {
    **dict.fromkeys(_ALWAYS.split(), (2, 0)),
    **{word: since for since, many in _LATER.items() for word in many.split()},
}
#: those behind which something else stands
_WITH_MORE = re.compile(
    r"^(check_\w+_(access|service|maps)|check_policy_service|reject_r(bl|hsbl)_\w+|permit_(dnswl|rhswl)_client|sleep)$"
)


def unknown(setup: Setup) -> "List[Cause]":
    """Each word of a restriction list that is none in this version; what cannot be told from a word alone is passed over: tables,
    braces (3.0 on), ``$name`` of a parameter that is not set, numbers."""
    found: "Dict[str, Cause]" = {}
    named = classes(setup.main)
    for service in services(setup):
        effective = Effective(setup, service)
        for name in (*LISTS, *named):
            for cause in _of_list(effective, name, named):
                found.setdefault(cause.rule, cause)
    return list(found.values())


def _of_list(effective: Effective, name: str, named: "List[str]") -> "List[Cause]":
    raw, found = effective.raw(name)[0], []
    if "{" in raw or (name == "smtpd_relay_restrictions" and effective.setup.version < (2, 10)):
        return []
    todo = words(effective.get(name))
    while todo:
        word = todo.pop(0)
        if _WITH_MORE.match(word.lower()):
            todo = todo[1:]
        since = SINCE.get(word.lower())
        if word in named or re.search(r"[:/$\d.]", word) or (since and since <= effective.setup.version):
            continue
        number = dotted(effective.setup.version)
        what = f"{word} in {name} is no restriction of Postfix {number}" + (
            f" (it came with {dotted(since)})" if since else ""
        )
        what += ": smtpd would answer 451 4.3.5 to everybody"
        found.append(
            Cause(f"{name} {word}", "dead", effective.place(name), what, "Correct or remove the word", {}, "25")
        )
    return found
