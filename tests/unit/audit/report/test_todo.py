"""What must be done stands once for the whole fleet, the worst first, with the fix and the places."""

from mailhost.audit.finding import Finding
from mailhost.audit.report.todo import lines, todo

from .test_forms import record

SIX = ("25/smtp", "587/smtp", "143/imap", "993/imap", "110/pop3", "995/pop3")


def old(where, detail="until 2020"):
    return Finding("tls.T11", "fail", "the certificate is valid", detail, where, "Renew it")


def fleet():
    weak = Finding("tls.T19.TLSv1.0", "warn", "TLSv1.0 is refused", "served", "25/smtp", "Set smtpd_tls_protocols")
    busy = Finding("relay.R01", "invalid", "plain third party", "421\nbusy", "25/smtp")
    good = Finding("relay.R02", "pass", "null sender", "554", "25/smtp")
    return [
        record("a.test", weak, good),
        record("b.test", weak, *map(old, SIX)),
        record("c.test", busy, *map(old, SIX)),
        record("d.test", old("25/smtp", "until 2021")),
    ]


def test_rows():
    rows = todo(fleet())
    assert [(row["verdict"], row["id"], row["fix"]) for row in rows] == [
        ("fail", "tls.T11", "Renew it"),
        ("invalid", "relay.R01", ""),
        ("warn", "tls.T19.TLSv1.0", "Set smtpd_tls_protocols"),
    ]
    assert rows[0]["places"] == [
        {"hosts": ["b.test", "c.test"], "where": list(SIX), "detail": "until 2020"},
        {"hosts": ["d.test"], "where": ["25/smtp"], "detail": "until 2021"},
    ]
    assert rows[2]["places"][0]["hosts"] == ["a.test", "b.test"]


def test_text():
    assert lines(todo(fleet())) == [
        "What must be done (1 fail, 1 invalid (could not be asked), 1 warn):",
        "fail     the certificate is valid (tls.T11)",
        "         fix: Renew it",
        f"         2 hosts (b.test, c.test), at {' '.join(SIX)}: until 2020",
        "         1 host (d.test), at 25/smtp: until 2021",
        "invalid  plain third party (relay.R01)",
        "         1 host (c.test), at 25/smtp: 421 busy",
        "warn     TLSv1.0 is refused (tls.T19.TLSv1.0)",
        "         fix: Set smtpd_tls_protocols",
        "         2 hosts (a.test, b.test), at 25/smtp: served",
    ]
    assert lines(todo(fleet()[:1])[1:]) == ["Nothing must be done."]


def test_a_large_fleet_is_not_all_in_the_text():
    rows = todo(record(f"{number}.test", old("25/smtp", f"until {number}")) for number in range(200))
    assert len(rows) == 1 and len(rows[0]["places"]) == 200
    assert len(lines(rows)) == 10 and lines(rows)[-1].startswith("         and 194 hosts (6.test, ")
