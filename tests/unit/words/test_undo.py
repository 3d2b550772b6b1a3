"""mail_undo over journals as data: which are chosen, in which order, and what is to serve afterwards."""

import hashlib

from mailhost.core.host import File, FileState
from mailhost.core.journals import SHOW
from mailhost.words import mail_history, mail_undo

from ..hosts import file, host, run

AT = "/var/lib/mailhost/journal"
ALIASES, BUILT = "/etc/mailhost/aliases", "/etc/mailhost/aliases.db"
BUILD, UNBUILD = ["postmap", f"hash:{ALIASES}"], ["rm", "-f", "--", BUILT]


def journal(identity, *steps, **lines):
    """What SHOW prints of a change: lines by letter, then each step's."""
    told = {"t": ["committed"], "d": ["1"], **lines}
    out = [f"J {AT}/{identity}", *(f"{letter} {line}" for letter, values in told.items() for line in values)]
    for number, step in enumerate(steps):
        out += [f"O {identity}/op/{1000 + number}", *(f"{letter} {line}" for letter, line in step), "b"]
    return "\n".join(out) + "\n"


def command(about, argv, undo=(), after_undo=()):
    lines = [("k", "R"), ("a", about), *(("g", word) for word in argv), *(("u", word) for word in undo)]
    return [*lines, *(("f", word) for word in after_undo)]


def written(path, text, old=False):
    left = hashlib.sha1(text.encode()).hexdigest()
    return [("k", "W"), ("p", path), ("m", left), *([("o", "")] if old else [])]


def seen(*journals, files=None):
    stands = host(files, {SHOW.argv: "".join(journals)})
    for text in journals:
        for line in text.splitlines():
            if line.startswith("O "):
                for name in ("old", "stdin", "undo-stdin"):
                    path = f"{AT}/{line[2:]}/{name}"
                    stands.files.setdefault(path, FileState(path, "absent"))
    return stands


def undo(stands, **given):
    return run(mail_undo, stands, **{"count": 1, "id": None, "runs": [], "force": False, **given})


FIRST = {"i": ["r1"], "s": ["postfix"], "b": ["postfix stopped disabled"], "v": ["serve smtp plain 25", "closed 110"]}


def test_where_nothing_served_before_nothing_does_after():
    plan = undo(seen(journal("a", command("start postfix", ["sh"], ["sh", "-s", "postfix"]), **FIRST)))
    assert (plan.facts["services"], plan.facts["serving"]) == ([], ["closed 25"])


def test_a_daemon_whose_place_was_taken_may_serve_again():
    back = ["sh", "-s", "active sendmail enabled sendmail", "sendmail"]
    step = command("stop sendmail and disable it in all runlevels", ["sh"], back)
    plan = undo(seen(journal("a", step, **FIRST)))
    assert plan.facts["serving"] == []
    assert any("what served before is not known" in warning for warning in plan.warnings)


def test_a_table_of_two_runs_is_not_built_from_a_text_that_is_gone():
    first = journal("a", written(ALIASES, "one\n"), command("build", BUILD, UNBUILD), i=["r1"])
    second = journal("b", written(ALIASES, "two\n", True), command("build", BUILD, (), BUILD), i=["r2"])
    stands = seen(first, second, files={ALIASES: "two\n"})
    stands.files[f"{AT}/b/op/1000/old"] = file(f"{AT}/b/op/1000/old", "one\n")
    argv = [getattr(operation, "argv", None) for operation in undo(stands, count=2).operations]
    assert tuple(UNBUILD) in argv and tuple(BUILD) not in argv
    argv = [getattr(operation, "argv", None) for operation in undo(stands).operations]
    assert tuple(BUILD) in argv and tuple(UNBUILD) not in argv


def test_changes_without_an_id_are_found_by_who_made_them():
    stands = seen(*(journal(name, command(name, ["true"], ["false"]), w=["me pid 1/2"]) for name in ("a", "b")))
    assert [change["id"] for change in undo(stands).facts["undone"]] == ["b"]
    assert [change["id"] for change in undo(stands, runs=["me  pid 1/2"]).facts["undone"]] == ["b", "a"]
    assert len(run(mail_history, stands).facts["runs"]) == 2


def test_the_copies_of_what_is_taken_back_are_read():
    stands = seen(journal("a", written(ALIASES, "two\n", True), i=["r1"]), files={ALIASES: "two\n"})
    stands.files[f"{AT}/a/op/1000/old"] = file(f"{AT}/a/op/1000/old", "one\n", 0o640)
    (restored,) = undo(stands).operations
    assert (restored.content, restored.mode) == (b"one\n", 0o640)
    assert File(f"{AT}/a/op/1000/old") in list(mail_undo.reads({"count": 1, "runs": []}, stands))
