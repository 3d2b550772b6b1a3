"""The role's one list of steps: every word that changes a host is in it, and each step is such that
mail_look can read it."""

import importlib
import pathlib
import re

import pytest
import yaml
from ansible.plugins.filter import core as filters
from ansible.plugins.test import core as tests
from jinja2.nativetypes import NativeEnvironment

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


#: where an option comes from that is not the variable of its own name, in every word that has it
FROM = {
    "hostname": "{{ mailhost_fqdn }}",
    "networks": "{{ mailhost_relay_networks }}",
    "authenticated": "{{ mailhost_relay_authenticated }}",
    "store": "{{ mailhost_mailbox_store }}",
    "timeout": "{{ mailhost_commit_timeout }}",
    "message_size": "{{ mailhost_message_size | default(omit) }}",
    "smarthost": "{{ mailhost_smarthost | default(omit) }}",
    "certificate": "{{ mailhost_certificate.path | default(omit) }}",
    "key": "{{ mailhost_certificate.key_path | default(omit) }}",
    "user": "{{ mailhost_probe_login.user | default(omit) }}",
    "password": "{{ mailhost_probe_login.password | default(omit) }}",
    "mailbox": "{{ __mailhost_probe_mailbox | default(omit, true) }}",
    "saslauthd": "{{ __mailhost_saslauthd }}",
    "clear_passwords": "{{ __mailhost_clear_passwords }}",
    "serving": "{{ __mailhost_tunnels.serving | default([]) }}",
}
#: and where it comes from in one word only
FROM_IN = {
    ("mta", "name"): "{{ mailhost_mta }}",
    ("stunnel_services", "services"): "{{ mailhost_stunnel }}",
    ("mail_commit", "services"): "{{ __mailhost_services }}",
    ("mail_certificate", "services"): ["{{ __mailhost_access_unit }}", "{{ mailhost_mta }}"],
    ("mail_certificate", "names"): "{{ mailhost_certificate.names | default([mailhost_fqdn]) }}",
    ("mail_certificate", "key_path"): "{{ mailhost_certificate.key_path | default(omit) }}",
    **{
        ("mail_certificate", key): f"{{{{ mailhost_certificate.{key} | default(omit) }}}}"
        for key in ("provider", "days", "renew_days", "certificate", "key", "chain", "path")
    },
}
#: options that are computed: what they are for some inventories
COMPUTED = [
    ("mail_packages.products", {}, ["postfix", "dovecot", "openssl"]),
    ("mail_packages.products", {"mailhost_mta": "sendmail"}, ["sendmail", "dovecot", "openssl"]),
    ("mail_packages.products", {"__mailhost_saslauthd": True}, ["postfix", "dovecot", "openssl", "saslauthd"]),
    ("mail_packages.products", {"mailhost_stunnel": [{}]}, ["postfix", "dovecot", "openssl", "stunnel"]),
    ("mail_packages.products", {"mailhost_access": "cyrus"}, ["postfix", "cyrus", "openssl"]),
    ("mail_commit.smtp", {"mailhost_relay_authenticated": True}, ["smtp", "submission"]),
    ("mail_commit.smtp", {"mailhost_relay_authenticated": False}, ["smtp"]),
    ("mail_commit.address", {}, "127.0.0.1"),
    ("mail_commit.address", {"mailhost_addresses": ["*"]}, "127.0.0.1"),
    ("mail_commit.address", {"mailhost_addresses": ["::1"]}, "127.0.0.1"),
    ("mail_commit.address", {"mailhost_addresses": ["fd00::1", "192.0.2.1", "192.0.2.2"]}, "192.0.2.1"),
    ("dovecot_settings.postfix_sasl", {"mailhost_relay_authenticated": True}, True),
    ("dovecot_settings.postfix_sasl", {"mailhost_relay_authenticated": False}, False),
    ("dovecot_settings.postfix_sasl", {"mailhost_relay_authenticated": True, "mailhost_mta": "sendmail"}, False),
]
USUAL = {"mailhost_mta": "postfix", "mailhost_access": "dovecot", "mailhost_stunnel": [], "__mailhost_saslauthd": False}


def test_an_option_comes_from_its_variable():
    """Another variable of the same type would pass every other check: domains from relay_domains, say."""
    computed = {name for name, _, _ in COMPUTED}
    for step in steps():
        (word,) = set(step) & set(WORDS)
        for option, text in (step[word] or {}).items():
            if f"{word}.{option}" not in computed:
                own = FROM.get(option, f"{{{{ mailhost_{option} }}}}")
                assert text == FROM_IN.get((word, option), own), f"{word}.{option}"


@pytest.mark.parametrize(("name", "inventory", "value"), COMPUTED)
def test_what_is_computed_for_a_word(name, inventory, value):
    word, option = name.split(".")
    (step,) = (step for step in steps() if word in step)
    environment = NativeEnvironment()
    environment.filters.update(filters.FilterModule().filters())
    environment.tests.update(tests.TestModule().tests())
    assert environment.from_string(step[word][option]).render({**USUAL, **inventory}) == value


def test_steps_are_in_order():
    """Packages before what configures them; the certificate before who is told of it; who relays before its MTA is
    switched to; the commit behind all that it restarts; mailboxes that are made over IMAP behind that."""
    order = [
        "mail_packages",
        "mail_certificate",
        "mailboxes",
        "dovecot_settings",
        "dovecot_protocols",
        "cyrus_services",
        "postfix_relay",
        "sendmail_relay",
        "mta",
        "stunnel_services",
        "mail_commit",
        "cyrus_mailboxes",
    ]
    assert [word for step in steps() for word in step if word in order] == order


def test_a_run_is_checked_then_looked_at_and_then_made_where_something_differs():
    checked, looked, made = yaml.safe_load((TASKS / "main.yml").read_text())
    assert checked["mail_input"] == {"entry_points": ["main"], "steps": ["steps.yml"]}
    assert (checked["run_once"], checked["when"]) == (True, "__mailhost_unchecked")
    assert (looked["mail_look"], looked["register"]) == ({"steps": "steps.yml"}, "__mailhost_look")
    assert "when" not in looked
    assert made["ansible.builtin.include_tasks"] == "steps.yml"
    assert made["when"] == "__mailhost_look.differs | length > 0"
