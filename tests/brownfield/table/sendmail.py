"""Sendmail as people have it: Debian's of today with Dovecot 2.4, and CentOS 5's with Dovecot 1.0."""

from __future__ import annotations

from typing import Any

from ..row import Row

_MC = """\
divert(0)dnl
define(`_USE_ETC_MAIL_')dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
VERSIONID(`mail.example.test, by its postmaster')
OSTYPE(`debian')dnl
DOMAIN(`debian-mta')dnl
undefine(`confHOST_STATUS_DIRECTORY')dnl
define(`confQUEUE_LA', `100')dnl
define(`confREFUSE_LA', `100')dnl
FEATURE(`no_default_msa')dnl
{daemon}dnl
FEATURE(`use_cw_file')dnl
FEATURE(`access_db', , `skip')dnl
{more}MAILER_DEFINITIONS
MAILER(`local')dnl
MAILER(`smtp')dnl
"""
_DAEMON = "DAEMON_OPTIONS(`Family=inet, Name=MTA-v4, Port=smtp')"
_TO_SINK = "define(`RELAY_MAILER_ARGS', `TCP $h @PORT@')dnl\n"
_MAIL = (
    "mbox /var/mail/alice alice:mail 3\nmbox /home/alice/mail/Projects alice:alice 2\nchown -R alice /home/alice/mail\n"
)


def _row(
    name: str, more: str = "", daemon: str = _DAEMON, set_up: str = "", domains: str = "example.test\n", **given: Any
):
    """``set_up`` before m4; tables that end in .txt become maps."""
    files = {
        "/etc/mail/sendmail.mc": _MC.format(daemon=daemon, more=more),
        "/etc/mail/local-host-names": "localhost\nmail.example.test\n" + domains,
        "/etc/mail/access": "Connect:127.0.0.1 RELAY\n",
        **given.pop("files", {}),
    }
    steps = f"""{_MAIL}cd /etc/mail
m4 sendmail.mc >sendmail.cf
for map in access virtusertable mailertable authinfo; do
    [ ! -e $map ] || makemap hash $map <$map
done
{set_up}"""
    inventory = {"mailhost_mta": "sendmail", **given.pop("inventory", {})}
    services = given.pop("services", ("sendmail", "dovecot"))
    return Row(name, "brownfield-sendmail", files, steps, inventory, services=services, **given)


_CENTOS = r"""
service postfix stop >/dev/null 2>&1 || :
chkconfig postfix off
alternatives --set mta /usr/sbin/sendmail.sendmail
chkconfig sendmail on
cd /etc/mail
sed -i 's/,Addr=127.0.0.1//' sendmail.mc
echo example.test >>local-host-names
"""
_CENTOS_MAIL = _MAIL.replace("/var/mail", "/var/spool/mail")


def _centos(name: str, set_up: str = "", **given: Any) -> Row:
    inventory = {"mailhost_mta": "sendmail", **given.pop("inventory", {})}
    steps = _CENTOS + set_up + "make -s -C /etc/mail\n" + _CENTOS_MAIL
    return Row(name, "centos5", {}, steps, inventory, services=("sendmail", "dovecot"), **given)


