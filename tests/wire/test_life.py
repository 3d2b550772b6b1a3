"""A host's life: provisioned, proved, provisioned again, given virtual users, damaged and repaired,
broken and rolled back."""

import re
import socket
import ssl
import subprocess

import pytest

from .conftest import PASSWORD

WATCH = "find /etc /var/lib/mailhost /home -printf '%p %i %C@\\n' 2>/dev/null | sort"


def changed(done):
    return int(re.search(r"changed=(\d+)", done.stdout).group(1))


def test_check_mode_of_a_fresh_host_touches_nothing(machine, play):
    watch = WATCH.replace("/etc ", "/etc /var/lib/dpkg ")
    before = machine.run(watch).stdout
    done = play(machine, "playbooks/provision.yml", "--check", "--diff")
    assert done.returncode == 0, done.stdout
    assert changed(done) >= 1
    assert machine.run(watch).stdout == before


def test_provision_prove_and_again(machine, play):
    done = play(machine, "site.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    again = play(machine, "site.yml")
    assert (again.returncode, changed(again)) == (0, 0), again.stdout


def test_a_stopped_daemon_is_not_ok(machine, play):
    machine.run("service dovecot stop 2>/dev/null || systemctl stop dovecot")
    check = play(machine, "playbooks/provision.yml", "--check")
    assert changed(check) == 1, check.stdout
    done = play(machine, "playbooks/provision.yml")
    assert (done.returncode, changed(done)) == (0, 1), done.stdout
    assert changed(play(machine, "playbooks/provision.yml")) == 0


def test_an_open_relay_is_closed_and_a_dead_smtpd_revived(machine, play):
    rule = "smtpd_recipient_restrictions" if machine.image == "centos5" else "smtpd_relay_restrictions"
    machine.run(
        f"postconf -e mynetworks=0.0.0.0/0 {rule}=; service postfix restart 2>/dev/null || systemctl restart postfix"
    )
    broken = play(machine, "playbooks/audit.yml")
    assert broken.returncode != 0
    assert re.search(r"relay\.R01 25/smtp: fail|asked\.smtp *: fail", broken.stdout), broken.stdout
    done = play(machine, "site.yml")
    assert done.returncode == 0, done.stdout


def test_a_key_of_another_certificate_is_rolled_back(machine, play):
    machine.run(
        "openssl req -new -x509 -nodes -newkey rsa:2048 -subj /CN=x "
        "-keyout /root/other.key -out /root/other.pem 2>/dev/null"
    )
    files = "find /etc/dovecot* -type f -printf '%p %s %T@ %m %u\\n' | sort"
    before = machine.run(files).stdout
    task = {"dovecot_settings": {"key": "/root/other.key"}}
    commit = {"mail_commit": {"protocols": ["imap", "imaps", "pop3", "pop3s"], "timeout": 5}}
    done = play(machine, [task, commit])
    assert done.returncode != 0, done.stdout
    text = " ".join(done.stdout.split())
    assert "the host does not serve what was asked" in text or "refuses the new configuration" in text, done.stdout
    assert "the host serves as before" in text or "Nothing was changed" in text, done.stdout
    assert machine.run(files).stdout == before
    assert play(machine, "site.yml").returncode == 0


def test_a_taken_port_is_rolled_back_and_named(machine, play):
    assert play(machine, "playbooks/provision.yml", mailhost_protocols=["imap", "imaps"]).returncode == 0
    holder = "perl -MSocket -e 'socket(S,PF_INET,SOCK_STREAM,0); setsockopt(S,SOL_SOCKET,SO_REUSEADDR,1); "
    holder += (
        "bind(S,sockaddr_in(110,INADDR_ANY)) or die; listen(S,5); sleep 300' >/dev/null 2>&1 & echo $! >/run/holder"
    )
    machine.run(holder)
    done = play(machine, [
        {"dovecot_protocols": {"protocols": ["imap", "imaps", "pop3", "pop3s"]}},
        {"mail_commit": {"protocols": ["imap", "imaps", "pop3", "pop3s"], "timeout": 4}},
    ])  # fmt: skip
    assert done.returncode != 0
    assert "the host serves as before" in " ".join(done.stdout.split()), done.stdout
    assert "port 110 is held by" in " ".join(done.stdout.split()), done.stdout
    machine.run("kill $(cat /run/holder)")
    done = play(machine, "site.yml")
    assert done.returncode == 0, done.stdout[-3000:]


def test_an_unknown_setting_is_refused_before_the_swap(machine, play):
    path = "/etc/dovecot.conf" if machine.image == "centos5" else "/etc/dovecot/conf.d/50-mine.conf"
    machine.run(f"cp {path} /root/saved 2>/dev/null; echo 'no_such_setting = 1' >>{path}")
    done = play(machine, [{"dovecot_protocols": {"protocols": ["imaps"]}}])
    assert done.returncode != 0
    text = " ".join(done.stdout.split())
    assert "no_such_setting" in text, done.stdout
    assert "Nothing was changed" in text
    machine.run(f"if [ -e /root/saved ]; then mv /root/saved {path}; else rm {path}; fi")
    assert changed(play(machine, "site.yml")) == 0


def test_a_configuration_that_does_not_parse_is_named(machine, play):
    path = "/etc/dovecot.conf" if machine.image == "centos5" else "/etc/dovecot/conf.d/50-mine.conf"
    machine.run(f"cp {path} /root/saved 2>/dev/null; printf 'x {{\\n' >>{path}")
    done = play(machine, [{"dovecot_protocols": {"protocols": ["imaps"]}}])
    assert done.returncode != 0
    assert re.search(rf"{path}:\d+: section x is never closed", " ".join(done.stdout.split())), done.stdout
    machine.run(f"if [ -e /root/saved ]; then mv /root/saved {path}; else rm {path}; fi")


def test_no_secret_in_any_output(machine, play):
    done = play(machine, "site.yml", "-vvvv", "--diff")
    hashed = machine.variables["mailhost_mailboxes"][0]["password_hash"]
    for secret in (PASSWORD, hashed, hashed.rsplit("$", 1)[1]):
        assert secret not in done.stdout + done.stderr
        found = machine.run(
            "cat /var/log/messages /var/log/maillog 2>/dev/null; journalctl --no-pager 2>/dev/null; true"
        ).stdout
        assert secret not in found
    if machine.image != "centos5":
        machine.run("rm -rf /home/alice; userdel alice; true")


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A fleet's own CA and what it signed, by openssl: (certificate, chain, key, SHA-256 fingerprint) for a name."""
    folder = tmp_path_factory.mktemp("ca")

    def run(*words):
        return subprocess.run(
            ["openssl", *map(str, words)], check=True, capture_output=True, text=True, cwd=folder
        ).stdout

    run(
        "req",
        "-new",
        "-x509",
        "-nodes",
        "-newkey",
        "rsa:2048",
        "-subj",
        "/CN=Fleet CA",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
    )

    def make(name):
        run(
            "req",
            "-new",
            "-nodes",
            "-newkey",
            "rsa:2048",
            "-subj",
            f"/CN={name}",
            "-keyout",
            "leaf.key",
            "-out",
            "leaf.csr",
        )
        (folder / "san").write_text(f"subjectAltName=DNS:{name}\n")
        run("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", 90,
            "-extfile", "san", "-out", "leaf.pem")  # fmt: skip
        found = {
            name: (folder / path).read_text()
            for name, path in (("certificate", "leaf.pem"), ("chain", "ca.pem"), ("key", "leaf.key"))
        }
        return {"provider": "files", **found}, ssl.PEM_cert_to_DER_cert(found["certificate"])

    return make


def served(machine, port):
    """The certificate that a stranger is served on an implicit TLS port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1  # all that CentOS 5 has
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with socket.create_connection((machine.address, port), 10) as plain, context.wrap_socket(plain) as tls:
        return tls.getpeercert(True)


def test_a_given_certificate_is_served_and_a_wrong_one_refused(machine, play, given):
    fqdn = machine.variables["mailhost_fqdn"]
    mine, der = given(fqdn)
    assert play(machine, "site.yml", mailhost_certificate=mine).returncode == 0
    assert [served(machine, port) for port in (993, 995)] == [der, der]
    again = play(machine, "site.yml", mailhost_certificate=mine)
    assert (again.returncode, changed(again)) == (0, 0), again.stdout
    other, _ = given("other.example.test")
    before = machine.run(WATCH).stdout
    for wrong, said in (
        (other, f"does not cover {fqdn}"),
        ({**mine, "key": other["key"]}, "is not the key of this certificate"),
    ):
        done = play(machine, "playbooks/provision.yml", mailhost_certificate=wrong)
        assert done.returncode != 0
        assert said in " ".join(done.stdout.split()), done.stdout
        assert wrong["key"].splitlines()[5] not in done.stdout
    assert machine.run(WATCH).stdout == before
    assert served(machine, 993) == der
    back = play(machine, "site.yml")  # self_signed again: one that is good for the names stays until it is due
    assert (back.returncode, changed(back), served(machine, 993)) == (0, 0, der), back.stdout


def test_virtual_users(machine, play):
    boxes = [*machine.variables["mailhost_mailboxes"], *({"name": f"user{n}"} for n in range(50))]
    virtual = {"mailhost_mailbox_store": "virtual", "mailhost_mailboxes": boxes}
    done = play(machine, "site.yml", **virtual)
    assert done.returncode == 0, done.stdout
    assert machine.run("stat -c '%a %U %G' /etc/mailhost/users").stdout.strip() == "640 root dovecot"
    again = play(machine, "site.yml", **virtual)
    assert (again.returncode, changed(again)) == (0, 0), again.stdout
    gone = [{**box, "state": "absent"} if box["name"] == "user7" else box for box in boxes]
    assert play(machine, "playbooks/provision.yml", **{**virtual, "mailhost_mailboxes": gone}).returncode == 0
    assert "user7" not in machine.run("cat /etc/mailhost/users /etc/mailhost/mailboxes").stdout


REFUSED = [
    ({"mailhost_relay_networks": ["0.0.0.0/0"]}, "mailhost_relay_networks[0]: 0.0.0.0/0 holds all of the Internet"),
    ({"mailhost_relay_networks": ["::/0"]}, "mailhost_relay_networks[0]: ::/0 holds all of the Internet"),
    ({"mailhost_relay_networks": ["10.0.0.1/8"]}, "has host bits set"),
    ({"mailhost_relay_networks": ["localhost"]}, "is not an IP network"),
    ({"mailhost_protocols": ["imap", "kpop"]}, "Dovecot has no KPOP"),
    ({"mailhost_protocols": ["gopher"]}, "is not a protocol of Dovecot's"),
    ({"mailhost_auth_mechanisms": ["apop"]}, "apop needs each user's clear password"),
    ({"mailhost_mailboxes": [{"name": "a:b"}]}, "not a mailbox name"),
    ({"mailhost_mailboxes": [{"name": "-x"}]}, "not a mailbox name"),
    ({"mailhost_mailboxes": [{"name": "x", "uid": 0}]}, "0 is not a mailbox user's uid"),
    ({"mailhost_mailboxes": [{"name": "x"}, {"name": "x"}]}, "two mailboxes with one name"),
    ({"mailhost_mailboxes": [{"name": "x", "password_hash": "{PLAIN}SECRETWORD"}]}, "{PLAIN} is not a salted hash"),
    (
        {"mailhost_mailboxes": [{"name": "x", "password_hash": "$99$SECRETWORD$x"}]},
        "scheme $99$ is not known to crypt()",
    ),
    ({"mailhost_domains": ["a\nb.test"]}, "is not a domain"),
    ({"mailhost_smarthost": "x y"}, "is neither a name nor"),
    (
        {"mailhost_execution": "guess"},
        "mailhost_execution: 'guess' is not a choice. Choose from 'controller', 'module'",
    ),
]


def test_bad_input_is_refused_before_the_first_byte(machine, play):
    assert play(machine, "site.yml", mailhost_mailbox_store="virtual").returncode == 0
    before = machine.run(WATCH).stdout
    for variables, said in REFUSED:
        done = play(machine, "playbooks/provision.yml", **{"mailhost_mailbox_store": "virtual", **variables})
        text = " ".join((done.stdout + done.stderr).split())
        assert done.returncode != 0, variables
        assert said in text, done.stdout
        assert "SECRETWORD" not in text
        assert "Traceback" not in text
    assert machine.run(WATCH).stdout == before


def test_a_second_run_at_the_same_time_names_the_holder(machine, play):
    lock = "p=$(sh -c 'sleep 120 >/dev/null 2>&1 & echo $!'); s=$(sed -e 's/.*) //' /proc/$p/stat | cut -d' ' -f20); "
    machine.run(lock + 'ln -s "$p $s $(date +%s) carol@desk pid 5" /var/lib/mailhost/lock; echo $p >/run/holder')
    tasks = [{"dovecot_protocols": {"protocols": ["imaps"], "lock_timeout": 1}}]
    done = play(machine, tasks)
    assert done.returncode != 0
    assert "held by process" in done.stdout, done.stdout
    assert "carol@desk pid 5" in done.stdout
    machine.run("kill $(cat /run/holder); sleep 0.2")
    assert play(machine, tasks).returncode == 0  # a stale lock is broken


@pytest.mark.parametrize("missing", ["sh", "openssl"])
def test_a_host_without_what_it_takes(make_machine, play, missing):
    bare = make_machine("centos5" if missing == "openssl" else "bookworm")
    bare.run("rm -f /usr/bin/openssl" if missing == "openssl" else "rm -f /bin/sh /usr/bin/sh")
    done = play(bare, [{"mail_certificate": {"names": ["a.example.test"]}}])
    assert done.returncode != 0
    text = " ".join((done.stdout + done.stderr).split())
    assert ("the host has no openssl" if missing == "openssl" else "It needs a POSIX /bin/sh") in text, done.stdout
    assert "Traceback" not in text
