"""Postfix as people have it."""

from __future__ import annotations

from ..row import Row
from .parts import BOOKWORM, DOVECOT, DOVECOT_24, MAIL, MAIN, SUBMISSION, TRIXIE, master, postfix

_BIG = "alice@example.test", "bob@example.test"
_AMAVIS = """
smtp-amavis unix - - n - 2 smtp
  -o smtp_send_xforward_command=yes
  -o disable_dns_lookups=yes
127.0.0.1:10024 inet n - n - - smtpd
  -o content_filter=smtp:[127.0.0.1]:10025
  -o syslog_name=amavis
127.0.0.1:10025 inet n - n - - smtpd
  -o content_filter=
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
  -o mynetworks=127.0.0.0/8
  -o receive_override_options=no_header_body_checks,no_unknown_recipient_checks
"""
_OWN_SUBMISSION = """
submission inet n - y - 40 smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_sender_restrictions=reject_authenticated_sender_login_mismatch
  -o smtpd_sender_login_maps=hash:/etc/postfix/senders
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
  -o milter_macro_daemon_name=ORIGINATING
  -o smtpd_milters=inet:127.0.0.1:8891
  -o milter_default_action=accept
"""
_POSTSCREEN = """
sed -i 's/^smtp  *inet.*smtpd$/smtp inet n - y - 1 postscreen/' /etc/postfix/master.cf
cat >>/etc/postfix/master.cf <<'END'
smtpd pass - - y - - smtpd
dnsblog unix - - y - 0 dnsblog
tlsproxy unix - - y - 0 tlsproxy
END
"""

