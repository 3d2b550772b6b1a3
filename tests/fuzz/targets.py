"""What is fuzzed, for Hypothesis (tests/fuzz/test_words.py, in `make unit`) and for atheris (`make fuzz`): each target takes what
it is given and ends well or with a MailhostError; anything else is a defect."""

from __future__ import annotations

from mailhost.conf.colons import Colons
from mailhost.conf.dovecot import Tree
from mailhost.conf.main_cf import MainCf
from mailhost.conf.master_cf import MasterCf
from mailhost.dialects.versions import version
from mailhost.errors import MailhostError
from mailhost.host import decode, encode
from mailhost.plan import hide

GRAMMARS = {"dovecot": Tree, "main_cf": MainCf, "master_cf": MasterCf, "colons": Colons}


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
