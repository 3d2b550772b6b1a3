"""Bad input is refused before anything is written, by every word it can reach and by both routes, and no secret shows;
input that is strange but legal arrives byte for byte."""

from __future__ import annotations

import imaplib
import json
import os
import ssl
import subprocess
import threading

import pytest

from ..wire.conftest import ROOT, Machine
from .hosts import INODES

SECRET = "SECRETsecret0123456789"
LONG = "x" * 300
NAMES = [
    "bob:x",
    "bob\nroot2",
    "#bob",
    ":bob",
    "",
    " bob",
    "bob ",
    "../bob",
    "bob/..",
    "bob\0",
    LONG,
    "Bob",
    "-rf",
    "--config=x",
    "$(id)",
    "b;id",
    ".",
]
HASHES = [
    "{PLAIN}" + SECRET,
    "{CLEARTEXT}" + SECRET,
    SECRET + "[34]",
    "$6$a$" + SECRET + ":x",
    "$6$a$" + SECRET + "\nx:",
]
HASHES += ["$99$a$" + SECRET, "{NOSUCH}" + SECRET, SECRET]
NETWORKS = [
    "0.0.0.0/0", "::/0", "0/0", "10.0.0.1/8", "!10.0.0.0/8", "/etc/passwd", "hash:/x", "static:all",
    "127.0.0.0/8, 0.0.0.0/0", "", "127.0.0.0/8\n0.0.0.0/0", "10", "tcp:1.2.3.4:1", "localhost", "127.0.0.1/33",
]  # fmt: skip
HOSTS = [
    "mail example",
    "mail_1.test",
    "-x.test",
    "a..b",
    f"{'a' * 64}.test",
    "x.test\nmynetworks=0.0.0.0/0",
    "",
    "nodots",
]
SCALARS = [
    "</etc/shadow",
    "x # y",
    "x\n!include /tmp/evil",
    "x\r",
    "$HOME",
    "%u'; sh",
    "/abs",
    "../up",
    "",
    'a"b',
    "a}b",
    "a\\",
    "a{b",
    "\0",
]


