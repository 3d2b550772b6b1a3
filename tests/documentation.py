"""Every word's DOCUMENTATION is read by ansible-doc and agrees with its argument spec: names, types, defaults, choices."""

from __future__ import annotations

import importlib
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
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
    print("\n".join(faults) or f"documentation of {len(words)} words agrees with their argument specs")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
