"""The role's one list of steps: every word that changes a host is in it, and each step is such that
mail_look can read it."""

import importlib
import pathlib
import re

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
        "names.yml",
        "plan.yml",
        "rollout_batch.yml",
        "rollout_plan.yml",
        "rollout_undo.yml",
    }
    assert {path.name for path in TASKS.glob("*.yml")} == listed | others


def flat(tasks):
    return [found for task in tasks for found in (flat(task["block"]) if "block" in task else [task])]


#: options that every run has, and those that a run leaves to the word, which knows the host's own places
RUNS_OWN = {"lock_timeout", "confirm_timeout", "accept"}
LEFT = {
    "mail_certificate": {"bits"},
    "dovecot_settings": {"maildir"},
    "cyrus_services": {"admins"},
    "postfix_relay": {"maildir"},
    "sendmail_relay": {"maildir"},
    "stunnel_services": {"ssl_version"},
    "mail_commit": {"state"},
}
#: the steps that not every host takes, and which do
TAKEN = {
    "mta": "__mailhost_packages.mtas != [mailhost_mta]",
    "postfix_relay": "mailhost_mta == 'postfix'",
    "sendmail_relay": "mailhost_mta == 'sendmail'",
    "dovecot_settings": "mailhost_access == 'dovecot'",
    "dovecot_protocols": "mailhost_access == 'dovecot'",
    "cyrus_services": "mailhost_access == 'cyrus'",
    "cyrus_mailboxes": "mailhost_access == 'cyrus'",
    "stunnel_services": "mailhost_stunnel | length > 0 or __mailhost_packages.tunnels",
}
AROUND = "not (__mailhost_check and __mailhost_packages is changed)"


def test_a_step_gives_its_word_every_option():
    """A line deleted from a step would be a setting of the inventory's that no host gets."""
    for step in steps():
        (word,) = set(step) & set(WORDS)
        left = set(of(word).ARGUMENT_SPEC) - RUNS_OWN - set(step[word] or {})
        assert left == LEFT.get(word, set()), word


def test_a_step_is_taken_where_it_should_be():
    taken = {word: step.get("when") for step in steps() for word in set(step) & set(WORDS)}
    assert taken == {**dict.fromkeys(taken), **TAKEN}
    (block,) = (task for task in yaml.safe_load((TASKS / "steps.yml").read_text()) if "block" in task)
    assert block["when"] == AROUND


def test_what_steps_tell_each_other_is_registered():
    given = yaml.safe_load((ROOT / "roles/mailhost/vars/main.yml").read_text())
    told = {step["register"] for step in steps() if "register" in step}
    assert told == set(re.findall(r"__mailhost_\w+", str([*steps(), AROUND]))) - set(given)


def test_a_run_that_fails_takes_back_what_it_changed_and_says_why():
    (block,) = (task for task in yaml.safe_load((TASKS / "steps.yml").read_text()) if "block" in task)
    aborted, failed = block["rescue"]
    assert (aborted["mail_commit"], aborted["when"]) == ({"state": "aborted"}, "not __mailhost_check")
    assert failed["ansible.builtin.fail"] == {"msg": "{{ ansible_failed_result.msg }}"}
