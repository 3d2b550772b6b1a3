"""How Postfix writes values, tables and options: what each form comes to, and that what is not understood is said."""

import pytest
from mailhost.products.cause import Cause
from mailhost.products.postfix.ask import Questions
from mailhost.products.postfix.expand import Expansion
from mailhost.products.postfix.judge import causes
from mailhost.products.postfix.main_cf import MainCf
from mailhost.products.postfix.master_cf import MasterCf
from mailhost.products.postfix.setup import Setup
from mailhost.products.postfix.shell import ASK
from mailhost.products.postfix.tables import inline_rows, rows, table_of, words

from ...wire.strangers import BASE, OPEN, SAFE, T
from ..hosts import Output, host

KNOWN = {"name": "value", "empty": "", "level": "3.6", "twice": "$name $name", "loop": "$loop"}
VALUES = [
    ("plain", "plain"),
    ("$name ${name} $(name)", "value value value"),
    ("a$$b", "a$b"),
    ("$twice", "value value"),
    ("${name?yes}", "yes"),
    ("${empty?yes}", ""),
    ("${name:no}", ""),
    ("${empty:no}", "no"),
    ("${name?{yes}:{no}}", "yes"),
    ("${empty?{yes}:{no}}", "no"),
    ("${empty:{${name}}}", "value"),
    ("${{$name} == {value} ? {same} : {other}}", "same"),
    ("${{$level} < {3.10} ? {older} : {newer}}", "older"),
    ("${{$level} != {3.6} ? {other}}", ""),
]
UNREAD = ["$nosuch", "${nosuch?{a}:{b}}", "${nosuch:b}", "${name", "${name|x}", "${{a} =~ {b} ? {c} : {d}}", "$loop"]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_a_value_is_filled_in(value, expected):
    expansion = Expansion(value, KNOWN.get)
    assert (expansion.text, expansion.unread) == (expected, [])


@pytest.mark.parametrize("value", UNREAD)
def test_what_cannot_be_filled_in_is_said(value):
    assert Expansion(value, KNOWN.get).unread


def test_either_value_of_an_unknown_name_is_looked_at():
    assert words(Expansion("${nosuch?{a}:{b}} c", KNOWN.get).text) == ["a", "b", "c"]


def test_words_and_tables():
    assert words("a, b { c, d } e:{f g}") == ["a", "b", "{ c, d }", "e:{f g}"]
    assert [table_of(word).kind for word in ("proxy:static:OK", "/file", "hash:/t")] == ["static", "", "hash"]
    assert inline_rows("{a=OK, { b = x y }}") == [("a", "OK"), ("b", "x y")]
    assert inline_rows("{a}") is None
    text = "# c\n0.0.0.0/0\n  permit_sasl_authenticated,\n permit\n"
    assert [(row.line, row.key, row.value) for row in rows(text, "cidr")] == [
        (2, "0.0.0.0/0", "permit_sasl_authenticated, permit")
    ]
    assert [(row.key, row.value) for row in rows("if /x/\n/a b/i OK\nendif\n", "pcre")] == [("a b", "OK")]


def test_options_of_a_service_in_braces_and_without_a_space():
    master = MasterCf("smtp inet n - n - - smtpd -v\n  -o { a = b c }\n  -od=e -o f=\n  --what\n")
    assert master.services()[0].options == {"a": "b c", "d": "e", "f": ""}
    assert master.services()[0].unread == ["--what"]


def setup(case):
    texts = {f"{T}/{name}": text for name, text in case.files.items()}
    return Setup(MainCf(BASE + case.main, "main.cf"), MasterCf(case.master, "master.cf"), (3, 7, 11), texts.get)


@pytest.mark.parametrize("name", OPEN)
def test_no_open_host_is_passed_by_reading(name):
    """Without the host's own program each is named, or said to be unjudged."""
    assert [cause for cause in causes(setup(OPEN[name])) if cause.is_relay or cause.kind in ("unknown", "dead")]


@pytest.mark.parametrize("name", SAFE)
def test_no_safe_host_is_called_open_by_reading(name):
    assert [cause.rule for cause in causes(setup(SAFE[name])) if cause.is_relay] == []


UNJUDGED = Cause("mynetworks $nosuch", "unknown", "main.cf:1", "x", asked=True)


def answered(case, text):
    questions = Questions(setup(case))
    return questions.judged([UNJUDGED], host(outputs={questions.command().argv: text}))


def dialogue(code="554 5.7.1", files=""):
    count = len(Questions(setup(SAFE["plain"]))._dialogue()) + 1
    return "= 0\n" + f"{code}\n" * count + files + "= end\n"


def test_a_refusal_of_smtpd_itself_settles_what_could_not_be_read():
    assert answered(SAFE["plain"], dialogue()) == []


@pytest.mark.parametrize("text", ["no master", dialogue("451 4.3.0"), "= 0\n220 x\n= end\n", Output(69, dialogue())])
def test_without_its_answer_nothing_is_settled(text):
    assert answered(SAFE["plain"], text) == [UNJUDGED]


def test_what_smtpd_takes_from_a_stranger_is_a_cause():
    asked, final = "relaytest#relaytest-elsewhere.invalid@example.test", "relaytest@relaytest-elsewhere.invalid"
    queued = f"~\nsender: s@x.invalid\nnamed_attribute: client_address=203.0.113.77\noriginal_recipient: {asked}\n"
    found = answered(SAFE["plain"], dialogue(files=queued + f"recipient: {final}\n"))
    assert [(cause.kind, cause.place, cause.witness) for cause in found] == [
        ("open", "master.cf:1", {"recipient": f"<{asked}>"})
    ]
    stays = answered(SAFE["plain"], dialogue(files=queued + f"recipient: {asked}\n"))
    assert stays == [], "an address of ours is no relaying"


def test_a_neighbour_that_is_let_by_settles_nothing():
    queued = "~\nsender: s@x.invalid\nnamed_attribute: client_address=10.77.77.77\n"
    queued += "recipient: relaytest@relaytest-elsewhere.invalid\n"
    assert answered(SAFE["plain"], dialogue(files=queued)) == [UNJUDGED]


def test_the_question_tells_one_candidate_from_another():
    first, second = (Questions(setup(SAFE[name])).command() for name in ("plain", "networks: private"))
    assert first.argv[:3] == ASK.argv()[:3]
    assert first.argv != second.argv
