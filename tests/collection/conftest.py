"""The collection as its users have it: built from this tree, installed into an empty place,
used from a project elsewhere."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "setup"))

import collection  # noqa: E402 (the path comes first)


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    return collection.build(tmp_path_factory.mktemp("built"))


class Project:
    """A directory with an inventory and an ansible.cfg of its own, and no Ansible setting of this tree's around it."""

    def __init__(self, folder: pathlib.Path):
        self.folder, self.place = folder, folder / "collections"
        self.installed = self.place / "ansible_collections/mailhost/mailhost"
        (folder / "ansible.cfg").write_text(
            "[defaults]\ninventory = hosts.json\ncollections_path = collections\n"
            "stdout_callback = mailhost.mailhost.mailhost_progress\ncallback_result_format = yaml\n"
        )

    def run(self, *command, cwd=None, **environment):
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHONPATH"))}
        own = {"XDG_STATE_HOME": str(self.folder / "state"), "PWD": str(self.folder), "COLUMNS": "400", **environment}
        return subprocess.run(
            [str(word) for word in command],
            cwd=cwd or self.folder,
            env={**ours, **own},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    def hosts(self, name, variables):
        (self.folder / "hosts.json").write_text(json.dumps({"mailhosts": {"hosts": {name: variables}}}))


@pytest.fixture(scope="module")
def project(file, tmp_path_factory):
    made = Project(tmp_path_factory.mktemp("project"))
    done = made.run("ansible-galaxy", "collection", "install", "--offline", file, "-p", made.place)
    assert done.returncode == 0, done.stdout + done.stderr
    return made
