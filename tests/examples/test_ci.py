"""examples/ci: what the jobs run is run here, in a repository such as they are for, without what they would fetch."""

import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml

from ..schemas import follows

ROOT = pathlib.Path(__file__).resolve().parents[2]
CI = ROOT / "examples/ci"
FETCHES = ("pip install", "ansible-galaxy collection install -r requirements.yml")
PLAYBOOK = re.compile(r"\bmailhost\.mailhost\.(\w+)")
HOSTS = "---\nmailhosts:\n  hosts:\n    mail.example.org:\n      ansible_host: 127.0.0.1\n      ansible_port: 1\n"
VARIABLES = "---\nmailhost_domains: [example.org]\nmailhost_audit_read: false\n"


def gitlab(job):
    told = yaml.safe_load((CI / "gitlab-ci.yml").read_text())
    run = [*told["default"]["before_script"], *told[job]["script"]]
    kept = told[job].get("artifacts", {})
    kept = [*kept.get("paths", []), *kept.get("reports", {}).values()]
    return "set -e\n" + "\n".join(run), told["variables"], kept


def github(job):
    told = yaml.safe_load((CI / "github-actions.yml").read_text())["jobs"][job]["steps"]
    kept = [path for step in told for path in step.get("with", {}).get("path", "").split()]
    after = '\nset -a; . "$GITHUB_ENV"; set +a\n'  # what a step leaves there the next one has
    runs = [step["run"] for step in told if "run" in step and step.get("if") != "always()"]
    return "set -e\n: >>$GITHUB_ENV\n" + after.join(f"( set -e\n{run}\n)" for run in runs), {}, kept


JOBS = [(gitlab, "lint"), (gitlab, "plan"), (gitlab, "audit"), (github, "plan"), (github, "audit")]


@pytest.fixture
def repository(tmp_path):
    """A repository with an inventory of one host that nobody reaches, and what a runner gives its jobs."""
    folder = tmp_path / "repository"
    (folder / "group_vars").mkdir(parents=True)
    for name, text in (("hosts.yml", HOSTS), ("group_vars/mailhosts.yml", VARIABLES), ("known_hosts", "")):
        (folder / name).write_text(text)
    for name in ("ssh-key", "vault-password"):
        (tmp_path / name).write_text("x\n")
    (tmp_path / "env").write_text("")
    return folder


def run(repository, script, variables):
    """The script, with what it fetches left out, the collection's playbooks those of this tree, and what GITHUB_ENV
    gets quoted, as a shell needs it that reads it here."""
    lines = [line for line in script.splitlines() if not line.strip(" -").startswith(FETCHES)]
    text = PLAYBOOK.sub(lambda match: f"{ROOT}/playbooks/{match[1]}.yml", "\n".join(lines))
    above = repository.parent
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith("ANSIBLE_")},
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "CI_PROJECT_DIR": str(repository),
        "GITHUB_WORKSPACE": str(repository),
        "RUNNER_TEMP": str(above),
        "GITHUB_ENV": str(above / "env"),
        "SSH_KEY": str(above / "ssh-key"),
        "VAULT_PASSWORD": str(above / "vault-password"),
    }
    env.update(
        {
            name: value.replace("$CI_PROJECT_DIR", str(repository))
            .replace("$VAULT_PASSWORD", env["VAULT_PASSWORD"])
            .replace("$SSH_KEY", env["SSH_KEY"])
            for name, value in variables.items()
        }
    )
    text = re.sub(r'>>"\$GITHUB_ENV"', '| sed "s/=\\\\(.*\\\\)/=\'\\\\1\'/" >>"$GITHUB_ENV"', text)
    return subprocess.run(
        ["bash", "-c", text], cwd=repository, env=env, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize(("service", "job"), JOBS)
def test_the_playbooks_of_a_job_are_there(service, job):
    script, _, _ = service(job)
    names = PLAYBOOK.findall(script)
    assert names == ([] if job == "lint" else [job])
    assert all((ROOT / f"playbooks/{name}.yml").exists() for name in names)
    pinned = dict(line.split("==") for line in (ROOT / "requirements.txt").read_text().split() if "==" in line)
    for name, number in re.findall(r"(\S+)==(\S+)", script):
        assert pinned[name] == number, f"{name}: the example has another version than the tests"


@pytest.mark.parametrize("wrong", ["", "mailhosts: [\n", "---\nothers: {}\n"])
def test_lint(repository, wrong):
    script, variables, _ = gitlab("lint")
    (repository / "hosts.yml").write_text(wrong or HOSTS)
    done = run(repository, script, variables)
    assert (done.returncode == 0) == (not wrong), done.stdout + done.stderr


@pytest.mark.parametrize(("service", "job"), [one for one in JOBS if one[1] != "lint"])
def test_a_job_fails_for_a_host_that_nobody_reaches_and_keeps_what_says_so(service, job, repository):
    script, variables, kept = service(job)
    done = run(repository, script, variables)
    assert done.returncode != 0, done.stdout
    assert "PLAY RECAP" in done.stdout, done.stdout + done.stderr
    assert kept and all((repository / path).is_file() for path in kept), done.stdout + done.stderr
    document = follows(job, json.loads((repository / f"{job}/{job}.json").read_text()))
    assert (
        document["unreachable"] == ["mail.example.org"] if job == "plan" else document["verdict"] in ("fail", "invalid")
    )
