"""What each version of Postfix knows. Source: mail_params.h, postconf(5) and the RELEASE_NOTES of 2.3 to 3.10."""

from __future__ import annotations

import re
from typing import Dict, Optional, Set, Tuple

from ...core.versions import Row, Rows, Version

FIRST: Version = (2, 3)

_RELAY, _RECIPIENT = "smtpd_relay_restrictions", "smtpd_recipient_restrictions"
LISTS = (_RELAY, _RECIPIENT)
#: the restriction lists that a recipient passes; the first of them holds the relay rule
RELAY_LISTS: "Rows[Tuple[str, ...]]" = Rows(
    "relay rule", Row(FIRST, (2, 10), (_RECIPIENT,)), Row((2, 10), None, (_RELAY, _RECIPIENT))
)
#: the versions with settings of their own
DIALECTS: "Tuple[Version, ...]" = tuple(row.since for row in RELAY_LISTS.rows)
#: a value by the level of compatibility: (from this level on, the value), the lowest first
ByLevel = Tuple[Tuple[Tuple[int, ...], str], ...]
_GUARD = "permit_mynetworks, reject_unauth_destination"
_SASL_GUARD = "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination"


def _whatever(value: str) -> ByLevel:
    return (((), value),)


def _always(name: str, value: str) -> "Rows[ByLevel]":
    return Rows(name, Row(FIRST, None, _whatever(value)))


#: what a parameter is that main.cf leaves out (mail_params.h; compatibility levels since 3.0)
DEFAULTS: "Dict[str, Rows[ByLevel]]" = {
    "mynetworks_style": Rows(
        "mynetworks_style",
        Row(FIRST, (3, 0), _whatever("subnet")),
        Row((3, 0), None, (((), "subnet"), ((2,), "host"))),
    ),
    "relay_domains": Rows(
        "relay_domains",
        Row(FIRST, (3, 0), _whatever("$mydestination")),
        Row((3, 0), None, (((), "$mydestination"), ((2,), ""))),
    ),
    _RECIPIENT: Rows(_RECIPIENT, Row(FIRST, (2, 10), _whatever(_GUARD)), Row((2, 10), None, _whatever(""))),
    _RELAY: Rows(
        _RELAY,
        Row(FIRST, (2, 10), _whatever("")),
        Row((2, 10), (3, 0), _whatever(_GUARD)),
        Row((3, 0), (3, 6), _whatever(_SASL_GUARD)),
        Row((3, 6), None, (((), ""), ((1,), _SASL_GUARD))),
    ),
    **{
        name: _always(name, value)
        for name, value in {
            "mydestination": "$myhostname, localhost.$mydomain, localhost",
            "parent_domain_matches_subdomains": "debug_peer_list, fast_flush_domains, mynetworks, "
            "permit_mx_backup_networks, qmqpd_authorized_clients, relay_domains, smtpd_access_maps",
            "allow_untrusted_routing": "no",
            "smtpd_sasl_security_options": "noanonymous",
            "smtpd_sasl_auth_enable": "no",
            "smtpd_tls_auth_only": "no",
            "smtpd_tls_security_level": "",
            "virtual_alias_domains": "$virtual_alias_maps",
            "virtual_mailbox_domains": "$virtual_mailbox_maps",
            "inet_interfaces": "all",
            "compatibility_level": "0",
            "canonical_maps": "",
            "recipient_canonical_maps": "",
            "virtual_alias_maps": "$virtual_maps",
            "virtual_maps": "",
            "virtual_mailbox_maps": "",
            "smtpd_authorized_xclient_hosts": "",
            "smtpd_authorized_xforward_hosts": "",
            "smtpd_upstream_proxy_protocol": "",
            "postscreen_upstream_proxy_protocol": "",
            "allow_percent_hack": "yes",
            "smtpd_restriction_classes": "",
        }.items()
    },
}


def default(name: str, number: Version, level: "Tuple[int, ...]") -> str:
    """What a parameter is that main.cf leaves out; empty where that is not known here."""
    rows = DEFAULTS.get(name)
    return [value for since, value in rows.nearest(number) if since <= level][-1] if rows else ""


