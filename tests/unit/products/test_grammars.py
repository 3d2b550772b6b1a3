"""The grammars: nothing is lost, set is idempotent, unset takes set back; what is refused names file and line."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mailhost.core.errors import BadConfiguration, BadInput
from mailhost.core.host import FileState, encode
from mailhost.formats.colons import Colons
from mailhost.products.dovecot.grammar import Tree
from mailhost.products.dovecot.tree import Configuration
from mailhost.products.postfix.main_cf import MainCf
from mailhost.products.postfix.master_cf import MasterCf

from ..hosts import EL5, host

HURT = "\r\t# $%{}<>\"'\\`,;:|!@éab=\x80\udcff"
junk = st.text(alphabet=HURT, max_size=12)
newline = st.sampled_from(["\n", "\r\n"])
name = st.from_regex(r"[a-z][a-z_0-9]{0,8}", fullmatch=True)
value = st.text(alphabet="ab <>$%,;:|@é'\"", max_size=12).map(str.strip)
comment = junk.map(lambda text: "# " + text.replace("\\", ""))
setting = st.builds(
    "{}{} = {}".format, st.sampled_from(["", "  ", "\t"]), name, st.from_regex(r"[a-z<$/,.:]{0,12}", fullmatch=True)
)


@st.composite
def dovecot_text(draw, depth=2):
    lines = []
    for _ in range(draw(st.integers(0, 5))):
        kind = draw(st.integers(0, 5 if depth else 3))
        if kind <= 1:
            lines.append(draw(setting))
        elif kind == 2:
            lines.append(draw(comment))
        elif kind == 3:
            lines.append(
                draw(
                    st.sampled_from(
                        ["", "   ", "!include conf.d/*.conf", "!include_try x", "a = b \\\n  c", 'q = "x # y"']
                    )
                )
            )
        else:
            lines.append(draw(name) + draw(st.sampled_from([" {", " two {", "{ # why", ' "a b" {'])))
            lines.append(draw(dovecot_text(depth - 1)).rstrip("\n"))
            lines.append("  }")
    end = draw(newline)
    return end.join(line for line in lines) + draw(st.sampled_from(["", end]))


@given(dovecot_text())
def test_dovecot_loses_nothing(text):
    assert Tree(text).render() == text


@given(dovecot_text(), name, value)
def test_dovecot_set_twice_is_set_once(text, key, new):
    tree = Tree(text)
    tree.set((key,), new)
    once = tree.render()
    again = Tree(once)
    assert again.get((key,)) == new
    again.set((key,), new)
    assert again.render() == once


@given(dovecot_text(), value)
def test_dovecot_set_then_unset_is_before(text, new):
    tree = Tree(text)
    tree.set(("never_there_before",), new)
    tree = Tree(tree.render())
    tree.unset(("never_there_before",))
    assert tree.render() == text


@given(st.binary(max_size=200))
def test_any_bytes_are_kept_or_refused_cleanly(data):
    text = data.decode("utf-8", "surrogateescape")
    for grammar in (Tree, MainCf, MasterCf, Colons):
        try:
            found = grammar(text, "the file")
        except BadConfiguration as error:
            assert re.match(r"the file:\d+: ", str(error))
        else:
            assert encode(found.render()) == data


@st.composite
def main_cf_text(draw):
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        lines.append(
            draw(
                st.one_of(
                    comment, setting.map(str.strip), st.sampled_from(["", "a =\n  b,\n# between\n\n  c", "x=y", "a = "])
                )
            )
        )
    return "\n".join(lines) + draw(st.sampled_from(["", "\n"]))


@given(main_cf_text(), name, value)
@example("# \r", "a", "")
def test_main_cf(text, key, new):
    first = MainCf(text)
    assert first.render() == text
    first.set(key, new)
    once = first.render()
    again = MainCf(once)
    assert again.get(key) == new
    again.set(key, new)
    assert again.render() == once
    if MainCf(text).get(key) is None:
        again.unset(key)
        assert again.render() == text


@given(main_cf_text(), st.booleans())
def test_master_cf(_, final):
    text = "# head\nsmtp inet n - y - - smtpd\n  -o a=b\n# in between\n  -o c=d" + ("\n" if final else "")
    master = MasterCf(text)
    assert master.render() == text
    assert master.get("smtp", "inet").options == {"a": "b", "c": "d"}
    master.set(["submission", "inet", "n", "-", "y", "-", "-", "smtpd"], {"x": "y"})
    once = master.render()
    master = MasterCf(once)
    master.set(["submission", "inet", "n", "-", "y", "-", "-", "smtpd"], {"x": "y"})
    assert master.render() == once
    master.unset(master.get("submission", "inet"))
    assert master.render() == text


names = st.lists(st.from_regex(r"[a-z]{1,6}", fullmatch=True), unique=True, max_size=6)


@given(names, st.booleans())
def test_colons(users, final):
    text = "".join(f"{user}:x:1:1::/home/{user}:\n" for user in users) + ("# kept" + ("\n" if final else ""))
    found = Colons(text)
    assert found.render() == text
    assert found.names() == users
    found.set(["new-one", "h", "1"])
    again = Colons(found.render())
    again.set(["new-one", "h", "1"])
    assert again.render() == found.render()
    again.unset("new-one", "nobody")
    assert again.render() == text


def test_the_real_file_of_centos_5():
    text = (EL5 / "etc/dovecot.conf").read_text()
    tree = Tree(text)
    assert tree.render() == text
    tree.set(("protocols",), "imap pop3")
    assert "#protocols = imap imaps pop3 pop3s\nprotocols = imap pop3\n" in tree.render()
    tree.set(("auth default", "mechanisms"), "plain login")
    assert len(tree.render().splitlines()) == len(text.splitlines()) + 1


@pytest.mark.parametrize(
    ("text", "key", "found"),
    [
        ("a = b # c\n", "a", "b"),
        ('a = "b # c"\n', "a", "b # c"),
        ("a = b#c\n", "a", "b#c"),
        ("a = x\na = y\n", "a", "y"),
        ("a = b \\\n   c\n", "a", "b c"),
        ("a=</etc/x\n", "a", "</etc/x"),
        ("\ufeffa = b\n", "a", "b"),
    ],
)
def test_dovecot_values(text, key, found):
    assert Tree(text).get((key,)) == found


def test_an_inline_comment_stays_with_its_setting():
    tree = Tree("  ssl = no # because\n")
    tree.set(("ssl",), "yes")
    assert tree.render() == "  ssl = yes # because\n"


@pytest.mark.parametrize(
    ("grammar", "text", "said"),
    [
        (Tree, "a = b\nc {\n", "f:2: section c is never closed. Add its }"),
        (Tree, "}\n", "f:1: a } that closes nothing. Remove it"),
        (
            Tree,
            "ok = 1\nwhat is this\n",
            "f:2: neither a setting (name = value) nor a section (name {). Correct the line",
        ),
        (MainCf, "a = b\nnonsense\n", "f:2: not of the form name = value. Correct the line"),
        (MasterCf, "smtp inet n\n", "f:1: a service has eight fields, this one fewer. Correct the line"),
    ],
)
def test_refused_with_file_and_line(grammar, text, said):
    with pytest.raises(BadConfiguration) as error:
        grammar(text, "f")
    assert str(error.value) == said


@pytest.mark.parametrize("bad", ["a\nmynetworks = 0.0.0.0/0", "a\rb", "a\0"])
def test_a_value_stays_on_its_line(bad):
    for call in (
        lambda: Tree("").set(("x",), bad),
        lambda: MainCf("").set("x", bad),
        lambda: Colons("").set(["u", bad]),
    ):
        with pytest.raises(BadInput):
            call()
    with pytest.raises(BadInput, match="a colon in field 2"):
        Colons("").set(["bob", "x:0:0"])


def test_sections_are_made_dropped_and_commented_out():
    tree = Tree("a = 1")
    tree.set(("service x", "inet_listener y", "port"), "0")
    assert tree.render() == "a = 1\nservice x {\n  inet_listener y {\n    port = 0\n  }\n}\n"
    assert tree.settings() == ["a = 1", "service x / inet_listener y / port = 0"]
    assert not tree.section(("service x",))
    tree.comment_out(tree.entries[1])
    assert "#service x {\n#  inet_listener y {\n" in tree.render()
    tree = Tree("s {\n  t {\n  }\n}\n")
    assert tree.settings() == ["s / t {}"]
    tree.comment_out(tree.entries[0].entries[0])
    assert tree.render() == "s {\n#  t {\n#  }\n}\n"
    tree.drop_section(("s",))
    tree.unset(("no", "such"))
    assert tree.render() == ""


def test_the_include_comes_last_and_once():
    tree = Tree("!include mailhost.conf\na = 1\n")
    tree.include("mailhost.conf")
    assert tree.render() == "a = 1\n!include mailhost.conf\n"
    tree.include("mailhost.conf")
    assert tree.render() == "a = 1\n!include mailhost.conf\n"


def test_includes_are_followed_in_order():
    files = {
        "/e/d.conf": "p = a\n!include c/*.conf\n!include_try gone\nx {\n!include in\n}\n",
        "/e/c/1.conf": "p = $p b\n",
        "/e/in": "y = 1\n",
    }
    seen = host(files, globs={"/e/c/*.conf": ["/e/c/1.conf"]})
    seen.files["/e/gone"] = FileState("/e/gone", "absent")
    found = Configuration("/e/d.conf", seen)
    assert found.words("p") == ["a", "b"]
    assert [path for _, path, _ in found.entries()][-1] == ("x", "y")
    assert found.missing == []


def test_a_missing_include_and_a_loop():
    seen = host({"/e/d.conf": "a = 1\n!include gone\n"})
    assert [request.path for request in Configuration("/e/d.conf", seen).missing] == ["/e/gone"]
    seen.files["/e/gone"] = FileState("/e/gone", "absent")
    with pytest.raises(BadConfiguration, match="/e/d.conf:2: includes /e/gone, which is not there"):
        Configuration("/e/d.conf", seen)
    with pytest.raises(BadConfiguration, match="includes itself"):
        Configuration("/e/d.conf", host({"/e/d.conf": "!include d.conf\n"}))
