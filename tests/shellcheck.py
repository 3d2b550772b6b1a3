"""shellcheck over every program of sh that leaves the controller, and every script that sets things up: make lint.

A script says in itself what it accepts, beside the line. A program has no comments to say it in,
and is put together of pieces, so that what the programs accept stands here, once, with the
reason; a code that none needs any more is an error too.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "module_utils")]
SCRIPTS = (*sorted(ROOT.glob("setup/*.sh")), ROOT / ".ci/run")
#: what the programs may do all the same
ACCEPTED = {
    2013: "names of services and journals have no spaces: mail_commit and the journal refuse others",
    2015: "A && B || fail: failing is meant for both",
    2016: "the action's program is quoted by shlex",
    2034: "a piece that several programs share sets what not each of them reads",
    2046: "split on purpose: a digest or a list of ports, under set -f",
    2069: "stderr alone is wanted, and so comes before stdout goes away",
    2086: "split on purpose: lists of names and ports, under set -f; a pattern that is to be one",
    2094: "makemap reads a text and writes NAME.db beside it",
    2154: "given by `next` or `line`, which read it into the variable that they are told, "
    "or exported by what runs the program",
}


def findings(program: str, *options: str) -> "list[dict[str, object]]":
    done = subprocess.run(
        ["shellcheck", "--norc", "--format=json", *options, "-"],
        input=program.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
    )
    if done.returncode > 1:
        raise SystemExit(done.stderr.decode())
    return list(json.loads(done.stdout))


def main() -> int:
    if not shutil.which("shellcheck"):
        raise SystemExit("shellcheck is not installed; `make lint` brings it")
    from tests.programs import everything

    faults, used = [], set()
    for path in SCRIPTS:
        faults += [(path.relative_to(ROOT), finding) for finding in findings(path.read_text())]
    for name, program in everything().items():
        for finding in findings(program, "--shell=sh"):
            used.add(finding["code"])
            faults += [] if finding["code"] in ACCEPTED else [(name, finding)]
    for name, finding in faults:
        print(f"{name}:{finding['line']}:{finding['column']}: SC{finding['code']}: {finding['message']}")
    for code in sorted(set(ACCEPTED) - used):
        print(f"tests/shellcheck.py: SC{code} is accepted and nothing needs it: take it out")
    return int(bool(faults or set(ACCEPTED) - used))


if __name__ == "__main__":
    sys.exit(main())
