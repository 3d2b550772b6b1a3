"""Every word's DOCUMENTATION is read by ansible-doc and agrees with its argument spec:
names, types, defaults, choices."""

from __future__ import annotations

import importlib
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
AUDIT = ROOT / "docs/audit.md"
BEGIN, END = "<!-- the catalogue: python tests/documentation.py write -->", "<!-- end of the catalogue -->"
sys.path.insert(0, str(ROOT / "module_utils"))


def differences(spec: dict, told: dict, where: str) -> "list[str]":
    found = []
    if set(spec) != set(told):
        found.append(f"{where}: options {sorted(set(spec) ^ set(told))} are in only one of spec and documentation")
    for name in set(spec) & set(told):
        for key, empty in (
            ("type", "str"),
            ("default", None),
            ("choices", None),
            ("required", False),
            ("elements", None),
        ):
            if spec[name].get(key, empty) != told[name].get(key, empty):
                found.append(f"{where}.{name}: {key} is {spec[name].get(key)!r}, documented as {told[name].get(key)!r}")
        if "options" in spec[name]:
            found += differences(spec[name]["options"], told[name].get("suboptions", {}), f"{where}.{name}")
    return found


def audit_table() -> "list[str]":
    """The catalogue's rows as docs/audit.md has them."""
    from mailhost.audit.catalogue import CATALOGUE

    lines = ["| question | what | asked of | connections to one at most |", "|---|---|---|---|"]
    for row in CATALOGUE:
        values = row.values or ("…",)
        ids = " to ".join(f"`{row.id.replace('*', value)}`" for value in dict.fromkeys((values[0], values[-1])))
        most = row.most * (1 + len(row.again))
        what = row.title.replace(": *", "").replace("*", "it")
        lines.append(f"| {ids} | {what} | {row.on.about if most else ''} | {most or ''}{' each' if row.each else ''} |")
    return lines


def documented_audit_table() -> "list[str]":
    return AUDIT.read_text().partition(BEGIN)[2].partition(END)[0].strip().splitlines()


def write() -> None:
    """Put the catalogue's table into docs/audit.md."""
    head, _, rest = AUDIT.read_text().partition(BEGIN)
    AUDIT.write_text("\n".join([head + BEGIN, *audit_table(), END]) + rest.partition(END)[2])


def main() -> int:
    words = sorted(path.stem for path in (ROOT / "library").glob("*.py"))
    run = subprocess.run(
        ["ansible-doc", "-t", "module", "--json", *words], capture_output=True, text=True, cwd=ROOT, check=False
    )
    faults = [run.stderr.strip()] if run.returncode or "rror" in run.stderr else []
    told = json.loads(run.stdout or "{}")
    for word in words:
        entry = told.get(word, {})
        feature = importlib.import_module(f"mailhost.words.{word}")
        faults += [f"{word}: no {part}" for part in ("doc", "examples", "return") if not entry.get(part)]
        faults += differences(feature.ARGUMENT_SPEC, entry.get("doc", {}).get("options", {}), word)
    if documented_audit_table() != audit_table():
        faults.append("docs/audit.md: its table is not the catalogue's. python tests/documentation.py write")
    print("\n".join(faults) or f"documentation of {len(words)} words agrees with their argument specs")
    return bool(faults)


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        write()
    sys.exit(main())
