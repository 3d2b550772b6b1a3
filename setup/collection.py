"""Builds the collection mailhost.mailhost from this tree:
collection.py DIRECTORY, which gets mailhost-mailhost-VERSION.tar.gz.

What a collection has and the tree has not lies in ``setup/collection/``. The rest is the tree's own, put where a
collection has it, with names and imports made the collection's by ``RULES``. A rule that finds nothing to do is an
error, so that none outlives what it was for.
"""

from __future__ import annotations

import configparser
import io
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tokenize

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
OWN = ROOT / "setup/collection"
GALAXY = yaml.safe_load((OWN / "galaxy.yml").read_text())
NAME = f"{GALAXY['namespace']}.{GALAXY['name']}"
LOGIC = f"ansible_collections.{NAME}.plugins.module_utils.mailhost"
#: what lies in the same place in both
SAME = ("roles", "playbooks", "docs", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE")
#: plugin directories whose option in ansible.cfg is not called KIND_plugins
KINDS = {"library": "modules", "module_utils": "module_utils", "doc_fragment_plugins": "doc_fragments"}


def fragments(names: str) -> str:
    return "".join(f"\n  - {NAME}.{name}" for name in names.split(", "))


def without_underscores(text: str) -> str:
    lines = text.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        if token.type == tokenize.NAME and token.string == "_":
            line, column = token.start
            lines[line - 1] = f"{lines[line - 1][:column]}dummy{lines[line - 1][column + 1 :]}"
    return "".join(lines)


#: files, pattern, replacement
RULES = (
    ("plugins/**/*.py", r"\bansible\.module_utils\.mailhost\b", LOGIC),
    ("plugins/action/*.py", r'(action_loader\.get\(")(?=\w+")', rf"\g<1>{NAME}."),
    # the tree's import path, which a collection has by itself
    ("plugins/action/mailhost.py", r"^import ansible\.module_utils\n", ""),
    ("plugins/action/mailhost.py", r"^from ansible\.plugins\.loader import module_utils_loader\n", ""),
    ("plugins/action/mailhost.py", r"^# On a host AnsiballZ .*\n(?:.+\n)+\n", ""),
    ("plugins/action/*.py", r"  # (?:noqa: E402  \(needs the path above\)|the base has made it a path)$", ""),
    # documentation
    ("plugins/modules/*.py", r"(?<=^extends_documentation_fragment:) \[(.+)\]$", lambda at: fragments(at.group(1))),
    ("plugins/*/*.py", r"\b(M\((?=\w+\))|(?:O|RV)\((?=\w+#))", rf"\g<1>{NAME}."),
    ("plugins/modules/*.py", r"^(- name: .*\n  )(?=\w+:)", rf"\g<1>{NAME}."),
    # what is not looked at has another name in collections: `_` is for translations
    ("plugins/**/*.py", r"\A(?s:.*)\Z", lambda at: without_underscores(at.group())),
    # playbooks: those of a role look into its collection first, a play must be told to
    ("playbooks/*.yml", r"^  hosts: .*\n", rf"\g<0>  collections: [{NAME}]\n"),
    ("playbooks/site.yml", r"(import_playbook: )playbooks/", r"\g<1>"),
)


def places() -> "dict[str, str]":
    """Where each part of the tree goes: its plugin directories are those that ansible.cfg names."""
    config = configparser.ConfigParser()
    config.read(ROOT / "ansible.cfg")
    found = {name: name for name in SAME}
    for option, directory in config["defaults"].items():
        if option in KINDS or option.endswith("_plugins"):
            found[directory] = f"plugins/{KINDS.get(option, option[: -len('_plugins')])}"
    return {**found, "site.yml": "playbooks/site.yml", "setup/collection": "."}


def copy(target: pathlib.Path) -> None:
    for source, place in places().items():
        if (ROOT / source).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(ROOT / source, target / place, ignore=ignored, dirs_exist_ok=True)
        else:
            shutil.copy(ROOT / source, target / place)


def rename(target: pathlib.Path) -> None:
    for files, pattern, replacement in RULES:
        done = 0
        for path in target.glob(files):
            text, times = re.subn(pattern, replacement, path.read_text(), flags=re.MULTILINE)
            if times:
                path.write_text(text)
            done += times
        if not done:
            raise SystemExit(f"setup/collection.py: nothing in {files} is like {pattern}: mend or remove that rule")


def unlink(target: pathlib.Path) -> None:
    """In the texts, what only the tree has is named and no link."""
    for path in target.rglob("*.md"):

        def kept(link: "re.Match[str]", folder: pathlib.Path = path.parent) -> str:
            return link.group() if (folder / link.group(2)).exists() else link.group(1)

        path.write_text(re.sub(r"\[([^\]]+)\]\((?!\w+:)([^)#]+)[^)]*\)", kept, path.read_text()))


def build(directory: pathlib.Path) -> pathlib.Path:
    """The collection's file, below the directory."""
    with tempfile.TemporaryDirectory() as scratch:
        target = pathlib.Path(scratch)
        copy(target)
        rename(target)
        unlink(target)
        command = ["ansible-galaxy", "collection", "build", "--force", "--output-path", str(directory), str(target)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return directory / f"{NAME.replace('.', '-')}-{GALAXY['version']}.tar.gz"


if __name__ == "__main__":
    print(build(pathlib.Path(sys.argv[1]).resolve()))
