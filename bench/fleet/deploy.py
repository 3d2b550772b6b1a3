"""The same mail host as bench/stock/site.yml, written for pyinfra."""

from io import StringIO

from pyinfra import host
from pyinfra.operations import apt, files, server

DOVECOT = """protocols = imap pop3
ssl = yes
ssl_cert = </etc/ssl/certs/stock.pem
ssl_key = </etc/ssl/private/stock.pem
disable_plaintext_auth = yes
auth_mechanisms = plain login
mail_location = maildir:~/Maildir
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
"""
POSTFIX = {
    "myhostname": host.data.mailhost_fqdn,
    "inet_interfaces": "all",
    "mydestination": "$myhostname, localhost, example.test",
    "mynetworks": "127.0.0.0/8 [::1]/128",
    "relay_domains": "",
    "relayhost": "",
    "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination",
    "smtpd_tls_cert_file": "/etc/ssl/certs/stock.pem",
    "smtpd_tls_key_file": "/etc/ssl/private/stock.pem",
    "smtpd_tls_security_level": "may",
    "smtpd_tls_auth_only": "yes",
    "smtpd_sasl_auth_enable": "yes",
    "smtpd_sasl_type": "dovecot",
    "smtpd_sasl_path": "private/auth",
    "home_mailbox": "Maildir/",
}

apt.packages(name="Packages", packages=["postfix", "dovecot-imapd", "dovecot-pop3d", "openssl"])
files.file(name="Key mode", path="/etc/ssl/private/stock.pem", mode="600")
files.put(name="Dovecot settings", src=StringIO(DOVECOT), dest="/etc/dovecot/local.conf", mode="644")
for setting, value in POSTFIX.items():
    files.line(
        name=f"Postfix {setting}", path="/etc/postfix/main.cf", line=f"^{setting} *=.*", replace=f"{setting} = {value}"
    )
for mailbox in host.data.mailhost_mailboxes:
    server.user(name=f"User {mailbox['name']}", user=mailbox["name"], shell="/usr/sbin/nologin", create_home=True)
for service in ("dovecot", "postfix"):
    server.service(name=f"{service} runs", service=service, running=True, enabled=True)