def rows():
    boxes = [{"name": name} for name in NAMES] + [{"name": "x", "password_hash": text} for text in HASHES]
    boxes += [{"name": "x", "uid": uid} for uid in (0, 1, -1, 2**40)] + [
        {"name": "x", "aliases": [a]} for a in ("a|b", "a b", "@x", "\n", "")
    ]
    boxes += [
        {"name": "x", "home": "/"},
        {"name": "x", "password_hahs": SECRET},
        {"name": "x", "aliases": ["x"]},
        {"password_hash": SECRET},
    ]
    yield from (("mailboxes", {"mailboxes": [box], "domains": ["example.test"]}) for box in boxes)
    yield "mailboxes", {"mailboxes": [{"name": "x"}, {"name": "x"}]}
    yield "mailboxes", {"mailboxes": [{"name": "x"}], "store": "virtual"}
    yield "mailboxes", {"mailboxes": {"name": [SECRET]}}
    yield from (("mailboxes", {"mailboxes": [], "domains": [name]}) for name in HOSTS)
    yield from (
        ("postfix_relay", {"hostname": "a.test", "domains": ["a.test"], "networks": [text]}) for text in NETWORKS
    )
    yield from (("postfix_relay", {"hostname": name, "domains": ["a.test"]}) for name in HOSTS)
    for accept in ({"rule": "x", "reason": " "}, {"rule": "", "reason": "because"}):
        yield "postfix_relay", {"hostname": "a.test", "domains": ["a.test"], "accept": [accept]}
        yield "mail_policy", {"accept": [accept]}
    yield from (
        ("postfix_relay", {"hostname": "a.test", "domains": ["a.test"], "relay_domains": [n]})
        for n in (*HOSTS, "*", "static:all")
    )
    yield from (
        ("postfix_relay", {"hostname": "a.test", "domains": ["a.test"], "smarthost": n})
        for n in ("[x", "a b", "h\nx=y", "a:b", "a:99999")
    )
    yield from (("dovecot_settings", {"maildir": text}) for text in SCALARS)
    yield from (("dovecot_settings", {"certificate": text}) for text in ("relative", "/a b", "/a\nb", "/a#b", '/a"'))
    yield from (
        ("dovecot_settings", {"auth_mechanisms": [text]})
        for text in ("apop", "cram-md5", "anonymous", "plain\nlogin", "", "*")
    )
    yield from (
        ("dovecot_protocols", {"protocols": texts})
        for texts in ([], ["imap\npop3"], ["kpop"], ["rpop"], [""], ["imap", "imap"], ["*"])
    )
    yield from (
        ("dovecot_protocols", {"protocols": ["imap"], "addresses": [text]})
        for text in ("localhost", "1.2.3.4\n", "1.2.3", "*:25", "")
    )
    yield from (
        ("mail_certificate", {"names": names})
        for names in ([], ["a\nb"], ["nodots"], ["*"], ["a.test,DNS:b.test"], [f"{'a' * 64}.test"])
    )
    yield from (
        ("mail_certificate", {"names": ["a.test"], **more})
        for more in ({"bits": 1024}, {"days": 0}, {"days": 10, "renew_days": 11})
    )
    given = {"names": ["a.test"], "provider": "files", "certificate": "nonsense"}
    yield from (
        ("mail_certificate", {**given, "key": key})
        for key in (SECRET, f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{SECRET}", "")
    )
    yield from (("mail_packages", {"products": [text]}) for text in ("exim", "-o=x", "$(id)", ""))
    yield from (
        ("mail_commit", more)
        for more in (
            {"services": ["-x"]},
            {"services": ["x;id"]},
            {"protocols": ["x"]},
            {"address": "x"},
            {"serving": ["serve x plain 1"]},
            {"journal_keep": 0},
        )
    )
    yield from (("mail_undo", {"count": count}) for count in (0, -1, 10000))


M4 = ["a`b", "a'b", "syscmd(`id')", "include(/etc/shadow)", "a(b", "a)b", "a\nb.test", "a dnl b"]
ADMINS = ["anyone", "anonymous", "a b", "a\nallowanonymouslogin: yes", "", "Cyrus"]
MAILBOXES = [
    "user.bob.x",
    "a/../b",
    "*",
    "%",
    'a"b',
    "{10}",
    "b&AOk-b",
    "",
    "b\nz LOGOUT",
    "anyone",
    "mailhost",
    LONG,
    "-x",
]
TUNNEL = {"name": "imaps", "accept": "10993", "connect": "143"}
TUNNELS = [{"name": text} for text in ("", "a b", "a]\nexec = /bin/sh", "[x", LONG)]
TUNNELS += [{"accept": text} for text in ("", "0", "99999", "x", "993\nexec = /bin/sh", "example.org:993")]
TUNNELS += [{"connect": text} for text in ("", "/bin/sh", "143\nexec = /bin/sh", "1.2.3.4.5:143")]
TUNNELS += [{"protocol": "imap", "connect": "110"}, {"connect": "25"}]


def rows_of_other_daemons():
    """The same battery through the words for Sendmail, Cyrus and stunnel."""
    relay = {"hostname": "a.test", "domains": ["a.test"]}
    yield from (("sendmail_relay", {**relay, "networks": [text]}) for text in (*NETWORKS, *M4, "2001:db8::/33"))
    yield from (("sendmail_relay", {**relay, "hostname": name}) for name in (*HOSTS, *M4))
    yield from (("sendmail_relay", {**relay, "domains": [name]}) for name in (*HOSTS, *M4, "|/bin/sh", "com"))
    yield from (("sendmail_relay", {**relay, "relay_domains": [name]}) for name in (*HOSTS, *M4, "com", "*"))
    yield from (("sendmail_relay", {**relay, "smarthost": text}) for text in (*M4, "[x", "a b", "a:b"))
    yield "sendmail_relay", {**relay, "mailbox_store": "virtual"}
    yield from (("mta", {"name": text}) for text in ("exim", "", "sendmail;id"))
    yield from (
        ("cyrus_services", {"protocols": texts}) for texts in ([], ["rpop"], ["imap", "imap"], ["imap\nx"], ["*"])
    )
    yield from (("cyrus_services", {"protocols": ["imap"], "admins": [text]}) for text in ADMINS)
    yield from (
        ("cyrus_services", {"protocols": ["imap"], "addresses": [text]})
        for text in ("localhost", '1.2.3.4" cmd="x', "")
    )
    yield from (
        ("cyrus_services", {"protocols": ["imap"], "auth_mechanisms": [text]})
        for text in ("anonymous", "apop", "", "plain\nx")
    )
    yield from (("cyrus_mailboxes", {"mailboxes": [{"name": name}]}) for name in MAILBOXES)
    yield from (
        ("cyrus_mailboxes", {"mailboxes": [{"name": "x", **more}]})
        for more in ({"quota": 0}, {"password": SECRET + "\n"})
    )
    yield from (
        ("stunnel_services", {"services": [{**TUNNEL, **more}], "networks": ["127.0.0.0/8"]}) for more in TUNNELS
    )
    yield from (
        ("mailboxes", {"mailboxes": [{"name": "x", **more}], "domains": ["a.test"]})
        for more in ({"password": SECRET}, {"quota": 1})
    )


class Argv(threading.Thread):
    """Looks at the arguments of every process of this machine, the containers' too, for a secret."""

    def __init__(self, secrets):
        super().__init__(daemon=True)
        self.secrets, self.found, self.over = [secret.encode() for secret in secrets], set(), threading.Event()

    def run(self):
        while not self.over.wait(0.01):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{pid}/cmdline", "rb") as file:
                        words = file.read()
                except OSError:
                    continue
                self.found |= {words for secret in self.secrets if secret in words}

    def stop(self):
        self.over.set()
        self.join()
        return self.found


@pytest.fixture(scope="module", params=["centos5", "trixie"])
def machine(request, tmp_path_factory):
    found = Machine(request.param)
    if request.param == "trixie":
        found.variables["mailhost_execution"] = "module"
    done = play(found, tmp_path_factory.mktemp("play"), ROOT / "playbooks/provision.yml")
    assert done.returncode == 0, done.stdout
    yield found
    found.remove()


def play(machine, folder, playbook, *options, callback="ansible.builtin.default", **variables):
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"mailhosts": {"hosts": {machine.name: {**machine.variables, **variables}}}}))
    env = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": callback,
        "ANSIBLE_NOCOLOR": "1",
    }
    command = ["ansible-playbook", "-i", str(inventory), str(playbook), *options]
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=ROOT, check=False, timeout=400)


