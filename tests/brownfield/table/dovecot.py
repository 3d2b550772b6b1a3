"""Dovecot as people have it: where mail lies, what it serves and to whom."""

from __future__ import annotations

from ..row import Row, boxes
from .parts import BOOKWORM, DOVECOT, DOVECOT_24, MAIL, MAIN, SOCKET, TRIXIE, dovecot, postfix

_MBOX = "mail_location = mbox:~/mail:INBOX=/var/mail/%u\n"
_MBOX_MAIL = (
    "mbox /var/mail/alice alice:mail 3\nmbox /home/alice/mail/Projects alice:alice 2\nchown -R alice /home/alice/mail\n"
)
_LMTP = "mailbox_transport = lmtp:unix:private/dovecot-lmtp\n"
_LMTP_SOCKET = """
service lmtp {
  unix_listener /var/spool/postfix/private/dovecot-lmtp {
    mode = 0600
    user = postfix
    group = postfix
  }
}
protocol lmtp {
  auth_username_format = %Ln
  mail_plugins = sieve
}
"""
_SIEVE = 'require ["fileinto", "mailbox"];\nif header :contains "from" "stranger" { fileinto :create "Lists"; }\n'
_SHARED = """
mail_location = maildir:~/Maildir
namespace {
  type = public
  separator = /
  prefix = Public/
  location = maildir:/srv/public
  subscriptions = no
}
namespace inbox {
  separator = /
}
"""
_QUOTA = """
mail_location = maildir:~/Maildir
mail_plugins = quota
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=1G
}
"""
_SNI = """
mail_location = maildir:~/Maildir
local_name mail.other.test {
  ssl_cert = </etc/ssl/other.pem
  ssl_key = </etc/ssl/other.key
}
"""
_COURIER = """
mail_location = maildir:~/Maildir
namespace inbox {
  prefix = INBOX.
  separator = .
}
"""