ROWS = [
    _row("sendmail"),
    _row(
        "sendmail-virtusers-and-mailertable",
        "FEATURE(`virtusertable', `hash -o /etc/mail/virtusertable.db')dnl\n"
        "FEATURE(`mailertable', `hash -o /etc/mail/mailertable.db')dnl\n" + _TO_SINK,
        domains="example.test\nlegacy.test\n",
        files={
            "/etc/mail/virtusertable": "info@legacy.test alice\n@legacy.test bob\n",
            "/etc/mail/mailertable": "partner.test relay:[@SINK@]\n",
            "/etc/mail/access": "Connect:127.0.0.1 RELAY\nTo:partner.test RELAY\n",
        },
        inventory={
            "mailhost_domains": ["example.test", "legacy.test"],
            "mailhost_relay_domains": ["partner.test"],
        },
        addresses=("info@legacy.test", "any@legacy.test", "them@partner.test", "alice@example.test"),
    ),
    _row(
        "sendmail-domain-not-listed",
        domains="example.test\nlegacy.test\n",
        addresses=("alice@legacy.test",),
        refused=("loss.address",),
    ),
    _row(
        "sendmail-smarthost-and-masquerade",
        "define(`SMART_HOST', `relay:[@SINK@]')dnl\n"
        + _TO_SINK
        + "FEATURE(`authinfo', `hash -o /etc/mail/authinfo.db')dnl\n"
        "MASQUERADE_AS(`example.test')dnl\nFEATURE(`masquerade_envelope')dnl\nFEATURE(`masquerade_entire_domain')dnl\n",
        files={"/etc/mail/authinfo": 'AuthInfo:@SINK@ "U:customer" "P:secret" "M:PLAIN"\n'},
        sends=("friend@elsewhere.test",),
    ),
    _row(
        "sendmail-submission-with-filter",
        "define(`confAUTH_MECHANISMS', `LOGIN PLAIN')dnl\nTRUST_AUTH_MECH(`LOGIN PLAIN')dnl\n"
        "MAIL_FILTER(`dkim', `S=inet:8891@127.0.0.1, F=, T=R:10s')dnl\n",
        daemon=_DAEMON
        + "dnl\nDAEMON_OPTIONS(`Family=inet, Name=MSP-v4, Port=submission, M=Ea, InputMailFilters=dkim')",
        set_up="printf 'pwcheck_method: saslauthd\\nmech_list: PLAIN LOGIN\\n' >/usr/lib/sasl2/Sendmail.conf\n",
        asks={"filter": "grep -c '^O DaemonPortOptions=.*submission.*InputMailFilters=dkim' /etc/mail/sendmail.cf"},
        services=("saslauthd", "sendmail", "dovecot"),
    ),
    _row(
        "sendmail-on-one-address",
        daemon="DAEMON_OPTIONS(`Family=inet, Name=MTA-v4, Port=smtp, Addr=@ADDRESS@')"
        "dnl\nDAEMON_OPTIONS(`Family=inet, Name=MTA-lo, Port=smtp, Addr=127.0.0.1')",
    ),
    _row(
        "sendmail-cf-by-hand",
        set_up="sed -i 's/^O MaxMessageSize.*//' sendmail.cf\necho 'O MaxRecipientsPerMessage=77' >>sendmail.cf\n",
        asks={"limit": "grep -c '^O MaxRecipientsPerMessage=77' /etc/mail/sendmail.cf"},
        refused=("loss.configuration",),
    ),
    _row(
        "sendmail-aliases",
        files={"/etc/aliases": 'postmaster: root\nroot: alice\nteam: alice, bob\nrobot: "|/usr/bin/procmail -d bob"\n'},
        set_up="newaliases\n",
        addresses=("team@example.test", "postmaster@example.test"),
    ),
    _centos("centos5-sendmail"),
    _centos(
        "centos5-virtusers",
        "printf 'info@example.test\\talice\\nold@example.test\\tbob\\n' >>virtusertable\n",
        addresses=("info@example.test", "old@example.test"),
    ),
    _centos(
        "centos5-untagged-access",
        "printf '192.0.2 RELAY\\nspammer@bad.test REJECT\\n' >>access\n",
        inventory={"mailhost_relay_networks": ["127.0.0.0/8", "192.0.2.0/24"]},
    ),
    _centos(
        "centos5-cf-by-hand",
        "make -s -C /etc/mail\nsleep 1\necho 'O MaxRecipientsPerMessage=77' >>sendmail.cf\n",
        asks={"limit": "grep -c '^O MaxRecipientsPerMessage=77' /etc/mail/sendmail.cf"},
        refused=("loss.configuration",),
    ),
]
