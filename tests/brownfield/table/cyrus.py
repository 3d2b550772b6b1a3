"""Cyrus as people have it, on Debian 12 with Postfix in front."""

from __future__ import annotations

from typing import Any

from ..row import Row
from .parts import MAIN

_IMAPD = """\
configdirectory: /var/lib/cyrus
proc_path: /run/cyrus/proc
mboxname_lockpath: /run/cyrus/lock
defaultpartition: default
partition-default: /var/spool/cyrus/mail
lmtp_downcase_rcpt: yes
autocreate_quota: -1
autocreate_post: yes
sieveusehomedir: false
sievedir: /var/spool/sieve
hashimapspool: true
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: saslauthd
tls_server_cert: /etc/ssl/cyrus.pem
tls_server_key: /etc/ssl/cyrus.key
lmtpsocket: /run/cyrus/socket/lmtp
idlesocket: /run/cyrus/socket/idle
notifysocket: /run/cyrus/socket/notify
syslog_prefix: cyrus
"""
_PLAIN = "altnamespace: no\nunixhierarchysep: no\nadmins: cyrus\n"
_CYRUS = """\
START {
    recover cmd="/usr/sbin/cyrus ctl_cyrusdb -r"
}
SERVICES {
    imap cmd="imapd -U 30" listen="imap" prefork=0 maxchild=100
    imaps cmd="imapd -s -U 30" listen="imaps" prefork=0 maxchild=100
    pop3 cmd="pop3d -U 30" listen="pop3" prefork=0 maxchild=50
    pop3s cmd="pop3d -s -U 30" listen="pop3s" prefork=0 maxchild=50
    lmtp cmd="lmtpd -a" listen="127.0.0.1:2003" prefork=0 maxchild=20
    sieve cmd="timsieved" listen="localhost:sieve" prefork=0 maxchild=100
    notify cmd="notifyd" listen="/run/cyrus/socket/notify" proto="udp" prefork=1
}
EVENTS {
    checkpoint cmd="/usr/sbin/cyrus ctl_cyrusdb -c" period=30
    delprune cmd="/usr/sbin/cyrus expire -E 3" at=0401
}
"""
_START = """
echo START=yes >>/etc/default/saslauthd
self_signed /etc/ssl/cyrus.pem /etc/ssl/cyrus.key mail.example.test
chown cyrus /etc/ssl/cyrus.key
"""
_POSTFIX = (
    MAIN.replace("smtpd_sasl_auth_enable = yes", "smtpd_sasl_auth_enable = no")
    .replace("/etc/dovecot/private/dovecot.pem", "/etc/ssl/cyrus.pem")
    .replace("/etc/dovecot/private/dovecot.key", "/etc/ssl/cyrus.key")
    + "mailbox_transport = lmtp:inet:127.0.0.1:2003\n"
)


def _row(name: str, imapd: str = "", cyrus: str = _CYRUS, set_up: str = "", **more: Any) -> Row:
    files = {"/etc/postfix/main.cf": _POSTFIX, "/etc/imapd.conf": _IMAPD + (imapd or _PLAIN), "/etc/cyrus.conf": cyrus}
    inventory = {"mailhost_access": "cyrus", **more.pop("inventory", {})}
    services = ("saslauthd", "cyrus-imapd", "postfix")
    return Row(name, "bookworm-cyrus", files, _START + set_up, inventory, services=services, **more)


_ASK = "sed -n 's/^{}: *//p' /etc/imapd.conf"

ROWS = [
    _row("cyrus", puts={"alice": {"INBOX": 3, "INBOX.Projects": 2}}),
    _row(
        "cyrus-altnamespace",
        "altnamespace: yes\nunixhierarchysep: yes\nadmins: cyrus\n",
        puts={"alice": {"INBOX": 3, "Projects": 1, "Projects/2026": 2}},
    ),
    _row(
        "cyrus-on-addresses",
        "admins: cyrus manager backup\n",
        _CYRUS.replace('listen="imap"', 'listen="127.0.0.1:imap"').replace(
            'listen="imaps"', 'listen="@ADDRESS@:imaps"'
        ),
        puts={"alice": {"INBOX": 3}},
        asks={"other admins": _ASK.format("admins") + " | grep -o -e manager -e backup"},
    ),
    _row(
        "cyrus-own-services",
        cyrus=_CYRUS.replace(
            "    sieve cmd",
            '    nntp cmd="nntpd -U 30" listen="nntp" prefork=0\n    http cmd="httpd -U 30" listen="8008" prefork=0\n'
            '    lmtpunix cmd="lmtpd -U 20" listen="/run/cyrus/socket/lmtp" prefork=0\n    sieve cmd',
        ),
        asks={"lmtpunix": "grep -c 'lmtpd -U 20' /etc/cyrus.conf", "lmtp": "grep -c 'lmtpd -a' /etc/cyrus.conf"},
        puts={"alice": {"INBOX": 1}},
    ),
    _row(
        "cyrus-auxprop",
        _PLAIN + "sasl_auxprop_plugin: sasldb\nsasl_sasldb_path: /etc/own.db\n",
        set_up="sed -i 's/^sasl_pwcheck_method.*/sasl_pwcheck_method: auxprop/' /etc/imapd.conf\n"
        "for u in alice carol; do echo brown-field-1 | saslpasswd2 -p -c -u mail.example.test -f /etc/own.db $u; done\n"
        "chown cyrus /etc/own.db\n",
        users=("alice",),
        logins=("carol",),
        addresses=("carol@example.test",),
        inventory={},
        refused=("loss.database",),
    ),
    _row(
        "cyrus-certificate",
        set_up="certificate /etc/ssl/cyrus.pem /etc/ssl/cyrus.key mail.example.test\nchown cyrus /etc/ssl/cyrus.key\n",
        or_refused=("loss.certificate",),
    ),
]
