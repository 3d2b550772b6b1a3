"""The role's one list of steps: every word that changes a host is in it, and each step is such that
mail_look can read it."""

import importlib
import pathlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
TASKS = ROOT / "roles/mailhost/tasks"
IMPORT = "ansible.builtin.import_tasks"
WORDS = sorted(path.stem for path in (ROOT / "library").glob("*.py"))


def steps(name="steps.yml"):
    return [step for task in yaml.safe_load((TASKS / name).read_text()) for step in within(task)]


def within(task):
    if "block" in task:
        return [step for inner in task["block"] for step in within(inner)]
    return steps(task[IMPORT]) if IMPORT in task else [task]


def of(word):
    return importlib.import_module(f"mailhost.words.{word}")


def test_every_word_that_changes_a_host_is_a_step():
    changing = {word for word in WORDS if "lock_timeout" in of(word).ARGUMENT_SPEC} - {"mail_undo"}
    assert sorted(word for step in steps() for word in step if word in WORDS) == sorted(changing)


def test_a_step_is_one_word_and_nothing_else():
    for step in steps():
        assert len(set(step) & set(WORDS)) == 1, step
        assert set(step) <= {"name", "when", "register", *WORDS}, step


def test_the_module_takes_every_step_along():
    assert {word for step in steps() for word in step if word in WORDS} <= set(of("mail_look").WORDS)


def test_every_file_of_steps_is_imported():
    """A file that holds a step and is in no list would be a setting that nobody makes."""
    listed = {task[IMPORT] for task in flat(yaml.safe_load((TASKS / "steps.yml").read_text())) if IMPORT in task}
    others = {
        "main.yml",
        "steps.yml",
        "audit.yml",
        "plan.yml",
        "rollout_batch.yml",
        "rollout_plan.yml",
        "rollout_undo.yml",
    }
    assert {path.name for path in TASKS.glob("*.yml")} == listed | others


def flat(tasks):
    return [found for task in tasks for found in (flat(task["block"]) if "block" in task else [task])]
