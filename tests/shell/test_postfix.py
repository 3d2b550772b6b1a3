"""The private Postfix that answers as a candidate would, under every shell; Postfix' own programs are played."""

import pathlib
import time

import pytest
from mailhost.products.postfix import shell as postfix

MASTER = r"""
exec python3 -c '
import socket, sys, time
socket.socket(socket.AF_UNIX).bind(sys.argv[1] + "/../q/private/rewrite")
time.sleep(30)' "$2"
"""
SMTPD = r"""
cat >"$0.asked"; cat "$MAIL_CONFIG/main.cf" >"$0.main"
printf '220 mx\r\n250-PIPELINING\r\n554 5.7.1 no\r\n'
echo "x" >"$MAIL_CONFIG/../q/incoming/1"
[ ! -e "$0.hangs" ] || exec sleep 20
"""
POSTCAT = r"""
printf 'sender: a@b.test\nnamed_attribute: client_address=192.0.2.1\nnamed_attribute: x=1\nrecipient: c@d.test\nbody\n'
"""
ASKED = "s 0\nm a = b\n0 mynetworks = 0.0.0.0/0\no queue_directory = @TREE@/q\nr rewrite unix\nd EHLO x\nd QUIT\n"
MKTEMP = 'mkdir "/tmp/mailhost-ask.$$"; echo "/tmp/mailhost-ask.$$" | tee -a "$0.made"'


@pytest.fixture
def tools_of_postfix(tools):
    tools.add("id", "echo 0")
    tools.add("chown")
    tools.add("mktemp", MKTEMP)
    tools.add("setpriv", 'shift 5; exec "$@"')
    tools.add("postconf", f'case $2 in mail_owner) echo root ;; *) echo "{tools.folder}" ;; esac')
    for name, text in (("master", MASTER), ("smtpd", SMTPD), ("postcat", POSTCAT)):
        tools.add(name, text)
    return tools


def left(tools):
    """Which of the folders that were made are there still."""
    return [path for path in (tools.folder / "mktemp.made").read_text().split() if pathlib.Path(path).exists()]


def test_a_candidate_is_asked_and_nothing_stays(run, tools_of_postfix):
    done = run(postfix.ASK, "9", "name", stdin=ASKED)
    assert done.stdout.splitlines() == [
        "= 0", "220 mx", "554 5.7.1 no", "~",
        "sender: a@b.test", "named_attribute: client_address=192.0.2.1", "recipient: c@d.test", "= end",
    ]  # fmt: skip
    assert (tools_of_postfix.folder / "smtpd.asked").read_bytes() == b"EHLO x\r\nQUIT\r\n"
    assert "mynetworks = 0.0.0.0/0\nqueue_directory = /tmp/" in (tools_of_postfix.folder / "smtpd.main").read_text()
    assert left(tools_of_postfix) == []


def test_one_that_hangs_is_ended(run, tools_of_postfix):
    (tools_of_postfix.folder / "smtpd.hangs").touch()
    started = time.monotonic()
    run(postfix.ASK, "1", "name", stdin=ASKED)
    assert time.monotonic() - started < 8
    assert left(tools_of_postfix) == []


def test_without_postfix_nothing_is_begun(run, tools):
    tools.add("mktemp", MKTEMP)
    tools.add("postconf", "exit 1")
    assert run(postfix.ASK, "9", "name", stdin=ASKED).returncode == 69
    assert not (tools.folder / "mktemp.made").exists()
