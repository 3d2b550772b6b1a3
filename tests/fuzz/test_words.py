"""Every word's parameters, weighted to the characters that hurt: a plan or a clean error, never anything else."""

from __future__ import annotations

import importlib
import pathlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mailhost.core.errors import MailhostError
from mailhost.core.operations import Write
from mailhost.products.stunnel import configure as stunnel

from ..unit.hosts import debian, gathered, host
from ..unit.words.test_cyrus import OLD_STUNNEL
from ..unit.words.test_cyrus import el5 as el5_cyrus
from ..unit.words.test_sendmail import el5 as el5_sendmail
from . import targets

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORDS = [
    "dovecot_protocols",
    "dovecot_settings",
    "mailboxes",
    "mail_certificate",
    "mail_packages",
    "postfix_relay",
    "mail_undo",
]
WORDS += ["sendmail_relay", "mta", "cyrus_services", "cyrus_mailboxes", "stunnel_services", "mail_policy"]
HURT = "\n\r\t#${}<>\"'\\`,;:|!%@\0é /.-=*[]()0aA"
LIKELY = [
    "imap",
    "pop3s",
    "plain",
    "example.test",
    "127.0.0.0/8",
    "0.0.0.0/0",
    "a.test\nx = y",
    "/etc/shadow",
    "-x",
    "",
    "$6$a$b",
    "x" * 1023,
]
text = st.one_of(st.text(alphabet=HURT, max_size=20), st.sampled_from(LIKELY))


def everything():
    """CentOS 5 with every product on it."""
    seen = el5_sendmail()
    for more in (el5_cyrus(), host(outputs={stunnel.STANDS: OLD_STUNNEL})):
        seen.add(more)
    return seen


HOSTS = {"centos5": everything(), "bookworm": debian("12"), "trixie": debian("13")}


def of(spec):
    """Values that the argument spec lets through."""
    if "choices" in spec and spec.get("type", "str") == "str":
        return st.sampled_from(spec["choices"])
    kind = spec.get("type", "str")
    if kind == "list":
        inner = {key: value for key, value in spec.items() if key in ("choices", "options")}
        return st.lists(of({"type": spec.get("elements", "str"), **inner}), max_size=3)
    if kind == "dict":
        return st.fixed_dictionaries({name: option(inner) for name, inner in spec["options"].items()})
    return {"int": st.integers(-5, 2**33), "bool": st.booleans()}.get(kind, text)


def option(spec):
    if spec.get("required"):
        return of(spec)
    return st.one_of(st.just(spec.get("default")), of(spec))


@pytest.mark.parametrize("kind", sorted(HOSTS))
@pytest.mark.parametrize("word", WORDS)
def test_parameters(word, kind):
    feature = importlib.import_module(f"mailhost.words.{word}")
    spec = {name: option(inner) for name, inner in feature.ARGUMENT_SPEC.items()}

    @settings(max_examples=60)
    @given(st.fixed_dictionaries(spec))
    def check(given_):
        seen = HOSTS[kind]
        try:
            plan = feature.plan(given_, gathered(feature, seen, given_))
        except MailhostError as error:
            assert error.place
            assert error.what
            return
        for operation in plan.operations:
            if isinstance(operation, Write):
                assert operation.path.startswith("/")
                assert b"\0" not in operation.content

    check()


@pytest.mark.parametrize("name", sorted(targets.GRAMMARS))
@given(data=st.binary(max_size=200))
@settings(max_examples=150)
def test_any_bytes(name, data):
    targets.grammar(name, data)
    targets.texts(data)


POSTFIX = [
    "mynetworks = ",
    "smtpd_recipient_restrictions = ",
    "relay_domains = ",
    "permit",
    "check_sender_access hash:/t",
    "FEATURE(`",
    "')",
    "OK",
]
POSTFIX += [
    "\n",
    "\n  ",
    "$mydestination",
    "${",
    "}",
    "a.test RELAY",
    "Connect:",
    "0.0.0.0/0",
    "[::]/0",
    "connect = 25",
    "[x]",
    "x",
    ", ",
]


@given(words=st.lists(st.one_of(st.sampled_from(POSTFIX), text), max_size=12))
@settings(max_examples=400)
def test_any_configuration_has_causes_or_none(words):
    targets.policies("".join(words).encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("path", sorted((ROOT / "tests/fuzz/corpus").iterdir()), ids=lambda path: path.name)
def test_the_corpus(path):
    targets.grammar(path.name.split("-")[0], path.read_bytes())
