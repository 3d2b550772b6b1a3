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


def test_the_default_scenario_is_debian_12():
    assert (ROOT / "molecule/default").resolve() == ROOT / "molecule/bookworm"
