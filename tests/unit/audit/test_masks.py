"""No form of a password is left in anything that is shown, and nothing else is taken away."""

import base64
import json
import urllib.parse

import pytest
from mailhost.audit.masks import HIDDEN, NOTHING, Mask
from mailhost.formats.imap import imap_quoted

PASSWORDS = (
    "secret",
    "right ö",
    "p:a$s\"s'w\\ö",
    "a&b<c>d",
    "x",
    "correct horse battery staple",
    "+/+/+/",
    "(a|b)*[c]",
)


def forms(password):
    """As clients and servers write it."""
    data = password.encode()
    yield password
    yield imap_quoted(password)[1:-1]
    yield urllib.parse.quote(password, safe="")
    yield urllib.parse.quote_plus(password)
    for lead, case in (("%", "02x"), ("%", "02X"), ("+", "02X"), ("=", "02X"), ("\\x", "02x")):
        yield "".join(lead + format(byte, case) for byte in data)
    yield "".join(f"&#{ord(character)};" for character in password)
    yield "".join(f"\\u{ord(character):04x}" for character in password)
    if len(data) > 4:
        for text in (b"%s", b"\0alice\0%s", b"alice\0alice\0%s", b"a%s", b"ab%sc", b"abc%s\r\n"):
            yield base64.b64encode(text % data).decode()
            yield base64.urlsafe_b64encode(text % data).decode()


@pytest.mark.parametrize("password", PASSWORDS)
def test_each_form(password):
    mask = Mask(password)
    for form in forms(password):
        assert mask.text(f"535 no: {form}") == f"535 no: {HIDDEN}", form
        assert mask.text(f"<{form}>") == f"<{HIDDEN}>", form
        assert mask.text(form.upper()) == HIDDEN or len(form.upper()) != len(form), form
        if len(form) > 4:
            broken = f"{form[:3]}\r\n{form[3:]}"
            assert form[3:] not in mask.text(broken), form


@pytest.mark.parametrize("lead", ["", "535-", "* ", "+OK "])
def test_in_two_lines_of_one_side(lead):
    mask = Mask("secret")
    for form in ("secret", base64.b64encode(b"\0alice\0secret").decode()):
        for at in range(1, len(form)):
            lines = mask.lines([f"S: {lead}you said {form[:at]}", f"S: {lead}{form[at:]} and no more", "C: QUIT"])
            assert lines[2] == "C: QUIT"
            joined = "".join(line.removeprefix("S: ").removeprefix(lead) for line in lines[:2])
            assert form not in joined, lines
            assert HIDDEN in joined
    assert mask.lines(["S: sec", "C: ret"]) == ["S: sec", "C: ret"]
    assert mask.lines(["S: a", "S: b"]) == ["S: a", "S: b"]


def test_what_is_no_secret_stays():
    for text in ("250-SIZE 10240000", "a sec ond ret urn", "c2Vj cmV", ""):
        assert Mask("secret").text(text) == text
    assert NOTHING.text("secret") == "secret"
    assert NOTHING.lines(["S: sec", "S: ret"]) == ["S: sec", "S: ret"]


def test_a_result_whole():
    found = Mask("secret").data({"a": ["x secret", {"b": ("S: 535-sec", "S: 535 ret")}, 7, None], "c": "c2VjcmV0"})
    assert found == {"a": [f"x {HIDDEN}", {"b": [f"S: 535-{HIDDEN}", f"S: 535 {HIDDEN}"]}, 7, None], "c": HIDDEN}
    assert "secret" not in json.dumps(found)


def test_long_runs_take_no_long_time():
    assert Mask("secret").text("A" * 200_000) == "A" * 200_000
    assert Mask("secret").text("c2VjcmV0" * 20_000) == HIDDEN
