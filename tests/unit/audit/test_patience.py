"""What is asked again: a host that has too many connections just now, and one that gave no answer
in time; nothing else."""

import contextlib
import types

import pytest
from mailhost.audit import engine, relay
from mailhost.audit.catalogue import PATIENT
from mailhost.audit.finding import Question
from mailhost.audit.subject import Followed, Names
from mailhost.audit.wire import Endpoint

BUSY, LATE, BROKEN, UNASKED = "busy", "time", "end", "names"


@pytest.mark.parametrize(
    ("reply", "verdict", "said"),
    [
        (
            "450 4.4.0 Relaying temporarily denied. Cannot resolve PTR record for 192.0.2.1",
            "invalid",
            "could not ask who we are: 450 4.4.0",
        ),
        ("450 4.7.1 greylisted", "warn", "450 4.7.1 greylisted"),
        ("550 5.7.1 Relaying denied", "pass", "550"),
        ("250 2.1.5 ok", "fail", "accepted: 250"),
    ],
)
def test_a_host_that_could_not_ask_its_name_server_has_judged_nothing(monkeypatch, reply, verdict, said):
    code, _, text = reply.partition(" ")
    monkeypatch.setattr(
        relay, "opened_as_clients_do", lambda *_: contextlib.nullcontext(types.SimpleNamespace(dialogue=[]))
    )
    monkeypatch.setattr(relay, "ask", lambda *_: (int(code), text))
    pattern, names = relay.PATTERNS["R01"], Names(server="m.test", domain="m.test", address="192.0.2.2")
    found = relay.attempt("R01", pattern, Endpoint("192.0.2.2", 25, "smtp"), names, None, Followed(enabled=False))
    assert found.verdict == verdict
    assert said in found.detail


@pytest.mark.parametrize(
    ("answers", "asked", "verdict"),
    [
        (["pass"], 1, "pass"),
        ([BUSY, BUSY, BUSY, "pass"], 4, "pass"),
        ([BUSY] * 9, 4, "invalid"),
        ([LATE, "fail"], 2, "fail"),
        ([LATE] * 9, 2, "invalid"),
        ([LATE, BUSY, BUSY, BUSY, "pass"], 5, "pass"),
        ([BROKEN, "pass"], 1, "invalid"),
        ([UNASKED, "pass"], 2, "pass"),
        ([UNASKED] * 9, 2, "invalid"),
    ],
)
def test_patiently(monkeypatch, answers, asked, verdict):
    monkeypatch.setattr(engine.time, "sleep", lambda seconds: None)
    given = []

    def job():
        given.append(answers[len(given)])
        known = given[-1] in ("pass", "fail")
        told = Question("relay.R01")  # whatever the server's own words
        return told.answer(given[-1]) if known else told.answer("invalid", "421 in time, closed", reason=given[-1])

    assert (engine.patiently(job, PATIENT).verdict, len(given)) == (verdict, asked)
