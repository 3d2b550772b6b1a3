"""Configurations of Postfix that let strangers relay, and safe ones that look alike: what differs from a plain host.

A name says what stands there. ``files`` lie in /etc/postfix/t; those of type hash are built.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict

BASE = """\
compatibility_level = 3.6
myhostname = mx.example.test
mydestination = $myhostname, localhost, example.test
mynetworks = 127.0.0.0/8 [::1]/128
relay_domains =
inet_interfaces = all
alias_maps =
local_recipient_maps =
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
"""
SMTP = "smtp inet n - n - - smtpd\n"
GUARD = "reject_unauth_destination"


@dataclass(frozen=True)
class Case:
    main: str = ""
    master: str = SMTP
    files: "Dict[str, str]" = field(default_factory=dict)


def relay(words: str, **files: str) -> Case:
    """A relay list with these words in front of the guard."""
    lists = f"smtpd_relay_restrictions = permit_mynetworks, {words}, {GUARD}\n"
    return Case(lists, files={name.replace("_", "."): text for name, text in files.items()})


def main(text: str, **files: str) -> Case:
    return Case(text + "\n", files={name.replace("_", "."): text for name, text in files.items()})


def option(text: str) -> Case:
    return Case(master=f"{SMTP}submission inet n - n - - smtpd\n  -o {text}\n")


T = "/etc/postfix/t"
OPEN: "Dict[str, Case]" = {
    "networks: everybody": main("mynetworks = 0.0.0.0/0"),
    "networks: everybody, beside loopback": main("mynetworks = 127.0.0.0/8, 0.0.0.0/0"),
    "networks: half of the Internet, twice": main("mynetworks = 0.0.0.0/1 128.0.0.0/1"),
    "networks: all of IPv6": main("mynetworks = 127.0.0.0/8 [::]/0"),
    "networks: the unicast part of IPv6": main("mynetworks = 127.0.0.0/8 [2000::]/3"),
    "networks: IPv4 inside IPv6": main("mynetworks = 127.0.0.0/8 [::ffff:0:0]/96"),
    "networks: half of IPv4 inside IPv6": main("mynetworks = 127.0.0.0/8 [::ffff:0:0]/97"),
    "networks: a file": main(f"mynetworks = {T}/nets", nets="127.0.0.0/8\n# all\n0.0.0.0/0\n"),
    "networks: a file with a line continued": main(f"mynetworks = {T}/nets", nets="127.0.0.0/8\n  0.0.0.0/0\n"),
    "networks: a cidr table": main(f"mynetworks = cidr:{T}/nets", nets="127.0.0.0/8 x\n0.0.0.0/0 OK\n"),
    "networks: a cidr table behind proxymap": main(
        f"mynetworks = proxy:cidr:{T}/nets\nproxy_read_maps = $mynetworks", nets="0.0.0.0/0 OK\n"
    ),
    "networks: an inline cidr table": main("mynetworks = 127.0.0.0/8, cidr:{{0.0.0.0/0 OK}}"),
    "networks: static": main("mynetworks = 127.0.0.0/8 static:all"),
    "networks: regexp": main(f"mynetworks = regexp:{T}/nets", nets="/^[0-9]/ OK\n"),
    "networks: inline regexp": main("mynetworks = regexp:{{/./ OK}}"),
    "networks: by a name of one's own": main("everybody = 0.0.0.0/0\nmynetworks = 127.0.0.0/8 $everybody"),
    "networks: a name not set, other value": main("mynetworks = ${nosuch?{127.0.0.1}:{0.0.0.0/0}}"),
    "networks: a name that is set": main("mynetworks = 127.0.0.0/8 ${myhostname?0.0.0.0/0}"),
    "networks: a default": main("mynetworks = ${nosuch:0.0.0.0/0}"),
    "networks: a default in braces": main("mynetworks = 127.0.0.0/8 ${nosuch:{0.0.0.0/0}}"),
    "networks: parentheses": main("x = 0.0.0.0/0\nmynetworks = $(x)"),
    "networks: a comparison": main("mynetworks = ${{$myhostname} == {mx.example.test} ? {0.0.0.0/0} : {127.0.0.1}}"),
    "networks: a comparison of levels": main(
        "mynetworks = ${{$compatibility_level} >= {2} ? {0.0.0.0/0} : {127.0.0.1}}"
    ),
    "networks: the second setting counts": main("mynetworks = 127.0.0.1\nmynetworks = 0.0.0.0/0"),
    "networks: on the next line": main("mynetworks = 127.0.0.1\n  0.0.0.0/0"),
    "networks: behind a comment": main("mynetworks = 127.0.0.1\n# more\n  0.0.0.0/0"),
    "service: networks": option("mynetworks=0.0.0.0/0"),
    "service: networks in braces": option("{ mynetworks = 0.0.0.0/0 }"),
    "service: list in braces": option(
        "{ smtpd_relay_restrictions = permit_mynetworks, check_client_access static:OK, reject_unauth_destination }"
    ),
    "service: no space behind -o": option("mynetworks=0.0.0.0/0").__class__(
        master=f"{SMTP}2525 inet n - n - - smtpd -omynetworks=0.0.0.0/0\n"
    ),
    "service: by a name": Case("all_nets = 0.0.0.0/0\n", f"{SMTP}2525 inet n - n - - smtpd -o mynetworks=$all_nets\n"),
    "service: a comment between": Case(master=f"{SMTP}2525 inet n - n - - smtpd\n# x\n  -o mynetworks=0.0.0.0/0\n"),
    "service: list with permit": option("smtpd_relay_restrictions=permit_mynetworks,permit"),
    "service: a class": Case(
        "smtpd_restriction_classes = loose\nloose = permit\n",
        f"{SMTP}2525 inet n - n - - smtpd\n  -o smtpd_relay_restrictions=permit_mynetworks,loose,{GUARD}\n",
    ),
    "list: permit": relay("permit"),
    "list: static": relay("check_client_access static:OK"),
    "list: static in braces": relay("check_client_access static:{OK}"),
    "list: static behind proxymap": relay("check_client_access proxy:static:OK"),
    "list: inline": relay("check_sender_access inline:{relaytest-sender.invalid=OK}"),
    "list: inline in two braces": relay("check_sender_access inline:{{relaytest-sender.invalid = OK}}"),
    "list: static number": relay("check_client_access static:1"),
    "list: static permit": relay("check_helo_access static:permit"),
    "list: cidr": relay(f"check_client_access cidr:{T}/c", c="0.0.0.0/0 OK\n"),
    "list: cidr but not": relay(f"check_client_access cidr:{T}/c", c="!10.0.0.0/8 OK\n"),
    "list: pcre": relay(f"check_client_access pcre:{T}/c", c="/./ OK\n"),
    "list: regexp in if": relay(f"check_sender_access regexp:{T}/c", c="if /@/\n/./ RELAY\nendif\n"),
    "list: a row's answer is a list": relay(
        f"check_client_access cidr:{T}/c", c="0.0.0.0/0 permit_sasl_authenticated, permit\n"
    ),
    "list: a row continued": relay(
        f"check_client_access cidr:{T}/c", c="0.0.0.0/0\n  permit_sasl_authenticated,\n permit\n"
    ),
    "list: a row's answer asks a table": relay(
        f"check_client_access cidr:{T}/c", c="0.0.0.0/0 check_sender_access static:OK\n"
    ),
    "list: a row's answer is a class": Case(
        "smtpd_restriction_classes = loose\nloose = permit\n"
        f"smtpd_relay_restrictions = check_client_access cidr:{T}/c, {GUARD}\n",
        files={"c": "0.0.0.0/0 loose\n"},
    ),
    "list: own sender": relay(f"check_sender_access hash:{T}/s", s="example.test OK\n"),
    "list: null sender": relay(f"check_sender_access hash:{T}/s", s="<> OK\n"),
    "list: HELO localhost": relay(f"check_helo_access hash:{T}/h", h="localhost OK\n"),
    "list: a top-level domain of clients": relay(f"check_client_access hash:{T}/h", h="invalid OK\n"),
    "list: a name that PTR gives": relay(f"check_reverse_client_hostname_access hash:{T}/h", h="friend.test OK\n"),
    "list: local part": relay(f"check_recipient_access hash:{T}/r", r="relaytest@ OK\n"),
    "list: whoever has us as MX": relay("permit_mx_backup"),
    "list: any certificate": relay("permit_tls_all_clientcerts"),
    "list: a macro chooses": main(
        "smtpd_relay_restrictions = ${nosuch?{permit_mynetworks}:{permit}}, reject_unauth_destination"
    ),
    "list: a warning alone": main(
        "smtpd_relay_restrictions = permit_mynetworks, warn_if_reject reject_unauth_destination, permit"
    ),
    "domains: static": main("relay_domains = static:x"),
    "domains: any pattern": main(f"relay_domains = regexp:{T}/d", d="/./ x\n"),
    "domains: a pattern without an end": main(f"relay_domains = pcre:{T}/d", d="/^example\\.test/ x\n"),
    "domains: a pattern without a beginning": main(
        f"mydestination = localhost, regexp:{T}/d", d="/example\\.test$/ x\n"
    ),
    "domains: com": main("relay_domains = com"),
    "domains: com in a table": main(f"relay_domains = hash:{T}/d", d="com x\n"),
    "domains: com in a file": main(f"relay_domains = {T}/d", d="backup.test\ncom\n"),
    "domains: com inline": main("relay_domains = inline:{com=x}"),
    "domains: static virtual": main("virtual_alias_domains = static:x"),
    "domains: below ours": main("parent_domain_matches_subdomains = relay_domains\nrelay_domains = $mydestination"),
    "rewriting: # in canonical": main(
        f"recipient_canonical_maps = regexp:{T}/m", m="/^(.+)#(.+)@example\\.test$/ $1@$2\n"
    ),
    "rewriting: # in aliases": main(f"virtual_alias_maps = regexp:{T}/m", m="/^(.+)#(.+)@example\\.test$/ $1@$2\n"),
    "rewriting: = with parentheses": main(
        f"canonical_maps = regexp:{T}/m",
        m="/^(.+)=(.+)@example\\.test$/ ${{2}}@${{1}}\n".replace("{{", "{").replace("}}", "}"),
    ),
    "rewriting: two signs": main(f"virtual_alias_maps = pcre:{T}/m", m="/^to-(.+)-at-(.+)@example\\.test$/ $1@$2\n"),
    "rewriting: the whole local part": main(
        f"virtual_alias_maps = pcre:{T}/m", m="/^(.+)@(.+)\\.example\\.test$/ $1@$2\n"
    ),
    "rewriting: inline": main("virtual_alias_maps = regexp:{{/^(.+)#(.+)@example\\.test$/ $$1@$$2}}"),
    "routing: untrusted": main("allow_untrusted_routing = yes\nrelay_domains = backup.test"),
    "proxy: XCLIENT from a private network": main("smtpd_authorized_xclient_hosts = 172.16.0.0/12"),
    "proxy: XCLIENT from a file": main(f"smtpd_authorized_xclient_hosts = {T}/x", x="10.0.0.0/8\n"),
    "proxy: haproxy on a port": Case(
        master=f"{SMTP}2525 inet n - n - - smtpd -o smtpd_upstream_proxy_protocol=haproxy\n"
    ),
    "proxy: haproxy before postscreen": Case(
        "postscreen_upstream_proxy_protocol = haproxy\n",
        "smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n",
    ),
    "behind postscreen": Case(
        master="smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd -o { mynetworks = 0.0.0.0/0 }\n"
    ),
}
SAFE: "Dict[str, Case]" = {
    "plain": Case(),
    "networks: private": main("mynetworks = 127.0.0.0/8 10.0.0.0/8 192.168.0.0/16"),
    "networks: a file": main(f"mynetworks = {T}/nets", nets="# ours\n127.0.0.0/8\n192.0.2.0/24\n"),
    "networks: a cidr table": main(
        f"mynetworks = cidr:{T}/nets", nets="127.0.0.0/8 OK\n[2001:db8:1::]/48 OK\n".replace("[", "").replace("]", "")
    ),
    "networks: a hash": main(f"mynetworks = hash:{T}/nets", nets="127.0.0.1 OK\n192.0.2.7 OK\n"),
    "networks: but not": main("mynetworks = !192.0.2.66 192.0.2.0/24 127.0.0.0/8"),
    "networks: a choice": main("mynetworks = ${nosuch?{0.0.0.0/0}:{127.0.0.0/8}}"),
    "networks: a default": main("mynetworks = ${nosuch:127.0.0.0/8}"),
    "networks: a comparison": main("mynetworks = ${{$compatibility_level} < {2} ? {0.0.0.0/0} : {127.0.0.0/8}}"),
    "networks: by a name": main("ours = 192.0.2.0/24\nmynetworks = 127.0.0.0/8 $ours"),
    "networks: mapped loopback": main("mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128"),
    "networks: style host": main("mynetworks =\nmynetworks_style = host"),
    "list: a choice": main(
        "smtpd_relay_restrictions = ${nosuch?{permit}:{permit_mynetworks, reject_unauth_destination}}"
    ),
    "list: as 3.6 has it": main(
        "smtpd_relay_restrictions = ${{$compatibility_level} <level {1} ? {} : "
        "{permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination}}"
    ),
    "list: classes": main(
        "smtpd_restriction_classes = shut\nshut = permit_mynetworks, reject_unauth_destination\n"
        "smtpd_relay_restrictions = shut"
    ),
    "list: rows that refuse": relay(f"check_sender_access hash:{T}/s", s="bad.test REJECT\nworse.test 550 5.7.1 no\n"),
    "list: rows that add": relay(f"check_client_access cidr:{T}/c", c="0.0.0.0/0 PREPEND X-Seen: yes\n"),
    "list: rows that hold": relay(f"check_sender_access pcre:{T}/c", c="/./ HOLD\n"),
    "list: a row's answer is the guard": relay(
        f"check_client_access cidr:{T}/c", c="0.0.0.0/0 permit_mynetworks, reject_unauth_destination\n"
    ),
    "list: a client by its address": relay(f"check_client_access hash:{T}/c", c="192.0.2.9 OK\n"),
    "list: a client by its network": relay(f"check_client_access cidr:{T}/c", c="192.0.2.0/24 OK\n"),
    "list: a client by a pattern of its address": relay(
        f"check_client_access regexp:{T}/c", c="/^192\\.0\\.2\\.9$/ OK\n"
    ),
    "list: a client by its name": relay(f"check_client_access hash:{T}/c", c="mail.partner.test OK\n"),
    "list: one of our own addresses": relay(f"check_recipient_access hash:{T}/r", r="abuse@example.test OK\n"),
    "list: static DUNNO": relay("check_sender_access static:DUNNO"),
    "list: inline that refuses": relay("check_sender_access inline:{bad.test=REJECT}"),
    "list: MX of named networks": main(
        "permit_mx_backup_networks = 192.0.2.0/24\n"
        "smtpd_relay_restrictions = permit_mynetworks, permit_mx_backup, reject_unauth_destination"
    ),
    "list: in the recipients' list": main(
        f"smtpd_recipient_restrictions = {GUARD}, check_policy_service unix:private/policy"
    ),
    "list: open recipients' list behind the guard": main("smtpd_recipient_restrictions = permit"),
    "list: names looked up": relay("reject_non_fqdn_recipient, reject_unknown_recipient_domain"),
    "list: black lists": relay("reject_rbl_client bl.example.test, reject_unknown_sender_domain"),
    "domains: a pattern of ours": main(f"relay_domains = regexp:{T}/d", d="/^backup\\.test$/ x\n"),
    "domains: a pattern of ours and below": main(f"relay_domains = pcre:{T}/d", d="/(^|\\.)backup\\.test$/ x\n"),
    "domains: patterns in mydestination": main(
        f"mydestination = localhost, regexp:{T}/d", d="/^(www\\.)?example\\.test$/ x\n"
    ),
    "domains: in a table": main(f"relay_domains = hash:{T}/d", d="backup.test x\n"),
    "domains: in a file": main(f"relay_domains = {T}/d", d="backup.test\n.dept.test\n"),
    "domains: inline": main("relay_domains = inline:{backup.test=x}"),
    "aliases: patterns that stay": main(
        f"virtual_alias_maps = regexp:{T}/m", m="/^(.+)\\+.*@example\\.test$/ $1@example.test\n"
    ),
    "aliases: pcre that stays": main(
        f"virtual_alias_maps = pcre:{T}/m", m="/^list-(.*)@example\\.test$/ staff-$1@example.test\n"
    ),
    "aliases: inline": main("virtual_alias_maps = inline:{sales@example.test=bob@example.test}"),
    "aliases: one that goes elsewhere": main(
        f"virtual_alias_maps = hash:{T}/m", m="bob@example.test bob@elsewhere.test\n"
    ),
    "aliases: a catch-all": main(f"virtual_alias_maps = hash:{T}/m", m="@example.test bob\n"),
    "aliases: a domain for another": main(
        f"virtual_alias_maps = hash:{T}/m", m="@old.test @example.test\nold.test x\n"
    ),
    "canonical: one that stays": main(f"canonical_maps = regexp:{T}/m", m="/^(.*)@old\\.test$/ $1@example.test\n"),
    "null client": Case("inet_interfaces = loopback-only\nmynetworks = 0.0.0.0/0\nmydestination =\n"),
    "null client by addresses": Case("inet_interfaces = 127.0.0.1, [::1]\nsmtpd_relay_restrictions = permit\n"),
    "service: reinjection on loopback": Case(
        master=f"{SMTP}127.0.0.1:10025 inet n - n - - smtpd\n"
        "  -o { smtpd_relay_restrictions = permit_mynetworks, reject }\n"
    ),
    "service: options in braces": Case(
        master=f"{SMTP}submission inet n - n - - smtpd\n"
        "  -o { smtpd_relay_restrictions = permit_sasl_authenticated, reject }\n  -o syslog_name=postfix/submission\n"
    ),
    "service: haproxy on loopback": Case(
        master=f"{SMTP}127.0.0.1:2525 inet n - n - - smtpd -o smtpd_upstream_proxy_protocol=haproxy\n"
    ),
    "proxy: XCLIENT from loopback": main("smtpd_authorized_xclient_hosts = 127.0.0.0/8 [::1]/128"),
    "proxy: XFORWARD from a filter": main("smtpd_authorized_xforward_hosts = 127.0.0.0/8 192.0.2.5"),
    "postscreen": Case(master="smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n"),
}
