"""Hosts as data: what a read of each kind of host returns."""

from __future__ import annotations

from mailhost.core.host import FileState, Output, Seen
from mailhost.products.dovecot import configure as dovecot
from mailhost.words import mail_packages, postfix_relay

EL5 = (__import__("pathlib").Path(__file__).resolve().parents[2] / "molecule/images/centos5/rootfs").resolve()


def file(path, text, mode=0o644, owner="root", group="root"):
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return FileState(path, "file", content, mode, owner, group)


def host(files=None, outputs=None, globs=None, pending=()):
    seen = Seen(pending=list(pending))
    for path, text in (files or {}).items():
        seen.files[path] = text if isinstance(text, FileState) else file(path, text)
    for argv, said in (outputs or {}).items():
        seen.outputs[argv] = said if isinstance(said, Output) else Output(0, said)
    for pattern, paths in (globs or {}).items():
        seen.globs[pattern] = paths
    return seen


LOGINS = dovecot.LOGINS
DEBIAN_MAIN = "!include_try /usr/share/dovecot/protocols.d/*.protocol\n!include conf.d/*.conf\n!include_try local.conf\n"
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
        postfix_relay.VERSION: "2.3.3",
        postfix_relay.MAP_TYPE: "hash",
        LOGINS: "/usr/libexec/dovecot/imap-login\n/usr/libexec/dovecot/pop3-login",
        mail_packages.RPM: "dovecot-1.0.7-9.el5\npackage postfix is not installed\nopenssl-0.9.8e-39.el5_11",
        mail_packages.WHICH.argv: "/usr/bin/yum",
    }
    files.update(more.pop("files", {}))
    outputs.update(more.pop("outputs", {}))
    return host(files, outputs)


def debian(number="12", **more):
    new = number == "13"
    auth = "auth_mechanisms = plain\n!include auth-system.conf.ext\n"
    system = "passdb pam {\n}\nuserdb passwd {\n}\n" if new else "passdb {\n  driver = pam\n}\nuserdb {\n  driver = passwd\n}\n"
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
        "/usr/share/dovecot/protocols.d/*.protocol": [f"/usr/share/dovecot/protocols.d/{n}.protocol" for n in ("imapd", "lmtpd")],
    }
    outputs = {
        dovecot.VERSION: "2.4.1-4 (7d8c0bc)" if new else "2.3.19.1 (9b53102964)",
        postfix_relay.VERSION: "3.10.13" if new else "3.7.11",
        postfix_relay.MAP_TYPE: "hash",
        LOGINS: "/usr/lib/dovecot/imap-login\n/usr/lib/dovecot/pop3-login",
        mail_packages.DPKG: Output(
            1, "postfix install ok installed\nopenssl install ok installed\ndovecot-imapd deinstall ok config-files"
        ),
        mail_packages.WHICH.argv: "/usr/bin/apt-get",
    }
    files.update(more.pop("files", {}))
    outputs.update(more.pop("outputs", {}))
    return host(files, outputs, globs)


def params(feature, **given):
    """A feature's parameters as the argument spec completes them; no timer, where this machine is the host."""
    given.setdefault("confirm_timeout", 0)
    return {name: given.get(name, spec.get("default")) for name, spec in feature.ARGUMENT_SPEC.items()}


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
