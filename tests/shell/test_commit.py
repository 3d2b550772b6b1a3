"""What mail_commit does on a host, under every shell: a server that answers by a file,
a service that notes what it is told."""

import socketserver
import threading

import pytest
from mailhost.core.apply import apply
from mailhost.core.converge import converge
from mailhost.core.errors import RolledBack
from mailhost.core.host import File
from mailhost.core.operations import Plan, Write
from mailhost.words import mail_commit


class Imap(socketserver.ThreadingTCPServer):
    """An IMAP server that refuses every login, and greets as its configuration says."""

    daemon_threads = allow_reuse_address = True

    def __init__(self, conf):
        self.conf = conf
        super().__init__(("127.0.0.1", 0), self.Dialogue)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    class Dialogue(socketserver.StreamRequestHandler):
        def handle(self):
            conf = self.server.conf.read_text()
            self.wfile.write(b"* BYE not like this\r\n" if "bad" in conf else b"* OK ready\r\n")
            for line in self.rfile if "bad" not in conf else ():
                tag, _, command = line.decode().strip().partition(" ")
                answer = "OK welcome, whoever you are" if "open" in conf else "NO no"
                self.wfile.write(f"{tag} {answer if command.startswith('LOGIN') else 'OK'}\r\n".encode())
                if command == "LOGOUT":
                    break


@pytest.fixture
def conf(tmp_path):
    (tmp_path / "conf").write_text("good\n")
    return tmp_path / "conf"


@pytest.fixture
def imap(conf):
    with Imap(conf) as server:
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def host(local, shell, tools):
    tools.add("service")
    tools.add("chkconfig", '[ "$1" != --list ] || echo "x 2:on"')
    tools.add("systemctl")
    return lambda: local(shell, path=tools.folder)


def commit(host, port, check_mode=False, closed=()):
    asked = {name: option.get("default") for name, option in mail_commit.ARGUMENT_SPEC.items()}
    serving = [f"serve imap plain {port}", *(f"closed {number}" for number in closed)]
    asked.update(services=["imapd"], serving=serving, timeout=1, lock_timeout=5)
    return converge(mail_commit.WORD, asked, host, check_mode)


def change(host, conf, text):
    return apply(Plan([Write(host.read([File(str(conf))]).file(str(conf)), text.encode())], ("imapd",)), host, 5)


def restarts(tools):
    return [line for line in tools.calls if line.endswith(" restart") or "restart imapd" in line]


def test_a_host_that_serves_is_left_alone(host, imap, tools, state):
    result = commit(host(), imap)
    assert (result["changed"], result["faults"], result["round_trips"]) == (False, [], 1)
    assert restarts(tools) == []


def test_a_change_is_committed_once_it_serves(host, imap, conf, tools, state):
    identity = change(host(), conf, "good too\n")
    looked = commit(host(), imap, check_mode=True)
    assert (looked["changed"], looked["pending"], restarts(tools)) == (True, ["imapd"], [])
    result = commit(host(), imap)
    assert (result["restarted"], result["unproved"][0][:7]) == (["imapd"], "no user")
    assert len(restarts(tools)) == 1
    journal = state / "journal" / identity
    assert (journal / "state").read_text() == "committed\n"
    assert (journal / "served").read_text() == f"serve imap plain {imap}\n"
    assert not (state / "pending").exists()
    assert not commit(host(), imap)["changed"]


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("bad\n", "greeting", r"port \d+ \(imap, plain\): \* BYE not like this"),
        ("open\n", "password", r"port \d+ \(imap, plain\): a wrong password is not refused"),
    ],
)
def test_a_change_that_does_not_serve_is_taken_back(host, imap, conf, tools, state, text, kind, said):
    identity = change(host(), conf, text)
    with pytest.raises(RolledBack, match=f"{said}.*restored: {conf}; the host serves as before") as caught:
        commit(host(), imap)
    assert caught.value.codes == {"fault": kind, "after": "serves"}
    assert (conf.read_text(), (state / "journal" / identity / "state").read_text()) == ("good\n", "undone\n")
    assert len(restarts(tools)) == 2, "once with the change, once without"
    assert not (state / "pending").exists()


def test_what_is_open_and_should_not_be(host, imap, tools):
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as other:
        port = other.server_address[1]
        looked = commit(host(), imap, check_mode=True, closed=[port])
        assert looked["faults"][0].startswith(f"port {port} is open and should be closed")
        with pytest.raises(RolledBack, match="no change of ours was waiting") as caught:
            commit(host(), imap, closed=[port])
    assert caught.value.codes == {"fault": "closed", "after": "nothing"}
    assert restarts(tools) == [], "nothing was changed, and yet it was restarted"


def test_a_service_that_is_down(host, imap, tools):
    tools.add("service", '[ "$2" != status ]')
    tools.add("systemctl", '[ "$1" != is-active ]')
    assert commit(host(), imap, check_mode=True)["faults"] == ["imapd inactive"]
    with pytest.raises(RolledBack, match="imapd is not running") as caught:
        commit(host(), imap)
    assert caught.value.codes == {"fault": "service", "after": "nothing"}


def test_what_a_run_had_changed_before_is_told_where_its_commit_fails(host, imap, conf, tools, tmp_path):
    mine = host()
    mine.run_id = "r1"
    account = Write(mine.read([File(str(tmp_path / "alice"))]).file(str(tmp_path / "alice")), b"")
    stays = apply(Plan([account]), mine, 5)
    change(mine, conf, "bad\n")
    with pytest.raises(RolledBack, match=f"what this run changed before stays: {stays}"):
        commit(mine, imap)
