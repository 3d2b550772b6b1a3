"""Plans, diffs, rows of versions, converge, and what a commit expects and answers."""

import pathlib
import re
from functools import partial

import pytest
from mailhost.core.apply import apply, failure
from mailhost.core.converge import converge, foresee
from mailhost.core.errors import Busy, HostError, MailhostError, RolledBack
from mailhost.core.gather import gather
from mailhost.core.host import File, FileState, Host, Seen
from mailhost.core.loss import KINDS, Loss, WouldLose, accepted, settle
from mailhost.core.operations import Plan, Remove, Run, Write, diff, hide
from mailhost.core.versions import Row, Rows, version
from mailhost.words import mail_commit

from ..hosts import file, params


def test_the_diff_names_settings_and_hides_secrets():
    old = file("/f", "a = 1\nssl_key_password = hunter2\nb = 2\n", mode=0o644)
    plan = Plan(
        [
            Write(old, b"a = 1\nssl_key_password = hunter3\nb = 3\n", mode=0o600, owner="root:mail"),
            Remove(old),
            Run("do it", ("x",)),
        ]
    )
    changed, removed, ran = diff(plan)
    assert changed["before"] == "ssl_key_password = (hidden)\nb = 2\nmode 0644\nowner root:root\n"
    assert changed["after"] == "ssl_key_password = (hidden)\nb = 3\nmode 0600\nowner root:mail\n"
    assert (removed["after"], ran["after"]) == ("", "do it\n")
    assert hide("alice:{CRYPT}$6$salt$hash:1") == "alice:(hash)"
    long = file("/f", "\n".join(f"l{n}" for n in range(500)))
    assert diff(Plan([Write(long, long.content + b"\nnew")]))[0]["after"] == "new\n"


@pytest.mark.parametrize(
    "rows",
    [(), (Row((1,), (2,), 0),), (Row((1,), (2,), 0), Row((3,), None, 0)), (Row((2,), (1,), 0), Row((1,), None, 0))],
)
def test_rows_refuse_to_be_wrong(rows):
    with pytest.raises(ValueError, match="x: "):
        Rows("x", *rows)


def test_versions():
    assert version("2.3.19.1 (9b53102964)") == (2, 3, 19, 1)
    assert version("none") is None
    assert Rows("x", Row((1, 0), None, "v")).at((0, 9)) is None


def test_an_include_loop_ends():
    class Endless:
        ARGUMENT_SPEC: dict = {}

        def reads(self, params, seen):
            from mailhost.core.host import File

            return [File(f"/{len(seen.files)}")]

    with pytest.raises(HostError, match="more than 8 deep"):
        gather([lambda seen: Endless().reads({}, seen)], _Answering())


class _Answering(Host):
    def __init__(self, *answers):
        super().__init__(lambda program, data: (0, b"", b""))
        self.answers = list(answers)

    def read(self, requests):
        seen = Seen()
        for request in requests:
            seen.files[request.path] = file(request.path, "")
        return seen

    def ask(self, program, data):
        self.asked = data.decode()
        return self.answers.pop(0)


def test_commit_with_nothing_to_do_asks_once():
    host = _Answering([])
    result = converge(mail_commit.WORD, params(mail_commit, protocols=["imap", "pop3s"], smtp=["smtp"]), host, False)
    assert not result["changed"]
    for line in (
        "serve imap plain 143",
        "serve imap starttls 143",
        "serve pop3 implicit 995",
        "closed 993",
        "closed 110",
        "serve smtp starttls 25",
    ):
        assert line + "\n" in host.asked


def test_commit_restarts_and_tells():
    host = _Answering(
        ["P dovecot j1", "S postfix inactive", "W greeting port 25 (smtp, plain): no answer"], ["A dovecot postfix "]
    )
    asked = params(mail_commit)
    result = converge(mail_commit.WORD, asked, host, False)
    assert (result["changed"], result["restarted"], result["pending"]) == (True, ["dovecot", "postfix"], ["dovecot"])
    assert "repair: postfix inactive" in result["diff"][0]["after"]
    assert converge(mail_commit.WORD, asked, _Answering(["P dovecot j1"]), True)["changed"]


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (
            "rolled greeting serves",
            RolledBack,
            "mail_commit: the host does not serve what was asked: port 143. restored: /etc/x",
        ),
        ("busy", Busy, "held by process 12 (me pid 3) for"),
    ],
)
def test_commit_refused(answer, kind, said):
    text = "port 143\nrestored: /etc/x" if kind is RolledBack else "12 99 1 me pid 3"
    host = _Answering(["P dovecot j1"], [f"E {answer}", text.encode().hex()])
    with pytest.raises(kind) as error:
        converge(mail_commit.WORD, params(mail_commit), host, False)
    assert said in str(error.value)
    assert error.value.codes == ({"fault": "greeting", "after": "serves"} if kind is RolledBack else {})


