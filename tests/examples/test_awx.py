"""awx/ makes what it says, in something that speaks AWX's API, and a second time nothing.

Its playbooks are those of this repository, and its surveys ask for what they take.
"""

import os
import pathlib
import re
import subprocess

import pytest
import yaml

from ..awx import Awx

ROOT = pathlib.Path(__file__).resolve().parents[2]
OBJECTS = yaml.safe_load((ROOT / "awx/objects.yml").read_text())
SPECS = yaml.safe_load((ROOT / "roles/mailhost/meta/argument_specs.yml").read_text())["argument_specs"]
OPTIONS = {name: option for spec in SPECS.values() for name, option in (spec.get("options") or {}).items()}
#: AWX's types of questions, and what their answers are
TYPES = {"text": "str", "integer": "int", "multiplechoice": "str"}
QUESTIONS = [(template, question) for template in OBJECTS["awx_job_templates"] for question in template["survey"]]
SECRETS = '{"awx_machine": {"username": "root", "ssh_key_data": "hush-hush"}, "awx_vault_password": "hush-hush"}'


def playbook(template):
    return (ROOT / template["playbook"]).read_text()


@pytest.mark.parametrize("template", OBJECTS["awx_job_templates"], ids=lambda one: one["name"])
def test_a_template_runs_a_playbook_and_gives_it_what_it_takes(template):
    text = playbook(template)
    for name in [*template.get("extra_vars", {}), *(question["variable"] for question in template["survey"])]:
        read = re.search(rf"\b{name}\b", text)
        assert read or name in OPTIONS and "name: mailhost" in text, f"{template['playbook']} takes no {name}"


@pytest.mark.parametrize(("template", "question"), QUESTIONS)
def test_a_question_is_one_that_awx_and_the_role_know(template, question):
    assert set(question) >= {"question_name", "variable", "type", "required"} and question["type"] in TYPES
    choices = question.get("choices", [])
    assert bool(choices) == (question["type"] == "multiplechoice")
    assert question.get("default", *choices[:1] or [None]) in choices or not choices
    option = OPTIONS.get(question["variable"], {})
    assert set(choices) <= set(option.get("choices") or choices)
    assert option.get("type", TYPES[question["type"]]) in (TYPES[question["type"]], "raw")
    if question["type"] == "integer":
        assert question["min"] <= question["default"] <= question["max"]


@pytest.fixture(scope="module")
def runs():
    """The playbook run twice against one AWX: it, and for each run what it printed and what it changed there."""
    awx, found = Awx(), []
    env = {
        "CONTROLLER_HOST": f"http://127.0.0.1:{awx.server_address[1]}",
        "CONTROLLER_OAUTH_TOKEN": "t",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
    }
    for _ in range(2):
        before = len(awx.changes)
        done = subprocess.run(
            ["ansible-playbook", "-v", "-i", "localhost,", "awx/setup.yml", "-e", SECRETS],
            cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        found.append((done.stdout + done.stderr, awx.changes[before:]))
    yield awx, found
    awx.shutdown()
    awx.server_close()


def test_everything_is_made(runs):
    awx, _ = runs
    templates = {one["name"]: one for one in awx.of("job_templates")}
    assert list(templates) == [one["name"] for one in OBJECTS["awx_job_templates"]]
    for wanted in OBJECTS["awx_job_templates"]:
        made = templates[wanted["name"]]
        assert made["playbook"] == wanted["playbook"] and made["survey_enabled"]
        assert awx.below[f"{made['url']}survey_spec/"]["spec"] == wanted["survey"]
        credentials = [
            awx.objects[f"/api/v2/credentials/{number}/"]["name"] for number in awx.below[f"{made['url']}credentials/"]
        ]
        assert credentials == ["mailhost-hosts", "mailhost-vault"]
    schedule = awx.of("schedules")[0]
    assert schedule["unified_job_template"] == templates["mailhost: audit"]["id"]
    assert set(schedule["extra_data"]) <= {one["variable"] for one in OBJECTS["awx_job_templates"][2]["survey"]}


def test_the_workflow_rolls_out_what_was_planned_and_approved(runs):
    awx, _ = runs
    nodes = {one["identifier"]: one for one in awx.of("workflow_job_template_nodes")}
    by_id = {
        one["id"]: one["name"] for kind in ("job_templates", "workflow_approval_templates") for one in awx.of(kind)
    }
    follows = {
        name: [
            one["identifier"]
            for one in nodes.values()
            if one["id"] in awx.below.get(f"{node['url']}success_nodes/", [])
        ]
        for name, node in nodes.items()
    }
    assert follows == {"plan": ["approve"], "approve": ["rollout"], "rollout": []}
    assert [by_id[nodes[name]["unified_job_template"]] for name in ("plan", "rollout")] == [
        "mailhost: plan",
        "mailhost: rollout",
    ]
    assert not [path for path in awx.below if path.endswith(("failure_nodes/", "always_nodes/"))], (
        "it goes on after a failure"
    )


def test_a_second_run_makes_nothing_and_shows_no_secret(runs):
    _, ((first, made), (second, changed)) = runs
    assert made and "hush-hush" not in first + second
    # awx.awx cannot look an approval up by the fields that it was made with, and writes them again
    assert [one for one in changed if "workflow_approval_templates" not in one[1]] == []
