"""Accounts that are not the system's: SQL, LDAP, Lua, files of users, those who are denied, masters."""

from __future__ import annotations

from ..row import Row, boxes
from .parts import BOOKWORM, DOVECOT, MAIL, MAIN, dovecot, postfix

_AUTH = "/etc/dovecot/conf.d/10-auth.conf"
_PAM = "auth_mechanisms = plain login\n{}!include auth-system.conf.ext\n{}"
#: carol is a user of the database alone
_CAROL = "mkdir -p /srv/vmail/carol\nuseradd -u 5000 -d /srv/vmail vmail\nmaildir /srv/vmail/carol/Maildir vmail 2\n"
_STATIC = """
userdb {
  driver = static
  args = uid=5000 gid=5000 home=/srv/vmail/%n allow_all_users=yes
}
"""
_SQL = {
    "/etc/dovecot/conf.d/auth-own.conf.ext": "passdb {\n  driver = sql\n  args = /etc/dovecot/own-sql.conf.ext\n}\n"
    + _STATIC,
    "/etc/dovecot/own-sql.conf.ext": "driver = sqlite\nconnect = /srv/accounts.db\ndefault_pass_scheme = SHA512-CRYPT\n"
    "password_query = SELECT name AS user, password FROM users WHERE name = '%n'\n",
}
_SQL_DATA = """
sqlite3 /srv/accounts.db 'CREATE TABLE users (name TEXT, password TEXT)'
hash='@HASH@'
sqlite3 /srv/accounts.db "INSERT INTO users VALUES ('carol', '$hash')"
chmod 644 /srv/accounts.db
"""
_LUA = """
function auth_passdb_lookup(req)
  if req.user == "carol" then
    return dovecot.auth.PASSDB_RESULT_OK, "password={SHA512-CRYPT}@HASH@"
  end
  return dovecot.auth.PASSDB_RESULT_USER_UNKNOWN, ""
end
"""
_SLAPD = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=example,dc=test"
rootdn "cn=admin,dc=example,dc=test"
rootpw secret
directory /srv/ldap
"""
_PEOPLE = """
dn: dc=example,dc=test
objectClass: dcObject
objectClass: organization
o: example
dc: example

