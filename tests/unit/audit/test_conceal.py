"""A server that says the password again: no form of it is in what an audit tells."""

import base64
import urllib.parse

import pytest
from mailhost.audit.conceal import Secret
from mailhost.audit.finding import Finding

PASSWORD = 'Ho"r+se\\ä=1 b'
SECRET = Secret(PASSWORD)


def b64(text):
    return base64.b64encode(text.encode()).decode()


FORMS = {
    "clear": PASSWORD,
    "upper": PASSWORD.upper(),
    "quoted": PASSWORD.replace("\\", "\\\\").replace('"', '\\"'),
    "url": urllib.parse.quote(PASSWORD, safe=""),
    "xtext": "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in PASSWORD),
    "base64": b64(PASSWORD),
    "plain": b64(f"\0alice\0{PASSWORD}"),
    "plain with an authorization": b64(f"alice\0alice\0{PASSWORD}"),
    "within": b64(f"xy{PASSWORD}and more"),
    "cut at its beginning": b64(f"abcd{PASSWORD}z")[1:],
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_hidden(form):
    said = f"535 5.7.8 no such pair <{FORMS[form]}>, try again"
    shown = SECRET.hide(said)
    assert "(hidden)" in shown
    assert FORMS[form] not in shown
    assert shown.startswith("535 5.7.8 no such pair <")


@pytest.mark.parametrize("form", FORMS)
def test_each_field_and_line_of_a_finding(form):
    text = FORMS[form]
    finding = Finding("clear.S01", "fail", text, text, text, text, (f"S: 334 {text}", f"C: {text}"), rule=text)
    assert text not in str(SECRET.conceal(finding).data())


@pytest.mark.parametrize("form", ["clear", "base64", "plain"])
def test_a_secret_broken_over_two_lines(form):
    text = FORMS[form].replace(" ", "_") if form != "clear" else "abcdefgh1234"
    secret = SECRET if form != "clear" else Secret(text)
    for cut in range(3, len(text) - 3):
        lines = secret.lines([f"S: 535-no {text[:cut]}", f"S: 535 {text[cut:]} there"])
        assert lines[1] == "S: 535 (hidden) there", cut
        assert lines[0] == "S: 535-no (hidden)" or form == "plain", "a part that holds no byte of it may stay"


def test_what_is_no_secret_stays():
    for said in ("250 2.1.0 Ok: queued as 4F2D1A", "S: +OK Dovecot ready <1.2@mx>", b64("nothing of it is in here")):
        assert SECRET.hide(said) == said
    assert Secret("").hide("anything") == "anything"
