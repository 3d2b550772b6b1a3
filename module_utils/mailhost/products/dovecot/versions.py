"""What each version of Dovecot calls things.

Sources: the dovecot-example.conf and master-settings.c of 1.0, 1.1 and 1.2; the manuals of 2.0 to 2.3; the upgrade
guide from 2.3 to 2.4 and the settings pages of 2.4. A block is the dialect's own text with ``{name}`` for values.
"""

from __future__ import annotations

from typing import Dict, Tuple

from ...core.versions import Row, Rows, Version

Block = Tuple[Tuple[Tuple[str, ...], str], ...]  # ((path, value), ...)

FIRST: Version = (1, 0)


def _block(*settings: "tuple[str, str]") -> Block:
    """Settings written ``section / section / name``, value."""
    return tuple((tuple(path.split(" / ")), value) for path, value in settings)


TLS_ON = Rows(
    "TLS on",
    Row(FIRST, (1, 2), _block(("ssl_disable", "no"))),
    Row((1, 2), None, _block(("ssl", "yes"))),
)
TLS_OFF = Rows(
    "TLS off",
    Row(FIRST, (1, 2), _block(("ssl_disable", "yes"))),
    Row((1, 2), None, _block(("ssl", "no"))),
)
CERTIFICATE = Rows(
    "certificate and key",
    Row(FIRST, (2, 0), _block(("ssl_cert_file", "{certificate}"), ("ssl_key_file", "{key}"))),
    Row((2, 0), (2, 4), _block(("ssl_cert", "<{certificate}"), ("ssl_key", "<{key}"))),
    Row((2, 4), None, _block(("ssl_server_cert_file", "{certificate}"), ("ssl_server_key_file", "{key}"))),
)
CLEARTEXT: "Dict[str, Rows[Block]]" = {
    "refuse": Rows(
        "cleartext logins refused",
        Row(FIRST, (2, 4), _block(("disable_plaintext_auth", "yes"))),
        Row((2, 4), None, _block(("auth_allow_cleartext", "no"))),
    ),
    "allow": Rows(
        "cleartext logins allowed",
        Row(FIRST, (2, 4), _block(("disable_plaintext_auth", "no"))),
        Row((2, 4), None, _block(("auth_allow_cleartext", "yes"))),
    ),
}
MECHANISMS = Rows(
    "authentication mechanisms",
    Row(FIRST, (2, 0), _block(("auth default / mechanisms", "{mechanisms}"))),
    Row((2, 0), None, _block(("auth_mechanisms", "{mechanisms}"))),
)
MAILDIR = Rows(
    "mail in a Maildir below the home",
    Row(FIRST, (2, 4), _block(("mail_location", "maildir:~/{maildir}"))),
    Row(
        (2, 4),
        None,
        _block(("mail_driver", "maildir"), ("mail_path", "~/{maildir}"), ("mail_inbox_path", "~/{maildir}")),
    ),
)
#: what Debian's packages set too. A lock file in the spool needs its group (the manual's "mbox"), which 1.0 gives the
#: whole session (CVE-2008-1199): there it locks by fcntl, which Postfix, procmail and mail.local do as well
MBOX = Rows(
    "mail in mbox files",
    Row(FIRST, (1, 1), _block(("mail_location", "mbox:~/mail:INBOX=/var/mail/%u"), ("mbox_write_locks", "fcntl"))),
    Row((1, 1), (2, 4), _block(("mail_location", "mbox:~/mail:INBOX=/var/mail/%u"), ("mail_privileged_group", "mail"))),
    Row(
        (2, 4),
        None,
        _block(
            ("mail_driver", "mbox"),
            ("mail_path", "~/mail"),
            ("mail_inbox_path", "/var/mail/%{{user}}"),
            ("mail_privileged_group", "mail"),
        ),
    ),
)
#: 1.0 has no default for it, and each session of POP3 ends right after its login without one; 1.1's is this
POP3_UIDL: "Rows[Block]" = Rows(
    "POP3's identifiers of messages",
    Row(FIRST, (1, 1), _block(("protocol pop3 / pop3_uidl_format", "%08Xu%08Xv"))),
    Row((1, 1), None, _block()),
)
SASL_SOCKET = Rows(
    "the socket Postfix authenticates through",
    Row(
        FIRST,
        (2, 0),
        _block(
            ("auth default / socket listen / client / path", "{socket}"),
            ("auth default / socket listen / client / mode", "0660"),
            ("auth default / socket listen / client / user", "postfix"),
            ("auth default / socket listen / client / group", "postfix"),
        ),
    ),
    Row(
        (2, 0),
        None,
        _block(
            ("service auth / unix_listener {socket} / mode", "0660"),
            ("service auth / unix_listener {socket} / user", "postfix"),
            ("service auth / unix_listener {socket} / group", "postfix"),
        ),
    ),
)
#: password and user databases by store: the sections as they are found in a tree, and what to write
SYSTEM_STORE = Rows(
    "system accounts through PAM",
    Row(FIRST, (2, 0), _block(("auth default / passdb pam", ""), ("auth default / userdb passwd", ""))),
    Row((2, 0), (2, 4), _block(("passdb / driver", "pam"), ("userdb / driver", "passwd"))),
    Row((2, 4), None, _block(("passdb pam", ""), ("userdb passwd", ""))),
)
VIRTUAL_STORE = Rows(
    "virtual users in a passwd-file",
    Row(
        FIRST,
        (2, 0),
        _block(
            ("auth default / passdb passwd-file / args", "{users}"),
            ("auth default / userdb passwd-file / args", "{users}"),
        ),
    ),
    Row(
        (2, 0),
        (2, 4),
        _block(
            ("passdb / driver", "passwd-file"),
            ("passdb / args", "scheme=CRYPT username_format=%u {users}"),
            ("userdb / driver", "passwd-file"),
            ("userdb / args", "username_format=%u {users}"),
        ),
    ),
    Row(
        (2, 4),
        None,
        _block(
            ("passdb passwd-file / passwd_file_path", "{users}"),
            ("userdb passwd-file / passwd_file_path", "{users}"),
        ),
    ),
)
_BOTH = ("passwd", "passwd-file", "vpopmail", "ldap", "sql", "checkpassword", "static", "dict", "lua")
#: the databases that any version has a driver for (the auth process of Dovecot 1.0 to 2.4); packages may leave some out
DRIVERS = {
    "passdb": (*_BOTH, "pam", "shadow", "bsdauth", "sia", "imap", "oauth2"),
    "userdb": (*_BOTH, "prefetch", "nss"),
}
#: the word in `protocols` opens its own port (1.x), or a protocol opens both and listeners decide (2.x)
LISTENERS = Rows("ports by listeners", Row(FIRST, (2, 0), False), Row((2, 0), None, True))
#: how many addresses `listen` takes
LISTEN_MANY = Rows("several addresses in listen", Row(FIRST, (1, 1), False), Row((1, 1), None, True))
CHECKER = Rows(
    "the parser",
    Row(FIRST, (2, 0), ("dovecot", "-n", "-c")),
    Row((2, 0), None, ("doveconf", "-n", "-c")),
)
#: the main file; before 2.0 packages may have it where newer ones do
OLD, NEW = "/etc/dovecot.conf", "/etc/dovecot/dovecot.conf"
MAIN = Rows("the main file", Row(FIRST, (2, 0), OLD), Row((2, 0), None, NEW))
#: whether what stands in conf.d is included by the main file
CONF_D = Rows("conf.d", Row(FIRST, (2, 0), False), Row((2, 0), None, True))
#: the setting that has to come first
VERSION_SETTING = Rows(
    "the configuration's version", Row(FIRST, (2, 4), ""), Row((2, 4), None, "dovecot_config_version")
)
#: whether the name of a section passdb or userdb is that of its driver
NAMED_DRIVERS = Rows(
    "drivers by the section's name", Row(FIRST, (2, 0), True), Row((2, 0), (2, 4), False), Row((2, 4), None, True)
)
#: the versions with settings of their own
DIALECTS: "Tuple[Version, ...]" = (FIRST, (1, 1), (1, 2), (2, 0), (2, 4))
_SCHEME_1_0, _SCHEME_2_0 = Rows("a scheme", Row(FIRST, None, True)), Rows("a scheme", Row((2, 0), None, True))
_SCHEME_2_3 = Rows("a scheme", Row((2, 3), None, True))
_WEAK_IN_2_4 = Rows("a weak scheme", Row(FIRST, (2, 4), True), Row((2, 4), None, False))
#: schemes of passwords of Dovecot's own, and MD5 of crypt(3): whether a version takes them
SCHEMES: "Dict[str, Rows[bool]]" = {
    "SSHA": _SCHEME_1_0,
    "SHA": _SCHEME_1_0,
    "SSHA256": _SCHEME_2_0,
    "SSHA512": _SCHEME_2_0,
    "SMD5": _WEAK_IN_2_4,
    "PBKDF2": _SCHEME_2_3,
    "ARGON2I": _SCHEME_2_3,
    "ARGON2ID": _SCHEME_2_3,
}
MD5_CRYPT = _WEAK_IN_2_4
#: settings of 2.3 that 2.4 does not know, and what 2.4 calls them (upgrade guide 2.3 to 2.4)
GONE_IN_2_4 = {
    "disable_plaintext_auth": "auth_allow_cleartext",
    "mail_location": "mail_driver and mail_path",
    "ssl_alt_cert": "ssl_server_alt_cert_file",
    "ssl_alt_key": "ssl_server_alt_key_file",
    "ssl_ca": "ssl_server_ca_file",
    "ssl_cert": "ssl_server_cert_file",
    "ssl_dh": "ssl_server_dh_file",
    "ssl_key": "ssl_server_key_file",
    "ssl_key_password": "ssl_server_key_password",
    "ssl_verify_client_cert": "ssl_server_request_client_cert",
}
#: sections of 2.3 that must have a name in 2.4
NAMED_IN_2_4 = ("passdb", "userdb")


def fill(block: Block, **values: str) -> Block:
    """The block with its values in place."""
    return tuple((tuple(word.format(**values) for word in path), value.format(**values)) for path, value in block)