Settings = Tuple[Tuple[str, str], ...]
_EXCLUDED: Settings = (("smtpd_tls_exclude_ciphers", "EXPORT, LOW, SSLv2, aNULL"),)
#: what every service says of TLS. Before 2.10 the defaults take EXPORT and anonymous ciphers;
#: a version can be refused where TLS is not demanded since 2.6
SERVED_TLS: "Rows[Settings]" = Rows(
    "TLS served",
    Row(FIRST, (2, 6), _EXCLUDED),
    Row((2, 6), (2, 10), (*_EXCLUDED, ("smtpd_tls_protocols", "!SSLv2, !SSLv3"))),
    Row((2, 10), None, ()),
)
#: what submission demands of TLS (RFC 8997: 1.2 at least; no anonymous ciphers, which serve nobody who checks a
#: certificate). The OpenSSL of hosts with an older Postfix may know nothing newer than 1.0. 2.3 to 2.5 take a
#: list of what is allowed; from 2.6 on a list of what is not, since patches of 2.6 to 2.9 know TLS 1.1 and 1.2,
#: which a list of TLSv1 alone would refuse
SUBMISSION_PROTOCOLS: "Rows[Settings]" = Rows(
    "TLS versions of submission",
    Row(FIRST, (2, 6), (("smtpd_tls_mandatory_protocols", "TLSv1"), ("smtpd_tls_mandatory_exclude_ciphers", "aNULL"))),
    Row(
        (2, 6),
        (2, 10),
        (("smtpd_tls_mandatory_protocols", "!SSLv2, !SSLv3"), ("smtpd_tls_mandatory_exclude_ciphers", "aNULL")),
    ),
    Row(
        (2, 10),
        None,
        (
            ("smtpd_tls_mandatory_protocols", "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1"),
            ("smtpd_tls_mandatory_exclude_ciphers", "aNULL, eNULL, EXPORT, RC4, 3DES"),
        ),
    ),
)
NUMBERS = {"0002": "SSLv2", "0300": "SSLv3", "0301": "TLSv1", "0302": "TLSv1.1", "0303": "TLSv1.2", "0304": "TLSv1.3"}
VERSIONS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def allowed(value: str) -> "Optional[Set[str]]":
    """The versions of TLS that a list lets by (postconf(5), smtpd_tls_mandatory_protocols: names,
    ``!name``, between white space, commas or colons; ``>=name`` and ``<=name`` since 3.6, by number too);
    None for a list that holds anything else."""
    known = {name.lower(): name for name in VERSIONS}
    known.update({f"{lead}{number}": name for number, name in NUMBERS.items() for lead in ("", "0x")})
    named: "Set[str]" = set()
    versions = set(VERSIONS)
    for sign, word in re.findall(r"(!|>=|<=|)\s*([^\s,:!<>=]+)", value):
        name = known.get(word.lower())
        if name is None:
            return None
        at = VERSIONS.index(name)
        if sign == "":
            named.add(name)
        versions -= {"!": {name}, ">=": set(VERSIONS[:at]), "<=": set(VERSIONS[at + 1 :]), "": set()}[sign]
    return versions & named if named else versions


def no_lower(name: str, stands: str, meant: str, wanted: str) -> str:
    """A setting of TLS as it should be where one ``stands``, and ``meant`` is what it comes to: never less strict.
    Excluded ciphers are added to; versions stay where fewer are allowed than by ours, and where what stands cannot be
    read (the wire shows what it lets by)."""
    if not stands:
        return wanted
    if name.endswith("exclude_ciphers"):
        have = re.split(r"[\s,:]+", meant)
        missing = [word for word in wanted.split(", ") if word.lower() not in map(str.lower, have)]
        return ", ".join([stands, *missing])
    theirs = allowed(meant)
    return stands if theirs is None or (theirs and theirs <= (allowed(wanted) or set())) else wanted


