"""What distributions and versions call Sendmail's parts. Sources: cf/README; the packages' own file lists."""

from __future__ import annotations

from typing import Dict

from ...core.versions import Row, Rows

#: features that let strangers relay, and how (cf/README, ANTI-SPAM CONFIGURATION CONTROL)
OPEN_FEATURES: "Dict[str, str]" = {
    "promiscuous_relay": "anybody may send anywhere",
    "relay_local_from": "whoever claims a sender of this host may send anywhere",
    "relay_mail_from": "whoever claims a sender with a From: row may send anywhere",
    "relay_based_on_mx": "whoever points an MX record at this host is relayed for",
    "relay_entire_domain": "any name below this host's domain is relayed for, from anybody",
    "loose_relay_check": "user%elsewhere@here is relayed",
}
#: where the parts of cf/ lie in one package or another
CF = ("/usr/share/sendmail-cf/m4/cf.m4", "/usr/share/sendmail/cf/m4/cf.m4")
#: the daemon itself, behind whatever alternatives say
PROGRAMS = (
    "/usr/sbin/sendmail.sendmail",
    "/usr/libexec/sendmail/sendmail",
    "/usr/lib/sendmail-bin/sendmail",
    "/usr/sbin/sendmail",
)
#: how long one question to a name server may take where nothing else stands, so that a dead one delays a greeting by
#: four seconds (op.me, Timeout.resolver.retrans and .retry; both came with 8.10)
RESOLVER: "Dict[str, str]" = {"confTO_RESOLVER_RETRANS": "2s", "confTO_RESOLVER_RETRY": "2"}
#: bits of the server's DH group where DHParameters names none (sendmail/sendmail.h, TLS_I_SRV: it holds TLS_I_DH512,
#: which counts before the 1024 of tls.c; since 8.15.2 tls.c's own default is a fixed group of 2048)
DH_BITS: "Rows[int]" = Rows("DHParameters", Row((8, 0), (8, 15, 2), 512), Row((8, 15, 2), None, 2048))
#: what a current client takes
DH_ENOUGH = 2048
#: the group ffdhe2048 (RFC 7919, appendix A.1) as a file for DHParameters
DH_PEM = """\
-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
"""
#: PrivacyOptions without which strangers are told who has a mailbox (op.me)
QUIET_FLAGS = ("novrfy", "noexpn")
#: what lets strangers make more of the host than it means to give, and how (cf/README)
ABUSE: "Dict[str, str]" = {
    "define LUSER_RELAY": "mail for anybody at all is taken, and may bounce later",
    "FEATURE accept_unqualified_senders": "senders without a domain are taken",
    "FEATURE accept_unresolvable_domains": "senders of domains that do not exist are taken, and bounces go nowhere",
    "FEATURE nopercenthack": "user%elsewhere@here is passed on as it is, to whoever takes it for an address",
}
