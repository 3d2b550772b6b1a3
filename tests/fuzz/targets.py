"""What is fuzzed, for Hypothesis (tests/fuzz/test_words.py, in `make unit`) and for atheris (`make fuzz`):
each target takes what it is given and ends well or with a MailhostError; anything else is a defect."""

from __future__ import annotations

import functools

from mailhost.audit.hello import server_hello
from mailhost.core.errors import MailhostError
from mailhost.core.host import decode, encode
from mailhost.core.operations import hide
from mailhost.core.versions import version
from mailhost.formats import der
from mailhost.formats.colons import Colons
from mailhost.formats.keyed import Keyed, Names
from mailhost.formats.settings import Settings
from mailhost.products import chains, keys
from mailhost.products.cyrus import judge as cyrus
from mailhost.products.cyrus.cyrus_conf import CyrusConf
from mailhost.products.dovecot.grammar import Tree
from mailhost.products.postfix import judge as postfix
from mailhost.products.postfix import setup as postfix_setup
from mailhost.products.postfix.main_cf import MainCf
from mailhost.products.postfix.master_cf import MasterCf
from mailhost.products.sendmail import judge as sendmail
from mailhost.products.sendmail.mc import SendmailMc
from mailhost.products.stunnel import judge as stunnel

GRAMMARS = {
    "dovecot": Tree,
    "main_cf": MainCf,
    "master_cf": MasterCf,
    "colons": Colons,
    "sendmail_mc": SendmailMc,
    "keyed": Keyed,
    "names": Names,
    "cyrus_conf": CyrusConf,
    "imapd_conf": Settings,
    "stunnel_conf": functools.partial(Settings, separator=" = ", comments="#;"),
}


def grammar(name: str, data: bytes) -> None:
    """Any bytes: kept to the last one, or refused with a place."""
    try:
        tree = GRAMMARS[name](decode(data), "/etc/x")
    except MailhostError as error:
        assert error.place.startswith("/etc/x"), error
        return
    assert encode(tree.render()) == data


def texts(data: bytes) -> None:
    """The small readers, which never refuse."""
    text = decode(data)
    version(text)
    hide(text)
    server_hello(data)
    der.rsa_bits(data)
    der.issuer_and_subject(data)
    chains.disorder(text)
    chains.read(text)


def policies(data: bytes) -> None:
    """What a host's files give away: any text that is a file of its kind gives causes, never a traceback."""
    text = decode(data)
    try:
        main, master = MainCf(text, "main.cf"), MasterCf("smtp inet n - n - - smtpd\n", "master.cf")
        setup = postfix_setup.Setup(main, master, (2, 3), {"/t": text}.get)
        postfix_setup.tables(setup)
        postfix.causes(setup)
        postfix_setup.trusted(setup)
        postfix_setup.destinations(setup)
    except MailhostError as error:
        assert error.place.startswith("main.cf"), error
    sendmail.causes(
        SendmailMc(text, "mc"),
        Keyed(text, "access"),
        Names(text, "relay-domains"),
        (),
        "example.test",
        "mx.example.test",
    )
    sendmail.trusted(Keyed(text))
    cyrus.judge(Settings(text, "imapd.conf"), (2, 3, 7))
    stunnel.judge(Settings(text, "stunnel.conf", " = ", "#;"), [25], ["127.0.0.0/8"])
    keys.secrets(text)
