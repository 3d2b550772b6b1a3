"""The catalogue is whole: every id that is written anywhere is in it, once, and what others know of it agrees."""

import pathlib
import re

import pytest
from mailhost.audit import catalogue
from mailhost.audit.catalogue import CATALOGUE
from mailhost.audit.report import forms

from ...documentation import audit_table, documented_audit_table

AUDIT = pathlib.Path(__file__).resolve().parents[3] / "module_utils/mailhost/audit"


def ids():
    for row in CATALOGUE:
        yield from (row.id.replace("*", value) for value in row.values or ("x9",))


def test_each_id_is_of_one_row():
    assert len(set(ids())) == len(list(ids()))
    for id in ids():
        assert [row for row in CATALOGUE if row.value(id) is not None] == [catalogue.row(id)] or id == "policy.read"


def test_every_id_in_the_batteries_is_in_it():
    texts = (path.read_text() for path in AUDIT.rglob("*.py"))
    written = {id for text in texts for id in re.findall(r'(?:Question|Finding)\("([^"]+)"', text)}
    assert len(written) > 20
    for id in written:
        catalogue.row(id)


@pytest.mark.parametrize("id", ["relay.R51", "relay.W", "tls.T18.RC5", "way.in.smtp", "asked.kpop", "clear", ""])
def test_what_is_not_in_it(id):
    with pytest.raises(ValueError, match="in no row"):
        catalogue.row(id)


def test_titles():
    assert catalogue.title("tls.T18.RC4") == "RC4 is refused"
    assert catalogue.title("way.in.imap") == "from outside to a user, out by imap"
    assert catalogue.title("relay.R01", "its own") == "its own"


def test_the_report_has_every_battery():
    assert set(forms.BATTERIES) == {row.battery for row in CATALOGUE}
    catalogue.row(forms._absent("a", "b")["findings"][0]["id"])


def test_the_table_of_the_documentation_is_the_catalogue():
    assert documented_audit_table() == audit_table(), "python tests/documentation.py write"
