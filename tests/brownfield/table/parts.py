"""What many hosts have in common."""

from __future__ import annotations

BOOKWORM, TRIXIE = "brownfield-bookworm", "brownfield-trixie"
#: Debian's own main.cf as most have filled it in
MAIN = """\
compatibility_level = 3.6
myhostname = mail.example.test
mydestination = $myhostname, example.test, localhost
mynetworks = 127.0.0.0/8 [::1]/128
inet_interfaces = all
inet_protocols = all
alias_maps = hash:/etc/aliases
alias_database = hash:/etc/aliases
biff = no
recipient_delimiter = +
smtpd_tls_cert_file = /etc/dovecot/private/dovecot.pem
smtpd_tls_key_file = /etc/dovecot/private/dovecot.key
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_auth_enable = yes
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
"""
MAILDIR = "home_mailbox = Maildir/\n"
SUBMISSION = """
submission inet n - y - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
"""
#: the same in Dovecot's grammar of 2.3 and of 2.4: the socket that Postfix asks, and a Maildir
SOCKET = """
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
"""
DOVECOT = {"/etc/dovecot/conf.d/99-local.conf": "mail_location = maildir:~/Maildir\n" + SOCKET}
DOVECOT_24 = {
    "/etc/dovecot/conf.d/99-local.conf": "mail_driver = maildir\nmail_path = ~/Maildir\nmail_inbox_path = ~/Maildir\n"
    + SOCKET
}
#: three messages in alice's Maildir, and two in a folder of hers
MAIL = "maildir /home/alice/Maildir alice 3\nmaildir /home/alice/Maildir/.Projects alice 2\n"


def postfix(more: str = "", main: str = MAIN + MAILDIR) -> "dict[str, str]":
    return {"/etc/postfix/main.cf": main + more}


def master(more: str) -> str:
    """Set-up that adds services to Debian's master.cf."""
    return f"cat >>/etc/postfix/master.cf <<'END'\n{more.strip()}\nEND\n"


def dovecot(more: str) -> "dict[str, str]":
    """Dovecot 2.3 with settings of its owner's, behind all of Debian's."""
    return {"/etc/dovecot/conf.d/99-local.conf": more + SOCKET}
