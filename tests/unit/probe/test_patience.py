"""What is asked again: a host that has too many connections just now, and one that gave no answer in time; nothing else."""

import pytest
from mailhost.probe import relay
from mailhost.probe.finding import Finding

BUSY, LATE, BROKEN = "421 too many connections", "no answer in time", "the server closed the connection"


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
    ],
)
def test_patiently(monkeypatch, answers, asked, verdict):
    monkeypatch.setattr(relay.time, "sleep", lambda seconds: None)
    given = []

    def job():
        given.append(answers[len(given)])
        known = given[-1] in ("pass", "fail")
        return Finding("relay.R01", given[-1] if known else "invalid", "a question", "" if known else given[-1])

    assert (relay.patiently(job).verdict, len(given)) == (verdict, asked)
