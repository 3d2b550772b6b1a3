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


OLDER = {"i": ["r1"], "s": ["dovecot"], "b": ["dovecot stopped disabled"], "v": ["serve imap plain 143"]}


def stops(plan):
    return [operation.about for operation in plan.operations if getattr(operation, "about", "").startswith("stop ")]


def test_a_run_below_others_stops_nothing_that_they_need():
    first = journal("a", command("first", ["true"], ["false"]), **OLDER)
    stands = seen(first, journal("b", command("second", ["true"], ["false"]), i=["r2"], s=["dovecot"], w=["two"]))
    plan = undo(stands, id="r1")
    assert (plan.facts["services"], plan.facts["serving"], stops(plan)) == (["dovecot"], [], [])


def test_a_service_of_an_older_run_is_not_stopped_because_it_was_down_for_a_while():
    newer = journal("b", command("second", ["true"], ["false"]), **{**OLDER, "i": ["r2"], "w": ["two"]})
    plan = undo(seen(journal("a", command("first", ["true"], ["false"]), **OLDER), newer))
    assert (plan.facts["services"], plan.facts["serving"]) == (["dovecot"], ["serve imap plain 143"])
    assert stops(plan) == []


def test_what_serves_without_a_part_of_a_run_is_not_known():
    """All journals of a run were confirmed together, so none says what served between them."""
    parts = [journal(name, command(name, ["true"], ["false"]), w=["me"], **OLDER) for name in ("a", "b")]
    plan = undo(seen(*parts), id="b")
    assert (plan.facts["services"], plan.facts["serving"], stops(plan)) == (["dovecot"], [], [])
    assert any("what served before is not known" in warning for warning in plan.warnings)


def test_below_newer_runs_nothing_is_known_of_what_served():
    oldest = journal("a", command("first", ["true"], ["false"]), **OLDER)
    middle = journal("b", command("second", ["true"], ["false"]), **{**OLDER, "i": ["r2"], "w": ["two"]})
    newest = journal("c", command("third", ["true"], ["false"]), **{**OLDER, "i": ["r3"], "w": ["three"]})
    assert undo(seen(oldest, middle, newest), id="r2").facts["serving"] == []
    assert undo(seen(oldest, middle, newest)).facts["serving"] == ["serve imap plain 143"]
