"""Two checkouts on one container engine leave each other alone, and what is missing is named with what makes it."""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCKER = """#!/bin/sh
echo "$@" >>$LOG
case "$1 $2" in
    "ps -a") echo there ;;
esac
case $1 in
    info) exit $ENGINE ;;
    image) [ "$3" != mailhost/missing ] ;;
    inspect) echo 192.0.2.53 ;;
    network)
        case $2 in
            inspect) [ -e $LOG.network ] ;;
            create) sleep 0.3 && : >$LOG.network ;;
        esac
        ;;
esac
"""


@pytest.fixture
def fleet(tmp_path):
    """Runs fleet.sh of a checkout in a directory of this name beside an engine that only notes what it was asked."""

    setting_up = threading.Lock()

    def run(name, *words, engine=0):
        (tmp_path / "bin").mkdir(exist_ok=True)
        docker, log = tmp_path / "bin/docker", tmp_path / f"{name}.log"
        with setting_up:  # no script is written while another run reads it
            if not docker.exists() or not (tmp_path / name).exists():
                docker.write_text(DOCKER)
                docker.chmod(0o755)
                shutil.copytree(ROOT / "setup", tmp_path / name / "setup")
        env = {**os.environ, "PATH": f"{docker.parent}:{os.environ['PATH']}", "LOG": str(log), "ENGINE": str(engine)}
        script = str(tmp_path / name / "setup/fleet.sh")
        done = subprocess.run(["sh", script, *words], env=env, capture_output=True, text=True, check=False)
        return done, log.read_text() if log.exists() else ""

    return run


def suffix(root):
    return subprocess.run(
        ["sh", str(root / "setup/suffix.sh")], check=True, capture_output=True, text=True
    ).stdout.strip()


def names(log):
    """Every container and network that the engine was told to make or remove, or asked about."""
    found = re.findall(r"--(?:name|network) (\S+)", log) + re.findall(r"^network (?:create|rm) (\S+)", log, re.M)
    return {*found, *re.findall(r"^(?:rm -f -v|inspect .*) (\S+)$", log, re.M)}


@pytest.mark.parametrize("action", ["up", "down"])
def test_what_a_checkout_makes_and_removes_is_its_own(fleet, tmp_path, action):
    touched = {}
    for name in ("first", "second"):
        done, log = fleet(name, action)
        assert done.returncode == 0, done.stderr
        touched[name] = names(log)
        assert len(touched[name]) == 6  # four hosts, their name server, their network
        assert all(found.endswith(f"-{suffix(tmp_path / name)}") for found in touched[name])
    assert not touched["first"] & touched["second"]


def test_scenarios_that_start_at_once_make_one_network(fleet):
    """Docker makes a second network of the same name for who asks while the first is being made."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = [pool.submit(fleet, "one", "up", f"{host}=trixie") for host in ("first", "second", "third")]
    assert all(run.result()[0].returncode == 0 for run in runs)
    assert fleet("one", "up", "fourth=trixie")[1].count("network create") == 1


def test_a_checkout_is_the_same_by_whichever_path(tmp_path):
    shutil.copytree(ROOT / "setup", tmp_path / "real/setup")
    (tmp_path / "link").symlink_to("real")
    assert suffix(tmp_path / "real") == suffix(tmp_path / "link")


def test_a_missing_image_is_named_with_what_makes_it(fleet):
    done, log = fleet("one", "up", "mail=missing")
    assert (done.returncode, done.stderr) == (1, "the image mailhost/missing is missing. Run make images\n")
    assert not names(log)


def test_an_engine_that_does_not_answer(fleet):
    done, _ = fleet("one", "down", engine=1)
    assert (done.returncode, done.stderr) == (
        1,
        "the container engine does not answer. Run make engine (no reason given)\n",
    )


@pytest.mark.parametrize(
    ("group_vars", "host", "container"),
    [
        ("inventory/demo/group_vars", "trixie.example.test", "trixie.example.test"),
        ("molecule/shared/group_vars", "molecule-trixie", "molecule-trixie.example.test"),
    ],
)
def test_inventories_name_the_containers_that_the_fleet_starts(tmp_path, group_vars, host, container):
    inventory = ROOT / "inventory/demo"
    if not group_vars.startswith("inventory"):  # Molecule makes one, and links the variables
        inventory = tmp_path
        (inventory / "hosts.yml").write_text(f"mailhosts: {{hosts: {{{host}: }}}}")
        (inventory / "group_vars").symlink_to(ROOT / group_vars)
    env = {**os.environ, "MOLECULE_PROJECT_DIRECTORY": str(ROOT), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    command = ["ansible", "-i", str(inventory), host, "-m", "ansible.builtin.debug", "-a", "msg=<{{ ansible_host }}>"]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert f"<{container}-{suffix(ROOT)}>" in done.stdout, done.stdout + done.stderr


@pytest.fixture
def checkout(tmp_path):
    """Runs a script of a copy of the checkout's setup/ and molecule/, beside an engine that only notes."""
    for name in ("setup", "molecule"):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/docker").write_text(DOCKER)
    (tmp_path / "bin/docker").chmod(0o755)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/pip").symlink_to("/bin/true")
    log = tmp_path / "log"
    env = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "LOG": str(log), "ENGINE": "0"}

    def run(script, *words):
        words = ["sh", str(tmp_path / "setup" / script), *words]
        said = subprocess.run(words, env=env, capture_output=True, text=True, check=True).stdout.split()
        return said, re.findall(r"-t mailhost/(\S+)", log.read_text() if log.exists() else "")

    return run


