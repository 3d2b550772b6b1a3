"""Hosts as data: what a read of each kind of host returns."""

from __future__ import annotations

from functools import partial

from mailhost.core.gather import gather
from mailhost.core.host import File, FileState, Glob, Output, Seen
from mailhost.core.journals import SHOW
from mailhost.core.shell import accounts, certificate, files, logins
from mailhost.products import certificates, policy, standing, switch
from mailhost.products.cyrus import configure as cyrus
from mailhost.products.cyrus import mailboxes as cyrus_boxes
from mailhost.products.cyrus import policy as cyrus_policy
from mailhost.products.cyrus import services as cyrus_services
from mailhost.products.dovecot import configure as dovecot
from mailhost.products.dovecot import shell as dovecot_shell
from mailhost.products.dovecot.shell import STORED
from mailhost.products.postfix import abuse
from mailhost.products.postfix import configure as postfix
from mailhost.products.postfix.shell import ASK
from mailhost.products.sendmail import configure as sendmail
from mailhost.products.sendmail import policy as sendmail_policy
from mailhost.products.stunnel import configure as stunnel
from mailhost.products.table import PORTS, PRODUCTS
from mailhost.systems.families import DEBIAN, FAMILIES, INSTALLED, REDHAT
from mailhost.systems.packages import WHICH
from mailhost.words import dovecot_protocols

EL5 = (__import__("pathlib").Path(__file__).resolve().parents[2] / "molecule/images/centos5/rootfs").resolve()


def file(path, text, mode=0o644, owner="root", group="root"):
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return FileState(path, "file", content, mode, owner, group)


def host(files=None, outputs=None, globs=None, pending=()):
    seen = Seen(pending=list(pending))
    for path, text in (files or {}).items():
        seen.files[path] = (
            FileState(path, "absent") if text is None else text if isinstance(text, FileState) else file(path, text)
        )
    for argv, said in (outputs or {}).items():
        seen.outputs[argv] = said if isinstance(said, Output) else Output(0, said)
    for pattern, paths in (globs or {}).items():
        seen.globs[pattern] = paths
    return seen


