"""Hosts wrong in one way each, as data: what is wrong and the rule that policy must name; and hosts with nothing wrong.

A row is (name, what is added to the safe host, rule). The rule is a whole one or, with ``*`` at its end, a beginning.
"""

GUARD = "smtpd_relay_restrictions = permit_mynetworks, {}, reject_unauth_destination\n"
SMTP = "smtp inet n - y - - smtpd\n  -o {}\n"
#: lines behind the safe main.cf
MAIN = (
    ("everybody", "mynetworks = 0.0.0.0/0\n", "mynetworks 0.0.0.0/0"),
    ("everybody by IPv6", "mynetworks = [::]/0\n", "mynetworks *"),
    ("half of the Internet", "mynetworks = 0.0.0.0/1 128.0.0.0/1\n", "mynetworks *"),
    ("two to six millions of addresses", "mynetworks = 64.0.0.0/4\n", "mynetworks *"),
    ("no guard", "smtpd_relay_restrictions =\nsmtpd_recipient_restrictions =\n", "no guard smtp"),
    (
        "permit",
        "smtpd_relay_restrictions = permit\nsmtpd_recipient_restrictions = permit\n",
        "smtpd_relay_restrictions permit",
    ),
    ("permit in front", GUARD.format("permit"), "no guard smtp"),
    ("sender's table", GUARD.format("check_sender_access hash:/etc/postfix/t"), "check_sender_access *"),
    ("recipient's table", GUARD.format("check_recipient_access hash:/etc/postfix/t"), "check_recipient_access *"),
    ("HELO's table", GUARD.format("check_helo_access hash:/etc/postfix/t"), "check_helo_access *"),
    ("client's table", GUARD.format("check_client_access cidr:/etc/postfix/all"), "check_client_access *"),
    ("a static table", GUARD.format("check_client_access static:OK"), "check_client_access static:OK"),
    ("a policy service in front", GUARD.format("check_policy_service unix:private/p"), "*check_policy_service*"),
    ("a list of others", GUARD.format("permit_dnswl_client list.example"), "*permit_dnswl_client*"),
    ("backup MX for anybody", GUARD.format("permit_mx_backup"), "*permit_mx_backup"),
    ("naked addresses", GUARD.format("permit_naked_ip_address"), "*permit_naked_ip_address"),
    ("any certificate", GUARD.format("permit_tls_all_clientcerts"), "*permit_tls_all_clientcerts"),
    ("an unknown restriction", GUARD.format("permit_my_networks"), "*permit_my_networks*"),
    ("relay_domains static", "relay_domains = static:x\n", "relay_domains static:x"),
    ("relay_domains com", "relay_domains = com\n", "relay_domains com"),
    ("relay_domains mydestination", "relay_domains = $mydestination\n", "relay_domains $mydestination"),
    ("every domain is ours", "virtual_mailbox_domains = static:all\n", "virtual_mailbox_domains static:all"),
    ("every domain is an alias", "virtual_alias_domains = pcre:/etc/postfix/t\n", "virtual_alias_domains *"),
    ("mydestination star", "mydestination = example.test *\n", "mydestination *"),
    ("routing", "allow_untrusted_routing = yes\n", "allow_untrusted_routing"),
    ("XCLIENT", "smtpd_authorized_xclient_hosts = 0.0.0.0/0\n", "smtpd_authorized_xclient_hosts *"),
    ("AUTH in clear", "smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = no\n", "smtpd_tls_auth_only smtp"),
    ("AUTH by nobody", "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_security_options =\n", "smtpd_sasl_security_options*"),
    ("nobody inside TLS", "smtpd_sasl_tls_security_options = noplaintext\n", "smtpd_sasl_tls_security_options"),
    ("TLS off", "smtpd_tls_security_level = none\n", "smtpd_tls_security_level"),
    ("smuggling", "smtpd_forbid_bare_newline = no\n", "smuggling"),
    ("VRFY", "disable_vrfy_command = no\n", "disable_vrfy_command"),
    ("luser_relay", "luser_relay = admin\n", "luser_relay"),
    ("local_recipient_maps", "local_recipient_maps =\n", "local_recipient_maps"),
    ("unlisted", "smtpd_reject_unlisted_recipient = no\n", "smtpd_reject_unlisted_recipient"),
    ("450 to nobody", "unknown_local_recipient_reject_code = 450\n", "unknown_local_recipient_reject_code"),
    ("soft bounce", "soft_bounce = yes\n", "soft_bounce"),
    ("no time for guesses", "smtpd_error_sleep_time = 0\n", "smtpd_error_sleep_time"),
    ("guesses for ever", "smtpd_hard_error_limit = 1000\n", "smtpd_hard_error_limit"),
    ("commands of lists", "allow_mail_to_commands = alias, include\n", "allow_mail_to_commands"),
    ("files of lists", "allow_mail_to_files = alias, include\n", "allow_mail_to_files"),
    ("no size", "message_size_limit = 0\n", "message_size_limit"),
    ("another's mailbox", "strict_mailbox_ownership = no\n", "strict_mailbox_ownership"),
    ("quoted addresses", "resolve_dequoted_address = no\n", "resolve_dequoted_address"),
)
#: instead of the safe master.cf
MASTER = (
    ("everybody by -o", SMTP.format("mynetworks=0.0.0.0/0"), "mynetworks 0.0.0.0/0"),
    ("no list by -o", SMTP.format("smtpd_relay_restrictions="), "no guard smtp"),
    ("XCLIENT by -o", SMTP.format("smtpd_authorized_xclient_hosts=0.0.0.0/0"), "smtpd_authorized_xclient_hosts *"),
    ("routing by -o", SMTP.format("allow_untrusted_routing=yes"), "allow_untrusted_routing"),
    (
        "submission without TLS",
        "smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n",
        "submission without TLS",
    ),
    (
        "an open port of its own",
        "smtp inet n - y - - smtpd\n2525 inet n - y - - smtpd\n  -o smtpd_relay_restrictions=permit\n",
        "no guard 2525",
    ),
)
#: behind the settings of a Dovecot 2.3
DOVECOT = (
    ("cleartext", "disable_plaintext_auth = no\n", "cleartext disable_plaintext_auth"),
    ("cleartext for IMAP", "protocol imap {\n  disable_plaintext_auth = no\n}\n", "cleartext * protocol imap"),
    ("for POP3", "protocol pop3 {\n  disable_plaintext_auth = no\n}\n", "cleartext * protocol pop3"),
    ("for a network", "remote 172.16.0.0/12 {\n disable_plaintext_auth = no\n}\n", "cleartext * remote 172.16.0.0/12"),
    ("on an address", "local 192.0.2.1 {\n  disable_plaintext_auth = no\n}\n", "cleartext * local 192.0.2.1"),
    ("by a name", "local_name a.test {\n  disable_plaintext_auth = no\n}\n", "cleartext * local_name a.test"),
    (
        "in both",
        "protocol imap {\n remote 10.0.0.0/8 {\n  disable_plaintext_auth = no\n }\n}\n",
        "cleartext * remote 10.0.0.0/8",
    ),
    ("TLS off", "ssl = no\n", "cleartext ssl"),
    ("anonymous", "auth_mechanisms = plain anonymous\n", "anonymous auth_mechanisms"),
    ("trusted everybody", "login_trusted_networks = 0.0.0.0/0\n", "login_trusted_networks 0.0.0.0/0"),
    ("trusted by IPv6", "login_trusted_networks = ::/0\n", "login_trusted_networks ::/0"),
    ("trusted 10/8", "login_trusted_networks = 127.0.0.1 10.0.0.0/8\n", "login_trusted_networks 10.0.0.0/8"),
    ("trusted names", "login_trusted_networks = proxy.test\n", "login_trusted_networks proxy.test"),
    ("static", "passdb {\n  driver = static\n  args = nopassword=y\n}\n", "nopassword passdb"),
    ("static, short", "passdb {\n  driver = static\n  args = x=1 nopassword\n}\n", "nopassword passdb"),
    ("fields of all", "passdb {\n  driver = pam\n  override_fields = nopassword=y\n}\n", "nopassword passdb"),
    ("default fields", "passdb {\n  driver = pam\n  default_fields = x=1 nopassword\n}\n", "nopassword passdb"),
    ("a driver that is none", "passdb {\n  driver = pma\n}\n", "passdb pma"),
    ("no userdb", "userdb {\n  driver = paswd\n}\n", "userdb paswd"),
)
#: lines behind the safe sendmail.mc
SENDMAIL = (
    *(
        (name, f"FEATURE(`{name}')dnl\n", f"FEATURE {name}")
        for name in (
            "promiscuous_relay",
            "relay_local_from",
            "relay_mail_from",
            "relay_based_on_mx",
            "relay_entire_domain",
            "loose_relay_check",
            "accept_unqualified_senders",
            "nopercenthack",
        )
    ),
    ("RELAY_DOMAIN", "RELAY_DOMAIN(`example.com')dnl\n", "RELAY_DOMAIN example.com"),
    ("RELAY_DOMAIN_FILE", "RELAY_DOMAIN_FILE(`/etc/mail/r')dnl\n", "RELAY_DOMAIN_FILE /etc/mail/r"),
    ("a program for class w", "define(`confCW_FILE', `|/tmp/x')dnl\n", "confCW_FILE program"),
    ("a program for class R", "define(`confCR_FILE', `-o |/tmp/x')dnl\n", "confCR_FILE program"),
    (
        "AUTH in clear",
        "define(`confAUTH_OPTIONS', `A')dnl\ndefine(`confAUTH_MECHANISMS', `PLAIN')dnl\n",
        "confAUTH_OPT*",
    ),
    ("AUTH by nobody", "define(`confAUTH_MECHANISMS', `ANONYMOUS')dnl\n", "confAUTH_MECHANISMS ANONYMOUS"),
    ("587 without a login", "DAEMON_OPTIONS(`Port=submission, Name=MSA, M=E')dnl\n", "submission without TLS"),
    ("LUSER_RELAY", "define(`LUSER_RELAY', `local:admin')dnl\n", "define LUSER_RELAY"),
    ("VRFY", "define(`confPRIVACY_FLAGS', `authwarnings,noexpn')dnl\n", "confPRIVACY_FLAGS novrfy"),
    ("EXPN", "define(`confPRIVACY_FLAGS', `authwarnings,novrfy')dnl\n", "confPRIVACY_FLAGS noexpn"),
    ("syscmd", "syscmd(`id >/tmp/x')dnl\n", "sendmail.mc syscmd"),
    ("esyscmd in a value", "define(`confDOMAIN_NAME', esyscmd(`hostname'))dnl\n", "sendmail.mc esyscmd"),
    ("others' files", "define(`confDONT_BLAME_SENDMAIL', `WorldWritableAliasFile')dnl\n", "confDONT_BLAME_SENDMAIL *"),
)
#: lines behind the safe access map
ACCESS = (
    ("an untagged domain", "example.com RELAY\n", "access example.com"),
    ("a top-level domain", "To:com RELAY\n", "access To:com"),
    ("a sender", "From:example.com RELAY\n", "access From:example.com"),
    ("a class A network", "Connect:64 RELAY\n", "access Connect:64"),
    ("everybody", "Connect: RELAY\n", "access Connect:"),
    ("every IPv6", "Connect:IPv6:2001 RELAY\n", "access Connect:IPv6:2001"),
)
#: behind the safe imapd.conf
CYRUS = (
    ("cleartext", "allowplaintext: yes\n", "cleartext allowplaintext"),
    ("anonymous", "allowanonymouslogin: yes\n", "allowanonymouslogin"),
    ("a mechanism", "sasl_mech_list: PLAIN ANONYMOUS\n", "anonymous sasl_mech_list"),
    ("admins", "admins: cyrus anyone\n", "admins"),
)
#: what host programs answer: (name, which, answer, rule)
ANSWERS = (
    ("guest", "users", "/etc/mailhost/users:1 nopassword guest", "nopassword guest"),
    ("no password", "users", "/etc/mailhost/users:2 empty carol", "empty carol"),
    ("root's mail", "users", "/etc/mailhost/users:3 root ann", "root ann"),
    (
        "a filter that we do not know",
        "effective",
        "imap 10.0.0.1 disable_plaintext_auth = no\n= warnings",
        "cleartext *",
    ),
    ("a warning", "effective", "= warnings\ndoveconf: Warning: /etc/x line 3: foo is insecure", "doveconf *"),
    ("root", "accounts", "0 hash root", "login root"),
    ("toor", "accounts", "0 hash toor", "login toor"),
    ("a shell user", "accounts", "1000 hash bob\n1001 hash dave", "login dave"),
    ("a service", "accounts", "33 hash www-data", "login www-data"),
    ("no password at all", "accounts", "1002 empty erin", "login erin"),
    ("everybody's passwords", "stores", "644 root hash /etc/mailhost/users", "readable /etc/mailhost/users"),
    ("an open socket", "sockets", "755 777 /run/x", "socket /run/x"),
)
SAFE_MAIN = (
    "mynetworks = 192.0.2.0/24\n",
    "mynetworks = 10.0.0.0/8\n",
    "smtpd_forbid_bare_newline = normalize\n",
    "smtpd_forbid_bare_newline = no\nsmtpd_data_restrictions = reject_unauth_pipelining\n"
    "smtpd_discard_ehlo_keywords = chunking, silent-discard\n",
    "local_recipient_maps = proxy:unix:passwd.byname $alias_maps\n",
    "smtpd_hard_error_limit = 10\nsmtpd_error_sleep_time = 2s\n",
    "smtpd_sasl_tls_security_options = noanonymous\n",
    "allow_mail_to_commands = alias, forward\n",
    "relay_domains = backup.example\n",
    "smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes\n",
    "smtpd_recipient_restrictions = reject_unknown_recipient_domain\n",
    "virtual_alias_domains = hash:/etc/postfix/t\n",
)
SAFE_DOVECOT = (
    "remote 127.0.0.0/8 {\n  disable_plaintext_auth = no\n}\n",
    "login_trusted_networks = 127.0.0.0/8 ::1 192.0.2.7\n",
    "protocol imap {\n  mail_max_userip_connections = 50\n}\n",
    "passdb {\n  driver = static\n  args = proxy=y host=192.0.2.9 nopassword=y\n}\n",
    "passdb {\n  driver = passwd-file\n  args = /etc/dovecot/deny\n  deny = yes\n}\n",
    "passdb {\n  driver = static\n  args = nopassword=y allow_nets=127.0.0.1/32\n}\n",
    "auth_mechanisms = plain login cram-md5\n",
    "service imap-login {\n  inet_listener imap {\n    port = 0\n  }\n}\n",
)
SAFE_SENDMAIL = (
    "FEATURE(`nouucp', `reject')dnl\n",
    "define(`confPRIVACY_FLAGS', `goaway')dnl\n",
    "dnl syscmd(`id')dnl\n",
    "define(`confDONT_BLAME_SENDMAIL', `GroupReadableKeyFile')dnl\n",
    "MASQUERADE_AS(`example.test')dnl\nFEATURE(`masquerade_envelope')dnl\n",
    "FEATURE(`virtusertable', `hash -o /etc/mail/virtusertable.db')dnl\n",
    "FEATURE(`delay_checks')dnl\n",
)
SAFE_ANSWERS = (
    ("accounts", "1000 hash bob"),
    ("users", ""),
    ("effective", "imap 10.0.0.1 disable_plaintext_auth = yes\n= warnings\n"),
    ("effective", "= warnings\ndoveconf: Warning: NOTE: You can get a new clean config file with: doveconf -Pn > x"),
)
