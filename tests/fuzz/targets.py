"""What is fuzzed, for Hypothesis (tests/fuzz/test_words.py, in `make unit`) and for atheris (`make fuzz`): each target takes what
it is given and ends well or with a MailhostError; anything else is a defect."""

from __future__ import annotations

import functools

from mailhost.conf import der
from mailhost.conf.colons import Colons
from mailhost.conf.cyrus_conf import CyrusConf
from mailhost.conf.dovecot import Tree
from mailhost.conf.keyed import Keyed, Names
from mailhost.conf.main_cf import MainCf
from mailhost.conf.master_cf import MasterCf
from mailhost.conf.sendmail_mc import SendmailMc
from mailhost.conf.settings import Settings
from mailhost.dialects.versions import version
from mailhost.errors import MailhostError
from mailhost.host import decode, encode
from mailhost.plan import hide
from mailhost.policy import access, keys, postfix, postfix_setup, sendmail
from mailhost.probe.hello import server_hello

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
    keys.disorder(text)


def policies(data: bytes) -> None:
    """What a host's files give away: any text that is a file of its kind gives causes, never a traceback."""
    text = decode(data)
    try:
        main, master = MainCf(text, "main.cf"), MasterCf("smtp inet n - n - - smtpd\n", "master.cf")
        setup = postfix_setup.Setup(main, master, (2, 3), dict.fromkeys(["/t"], text))
        postfix_setup.tables(setup)
        postfix.causes(setup)
        postfix_setup.trusted(setup)
        postfix_setup.destinations(setup)
    except MailhostError as error:
        assert error.place.startswith("main.cf"), error
    sendmail.causes(SendmailMc(text, "mc"), Keyed(text, "access"), Names(text, "relay-domains"), (), "example.test", "mx.example.test")
    sendmail.trusted(Keyed(text))
    access.cyrus(Settings(text, "imapd.conf"), (2, 3, 7))
    access.tunnels(Settings(text, "stunnel.conf", " = ", "#;"), [25], ["127.0.0.0/8"])
    access.secrets(text)