def test_what_the_host_took_back_by_itself():
    notes = ["N Friday nobody confirmed it in time: 000001-x", "B another", "B a run of its own"]
    told = converge(mail_commit.WORD, params(mail_commit), _Answering(notes), False)
    assert told["warnings"] == [f"the host took a change back by itself, {notes[0][2:]}"]
    mine = _Answering([*notes, "B me"])
    mine.who = "me"
    with pytest.raises(RolledBack, match="nobody confirmed it in time") as error:
        converge(mail_commit.WORD, params(mail_commit), mine, False)
    assert error.value.codes == {"fault": "unconfirmed", "after": "serves"}


@pytest.mark.parametrize("given", [{"protocols": ["x"]}, {"services": ["-x"]}, {"address": "x"}])
def test_commit_input(given):
    with pytest.raises(MailhostError):
        converge(mail_commit.WORD, params(mail_commit, **given), _Answering([]), False)


def test_failures_read_well():
    assert str(failure(["E write", b"/etc/x: disk full\nNothing was changed".hex()])).startswith(
        "/etc/x: disk full. Nothing was changed. Free space"
    )
    assert "no reason given" in str(failure([]))
    with pytest.raises(HostError, match="a newline or NUL"):
        apply(Plan([Run("a\nb", ("x",))]), _Answering([]), 1)


class Word:
    """A word that wants a file to have a content, and asks for another file once it has seen the first."""

    ARGUMENT_SPEC = {}

    def __init__(self, path, more=()):
        self.path, self.more = path, more

    def reads(self, params, seen):
        yield File(self.path)
        if self.path in seen.files:
            yield from map(File, self.more)

    def plan(self, params, seen):
        plan = Plan()
        plan.write(Write(seen.file(self.path), params["content"]))
        return plan


class Files:
    """A host's answers, and how often it was asked."""

    def __init__(self, files, **more):
        self.files, self.more, self.asked, self.round_trips = files, more, [], 0

    def read(self, requests):
        self.asked.append([request.path for request in requests])
        states = {
            path: FileState(path, "file", self.files[path]) if path in self.files else FileState(path, "absent")
            for path in self.asked[-1]
        }
        return Seen(files=states, **self.more)


def test_several_words_are_foreseen_in_the_round_trips_of_one():
    host = Files({"/a": b"1", "/b": b"2"})
    words = [(Word("/a", ["/c"]), {"content": b"1"}), (Word("/b", ["/c", "/a"]), {"content": b"3"})]
    plans = foresee([*words, (Word("/a"), {"content": b"4"})], host).plans
    assert [plan.changed for plan in plans] == [False, True], "behind what changes nothing can be foreseen"
    assert host.asked == [["/a", "/b"], ["/c"]], "nothing is asked twice"
    assert [plan.changed for plan in plans] == [
        word.plan(given, gather([partial(word.reads, given)], host)).changed for word, given in words
    ]


@pytest.mark.parametrize("more", [{"unfinished": True}, {"pending": [("dovecot", "1")]}])
def test_what_waits_on_a_host_is_foreseen(more):
    plans = foresee([(Word("/a"), {"content": b"1"})], Files({"/a": b"1"}, **more)).plans
    assert any(plan.warnings for plan in plans)


OLD, BOX = Loss("loss.address old@a.test", "/v:1", "old@a.test", "Give it"), Loss("loss.mail_location", "/d:2", "mail")


class Losing(Word):
    """Takes away what it is given, beside writing a file."""

    def plan(self, params, seen):
        plan = super().plan(params, seen)
        if isinstance(params.get("refused"), str):
            raise HostError("/r", params["refused"])
        plan.losses += params["losses"]
        return plan


def losing(path, *losses, **more):
    return Losing(path), {"content": b"new", "losses": losses, **more}