LOGINS = dovecot.LOGINS
#: what a host need not have
# fmt: off
ABSENT = frozenset([
    "/etc/aliases", "/etc/cyrus.conf", "/etc/dovecot.conf",
    "/etc/dovecot/conf.d/auth-system.conf.ext", "/etc/dovecot/dovecot.conf", "/etc/dovecot/local.conf",
    "/etc/dovecot/mailhost.conf", "/etc/group", "/etc/imapd.conf", "/etc/init.d/mailhost-stunnel", "/etc/mail/access",
    "/etc/mail/local-host-names", "/etc/mail/mailhost-dh.pem", "/etc/mail/relay-domains", "/etc/mail/sendmail.cf",
    "/etc/mail/sendmail.mc", "/etc/mail/virtusertable", "/etc/mailhost/aliases",
    "/etc/mailhost/mailboxes", "/etc/mailhost/sasldb2.digests", "/etc/mailhost/stunnel.conf", "/etc/mailhost/users",
    "/etc/os-release", "/etc/pki/cyrus-imapd/cyrus-imapd.pem",
    "/etc/postfix/main.cf", "/etc/postfix/master.cf", "/etc/procmailrc", "/etc/redhat-release",
    "/etc/systemd/system/mailhost-stunnel.service",
    *(path for family in FAMILIES for path in (family.certificate, family.openssl_cnf, family.saslauthd.path)),
    "/etc/mailhost/logins",
    *(f"/etc/pam.d/{name}" for name in ("dovecot", "imap", "pop", "smtp", "sieve", "common-auth", "common-account")),
    *(f"/etc/pam.d/{name}" for name in ("system-auth", "password-auth", "common-session")),
    *(f"/etc/pam.d/smtp.{name}" for name in ("postfix", "sendmail")),
    *(family.smtpd_sasl for family in FAMILIES if family.smtpd_sasl),
])
# fmt: on
EMPTY = frozenset(["/etc/stunnel/*.conf", "/usr/share/dovecot/protocols.d/*.protocol", "/etc/dovecot/conf.d/*.conf"])
#: questions to which it need not answer, by their first three words
SILENT = frozenset(
    tuple(argv[:3])
    for argv in (
        *(
            request.argv
            for request in (
                *INSTALLED,
                WHICH,
                standing.STANDS,
                standing.ALTERNATIVE,
                standing.PROCESSES,
                standing.PORTS,
            )
        ),
        *(switch.question(kind).argv for kind in PORTS),
        *(asked.argv for row in PRODUCTS.values() for asked in (*standing.queue(row.name), *switch.count(row))),
        *(row.version for row in PRODUCTS.values() if row.version),
        SHOW.argv,
        *(
            program.argv()
            for program in (
                ASK,
                STORED,
                accounts.IN_HOMES,
                accounts.NEWCOMERS,
                logins.READERS,
                files.WRITTEN,
                files.STORES,
                files.FOLDERS,
                files.COPIED,
                certificate.STANDS,
                certificate.ISSUED,
            )
        ),
        cyrus_services.HOLDER,
        cyrus_policy.NAMES,
        policy.SOCKETS,
        sendmail_policy.UNBUILT,
        policy.ACCOUNTS,
        dovecot_shell.EFFECTIVE.argv(),
        dovecot_shell.OPEN.argv(),
        dovecot_protocols.IDENTIFIERS,
        LOGINS,
        postfix.MAP_TYPE,
        ("postconf", "-d", "smtpd_forbid_bare_newline"),
        sendmail.STANDS,
        cyrus.STANDS,
        cyrus_boxes.STANDS,
        stunnel.STANDS,
        certificates.NOW.argv,
        certificates.OPENSSL.argv,
    )
)
DEBIAN_MAIN = (
    "!include_try /usr/share/dovecot/protocols.d/*.protocol\n!include conf.d/*.conf\n!include_try local.conf\n"
)
PASSWD = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/sbin/nologin\nbob:x:1001:1001::/home/bob:/sbin/nologin\n"
SHADOW = "root:*:1:0:::::\nbob:$6$s$old:1:0:::::\n"


def centos5(**more):
    files = {
        "/etc/redhat-release": "CentOS release 5.11 (Final)\n",
        "/etc/dovecot.conf": (EL5 / "etc/dovecot.conf").read_text(),
        "/etc/postfix/main.cf": (EL5 / "etc/postfix/main.cf").read_text(),
        "/etc/postfix/master.cf": (EL5 / "etc/postfix/master.cf").read_text(),
        "/etc/passwd": PASSWD.replace("1001", "501"),
        "/etc/shadow": SHADOW,
    }
    outputs = {
        dovecot.VERSION: "1.0.7",
        postfix.VERSION: "2.3.3",
        postfix.MAP_TYPE: "hash",
        LOGINS: "/usr/libexec/dovecot/imap-login\n/usr/libexec/dovecot/pop3-login",
        REDHAT.asked().argv: "dovecot-1.0.7-9.el5\npackage postfix is not installed\nopenssl-0.9.8e-39.el5_11",
        WHICH.argv: "/usr/bin/yum",
    }
    files.update(more.pop("files", {}))
    outputs.update(more.pop("outputs", {}))
    return host(files, outputs)


