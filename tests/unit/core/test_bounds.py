"""Values of megabytes are refused before they are sent: a host's sh would read them byte by byte."""

import pytest
from mailhost.core.apply import request
from mailhost.core.errors import HostError
from mailhost.core.host import Command, FileState, Host
from mailhost.core.input import LONGEST, faults
from mailhost.core.operations import Plan, Run, Write

MEGABYTES = "x" * 10_000_000
SPEC = {"certificate": {"type": "dict", "options": {"pem": {"type": "str", "no_log": True}}}}


def unsent(program, data):
    raise AssertionError("it was sent")


def convert(kind, value):
    return True, value


def test_a_value_is_refused_by_its_place():
    found = list(faults(SPEC, {"certificate": {"pem": MEGABYTES}}, convert))
    assert [(fault.place, MEGABYTES[:9] in str(fault)) for fault in found] == [("certificate.pem", False)]
    assert not list(faults(SPEC, {"certificate": {"pem": "x" * LONGEST}}, convert))


@pytest.mark.parametrize(
    "asked", [Command(("cat",), MEGABYTES), Command(("echo", MEGABYTES)), Command(("cat",), "\n" * 2**21)]
)
def test_no_question_of_megabytes_is_sent(asked):
    with pytest.raises(HostError, match="characters; a host reads at most"):
        Host(unsent).read([asked])


def test_a_plan_has_short_words_and_contents_of_any_length():
    with pytest.raises(HostError, match="an argument of 10000002 characters"):
        request(Plan([Run("it", ("echo", MEGABYTES + "ab"))]), "1", Host(unsent), 5)
    content = MEGABYTES.encode()
    assert content in request(Plan([Write(FileState("/f", "absent"), content)]), "1", Host(unsent), 5)
