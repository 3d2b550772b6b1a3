"""Hosts with the same changes are one group, whatever their names; who refuses and who is not reached is named."""

import json

from mailhost.audit.report.preview import lines, preview
from mailhost.core.converge import converge
from mailhost.core.errors import BadInput
from mailhost.core.host import Host
from mailhost.words import mail_plan
from pytest import raises

from ....schemas import follows


def diff(path, before, after):
    return {"before_header": path, "after_header": path, "before": before, "after": after}


def host(name, *planned, **more):
    return {"fqdn": name, "planned": list(planned), **more}


def relay(name):
    return {
        "word": "postfix_relay",
        "pending": ["postfix"],
        "diff": [diff("/etc/postfix/main.cf", "", f"myhostname = {name}\nmynetworks = 192.0.2.0/24\n")],
    }


CERTIFICATE = {
    "word": "mail_certificate",
    "pending": ["dovecot", "postfix"],
    "diff": [
        {"before_header": "", "after_header": "make a certificate", "before": "", "after": "make a certificate\n"}
    ],
}
FLEET = {
    **{
        f"mx{number}.example.org": host(f"mx{number}.example.org", relay(f"mx{number}.example.org"))
        for number in range(9)
    },
    "old.example.org": host("old.example.org", relay("old.example.org"), CERTIFICATE),
    "same.example.org": host("same.example.org"),
    "bad.example.org": host("bad.example.org", refused="protocols: 'imapz' is not one"),
    "worse.example.org": host("worse.example.org", refused="protocols: 'imapz' is not one"),
    "dead.example.org": host("dead.example.org", unreachable=True),
}


def test_groups():
    found = preview(FLEET)
    assert [len(group["hosts"]) for group in found["groups"]] == [9, 1]
    assert found["groups"][0]["changes"] == [
        {
            "word": "postfix_relay",
            "place": "/etc/postfix/main.cf",
            "before": [],
            "after": ["myhostname = (the host's name)", "mynetworks = 192.0.2.0/24"],
        }
    ]
    assert found["restarts"] == {"dovecot": 1, "postfix": 10}
    assert found["certificates"] == ["old.example.org"]
    assert found["refused"] == [
        {"reason": "protocols: 'imapz' is not one", "hosts": ["bad.example.org", "worse.example.org"]}
    ]
    assert (found["unreachable"], found["unchanged"]) == (["dead.example.org"], ["same.example.org"])


def test_only_whole_names_are_the_hosts_own():
    about = relay("x").copy()
    about["diff"] = [diff("/f", "", "xmx.a.test mx.a.test.b mx.a.test, (mx.a.test) mx.a.test.\n")]
    found = preview({"mx.a.test": host("mx.a.test", about), "a": host("", relay("an a"))})
    own = "(the host's name)"
    assert found["groups"][0]["changes"][0]["after"] == [f"xmx.a.test mx.a.test.b {own}, ({own}) {own}."]
    assert found["groups"][1]["changes"][0]["after"][0] == "myhostname = an a"


def commit(number):
    about = f'repair: port 110 is open and should be closed: "dovecot",pid={number},fd=22))\n'
    return {
        "word": "mail_commit",
        "pending": [],
        "diff": [{"before": "", "after": about, "before_header": "", "after_header": "services"}],
    }


def test_what_does_not_serve():
    found = preview({"a": host("a", commit(1)), "b": host("b", commit(22)), "c": host("c", relay("x"), commit(3))})
    assert [group["hosts"] for group in found["groups"]] == [["a", "b"], ["c"]]
    assert len(found["groups"][1]["changes"]) == 1


def test_text():
    said = lines(preview(FLEET))
    assert said[0] == (
        "9 hosts (mx0.example.org, mx1.example.org, mx2.example.org, "
        "mx3.example.org, mx4.example.org, mx5.example.org, 3 more):"
    )
    assert said[1:5] == [
        "  /etc/postfix/main.cf",
        "    + myhostname = (the host's name)",
        "    + mynetworks = 192.0.2.0/24",
        "  restarts: postfix",
    ]
    assert "2 hosts (bad.example.org, worse.example.org) refuse: protocols: 'imapz' is not one" in said
    assert "1 host (dead.example.org) cannot be reached" in said
    assert "1 host (same.example.org): nothing to change" in said
    assert "services that would restart: dovecot on 1, postfix on 10" in said
    assert "certificates that would change: 1 host (old.example.org)" in said
    assert "  make a certificate" in said


def test_the_word(tmp_path):
    given = {"directory": str(tmp_path / "plan"), "hosts": FLEET}
    told = converge(mail_plan.WORD, given, Host(lambda program, data: (1, b"", b"")), True)
    written = follows("plan", json.loads((tmp_path / "plan" / "plan.json").read_text()))
    assert written == told["plan"] and told["lines"] == lines(written)
    with raises(BadInput, match="^hosts: empty"):
        converge(mail_plan.WORD, {**given, "hosts": {}}, Host(lambda program, data: (1, b"", b"")), True)