def test_a_directory_is_an_image_and_a_scenario(checkout, tmp_path):
    for folder, script in ((tmp_path / "molecule/images", "images.sh"), (tmp_path / "molecule", "molecule.sh")):
        mark = "Dockerfile" if script == "images.sh" else "molecule.yml"
        files = [path for path in folder.glob(f"*/{mark}") if "\n# Built only by name" not in path.read_text()]
        there = {path.parent.name for path in files} - {"default"}
        assert set(checkout(script, "list")[0]) == there
        (folder / "another").mkdir()
        (folder / "another" / mark).write_text("FROM mailhost/ssh\n")
        assert set(checkout(script, "list")[0]) == {*there, "another"}


def test_an_image_is_built_once_behind_the_one_that_it_is_made_from(checkout, tmp_path):
    _, built = checkout("images.sh")
    assert sorted(built) == sorted(set(built)) == sorted(checkout("images.sh", "list")[0])
    for name in built:
        made_from = re.search(
            r"^FROM mailhost/(\S+)", (tmp_path / f"molecule/images/{name}/Dockerfile").read_text(), re.M
        )
        assert not made_from or built.index(made_from[1]) < built.index(name)


def test_the_makefile_has_no_list_of_its_own():
    """What all of them are is asked of the directories; the demo, the bench and the collection name what they use."""
    text = (ROOT / "Makefile").read_text()
    assert re.search(r"^molecule:.*\n\tsh setup/molecule.sh$", text, re.M)
    assert re.search(r"^images:.*\n\tsh setup/images.sh$", text, re.M)


@pytest.mark.parametrize(
    ("failed", "code"),
    [
        ("FAILED served/test_served.py::test_a - known thing", 0),
        ("FAILED served/test_served.py::test_a - known thing\nFAILED served/test_served.py::test_b - new", 1),
        ("nothing that is known to be a failure", 1),
    ],
)
def test_a_scenario_may_fail_only_as_listed(tmp_path, failed, code):
    shutil.copytree(ROOT / "setup", tmp_path / "setup")
    (tmp_path / "molecule/next").mkdir(parents=True)
    (tmp_path / "log").write_text(failed + "\n")
    command = ["sh", str(tmp_path / "setup/differences.sh"), "next", str(tmp_path / "log")]
    assert subprocess.run(command, check=False).returncode == 1  # nothing is listed
    (tmp_path / "molecule/next/differences").write_text("# what\twhy\nknown thing\tits new version says so\n")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done
    assert ("its new version says so" in done.stdout) == ("known" in failed and "test_a" in failed)


def test_the_default_scenario_is_debian_12():
    assert (ROOT / "molecule/default").resolve() == ROOT / "molecule/bookworm"
