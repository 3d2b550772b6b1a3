"""The documents for people: prose in at most 100 columns, plain words, a plan in which every place exists."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDTH = 100
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "molecule").rglob("*.md")]
#: turns of phrase that are not English's, and what to write instead
AWKWARD = {
    r"\bis none\b": "say what it is not: 'is not a ...'",
    r"\bthat nobody\b": "use the passive: 'that is not ...'",
    r"\bthe way out\b": "the fix",
    r"\bof one's own\b": "your own",
    r"\bclear password": "plaintext password",
    r"\bwhoever carries on\b": "developers",
}
LISTED = re.compile(r"^\s*(?:[*+-]|\d+[.)])\s+")


def prose(text):
    """The lines of prose with their numbers, without code, tables and headings;
    what cannot be broken is one character."""
    fenced, code, depth, before = False, False, 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        indent = len(line) - len(line.lstrip())
        code = indent >= depth + 4 and (code or not before.strip()) if line.strip() else code
        before = line
        depth = 0 if line.startswith("#") else depth
        if fenced or code or not line.strip() or re.match(r"\s*(?:```|\||#|!\[)", line):
            continue
        listed = LISTED.match(line)
        if listed or indent == 0:
            depth = len(listed[0]) if listed else 0
        yield number, line


def is_too_long(line):
    """Whether a line is longer than WIDTH and could have been broken: not within code, not within an address."""
    whole = re.sub(r"`[^`]*`|\]\([^)]*\)", lambda match: "x" * len(match[0]), LISTED.sub("", line).strip())
    return len(line) > WIDTH and " " in whole


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_prose_has_at_most_100_columns(path):
    assert [f"{path}:{number}" for number, line in prose(path.read_text()) if is_too_long(line)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_prose_is_plain(path):
    text = " ".join(path.read_text().split())
    assert [f"{phrase}: {instead}" for phrase, instead in AWKWARD.items() if re.search(phrase, text)] == []


def test_long_lines_are_found():
    long = "word " * 21
    assert is_too_long(long) and is_too_long("* " + long)
    assert not is_too_long("`" + long + "`") and not is_too_long("* " + "x" * 120)
    text = f"{long}\n\n    {long}\n\n| {long} |\n\n```\n{long}\n```\n\n* {long}\n  {long}\n\n      {long}\n"
    assert [number for number, _ in prose(text)] == [1, 11, 12]


def test_every_place_of_the_plan_exists_and_every_folder_is_in_it():
    text = (ROOT / "docs/architecture.md").read_text()
    named = set(re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:yml|cfg|md|py))`", text))
    logic = ROOT / "module_utils/mailhost"
    bases = [ROOT, ROOT / "docs", ROOT / "roles/mailhost", ROOT / "molecule", logic, *logic.rglob("*/")]
    missing = {name for name in named if not any((base / name).exists() for base in bases)}
    assert {name for name in missing if not re.search(r"\b[A-Z]{3,}\b", name)} == set()  # WORD stands for any
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    folders = {name.split("/")[0] for name in tracked if "/" in name and not name.startswith(".")}
    assert {folder for folder in folders if f"`{folder}/" not in text} == set()
