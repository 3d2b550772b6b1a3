"""Hosts broken in one way each: how, what the audit must name, and what site.yml does about it."""

from __future__ import annotations

from dataclasses import dataclass

RESTART = "if [ -d /run/systemd/system ]; then systemctl restart {0}; else service {0} restart; fi; sleep 1"
KEEP = "cp -p {0} /root/kept"
RELAY = (
    "postconf -e 'smtpd_relay_restrictions = permit_mynetworks, {0}, reject_unauth_destination'; "
    "postfix reload; sleep 1"
)
KEY, CERTIFICATE = "/etc/ssl/private/mailhost.pem", "/etc/ssl/certs/mailhost.pem"
OWN = "/etc/dovecot/mailhost.conf"
FEATURE = (
    f"{KEEP.format('/etc/mail/sendmail.mc')}; cp -p /etc/mail/sendmail.cf /root/kept.cf; "
    "sed -i '/^MAILER(/i FEATURE(`{0}'\"'\"')dnl' /etc/mail/sendmail.mc; "
    "cd /etc/mail && m4 sendmail.mc 2>/dev/null >sendmail.cf; " + RESTART.format("sendmail")
)
UNFEATURE = "cp -p /root/kept /etc/mail/sendmail.mc; cp -p /root/kept.cf /etc/mail/sendmail.cf; " + RESTART.format(
    "sendmail"
)


@dataclass(frozen=True)
class Broken:
    """``cause`` is a finding's id that the audit must fail with, ``wire`` one that shows it from
    outside (empty: it cannot be seen there); ``site`` is repaired or refused, ``says`` what a refusal
    names, ``heal`` what takes a refused fault away."""

    kind: str
    how: str
    cause: str
    wire: str = ""
    site: str = "repaired"
    says: str = ""
    heal: str = ""
    given: "tuple[tuple[str, str], ...]" = ()