def debian(number="12", **more):
    new = number == "13"
    auth = "auth_mechanisms = plain\n!include auth-system.conf.ext\n"
    system = (
        "passdb pam {\n}\nuserdb passwd {\n}\n"
        if new
        else "passdb {\n  driver = pam\n}\nuserdb {\n  driver = passwd\n}\n"
    )
    version = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n" if new else ""
    files = {
        "/etc/os-release": f'ID=debian\nVERSION_ID="{number}"\n',
        "/etc/dovecot/dovecot.conf": version + DEBIAN_MAIN,
        "/etc/dovecot/conf.d/10-auth.conf": auth,
        "/etc/dovecot/conf.d/auth-system.conf.ext": system,
        "/usr/share/dovecot/protocols.d/imapd.protocol": "protocols = $protocols imap\n",
        "/usr/share/dovecot/protocols.d/lmtpd.protocol": "protocols = $protocols lmtp\n",
        "/etc/dovecot/local.conf": FileState("/etc/dovecot/local.conf", "absent"),
        "/etc/postfix/main.cf": "compatibility_level = 3.6\nmynetworks = 127.0.0.0/8\nsmtpd_recipient_restrictions =\n",
        "/etc/postfix/master.cf": "smtp inet n - y - - smtpd\npickup unix n - y 60 1 pickup\n",
        "/etc/passwd": PASSWD,
        "/etc/shadow": SHADOW,
    }
    globs = {
        "/etc/dovecot/conf.d/*.conf": ["/etc/dovecot/conf.d/10-auth.conf"],
        "/usr/share/dovecot/protocols.d/*.protocol": [
            f"/usr/share/dovecot/protocols.d/{n}.protocol" for n in ("imapd", "lmtpd")
        ],
    }
    outputs = {
        dovecot.VERSION: "2.4.1-4 (7d8c0bc)" if new else "2.3.19.1 (9b53102964)",
        postfix.VERSION: "3.10.13" if new else "3.7.11",
        abuse.ASKED.argv: "smtpd_forbid_bare_newline = no\nsmtpd_forbid_unauth_pipelining = no",
        postfix.MAP_TYPE: "hash",
        LOGINS: "/usr/lib/dovecot/imap-login\n/usr/lib/dovecot/pop3-login",
        DEBIAN.asked().argv: Output(
            1, "postfix install ok installed\nopenssl install ok installed\ndovecot-imapd deinstall ok config-files"
        ),
        WHICH.argv: "/usr/bin/apt-get",
    }
    files.update(more.pop("files", {}))
    outputs.update(more.pop("outputs", {}))
    return host(files, outputs, globs)


def params(feature, **given):
    """A feature's parameters as the argument spec completes them; no timer, where this machine is the host."""
    given.setdefault("confirm_timeout", 0)
    return {name: given.get(name, spec.get("default")) for name, spec in feature.ARGUMENT_SPEC.items()}


class Fake:
    """A host that answers what a case declares, says that what no host need have is not there,
    and refuses every other question."""

    round_trips = 0

    def __init__(self, declared):
        self.declared = declared

    def read(self, requests):
        self.round_trips += 1
        found = Seen(pending=self.declared.pending, unfinished=self.declared.unfinished)
        for request in requests:
            if isinstance(request, File):
                found.files[request.path] = self._file(request.path)
            elif isinstance(request, Glob):
                assert request.pattern in self.declared.globs or request.pattern in EMPTY, f"undeclared: {request}"
                found.globs[request.pattern] = self.declared.globs.get(request.pattern, [])
                found.files.update({path: self._file(path) for path in found.globs[request.pattern]})
            else:
                assert request.argv in self.declared.outputs or request.argv[:3] in SILENT, f"undeclared: {request}"
                found.outputs[request.argv] = self.declared.outputs.get(request.argv, Output(127, ""))
        return found

    def _file(self, path):
        assert path in self.declared.files or path in ABSENT, f"undeclared: {path}"
        return self.declared.files.get(path, FileState(path, "absent"))


def gathered(word, declared, asked):
    """What a word sees of a host, by its own reads."""
    return gather([partial(word.reads, asked)], Fake(declared))


def run(word, declared, **given):
    """What a word would do there: only by what its reads asked for."""
    asked = params(word, **given)
    return word.plan(asked, gathered(word, declared, asked))


def after(plan, seen):
    """The host once a plan was carried out, as far as files go."""
    from mailhost.core.operations import Write

    new = host()
    new.add(seen)
    new.files = dict(seen.files)
    for operation in plan.operations:
        if isinstance(operation, Write):
            owner, group = (operation.owner or f"{operation.before.owner}:{operation.before.group}").split(":")
            mode = operation.mode if operation.mode is not None else operation.before.mode or operation.fallback_mode
            new.files[operation.path] = FileState(operation.path, "file", operation.content, mode, owner, group)
    return new


def written(plan):
    from mailhost.core.operations import Write

    return {operation.path: operation.content.decode() for operation in plan.operations if isinstance(operation, Write)}
