"""One message is seen to arrive before a change is confirmed; where it does not, the change is taken back."""

import pytest
from mailhost.products.table import of_kind

from .conftest import Machine

SITE = "playbooks/provision.yml"
FEWER = {"mailhost_protocols": ["imap", "imaps"]}
SENT = (
    "find /var/mail /var/spool/mail /home/*/Maildir /var/spool/imap /var/vmail -type f ! -name 'dovecot*' 2>/dev/null"
    " | xargs -r grep -l 'mailhost looks whether mail arrives'; true"
)
LOGGED = (
    "{ cat /var/log/maillog /var/log/mail.log; journalctl; } 2>/dev/null | grep 'id=<[0-9a-f]*@mailhost.invalid'; true"
)
FOLDERS = " ".join(folder for row in of_kind("mta") for folder in row.queue.folders)
QUEUED = f"find {FOLDERS} -type f 2>/dev/null; true"


@pytest.fixture(scope="module", params=["centos5", "bookworm", "trixie", "trixie-sendmail", "bookworm-cyrus"])
def delivering(request):
    found = Machine(request.param)
    if request.param == "trixie":
        found.variables["mailhost_execution"] = "module"
    if "sendmail" in request.param:
        found.variables["mailhost_mta"] = "sendmail"
    if "cyrus" in request.param:
        found.variables["mailhost_access"] = "cyrus"
    yield found
    found.remove()


def test_a_message_is_seen_and_removed(delivering, play):
    done = play(delivering, SITE)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "not proved" not in done.stdout, done.stdout[-3000:]
    assert delivering.run(LOGGED).stdout.count("\n") >= 1, "none was sent"
    assert delivering.run(SENT).stdout == ""
    assert delivering.run(QUEUED).stdout == ""
    before = delivering.run(LOGGED).stdout
    assert "changed=0" in play(delivering, SITE).stdout
    assert delivering.run(LOGGED).stdout == before, "a run that changes nothing sends nothing"


def test_mail_that_lies_elsewhere_takes_the_change_back(delivering, play):
    delivering.run("echo 'alice: /dev/null' >>/etc/aliases; newaliases")
    done = play(delivering, SITE, **FEWER)
    assert done.returncode != 0
    assert "mail for alice@example.test does not come where alice reads it by imap" in done.stdout, done.stdout[-3000:]
    assert "/dev/null" in done.stdout, done.stdout[-3000:]
    assert delivering.run(QUEUED).stdout == ""
    delivering.run("sed -i '/^alice:/d' /etc/aliases; newaliases")
    assert "changed=0" in play(delivering, SITE).stdout, "as it was"
    done = play(delivering, SITE, **FEWER)
    assert done.returncode == 0, done.stdout[-3000:]