#: the tables of lookup types that look nothing up outside the host
MAP_SUFFIX = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "dbm": ".pag"}
_ALWAYS = """
permit reject defer defer_if_permit defer_if_reject warn_if_reject \
permit_mynetworks permit_inet_interfaces permit_sasl_authenticated
permit_tls_clientcerts permit_tls_all_clientcerts \
permit_naked_ip_address permit_auth_destination permit_mx_backup check_relay_domains
reject_unknown_client reject_unknown_client_hostname reject_unknown_reverse_client_hostname reject_plaintext_session
reject_unauth_pipelining reject_multi_recipient_bounce \
reject_rbl reject_maps_rbl reject_invalid_hostname reject_invalid_helo_hostname
reject_non_fqdn_hostname reject_non_fqdn_helo_hostname \
reject_unknown_hostname reject_unknown_helo_hostname reject_non_fqdn_sender
reject_unknown_sender_domain reject_unknown_address \
reject_unlisted_sender reject_unverified_sender reject_sender_login_mismatch
reject_authenticated_sender_login_mismatch reject_unauthenticated_sender_login_mismatch reject_non_fqdn_recipient
reject_unknown_recipient_domain reject_unlisted_recipient \
reject_unverified_recipient reject_unauth_destination check_sender_access
check_client_access check_helo_access check_recipient_access \
check_etrn_access check_ccert_access check_helo_mx_access check_helo_ns_access
check_sender_mx_access check_sender_ns_access \
check_recipient_mx_access check_recipient_ns_access check_policy_service reject_rbl_client
reject_rhsbl_client reject_rhsbl_sender reject_rhsbl_recipient reject_rhsbl_helo check_recipient_maps sleep
"""
_LATER: "Dict[Version, str]" = {
    (2, 6): "check_reverse_client_hostname_access",
    (2, 7): "check_client_mx_access check_client_ns_access check_reverse_client_hostname_mx_access "
    "check_reverse_client_hostname_ns_access",
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
#: against a message that is smuggled in: the setting, and the next best (3.9; patches of 3.5 to 3.8 have one or both)
FORBIDS = ("smtpd_forbid_bare_newline", "smtpd_forbid_unauth_pipelining")
#: what is documented for versions that have neither; BDAT came with 3.4
WORK_AROUND: "Rows[Settings]" = Rows(
    "smuggling, without a setting for it",
    Row(FIRST, (3, 4), (("smtpd_data_restrictions", "reject_unauth_pipelining"),)),
    Row(
        (3, 4),
        None,
        (
            ("smtpd_data_restrictions", "reject_unauth_pipelining"),
            ("smtpd_discard_ehlo_keywords", "chunking"),
        ),
    ),
)
#: what costs nobody anything
QUIET: "Dict[str, str]" = {"disable_vrfy_command": "yes"}
#: values (a pattern) that let strangers make more of a host than it means to give: kind of cause, why, the way out
ABUSE: "Dict[str, Tuple[str, str, str, str]]" = {
    "disable_vrfy_command": ("no", "abuse", "VRFY tells strangers who has a mailbox", "Set it to yes"),
    "luser_relay": (".+", "abuse", "mail for anybody at all is taken, and may bounce later", "Take it out"),
    "local_recipient_maps": ("", "abuse", "mail for nobody is taken, and bounced to the forged", "Take it out"),
    "smtpd_reject_unlisted_recipient": ("no", "abuse", "mail for nobody is taken, and bounced later", "Set it to yes"),
    "unknown_local_recipient_reject_code": (
        "4..",
        "abuse",
        "mail for nobody is asked to come again, not refused",
        "Set it to 550",
    ),
    "soft_bounce": ("yes", "abuse", "what is refused is asked to come again", "Set it to no"),
    "smtpd_error_sleep_time": ("0s?", "abuse", "guessing passwords costs no time", "Take it out: the default is 1s"),
    "smtpd_hard_error_limit": (
        r"0|\d{3,}",
        "abuse",
        "passwords may be guessed for ever in one connection",
        "Take it out: the default is 20",
    ),
    "smtpd_sasl_tls_security_options": (
        r"(?!.*noanonymous).*",
        "clear",
        "AUTH by ANONYMOUS is let in inside TLS",
        "Put noanonymous into it",
    ),
    "smtpd_tls_security_level": ("none", "clear", "TLS is switched off", "Set it to may"),
    "allow_mail_to_commands": (".*include.*", "abuse", "a list that a user writes runs commands", "Take include out"),
    "allow_mail_to_files": (".*include.*", "abuse", "a list that a user writes names files", "Take include out"),
    "message_size_limit": ("0", "abuse", "one message may fill the disk", "Set a size"),
    "strict_mailbox_ownership": ("no", "abuse", "mail is put into another's mailbox", "Set it to yes"),
    "resolve_dequoted_address": ("no", "abuse", "user@elsewhere in quotes is passed on as it is", "Set it to yes"),
}
