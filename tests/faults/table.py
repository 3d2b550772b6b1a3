"""The faults: each injects, yields how the run is to be made, and after the run heals what it broke."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from typing import Callable

from mailhost.words import mailboxes

from .hosts import Docker, params

#: the faults that meet another init system, dialect or coreutils on CentOS 5 are tried there too
ALSO_ON_CENTOS_5 = {
    "disk-full", "read-only-filesystem", "symlink-live", "connection-cut-after-apply",
    "controller-killed-before-commit", "controller-killed-and-rebooted",
    "daemon-refuses", "daemon-accepts-and-is-dead", "port-taken", "daemon-stopped-before", "daemon-disabled-before",
    "key-of-another-certificate", "umask-000",
}  # fmt: skip


@dataclass
class Fault:
    inject: Callable
    ends: str  # old, new or either
    says: "tuple[str, ...]"
    images: "tuple[str, ...]"
    start: "bool | None"  # the state it must start from: True is POP3 off


FAULTS: "dict[str, Fault]" = {}


def fault(name, ends="old", says=(), start=None):
    def register(inject):
        images = ("bookworm", "centos5") if name in ALSO_ON_CENTOS_5 else ("bookworm",)
        FAULTS[name] = Fault(inject, ends, (says,) if isinstance(says, str) else tuple(says), images, start)
        return inject

    return register


def main(host):
    return "/etc/dovecot.conf" if host.machine.image == "centos5" else "/etc/dovecot/dovecot.conf"


def restart(host, unit):
    host.sh(
        f"if [ -d /run/systemd/system ]; then systemctl restart {unit}; else service {unit} restart; fi", check=False
    )


# the disk


@fault("disk-full", says="is the disk full")
def _(host):
    host.sh("mount -t tmpfs -o size=64k tmpfs /var/lib/mailhost")
    host.sh("cat /dev/zero >/var/lib/mailhost/fill", check=False)
    yield
    host.sh("umount /var/lib/mailhost")


@fault("inodes-gone", says="cannot be written")
def _(host):
    host.sh(
        "mount -t tmpfs -o nr_inodes=4 tmpfs /var/lib/mailhost && "
        "mkdir /var/lib/mailhost/journal && : >/var/lib/mailhost/a"
    )
    yield
    host.sh("umount /var/lib/mailhost")


@fault("read-only-filesystem", says="Read-only file system")
def _(host):
    host.sh("mount --bind /etc/postfix /etc/postfix && mount -o remount,ro,bind /etc/postfix")
    yield
    host.sh("umount /etc/postfix")


@fault("read-only-state", says="Read-only file system")
def _(host):
    host.sh("mount --bind /var/lib/mailhost /var/lib/mailhost && mount -o remount,ro,bind /var/lib/mailhost")
    yield
    host.sh("umount /var/lib/mailhost")


@fault("immutable-file", says="Operation not permitted")
def _(host):
    host.sh("chattr +i /etc/postfix/main.cf")
    yield
    host.sh("chattr -i /etc/postfix/main.cf")


# links


@fault("symlink-live", ends="new")
def _(host):
    host.sh("mkdir -p /srv/shared && cp -p /etc/postfix/main.cf /root/ && mv /etc/postfix/main.cf /srv/shared/")
    host.sh("ln -s /srv/shared/main.cf /etc/postfix/main.cf")
    yield
    said = host.sh("readlink /etc/postfix/main.cf; cmp -s /srv/shared/main.cf /root/main.cf || echo new").stdout
    assert said.split() == ["/srv/shared/main.cf", "new"]
    host.sh("rm /etc/postfix/main.cf && mv /srv/shared/main.cf /etc/postfix/main.cf")


@fault("symlink-dangling")
def _(host):
    host.sh("mv /etc/postfix/main.cf /root/main.cf && ln -s /srv/nowhere /etc/postfix/main.cf")
    yield
    host.sh("rm /etc/postfix/main.cf && mv /root/main.cf /etc/postfix/main.cf")


@fault("symlink-loop")
def _(host):
    host.sh("mv /etc/postfix/main.cf /root/main.cf && ln -s main.cf /etc/postfix/main.cf")
    yield
    host.sh("rm /etc/postfix/main.cf && mv /root/main.cf /etc/postfix/main.cf")


@fault("hard-link", ends="new")
def _(host):
    host.sh("ln /etc/postfix/main.cf /etc/main.cf.other")
    yield
    assert host.sh("stat -c %h /etc/postfix/main.cf; cmp /etc/postfix/main.cf /etc/main.cf.other").stdout.split() == [
        "2"
    ]
    host.sh("rm /etc/main.cf.other")


# the connection and the controller


def at(moment, program_of):
    """A Run that loses its connection at a program: before it is sent, or after it ran and before its answer came."""

    def make(host):
        run = Docker(host.machine)

        def cut(number, program):
            if program_of(program):
                raise ConnectionError("the connection was cut")

        setattr(run, moment, cut)
        return run

    return make


def is_apply(program):
    return "parents()" in program


def is_commit(program):
    return "start_all()" in program


@fault("connection-cut-before-apply", says="cut")
def _(host):
    yield {"run": at("before", is_apply)(host)}


@fault("connection-cut-after-apply", says="cut")
def _(host):
    yield {"run": at("after", is_apply)(host), "confirm": 3}
    time.sleep(9)  # nobody confirms: the host itself takes it back
    yield


@fault("controller-killed-before-commit", says="cut")
def _(host):
    yield {"run": at("before", is_commit)(host), "confirm": 3}
    time.sleep(9)


@fault("controller-killed-and-rebooted", says="cut")
def _(host):
    yield {"run": at("before", is_commit)(host), "confirm": 600}
    host.sh("kill -9 $(cut -d ' ' -f 1 /var/lib/mailhost/confirm)")  # what a reboot does to the timer
    host.words(host.state)  # the next run takes it back before it reads anything


@fault("remote-program-killed", says="answer was cut off")
def _(host):
    run = Docker(host.machine)
    killer = (
        "for p in /proc/[0-9]*; do "
        "tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q 'pa[r]ents()' && kill -9 ${p#/proc/}; done"
    )

    def before(number, program):
        if is_apply(program):
            threading.Thread(target=lambda: host.sh(f"sleep 3; {killer}", check=False), daemon=True).start()

    run.before = before
    run.change = lambda program: program.replace("\nswap\n", "\nsleep 9\nswap\n") if is_apply(program) else program
    yield {"run": run}
    host.words(host.state)


@fault("an-edit-between-read-and-swap", ends="new")
def _(host):
    run = Docker(host.machine)
    edits = []

    def before(number, program):
        if is_apply(program) and not edits:
            edits.append(host.sh(f"echo '# an edit of mine' >>{main(host)}"))

    run.before = before
    yield {"run": run}
    assert host.sh(f"grep -c 'an edit of mine' {main(host)}").stdout.strip() == "1"
    yield
    host.sh(f"sed -i '/an edit of mine/d' {main(host)}")


# the daemons


@fault("daemon-refuses", says=("no_such_setting", "Nothing was changed"))
def _(host):
    host.sh(f"cp -p {main(host)} /root/saved; echo 'no_such_setting = 1' >>{main(host)}")
    yield
    host.sh(f"cp -p /root/saved {main(host)}")


@fault("daemon-accepts-and-is-dead", says="the host serves as before")
def _(host):
    # master.cf is Postfix's own to check, and a chroot without a resolver or a wrong program passes every check of it
    program = "$(find /usr/libexec/postfix /usr/lib/postfix -name smtpd -type f 2>/dev/null | head -n 1)"
    host.sh(f"p={program}; cp -p $p /root/smtpd; echo $p >/root/smtpd.path")
    run = Docker(host.machine)

    def before(number, program):
        if is_commit(program):
            host.sh("p=$(cat /root/smtpd.path); rm $p; printf '#!/bin/sh\\nexit 1\\n' >$p; chmod 755 $p")
        if "start_all()" in program:
            threading.Timer(
                7, lambda: host.sh("p=$(cat /root/smtpd.path); cp -p /root/smtpd $p.n; mv -f $p.n $p")
            ).start()

    run.before = before
    yield {"run": run, "timeout": 4}
    time.sleep(3)


@fault("port-taken", says=("port 110 is held by", "the host serves as before"), start=True)
def _(host):
    holder = "perl -MSocket -e 'socket(S,PF_INET,SOCK_STREAM,0); setsockopt(S,SOL_SOCKET,SO_REUSEADDR,1); "
    host.sh(
        holder + "bind(S,sockaddr_in(110,INADDR_ANY)); listen(S,5); sleep 100' >/dev/null 2>&1 & echo $! >/run/holder"
    )
    yield {"timeout": 3}
    host.sh("kill $(cat /run/holder)")


@fault("daemon-hangs-at-start", ends="new")
def _(host):
    run = Docker(host.machine)
    unit = "/run/systemd/system/dovecot.service.d"

    def before(number, program):
        if is_commit(program):  # it hangs once, and the commit tries again
            host.sh(
                f"mkdir -p {unit}; "
                f"printf '#!/bin/sh\\nsleep 8; rm -rf {unit}; systemctl daemon-reload; exit 1\\n' >/run/hang"
            )
            host.sh(
                "chmod 755 /run/hang; "
                f"printf '[Service]\\nExecStartPre=/bin/sh /run/hang\\n' >{unit}/hang.conf; systemctl daemon-reload"
            )

    run.before = before
    yield {"run": run, "timeout": 3}


@fault("daemon-stopped-before", ends="new")
def _(host):
    host.sh("if [ -d /run/systemd/system ]; then systemctl stop dovecot; else service dovecot stop; fi")
    yield


@fault("daemon-restarted-too-often-before", ends="new")
def _(host):
    # five starts in ten seconds by default, which a busy machine may not manage
    limit = "/run/systemd/system/postfix@-.service.d"
    host.sh(f"mkdir -p {limit}; printf '[Unit]\\nStartLimitIntervalSec=600\\nStartLimitBurst=3\\n' >{limit}/limit.conf")
    host.sh(
        "systemctl daemon-reload; for i in 1 2 3 4 5; do systemctl restart postfix; done; "
        "! systemctl is-active -q postfix@-"
    )
    yield
    host.sh(f"rm -r {limit}; systemctl daemon-reload")


@fault("daemon-disabled-before", ends="new")
def _(host):
    host.sh("if [ -d /run/systemd/system ]; then systemctl disable dovecot; else chkconfig dovecot off; fi")
    yield
    enabled = (
        "if [ -d /run/systemd/system ]; then systemctl is-enabled dovecot; else chkconfig dovecot && echo enabled; fi"
    )
    assert "enabled" in host.sh(enabled).stdout


# certificates


@fault("key-of-another-certificate", says="the host serves as before")
def _(host):
    key = host.sh(
        "ls /etc/pki/dovecot/private/dovecot.pem /etc/ssl/private/mailhost.pem 2>/dev/null; true"
    ).stdout.split()[0]
    host.sh(f"cp -p {key} /root/key; openssl genrsa 2048 2>/dev/null >/root/other")
    run = Docker(host.machine)

    def before(number, program):
        if is_commit(program):
            host.sh(f"cat /root/other >{key}")
            threading.Timer(6, lambda: host.sh(f"cat /root/key >{key}")).start()

    run.before = before
    yield {"run": run, "timeout": 4}
    time.sleep(2)


# what stands on the host


@fault("malformed-file", says="never closed")
def _(host):
    host.sh(f"cp -p {main(host)} /root/saved; printf 'x {{\\n' >>{main(host)}")
    yield
    host.sh(f"cp -p /root/saved {main(host)}")


@fault("missing-include")
def _(host):
    host.sh(f"cp -p {main(host)} /root/saved; sed -i '1i !include /etc/dovecot/not-there.conf' {main(host)}")
    yield
    host.sh(f"cp -p /root/saved {main(host)}")


@fault("missing-checker", says="Nothing was changed")
def _(host):
    tool = "$(command -v doveconf || command -v dovecot)"
    host.sh(f"t={tool}; echo $t >/root/tool; mv $t /root/tool.moved")
    yield
    host.sh("mv /root/tool.moved $(cat /root/tool)")


@fault("missing-postmap-and-postconf", says="no Postfix is installed")
def _(host):
    host.sh("mv /usr/sbin/postconf /root/postconf")
    yield
    host.sh("mv /root/postconf /usr/sbin/postconf")


@fault("map-builder-killed", says="Nothing was changed")
def _(host):
    host.sh(
        "mv /usr/sbin/postmap /root/postmap; "
        "printf '#!/bin/sh\\nkill -9 $$\\n' >/usr/sbin/postmap; chmod 755 /usr/sbin/postmap"
    )
    box = {"name": "alice", "aliases": ["another"], "state": "present", "password_hash": None, "uid": None}
    yield {"extra": [(mailboxes, params(mailboxes, mailboxes=[box], domains=["example.test"], store="system"))]}
    host.sh("mv /root/postmap /usr/sbin/postmap")


# the surroundings


@fault("no-dns", ends="new")
def _(host):
    host.sh("cp /etc/resolv.conf /root/resolv; echo nameserver 192.0.2.1 >/etc/resolv.conf")
    yield
    host.sh("cat /root/resolv >/etc/resolv.conf")
    restart(host, "postfix")  # it has a copy in its chroot


@fault("odd-locale", ends="new")
def _(host):
    prefix = "export LC_ALL=tr_TR.UTF-8 LANG=de_DE LANGUAGE=fr; "
    yield {"run": Docker(host.machine, prefix), "prefix": prefix}


@fault("umask-000", ends="new")
def _(host):
    before = host.sh("ls -ln /etc/postfix/main.cf").stdout.split()[:4]
    yield {"run": Docker(host.machine, "umask 000; "), "prefix": "umask 000; "}
    assert host.sh("ls -ln /etc/postfix/main.cf").stdout.split()[:4] == before
    assert host.sh("find /var/lib/mailhost -maxdepth 2 -perm /077").stdout == ""


@fault("umask-077", ends="new")
def _(host):
    before = host.sh("ls -ln /etc/postfix/main.cf").stdout.split()[:4]
    yield {"run": Docker(host.machine, "umask 077; "), "prefix": "umask 077; "}
    assert host.sh("ls -ln /etc/postfix/main.cf").stdout.split()[:4] == before


@fault("empty-environment", ends="new")
def _(host):
    yield {"run": Docker(host.machine, "unset HOME PATH USER TERM; "), "prefix": "unset HOME PATH USER TERM; "}


@fault("queue-of-1000", ends="new")
def _(host):
    host.sh("postfix stop; true", check=False)
    number = host.ledger.number
    send = "/usr/sbin/sendmail -f ledger@sender.invalid alice@example.test"
    fill = f"i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); printf 'X-Ledger: 9%06d\\n\\nx\\n' $i | {send}; done"
    subprocess.run(["docker", "exec", host.machine.id, "sh", "-c", fill], check=True, timeout=120, capture_output=True)
    host.ledger.acknowledged.update(9000000 + count for count in range(1, 1001))
    assert host.ledger.number >= number
    restart(host, "postfix")
    yield {"timeout": 20}