dn: uid=carol,dc=example,dc=test
objectClass: inetOrgPerson
uid: carol
cn: Carol
sn: Carol
userPassword: brown-field-1
"""
_LDAP = {
    "/etc/ldap/own.conf": _SLAPD,
    "/etc/ldap/people.ldif": _PEOPLE,
    "/etc/dovecot/conf.d/auth-own.conf.ext": "passdb {\n  driver = ldap\n  args = /etc/dovecot/own-ldap.conf.ext\n}\n"
    + _STATIC,
    "/etc/dovecot/own-ldap.conf.ext": "hosts = 127.0.0.1\nauth_bind = yes\nldap_version = 3\n"
    "base = dc=example,dc=test\nauth_bind_userdn = uid=%n,dc=example,dc=test\n",
}
_LDAP_START = """
mkdir -p /srv/ldap
slapadd -f /etc/ldap/own.conf -l /etc/ldap/people.ldif
slapd -f /etc/ldap/own.conf -h ldap://127.0.0.1/
"""
_FILE = """
passdb {
  driver = passwd-file
  args = scheme=SHA512-CRYPT username_format=%n /etc/dovecot/app-passwords
}
"""
_DENY = "passdb {\n  driver = passwd-file\n  deny = yes\n  args = /etc/dovecot/deny-users\n}\n"
_MASTER = """
auth_master_user_separator = *
passdb {
  driver = passwd-file
  master = yes
  args = scheme=SHA512-CRYPT /etc/dovecot/masters
}
"""


def _row(name, files, set_up, before="", after="!include auth-own.conf.ext\n", **more):
    own = {**postfix(), **DOVECOT, _AUTH: _PAM.format(before, after), **files}
    return Row(name, BOOKWORM, own, MAIL + set_up, **more)


_OURS = {"mailhost_mailboxes": boxes("alice", "bob")}
_KEEP = {**_OURS, "mailhost_other_databases": "keep"}

ROWS = [
    _row("sql-beside-pam", _SQL, _CAROL + _SQL_DATA, logins=("carol",), inventory=_OURS, refused=("loss.database",)),
    _row("sql-beside-pam-kept", _SQL, _CAROL + _SQL_DATA, logins=("carol",), inventory=_KEEP),
    _row(
        "ldap-beside-pam", _LDAP, _CAROL + _LDAP_START, logins=("carol",), inventory=_OURS, refused=("loss.database",)
    ),
    _row("ldap-beside-pam-kept", _LDAP, _CAROL + _LDAP_START, logins=("carol",), inventory=_KEEP),
    _row(
        "lua-beside-pam",
        {
            "/etc/dovecot/own.lua": _LUA,
            "/etc/dovecot/conf.d/auth-own.conf.ext": "passdb {\n  driver = lua\n  args = file=/etc/dovecot/own.lua\n}\n"
            + _STATIC,
        },
        _CAROL,
        logins=("carol",),
        inventory=_OURS,
        refused=("loss.database",),
    ),
    _row(
        "app-passwords",
        {"/etc/dovecot/app-passwords": "carol:@HASH@:::::\n", "/etc/dovecot/conf.d/auth-own.conf.ext": _FILE + _STATIC},
        _CAROL + "chmod 644 /etc/dovecot/app-passwords\n",
        logins=("carol",),
        inventory=_OURS,
        refused=("loss.database",),
    ),
    _row(
        "denied-user",
        {"/etc/dovecot/deny-users": "mallory:\n"},
        "chmod 644 /etc/dovecot/deny-users\n",
        before=_DENY,
        after="",
        users=("alice", "bob", "mallory"),
        denied=("mallory",),
        inventory={"mailhost_mailboxes": boxes("alice", "bob", "mallory")},
    ),
    _row(
        "master-user",
        {"/etc/dovecot/masters": "admin:@HASH@\n"},
        "chmod 644 /etc/dovecot/masters\n",
        before=_MASTER,
        after="",
        logins=("alice*admin",),
        inventory=_OURS,
    ),
    Row(
        "isp-sqlite",
        BOOKWORM,
        {
            **postfix(
                "virtual_mailbox_domains = sqlite:/etc/postfix/domains.cf\n"
                "virtual_mailbox_maps = sqlite:/etc/postfix/boxes.cf\n"
                "virtual_alias_maps = sqlite:/etc/postfix/aliases.cf\n"
                "virtual_transport = lmtp:unix:private/dovecot-lmtp\n",
                MAIN.replace(" example.test,", ""),
            ),
            "/etc/postfix/domains.cf": "dbpath = /srv/isp.db\nquery = SELECT 1 FROM domains WHERE name = '%s'\n",
            "/etc/postfix/boxes.cf": "dbpath = /srv/isp.db\nquery = SELECT 1 FROM boxes WHERE address = '%s'\n",
            "/etc/postfix/aliases.cf": "dbpath = /srv/isp.db\nquery = SELECT goto FROM aliases WHERE address = '%s'\n",
            _AUTH: "auth_mechanisms = plain login\npassdb {\n  driver = sql\n  args = /etc/dovecot/isp.conf.ext\n}\n"
            "userdb {\n  driver = static\n  args = uid=5000 gid=5000 home=/srv/vmail/%d/%n\n}\n",
            "/etc/dovecot/isp.conf.ext": "driver = sqlite\nconnect = /srv/isp.db\ndefault_pass_scheme = SHA512-CRYPT\n"
            "password_query = SELECT address AS user, password FROM boxes WHERE address = '%u'\n",
            **dovecot(
                "mail_location = maildir:/srv/vmail/%d/%n/Maildir\nservice lmtp {\n"
                "  unix_listener /var/spool/postfix/private/dovecot-lmtp {\n    mode = 0666\n  }\n}\n"
            ),
        },
        """
useradd -u 5000 -d /srv/vmail vmail
sqlite3 /srv/isp.db 'CREATE TABLE domains (name TEXT); CREATE TABLE boxes (address TEXT, password TEXT);
    CREATE TABLE aliases (address TEXT, goto TEXT)'
hash='@HASH@'
for d in example.test customer.test; do
    sqlite3 /srv/isp.db "INSERT INTO domains VALUES ('$d');
        INSERT INTO boxes VALUES ('alice@$d', '$hash'); INSERT INTO aliases VALUES ('info@$d', 'alice@$d')"
    maildir /srv/vmail/$d/alice/Maildir vmail 3
done
chown -R vmail /srv/vmail
chmod 644 /srv/isp.db
""",
        users=(),
        logins=("alice@example.test", "alice@customer.test"),
        addresses=("info@example.test", "alice@customer.test"),
        inventory={
            "mailhost_domains": ["example.test", "customer.test"],
            "mailhost_mailbox_store": "virtual",
            "mailhost_mailboxes": boxes("alice"),
        },
        refused=("loss.database",),
    ),
]