def test_what_works_is_not_taken_away_without_a_word():
    host = Files({"/a": b"old"})
    for check_mode in (True, False):
        with pytest.raises(WouldLose) as refused:
            converge(*losing("/a", OLD, BOX), host, check_mode)
        assert str(refused.value) == (
            "what works would be lost: /v:1: old@a.test (rule 'loss.address old@a.test'). Give it. /d:2: mail (rule "
            "'loss.mail_location'). Have the inventory say it, or accept each rule with a reason in mailhost_accept"
        )
        assert [loss["rule"] for loss in refused.value.codes["losses"]] == [OLD.rule, BOX.rule]


@pytest.mark.parametrize("rule", ["loss.address", "loss.address old@a.test"])
def test_a_loss_is_accepted_by_its_kind_or_alone_and_shown(rule):
    accept = [{"rule": rule, "reason": "nobody writes there"}]
    result = converge(*losing("/a", OLD, accept=accept), Files({"/a": b"old"}), True)
    assert result["warnings"] == ["/v:1: old@a.test: accepted, nobody writes there"]
    assert result["diff"][0]["before"] == "loss.address old@a.test: nobody writes there\n"
    with pytest.raises(WouldLose, match="loss.mail_location"):
        converge(*losing("/a", OLD, BOX, accept=accept), Files({"/a": b"old"}), True)


def test_each_kind_of_loss_is_found_somewhere_and_told():
    root = pathlib.Path(__file__).resolve().parents[3]
    code = "".join(
        path.read_text() for path in (root / "module_utils/mailhost").rglob("*.py") if path.name != "loss.py"
    )
    told = re.findall(r"^\| `(loss\.\w+)", (root / "docs/serving.md").read_text(), re.M)
    assert sorted(told) == sorted(KINDS) == sorted(set(re.findall(r"\"(loss\.[a-z_]+)", code)))


def test_another_of_the_kind_is_not_accepted():
    lost, through = settle([OLD, BOX], [{"rule": "loss.address new@a.test", "reason": "x"}])
    assert (lost, through) == ([OLD, BOX], [])
    with pytest.raises(ValueError, match="no kind of loss"):
        Loss("loss.everything", "/", "")
    with pytest.raises(MailhostError, match=r"mailhost_accept\[1\]: rule 'b' is accepted without a reason"):
        accepted([{"rule": "a", "reason": "x"}, {"rule": "b", "reason": " "}], "mailhost_accept")


def test_the_losses_of_all_words_are_foreseen_together():
    """Behind a word that changes something, and behind one that refuses: they are of what stands."""
    host = Files({"/a": b"old", "/b": b"old", "/c": b"old"})
    seen = foresee([losing("/a"), losing("/b", OLD), losing("/c", BOX)], host)
    assert ([plan.changed for plan in seen.plans], seen.losses) == ([True], [OLD, BOX])
    seen = foresee([losing("/a", refused="it is open"), losing("/b", OLD)], host)
    assert (seen.plans, seen.losses, seen.refusal) == ([], [OLD], "/r: it is open")
    with pytest.raises(HostError, match="it is open"):
        foresee([losing("/a", refused="it is open"), losing("/b", refused="and the other")], host)
    seen = foresee([losing("/a"), losing("/b", refused="what the first brings")], host)
    assert (len(seen.plans), seen.losses) == (1, [])


class Refusing(Losing):
    """Refuses the host while it reads."""

    def reads(self, params, seen):
        yield File(self.path)
        seen.file(self.path)
        raise HostError("/r", "it cannot be read")

    def plan(self, params, seen):
        list(self.reads(params, seen))


def test_a_word_that_refuses_while_it_reads_hides_no_loss():
    seen = foresee([(Refusing("/a"), {}), losing("/b", OLD)], Files({"/a": b"old", "/b": b"old"}))
    assert (seen.plans, seen.losses, seen.refusal) == ([], [OLD], "/r: it cannot be read")
    with pytest.raises(HostError, match="it cannot be read"):
        foresee([(Refusing("/a"), {})], Files({"/a": b"old"}))


def test_what_is_made_of_answers_is_made_once_and_anew_with_more():
    seen, made = Seen(), []
    assert [seen.once("a", lambda: made.append(1) or len(made)) for _ in range(3)] == [1, 1, 1]
    seen.add(Seen())
    assert seen.once("a", lambda: made.append(1) or len(made)) == 2