def test_bad_input(machine, tmp_path, count):
    given = [*rows(), *rows_of_other_daemons()]
    # each row is to fail, and the next is tried all the same; the results are judged below
    tasks = [{"name": f"row {number}", word: args, "ignore_errors": True} for number, (word, args) in enumerate(given)]
    playbook = tmp_path / "play.json"
    playbook.write_text(json.dumps([{"hosts": "mailhosts", "gather_facts": False, "tasks": tasks}]))
    before, argv = machine.run(INODES).stdout, Argv([SECRET])
    argv.start()
    done = play(machine, tmp_path, playbook, "--diff", callback="ansible.posix.json")
    assert argv.stop() == set()
    assert machine.run(INODES).stdout == before
    found = json.loads(done.stdout)["plays"][0]["tasks"]
    count("bad", len(given))
    wrong = []
    for (word, args), task in zip(given, found):
        result = task["hosts"][machine.name]
        text = str(result.get("msg", ""))
        if (
            not result.get("failed")
            or result.get("changed")
            or "Traceback" in str(result)
            or len(text) < 15
            or ": " not in text
        ):
            wrong.append((word, args, text))
    assert not wrong, "\n".join(map(str, wrong))
    count("refused", len(given))
    logs = machine.run(
        "cat /var/log/messages /var/log/maillog 2>/dev/null; journalctl --no-pager 2>/dev/null; true"
    ).stdout
    loud = play(machine, tmp_path, playbook, "-vvvv", "--diff")
    for output in (done.stdout, done.stderr, loud.stdout, loud.stderr, logs):
        assert SECRET not in output, output[max(0, output.find(SECRET) - 300) : output.find(SECRET) + 60]
    assert machine.run("grep -rl SECRETsecret /tmp /root /var/lib/mailhost 2>/dev/null; true").stdout == ""


PASSWORDS = [
    "  spaces  ",
    "a\"b'c\\d",
    "$HOME`id`%u%{user}",
    "#{};|&<>",
    "ünïcödé€",
    "a:b",
    "\\",
    "{PLAIN}x",
    "!*?[]~",
    "x" * 72,
]


def test_strange_but_legal(machine, tmp_path, count):
    boxes = []
    for number, password in enumerate(PASSWORDS):
        words = ["openssl", "passwd", "-6", "-stdin"]
        hashed = subprocess.run(words, input=password + "\n", check=True, capture_output=True, text=True).stdout.strip()
        boxes.append({"name": f"s.t-r_{number}", "password_hash": hashed})
    argv = Argv([box["password_hash"] for box in boxes])
    argv.start()
    done = play(machine, tmp_path, ROOT / "playbooks/provision.yml", mailhost_mailboxes=boxes)
    assert argv.stop() == set()
    assert done.returncode == 0, done.stdout
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode, context.minimum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    for box, password in zip(boxes, PASSWORDS):
        count("strange")
        with imaplib.IMAP4_SSL(machine.address, ssl_context=context) as imap:
            login = f"\0{box['name']}\0{password}".encode()
            assert imap.authenticate("PLAIN", lambda _, login=login: login)[0] == "OK", password
        count("served")