ROWS = [
    Row("plain", BOOKWORM, {**postfix(), **DOVECOT}, MAIL),
    Row("plain-trixie", TRIXIE, {**postfix(), **DOVECOT_24}, MAIL),
    Row(
        "virtual-alias-hash",
        BOOKWORM,
        {
            **postfix("virtual_alias_maps = hash:/etc/postfix/virtual\n"),
            **DOVECOT,
            "/etc/postfix/virtual": "old@example.test alice\nteam@example.test alice, bob\n",
        },
        MAIL + "postmap /etc/postfix/virtual\n",
        addresses=(*_BIG, "old@example.test"),
    ),
    Row(
        "virtual-alias-domain",
        BOOKWORM,
        {
            **postfix(
                "virtual_alias_domains = hash:/etc/postfix/vdomains\nvirtual_alias_maps = hash:/etc/postfix/virtual\n"
            ),
            **DOVECOT,
            "/etc/postfix/vdomains": "legacy.test 1\n",
            "/etc/postfix/virtual": "info@legacy.test alice\n@legacy.test bob\n",
        },
        "postmap /etc/postfix/virtual /etc/postfix/vdomains\n",
        addresses=("info@legacy.test", "any@legacy.test"),
    ),
    Row(
        "virtual-alias-pcre",
        BOOKWORM,
        {
            **postfix("virtual_alias_maps = pcre:/etc/postfix/virtual.pcre\n"),
            **DOVECOT,
            "/etc/postfix/virtual.pcre": "/^alice-.*@example\\.test$/ alice@example.test\n",
        },
        addresses=("alice-shop@example.test",),
    ),
    Row(
        "lmdb-by-default",
        TRIXIE,
        {
            **postfix("default_database_type = lmdb\nvirtual_alias_maps = lmdb:/etc/postfix/virtual\n"),
            **DOVECOT_24,
            "/etc/postfix/virtual": "old@example.test alice\n",
        },
        "sed -i s/hash:/lmdb:/ /etc/postfix/main.cf\nnewaliases\npostmap /etc/postfix/virtual\n",
        addresses=("old@example.test",),
    ),
    Row(
        "relayhost-sasl-tls-policy",
        BOOKWORM,
        {
            **postfix(
                "relayhost = [@SINK@]:@PORT@\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_security_options =\n"
                "smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\n"
                "smtp_tls_policy_maps = hash:/etc/postfix/tls_policy\n"
            ),
            **DOVECOT,
            "/etc/postfix/sasl_passwd": "[@SINK@]:@PORT@ customer:secret\n",
            "/etc/postfix/tls_policy": "[@SINK@]:@PORT@ may\n",
        },
        "chmod 600 /etc/postfix/sasl_passwd\npostmap /etc/postfix/sasl_passwd /etc/postfix/tls_policy\n",
        sends=("friend@elsewhere.test",),
    ),
    Row(
        "own-submission",
        BOOKWORM,
        {
            **postfix(),
            **DOVECOT,
            "/etc/postfix/senders": "alice@example.test alice\nbob@example.test bob\n",
        },
        MAIL + "postmap /etc/postfix/senders\n" + master(_OWN_SUBMISSION),
        senders=(("alice", "alice@example.test"), ("alice", "bob@example.test")),
        asks={
            name: f"postconf -P submission/inet/{name}"
            for name in ("smtpd_milters", "milter_macro_daemon_name", "syslog_name", "smtpd_sender_restrictions")
        },
    ),
    Row(
        "submission-by-number",
        BOOKWORM,
        {**postfix(), **DOVECOT},
        master(SUBMISSION.replace("submission inet", "587 inet")),
        asks={"services": "postconf -M | grep -c -e ^587 -e ^submission"},
    ),
    Row(
        "submission-tls13-only",
        BOOKWORM,
        {**postfix("smtpd_tls_mandatory_protocols = >=TLSv1.3\n"), **DOVECOT},
        master(SUBMISSION),
        asks={
            "TLS 1.2 on 587": "openssl s_client -starttls smtp -connect 127.0.0.1:587 -tls1_2 </dev/null 2>&1 |"
            " grep -c 'Cipher is [A-Z0-9]*-'"
        },
    ),
    Row(
        "submissions-465",
        BOOKWORM,
        {**postfix(), **DOVECOT},
        master(
            SUBMISSION
            + SUBMISSION.replace("submission inet", "smtps inet").replace(
                "smtpd_tls_security_level=encrypt", "smtpd_tls_wrappermode=yes"
            )
        ),
    ),
    Row(
        "one-address",
        BOOKWORM,
        {**postfix("inet_interfaces = @ADDRESS@, 127.0.0.1\n"), **DOVECOT},
        MAIL,
    ),
    Row(
        "loopback-only-null-client",
        BOOKWORM,
        {**postfix("inet_interfaces = loopback-only\nrelayhost = [@SINK@]:@PORT@\n"), **DOVECOT},
        inventory={"mailhost_relay_authenticated": False},
        addresses=(),
        sends=("friend@elsewhere.test",),
    ),
    Row(
        "procmail",
        BOOKWORM,
        {
            **postfix('mailbox_command = /usr/bin/procmail -a "$EXTENSION"\n'),
            **DOVECOT,
            "/etc/procmailrc": "DEFAULT=$HOME/Maildir/\n:0\n* ^To:.*lists\n$HOME/Maildir/.Lists/\n",
        },
        MAIL + "maildir /home/alice/Maildir/.Lists alice 1\n",
        addresses=(*_BIG, "alice+lists@example.test"),
        or_refused=("loss.delivery",),
    ),
    Row(
        "tls-chain-files",
        BOOKWORM,
        {**postfix("smtpd_tls_chain_files = /etc/ssl/mail.key, /etc/ssl/mail.pem\n"), **DOVECOT},
        "certificate /etc/ssl/mail.pem /etc/ssl/mail.key mail.example.test\n",
        or_refused=("loss.certificate",),
    ),
    Row(
        "letsencrypt",
        BOOKWORM,
        {
            **postfix(
                "smtpd_tls_cert_file = /etc/letsencrypt/live/mail.example.test/fullchain.pem\n"
                "smtpd_tls_key_file = /etc/letsencrypt/live/mail.example.test/privkey.pem\n"
            ),
            "/etc/dovecot/conf.d/99-local.conf": DOVECOT["/etc/dovecot/conf.d/99-local.conf"]
            + "ssl_cert = </etc/letsencrypt/live/mail.example.test/fullchain.pem\n"
            + "ssl_key = </etc/letsencrypt/live/mail.example.test/privkey.pem\n",
        },
        "a=/etc/letsencrypt/archive/mail.example.test l=/etc/letsencrypt/live/mail.example.test\n"
        "certificate $a/fullchain1.pem $a/privkey1.pem mail.example.test\nmkdir -p $l\n"
        "for f in fullchain privkey; do ln -s ../../archive/mail.example.test/${f}1.pem $l/$f.pem; done\n",
        or_refused=("loss.certificate",),
    ),
    Row(
        "comments-in-lists",
        BOOKWORM,
        {
            **postfix(
                main=MAIN.replace(
                    "mynetworks = 127.0.0.0/8 [::1]/128\n",
                    "mynetworks = 127.0.0.0/8\n# the old fax server, see the wiki\n  [::1]/128\n",
                )
                + "home_mailbox = Maildir/\n"
            ),
            **DOVECOT,
        },
        asks={"comment": "grep -c 'the old fax server' /etc/postfix/main.cf"},
    ),
    Row(
        "amavis", BOOKWORM, {**postfix("content_filter = smtp-amavis:[127.0.0.1]:10024\n"), **DOVECOT}, master(_AMAVIS)
    ),
    Row("postscreen", BOOKWORM, {**postfix("postscreen_greet_action = ignore\n"), **DOVECOT}, _POSTSCREEN),
    Row(
        "mailman-aliases",
        BOOKWORM,
        {
            **postfix(
                "alias_maps = hash:/etc/aliases, hash:/var/lib/mailman/aliases\nalias_database = hash:/etc/aliases\n"
            ),
            **DOVECOT,
            "/var/lib/mailman/aliases": 'announce: "|/usr/local/bin/mm post announce"\nannounce-owner: bob\n',
            "/usr/local/bin/mm": "#!/bin/sh\nexec /usr/sbin/sendmail -i -f list@example.test alice\n",
        },
        "chmod 755 /usr/local/bin/mm\npostalias /var/lib/mailman/aliases\n",
        addresses=("announce@example.test", "announce-owner@example.test"),
    ),
    Row(
        "system-aliases",
        BOOKWORM,
        {**postfix(), **DOVECOT, "/etc/aliases": "postmaster: root\nroot: alice\ninfo: alice, bob\n"},
        "newaliases\n",
        addresses=("info@example.test", "postmaster@example.test"),
    ),
    Row(
        "canonical-and-luser",
        BOOKWORM,
        {
            **postfix(
                "recipient_canonical_maps = hash:/etc/postfix/canonical\nluser_relay = bob\nlocal_recipient_maps =\n"
            ),
            **DOVECOT,
            "/etc/postfix/canonical": "alice.miller@example.test alice@example.test\n",
        },
        "postmap /etc/postfix/canonical\n",
        addresses=("alice.miller@example.test", "anybody@example.test"),
    ),
    Row(
        "transport-to-partner",
        BOOKWORM,
        {
            **postfix("relay_domains = partner.test\ntransport_maps = hash:/etc/postfix/transport\n"),
            **DOVECOT,
            "/etc/postfix/transport": "partner.test smtp:[@SINK@]:@PORT@\n",
        },
        "postmap /etc/postfix/transport\n",
        inventory={"mailhost_relay_domains": ["partner.test"]},
        addresses=("them@partner.test", "alice@example.test"),
    ),
    Row(
        "relay-domain-not-listed",
        BOOKWORM,
        {
            **postfix("relay_domains = partner.test\ntransport_maps = hash:/etc/postfix/transport\n"),
            **DOVECOT,
            "/etc/postfix/transport": "partner.test smtp:[@SINK@]:@PORT@\n",
        },
        "postmap /etc/postfix/transport\n",
        addresses=("them@partner.test",),
        refused=("loss.address",),
    ),
    Row(
        "second-domain-in-a-file",
        BOOKWORM,
        {
            **postfix("mydestination = $myhostname, localhost, /etc/postfix/domains\n"),
            **DOVECOT,
            "/etc/postfix/domains": "example.test\nsecond.test\n",
        },
        addresses=("alice@example.test", "bob@second.test"),
        or_refused=("loss.address",),
    ),
    Row(
        "office-network",
        BOOKWORM,
        {**postfix("mynetworks = 127.0.0.0/8 [::1]/128 192.0.2.0/24\n"), **DOVECOT},
        asks={"192.0.2.0/24 relays": "postconf -h mynetworks | grep -c 192.0.2.0/24"},
        refused=("loss.route",),
    ),
    Row(
        "always-bcc-and-limits",
        BOOKWORM,
        {
            **postfix("always_bcc = bob@example.test\nmessage_size_limit = 52428800\nmailbox_size_limit = 0\n"),
            **DOVECOT,
        },
        asks={name: f"postconf -h {name}" for name in ("always_bcc", "message_size_limit", "mailbox_size_limit")},
    ),
]
