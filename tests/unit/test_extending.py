"""docs/extending.md holds: who follows it word for word has a word that the tests accept."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECTION = "## A word in ten minutes"
#: a new file, something at a file's end, something behind a line of it; each with the block that follows
STEP = re.compile(
    r"^(?:In )?`(?P<path>[\w./]+)`(?:, (?:at the (?P<end>end)|after\s`(?P<line>[^`]+)`))?:"
    r"\n\n```\w+\n(?P<text>.*?)^```$",
    re.M | re.S,
)
ASKED = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
LEFT = shutil.ignore_patterns(".git", ".venv*", ".*_cache", "__pycache__", ".hypothesis", ".ansible", "site", "wheels")


def section():
    text = (ROOT / "docs/extending.md").read_text()
    return re.split(r"^## ", text[text.index(SECTION) :][3:], flags=re.M)[0]


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    copy = tmp_path_factory.mktemp("copy") / "mailhost"
    shutil.copytree(ROOT, copy, ignore=LEFT, symlinks=True)
    for step in STEP.finditer(section()):
        path = copy / step["path"]
        before = path.read_text() if step["end"] or step["line"] else ""
        assert path.exists() == bool(before), path
        if step["line"]:
            lines = before.splitlines(keepends=True)
            found = [at for at, line in enumerate(lines, 1) if line.strip() == step["line"]]
            assert len(found) == 1, f"{step['path']} has no one line {step['line']!r} any more"
            path.write_text("".join([*lines[: found[0]], step["text"], *lines[found[0] :]]))
        else:
            path.write_text(before + step["text"])
    return copy


def commands():
    return [line for block in ASKED.findall(section()) for line in block.splitlines()]


def test_the_page_has_steps_and_commands():
    assert len(STEP.findall(section())) == 7 and len(commands()) == 3


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_page_ends_well(followed, command):
    env = {**os.environ, "ANSIBLE_CONFIG": str(followed / "ansible.cfg")}
    done = subprocess.run(["sh", "-c", command], cwd=followed, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("left_out", ["roles/mailhost/tasks/relay.yml", "module_utils/mailhost/words/mail_look.py"])
def test_who_forgets_a_step_is_told(followed, left_out):
    path = followed / left_out
    whole = path.read_text()
    shutil.copyfile(ROOT / left_out, path)
    try:
        done = subprocess.run(
            ["pytest", "-q", "tests/unit/test_role.py"], cwd=followed, capture_output=True, text=True, check=False
        )
    finally:
        path.write_text(whole)
    assert done.returncode == 1 and "mail_name" in done.stdout, done.stdout
