"""What is in the collection's file, and what Ansible's own tools read in it. Needs no host."""

import json
import pathlib
import re
import shutil
import tarfile

import pytest
import yaml

from .conftest import ROOT, collection

WORDS = sorted(path.stem for path in (ROOT / "library").glob("*.py"))
VERSION = collection.GALAXY["version"]


def test_ansible_doc_knows_every_word_in_it(project):
    listed = project.run("ansible-doc", "-l", "mailhost.mailhost", "--json")
    assert sorted(json.loads(listed.stdout)) == [f"mailhost.mailhost.{word}" for word in WORDS]
    told = project.run("ansible-doc", "--json", *(f"mailhost.mailhost.{word}" for word in WORDS))
    assert told.returncode == 0 and not told.stderr, told.stderr
    for name, entry in json.loads(told.stdout).items():
        assert entry["doc"]["filename"].startswith(str(project.installed)), "it is another collection's, or the tree's"
        examples = yaml.safe_load(entry["examples"])
        assert any(name in task for task in examples) and not any(set(task) & set(WORDS) for task in examples), name
    page = project.run("ansible-doc", "mailhost.mailhost.mailboxes")
    assert page.returncode == 0 and "confirm_timeout" in page.stdout, "the fragments are not found"
    callback = project.run("ansible-doc", "-t", "callback", "mailhost.mailhost.mailhost_progress")
    assert callback.returncode == 0 and "MAILHOST_MANY" in callback.stdout, callback.stderr
    role = project.run("ansible-doc", "-t", "role", "mailhost.mailhost.mailhost")
    assert role.returncode == 0 and "mailhost_domains" in role.stdout, role.stderr


def test_it_has_every_playbook_and_each_play_looks_into_it_first(project):
    names = {path.name for path in (project.installed / "playbooks").glob("*.yml")}
    assert names == {path.name for path in (ROOT / "playbooks").glob("*.yml")} | {"site.yml"}
    for path in (project.installed / "playbooks").glob("*.yml"):
        for play in yaml.safe_load(path.read_text()):
            if "ansible.builtin.import_playbook" in play:
                assert (path.parent / play["ansible.builtin.import_playbook"]).exists()
            else:
                assert play["collections"] == ["mailhost.mailhost"], f"{path.name}: {play['name']}"


def test_nothing_in_it_is_of_the_tree(project):
    files = [path for path in project.installed.rglob("*") if path.is_file()]
    for path in files:
        assert path.suffix != ".pyc" and path.name != ".git"
        text = path.read_text()
        assert str(ROOT) not in text, path
        if path.suffix == ".py":
            assert not re.search(r"^\s*(?:from|import) ansible\.module_utils\.mailhost", text, re.MULTILINE), path
    assert "__path__" not in (project.installed / "plugins/action/mailhost.py").read_text()


def test_links_of_its_texts_lead_somewhere(project):
    for path in [*project.installed.glob("*.md"), *(project.installed / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
            assert (path.parent / link).exists(), f"{path.name} names {link}"


def test_its_version_is_the_newest_of_the_changelog():
    assert re.findall(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == VERSION


def test_a_rule_that_finds_nothing_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(collection, "RULES", (("plugins/**/*.py", r"^import what_nobody_imports$", ""),))
    with pytest.raises(SystemExit, match="nothing in plugins.* what_nobody_imports"):
        collection.build(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_plugin_directory_of_ansible_cfg_is_taken_along(tmp_path, monkeypatch):
    (tmp_path / "ansible.cfg").write_text("[defaults]\nlibrary = library\nfilter_plugins = filters\nforks = 20\n")
    monkeypatch.setattr(collection, "ROOT", tmp_path)
    places = collection.places()
    assert (places["library"], places["filters"]) == ("plugins/modules", "plugins/filter")


def test_the_execution_environment_has_it_in(file, project, tmp_path):
    """Its base image comes from a registry, so only the context is made, and what its galaxy stage
    would do is done here."""
    (tmp_path / "build").mkdir()
    shutil.copy(file, tmp_path / "build")
    shutil.copy(ROOT / "execution-environment.yml", tmp_path)
    builder = pathlib.Path(shutil.which("ansible-galaxy")).parent / "ansible-builder"
    done = project.run(builder, "create", "-c", tmp_path / "context", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    stage = tmp_path / "context/_build"
    command = [
        "ansible-galaxy",
        "collection",
        "install",
        "--offline",
        "-r",
        "requirements.yml",
        "-p",
        tmp_path / "place",
    ]
    done = project.run(*command, cwd=stage)
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = tmp_path / "place/ansible_collections/mailhost/mailhost/MANIFEST.json"
    assert json.loads(manifest.read_text())["collection_info"]["version"] == VERSION
    described = yaml.safe_load((ROOT / "execution-environment.yml").read_text())["dependencies"]
    pinned = (ROOT / "requirements.txt").read_text().split()
    for package in (
        described["ansible_core"]["package_pip"],
        described["ansible_runner"]["package_pip"],
        *described["python"],
    ):
        assert package in pinned, f"{package} is not what requirements.txt pins"


def test_the_role_alone_is_not_offered(project, tmp_path):
    """Without the words it could do nothing, so `ansible-galaxy role install` finds no role here."""
    tree = tmp_path / "mailhost"
    shutil.copytree(ROOT / "roles", tree / "roles")
    packed = tmp_path / "mailhost.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(tree, "mailhost")
    done = project.run("ansible-galaxy", "role", "install", packed, "-p", tmp_path / "roles")
    assert done.returncode != 0 and "does not appear to have a meta/main.yml" in done.stderr, done.stdout + done.stderr
