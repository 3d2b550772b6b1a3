"""An audit of slices: of each host the newest record of a slice counts, and no older audit stands in for a
slice that is missing."""

import json
import os

from mailhost.audit.report import files, forms
from mailhost.core.converge import converge
from mailhost.core.host import Host
from mailhost.words import mail_report

from ...hosts import params


def record(name, verdict):
    return {**forms._absent(name, "x"), "verdict": verdict, "findings": []}


def verdicts(folder, *slices):
    given = params(
        mail_report, directory=str(folder / "audit"), hosts=["a", "b"], slices=[str(folder / name) for name in slices]
    )
    converge(mail_report.WORD, given, Host(lambda program, data: (1, b"", b"")), False)
    return [host["verdict"] for host in json.loads((folder / "audit/audit.json").read_text())["hosts"]]


def test_slices(tmp_path):
    for name in "ab":
        files.write_host(str(tmp_path / "audit"), record(name, "pass"))
    assert verdicts(tmp_path) == ["pass", "pass"]
    old = files.write_host(str(tmp_path / "one"), record("a", "fail"))
    os.utime(old, (1, 1))
    assert verdicts(tmp_path, "one", "gone") == ["fail", "invalid"]
    files.write_host(str(tmp_path / "two"), record("a", "warn"))
    assert verdicts(tmp_path, "two", "one") == ["warn", "invalid"]