ROWS = [
    Row("mbox-with-folders", BOOKWORM, {**postfix(main=MAIN), **dovecot(_MBOX)}, _MBOX_MAIL),
    Row(
        "mbox-by-debians-default",
        BOOKWORM,
        {**postfix(main=MAIN), "/etc/dovecot/conf.d/99-local.conf": SOCKET},
        _MBOX_MAIL,
    ),
    Row(
        "mbox-to-become-maildir",
        BOOKWORM,
        {**postfix(main=MAIN), **dovecot(_MBOX)},
        _MBOX_MAIL,
        inventory={"mailhost_mail_format": "maildir"},
        refused=("loss.mail_location",),
    ),
    Row("mbox-trixie", TRIXIE, {**postfix(main=MAIN), "/etc/dovecot/conf.d/99-local.conf": SOCKET}, _MBOX_MAIL),
    Row(
        "mbox-centos5",
        "centos5",
        {},
        _MBOX_MAIL.replace("/var/mail", "/var/spool/mail")
        + """
sed -i 's/^mydestination.*/mydestination = $myhostname, localhost, example.test/' /etc/postfix/main.cf
sed -i 's/^inet_interfaces.*/inet_interfaces = all/' /etc/postfix/main.cf
""",
    ),
    Row(
        "maildir-elsewhere-centos5",
        "centos5",
        {},
        "sed -i 's|^#mail_location = *$|mail_location = maildir:~/.maildir|' /etc/dovecot.conf\n"
        "sed -i 's/^mydestination.*/mydestination = $myhostname, localhost, example.test/' /etc/postfix/main.cf\n"
        "sed -i 's/^inet_interfaces.*/inet_interfaces = all/' /etc/postfix/main.cf\n"
        "echo 'home_mailbox = .maildir/' >>/etc/postfix/main.cf\n"
        "maildir /home/alice/.maildir alice 3\nmaildir /home/alice/.maildir/.Projects alice 2\n",
    ),
    Row(
        "sdbox-by-lmtp",
        BOOKWORM,
        {**postfix(_LMTP, MAIN), **dovecot("mail_location = sdbox:~/sdbox\n" + _LMTP_SOCKET)},
        "message 1 | sed 's/$/\\r/' >/tmp/m\n"
        "systemctl restart dovecot\nfor n in 1 2 3; do doveadm save -u alice -m INBOX </tmp/m; done\n",
    ),
    Row(
        "layout-fs-virtual",
        BOOKWORM,
        {
            **postfix(
                "virtual_mailbox_domains = example.test\nvirtual_mailbox_base = /srv/vmail\n"
                "virtual_mailbox_maps = hash:/etc/postfix/vmailbox\nvirtual_uid_maps = static:5000\n"
                "virtual_gid_maps = static:5000\n",
                MAIN.replace(" example.test,", ""),
            ),
            **dovecot("mail_location = maildir:/srv/vmail/%d/%n:LAYOUT=fs\nauth_mechanisms = plain login\n"),
            "/etc/dovecot/conf.d/10-auth.conf": """
passdb {
  driver = passwd-file
  args = scheme=SHA512-CRYPT username_format=%u /etc/dovecot/users
}
userdb {
  driver = static
  args = uid=5000 gid=5000 home=/srv/vmail/%d/%n
}
""",
            "/etc/dovecot/users": "alice@example.test:@HASH@::::::\nbob@example.test:@HASH@::::::\n",
            "/etc/postfix/vmailbox": "alice@example.test example.test/alice/\nbob@example.test example.test/bob/\n",
        },
        "groupadd -g 5000 vmail; useradd -u 5000 -g 5000 -d /srv/vmail vmail\npostmap /etc/postfix/vmailbox\n"
        "maildir /srv/vmail/example.test/alice vmail 3\nmaildir /srv/vmail/example.test/alice/Projects vmail 2\n"
        "chown -R vmail:vmail /srv/vmail\nchmod 644 /etc/dovecot/users\n",
        users=(),
        logins=("alice@example.test", "bob@example.test"),
        inventory={"mailhost_mailbox_store": "virtual", "mailhost_mailboxes": boxes("alice", "bob")},
        refused=("loss.database",),
    ),
    Row(
        "sieve-by-lmtp",
        BOOKWORM,
        {**postfix(_LMTP, MAIN), **dovecot("mail_location = maildir:~/Maildir\n" + _LMTP_SOCKET)},
        MAIL + f"cat >/home/alice/.dovecot.sieve <<'END'\n{_SIEVE}END\nchown alice /home/alice/.dovecot.sieve\n",
    ),
    Row(
        "protocols-d-trixie",
        TRIXIE,
        {
            **postfix(_LMTP, MAIN),
            "/etc/dovecot/conf.d/99-local.conf": DOVECOT_24["/etc/dovecot/conf.d/99-local.conf"]
            + _LMTP_SOCKET.replace("%Ln", "%{user | username | lower}").replace(
                "mail_plugins = sieve", "mail_plugins {\n    sieve = yes\n  }"
            ),
        },
        MAIL,
    ),
    Row(
        "shared-namespace",
        BOOKWORM,
        {**postfix(), **dovecot(_SHARED)},
        MAIL
        + """
maildir /srv/public alice 0
maildir /srv/public/.News alice 4
chmod -R a+rwX /srv/public
""",
    ),
    Row(
        "quota",
        BOOKWORM,
        {**postfix(), **dovecot(_QUOTA)},
        MAIL,
        asks={"quota": "doveadm quota get -u alice | grep -c STORAGE.*1048576"},
    ),
    Row(
        "sni",
        BOOKWORM,
        {**postfix(), **dovecot(_SNI)},
        MAIL + "certificate /etc/ssl/other.pem /etc/ssl/other.key mail.other.test\n",
        names=("mail.other.test",),
    ),
    Row("courier-prefix", BOOKWORM, {**postfix(), **dovecot(_COURIER)}, MAIL),
    Row(
        "one-address-dovecot",
        BOOKWORM,
        {**postfix(), **dovecot("mail_location = maildir:~/Maildir\nlisten = @ADDRESS@, 127.0.0.1\n")},
        MAIL,
    ),
    Row(
        "imaps-on-one-address",
        BOOKWORM,
        {
            **postfix(),
            **dovecot(
                "mail_location = maildir:~/Maildir\nservice imap-login {\n  inet_listener imaps {\n"
                "    address = @ADDRESS@\n  }\n  inet_listener imap {\n    address = 127.0.0.1\n  }\n}\n"
            ),
        },
        MAIL,
    ),
    Row(
        "locked-account",
        BOOKWORM,
        {**postfix(), **DOVECOT},
        MAIL + "passwd -l bob\n",
        inventory={"mailhost_mailboxes": boxes("alice", "bob")},
        denied=("bob",),
    ),
    Row(
        "imap-only-and-managesieve",
        BOOKWORM,
        {**postfix(), **dovecot("mail_location = maildir:~/Maildir\nprotocols = imap sieve lmtp\n")},
        MAIL,
        inventory={"mailhost_protocols": ["imap", "imaps"]},
    ),
    Row(
        "lmtp-on-the-network",
        BOOKWORM,
        {
            **postfix("mailbox_transport = lmtp:inet:127.0.0.1:24\n", MAIN),
            **dovecot(
                "mail_location = maildir:~/Maildir\nservice lmtp {\n  inet_listener lmtp {\n    address = 127.0.0.1\n"
                "    port = 24\n  }\n}\nprotocol lmtp {\n  auth_username_format = %Ln\n}\n"
            ),
        },
        MAIL,
    ),
    Row(
        "mdbox-with-control-elsewhere",
        BOOKWORM,
        {
            **postfix(_LMTP, MAIN),
            **dovecot("mail_location = mdbox:~/mdbox:INDEX=/var/indexes/%u\n" + _LMTP_SOCKET),
        },
        "mkdir -p /var/indexes\nchmod 1777 /var/indexes\nmessage 1 | sed 's/$/\\r/' >/tmp/m\n"
        "systemctl restart dovecot\nfor n in 1 2; do doveadm save -u alice -m INBOX </tmp/m; done\n",
    ),
    Row(
        "edited-file-of-users",
        BOOKWORM,
        set_up="sed -i '/^alice:/s/$/ allow_nets=127.0.0.0\\/8/' /etc/mailhost/users\ncat /etc/mailhost/users\n",
        users=(),
        logins=("alice", "bob"),
        denied=("alice",),
        inventory={"mailhost_mailbox_store": "virtual", "mailhost_mailboxes": boxes("alice", "bob")},
        addresses=("bob@example.test",),
        first=True,
    ),
]