TABLE: "dict[str, Broken]" = {
    "networks-everybody": Broken(
        "postfix",
        "postconf -e mynetworks=0.0.0.0/0; postfix reload; sleep 1",
        "policy.mynetworks 0.0.0.0/0",
        "relay.R01",
    ),
    "networks-subnet": Broken(
        "postfix",
        "postconf -X mynetworks; postconf -e mynetworks_style=subnet; " + RESTART.format("postfix"),
        "policy.mynetworks_style subnet",
        "relay.R01",
    ),
    "no-guard": Broken(
        "postfix",
        "postconf -e smtpd_relay_restrictions= smtpd_recipient_restrictions=; postfix reload; sleep 1",
        "policy.no guard smtp",
        "alive.greeting",
    ),
    "sender-ok": Broken(
        "postfix",
        "echo 'example.test OK' >/etc/postfix/senders; postmap /etc/postfix/senders; "
        + RELAY.format("check_sender_access hash:/etc/postfix/senders"),
        "policy.check_sender_access hash:/etc/postfix/senders example.test",
        "relay.R05",
    ),
    "recipient-ok": Broken(
        "postfix",
        "echo 'example.test OK' >/etc/postfix/recipients; postmap /etc/postfix/recipients; "
        + RELAY.format("check_recipient_access hash:/etc/postfix/recipients"),
        "policy.check_recipient_access hash:/etc/postfix/recipients example.test",
        "relay.R40",
    ),
    "helo-ok": Broken(
        "postfix",
        "echo 'friend.example OK' >/etc/postfix/helos; postmap /etc/postfix/helos; "
        + RELAY.format("check_helo_access hash:/etc/postfix/helos"),
        "policy.check_helo_access hash:/etc/postfix/helos friend.example",
        "relay.W01",
    ),
    "untrusted-routing": Broken(
        "postfix",
        "postconf -e allow_untrusted_routing=yes relay_domains=backup.test; postfix reload; sleep 1",
        "policy.allow_untrusted_routing",
        "relay.R41",
        "refused",
        "/etc/postfix/main.cf:",
        "postconf -X allow_untrusted_routing; postfix reload; sleep 1",
        (("passed_on", "backup.test"),),
    ),
    "relay-domains-mydestination": Broken(
        "postfix",
        "postconf -e 'relay_domains=$mydestination'; postfix reload; sleep 1",
        "policy.relay_domains $mydestination",
        "relay.R40",
    ),
    "master-override": Broken(
        "postfix",
        "postconf -P smtp/inet/mynetworks=0.0.0.0/0; postfix reload; sleep 1",
        "policy.mynetworks 0.0.0.0/0",
        "relay.R01",
        "refused",
        "/etc/postfix/master.cf:",
        "postconf -PX smtp/inet/mynetworks; postfix reload; sleep 1",
    ),
    "xclient-everybody": Broken(
        "postfix",
        "postconf -e smtpd_authorized_xclient_hosts=0.0.0.0/0; postfix reload; sleep 1",
        "policy.smtpd_authorized_xclient_hosts 0.0.0.0/0",
        "relay.R50",
        "refused",
        "XCLIENT",
        "postconf -X smtpd_authorized_xclient_hosts; postfix reload; sleep 1",
    ),
    "auth-in-clear": Broken(
        "postfix",
        "postconf -e smtpd_tls_auth_only=no; postfix reload; sleep 1",
        "policy.smtpd_tls_auth_only smtp",
        "clear.T05",
    ),
    "submission-without-tls": Broken(
        "postfix",
        "postconf -P submission/inet/smtpd_tls_security_level=none submission/inet/smtpd_tls_auth_only=no; "
        "postfix reload; sleep 1",
        "policy.submission without TLS",
        "clear.T05",
    ),
    "key-mismatch": Broken(
        "postfix",
        f"umask 077; openssl genrsa 2048 2>/dev/null >{KEY}; {RESTART.format('postfix')}; " + RESTART.format("dovecot"),
        "policy.key of Postfix",
        "tls.T11",
    ),
    "key-readable": Broken("postfix", f"chmod 644 {KEY}", f"policy.readable {KEY}"),
    "expired-certificate": Broken(
        "postfix",
        f"cp /root/expired.pem {CERTIFICATE}; cp /root/expired.key {KEY}; {RESTART.format('postfix')}; "
        + RESTART.format("dovecot"),
        "policy.expired Postfix",
        "tls.T12",
    ),
    "old-certificate-served": Broken(
        "postfix",
        f"cp /root/fresh.pem {CERTIFICATE}; cp /root/fresh.key {KEY}",
        "tls.T13",
        "tls.T13",
        "refused",
        ", on disk ",
        RESTART.format("dovecot") + "; " + RESTART.format("postfix"),
    ),
    "dovecot-cleartext": Broken(
        "postfix",
        f"sed -i 's/^disable_plaintext_auth.*/disable_plaintext_auth = no/' {OWN}; {RESTART.format('dovecot')}",
        "policy.cleartext disable_plaintext_auth",
        "clear.T02",
    ),
    "dovecot-anonymous": Broken(
        "postfix",
        f"sed -i 's/^auth_mechanisms.*/auth_mechanisms = plain login anonymous/' {OWN}; "
        f"echo auth_anonymous_username=bob >>{OWN}; {RESTART.format('dovecot')}",
        "policy.anonymous auth_mechanisms",
        "clear.S02",
        heal=f"sed -i /auth_anonymous_username/d {OWN}",
    ),
    "smtpd-dead": Broken(
        "postfix",
        "p=$(find /usr/libexec/postfix /usr/lib/postfix -name smtpd -type f | head -n 1); mv $p /root/smtpd; "
        "echo $p >/root/smtpd.path; " + RESTART.format("postfix"),
        "alive.greeting",
        "alive.greeting",
        "refused",
        "bad command startup",
        "cp -p /root/smtpd $(cat /root/smtpd.path); " + RESTART.format("postfix"),
    ),
    "dovecot-dead-behind-its-port": Broken(
        "postfix",
        "mv /usr/lib/dovecot/imap-login /root/; printf '#!/bin/sh\\nexit 1\\n' "
        f">/usr/lib/dovecot/imap-login; chmod 755 /usr/lib/dovecot/imap-login; {RESTART.format('dovecot')}",
        "alive.greeting",
        "alive.greeting",
        "refused",
        "imap-login",
        "mv /root/imap-login /usr/lib/dovecot/; " + RESTART.format("dovecot"),
    ),
    "promiscuous-relay": Broken(
        "sendmail",
        FEATURE.format("promiscuous_relay"),
        "policy.FEATURE promiscuous_relay",
        "relay.R01",
        "refused",
        "FEATURE(promiscuous_relay)",
        UNFEATURE,
    ),
    "relay-local-from": Broken(
        "sendmail",
        FEATURE.format("relay_local_from"),
        "policy.FEATURE relay_local_from",
        "relay.R05",
        "refused",
        "FEATURE(relay_local_from)",
        UNFEATURE,
    ),
    "relay-entire-domain": Broken(
        "sendmail",
        FEATURE.format("relay_entire_domain"),
        "policy.FEATURE relay_entire_domain",
        "relay.W01",
        "refused",
        "FEATURE(relay_entire_domain)",
        UNFEATURE,
    ),
    "loose-relay-check": Broken(
        "sendmail",
        FEATURE.format("loose_relay_check"),
        "policy.FEATURE loose_relay_check",
        "",
        "refused",
        "FEATURE(loose_relay_check)",
        UNFEATURE,
    ),
    "untagged-access-row": Broken(
        "sendmail",
        f"{KEEP.format('/etc/mail/access')}; echo 'example.test RELAY' >>/etc/mail/access; "
        "cd /etc/mail && makemap hash access <access",
        "policy.access example.test",
        "relay.R40",
        "refused",
        "/etc/mail/access:",
        "cp -p /root/kept /etc/mail/access; cd /etc/mail && makemap hash access <access",
    ),
    "access-map-not-built": Broken("sendmail", "rm /etc/mail/access.db", "policy.access.db"),
    "sendmail-auth-in-clear": Broken(
        "sendmail",
        f"{KEEP.format('/etc/mail/sendmail.mc')}; sed -i 's/`A p y/`A y/' /etc/mail/sendmail.mc; "
        "cd /etc/mail && m4 sendmail.mc 2>/dev/null >sendmail.cf; " + RESTART.format("sendmail"),
        "policy.confAUTH_OPTIONS p",
        "clear.T05",
    ),
    "a-rule-of-ones-own": Broken(
        "sendmail",
        f"{KEEP.format('/etc/mail/sendmail.mc')}; cp -p /etc/mail/sendmail.cf /root/kept.cf; "
        "printf 'LOCAL_RULESETS\\nSLocal_check_rcpt\\nR$*\\t\\t$# OK\\n' >>/etc/mail/sendmail.mc; "
        "cd /etc/mail && m4 sendmail.mc 2>/dev/null >sendmail.cf; " + RESTART.format("sendmail"),
        "policy.sendmail.cf <user@elsewhere.invalid>",
        "relay.R01",
        "refused",
        "a stranger may relay to",
        UNFEATURE,
    ),
    "cyrus-allowplaintext": Broken(
        "cyrus",
        f"sed -i 's/^allowplaintext.*/allowplaintext: yes/' /etc/imapd.conf; {RESTART.format('cyrus-imapd')}",
        "policy.cleartext allowplaintext",
        "clear.T02",
    ),
    "apop-secrets-readable": Broken("tunnels", "chmod 644 /etc/mailhost/users", "policy.readable /etc/mailhost/users"),
    "tunnel-to-nothing": Broken(
        "tunnels",
        "printf '[nothing]\\naccept = 10999\\nconnect = 10998\\n' >>/etc/mailhost/stunnel.conf; "
        + RESTART.format("mailhost-stunnel"),
        "policy.tunnel nothing",
    ),
}
