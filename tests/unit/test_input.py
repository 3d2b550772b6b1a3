"""What an inventory says is checked as a whole: unknown names, wrong values, where they stand,
and no host is asked before."""

import importlib
import json
import os
import pathlib
import re
import socket
import subprocess
import threading

import pytest
import yaml
from ansible.module_utils.common.parameters import DEFAULT_TYPE_VALIDATORS
from mailhost.core import input as inputs
from mailhost.core.errors import BadInput, Entry
from mailhost.words import mail_input

from .test_role import TASKS, WORDS, steps

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROLE = ROOT / "roles/mailhost"
SPECS = {
    name: entry["options"]
    for name, entry in yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"].items()
}
PUBLIC = {name: option for options in SPECS.values() for name, option in options.items()}
SECRET = "SECRETsecret0123456789"

# the pure part


def convert(kind, value):
    try:
        return True, DEFAULT_TYPE_VALIDATORS[kind](value)
    except (TypeError, ValueError):
        return False, value


@pytest.mark.parametrize("place", ["a", "a[0]", "a[12].b", "a.b[1].c_d", "a[1][2]"])
def test_a_place_is_read_as_it_is_written(place):
    assert inputs.place(inputs.keys(place)) == place


BOX = {"name": {"type": "str", "required": True}, "uid": {"type": "int"}, "password": {"type": "str", "no_log": True}}
SPEC = {
    "boxes": {"type": "list", "elements": "dict", "options": BOX},
    "mta": {"type": "str", "choices": ["postfix", "sendmail"]},
    "pin": {"type": "int", "no_log": True},
    "on": {"type": "bool"},
    "login": {"type": "dict", "options": BOX},
}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"boxes": [{"name": "a", "uid": "7"}], "mta": "postfix", "on": "yes"}, []),
        ({"mtaa": SECRET}, ["mtaa: there is no such key. Did you mean mta?"]),
        ({"zzzzzz": 1}, ["zzzzzz: there is no such key. Known are boxes, login, mta, on, pin"]),
        (
            {"boxes": [{"name": "a"}, {"nam": "b"}]},
            ["boxes[1].nam: there is no such key. Did you mean name?", "boxes[1].name: is missing"],
        ),
        ({"boxes": [{"name": "a", "uid": "x"}]}, ["boxes[0].uid: 'x' is not of type int"]),
        (
            {"login": {"passwort": SECRET, "name": "a"}},
            ["login.passwort: there is no such key. Did you mean password?"],
        ),
        ({"login": SECRET}, ["login: a value of type str is not of type dict"]),
        ({"boxes": {"a": SECRET}}, ["boxes: a value of type dict is not of type list"]),
        ({"boxes": [SECRET]}, ["boxes[0]: a value of type str is not of type dict"]),
        ({"mta": "exim"}, ["mta: 'exim' is not a choice. Choose from 'postfix', 'sendmail'"]),
        ({"pin": SECRET}, ["pin: a value of type str is not of type int"]),
        ({"mta": "a\0b"}, ["mta: a NUL in the value"]),
    ],
)
def test_faults(given, told):
    found = [str(error) for error in inputs.faults(SPEC, given, convert)]
    assert len(found) == len(told) and all(map(str.startswith, found, told)), found
    assert SECRET not in str(found)


def test_an_entry_of_a_list_is_named_behind_its_place():
    error = BadInput(Entry("boxes[3]", "al").at("uid"), "0 is no uid", "Give one")
    assert (str(error), error.place, error.rest) == (
        "boxes[3].uid ('al'): 0 is no uid. Give one",
        "boxes[3].uid",
        " ('al'): 0 is no uid. Give one",
    )


VARIABLES = {
    "mailhost_nets": ["10.0.0.0/8", "x"],
    "mailhost_fqdn": "a.test",
    "mailhost_cert": {"names": ["{{ mailhost_fqdn }}"], "days": 3},
    "mailhost_loop": "{{ mailhost_loop }}",
    "__mailhost_served": "{{ mailhost_nets + mailhost_fqdn }}",
    "__mailhost_loop": "{{ __mailhost_loop }}",
}


@pytest.mark.parametrize(
    ("text", "place", "variable", "stands"),
    [
        ("{{ mailhost_nets }}", "o[1]", "mailhost_nets[1]", "x"),
        ("{{ mailhost_nets | default([]) }}", "o[1]", "mailhost_nets[1]", "x"),
        ("{{ mailhost_cert.days | default(omit) }}", "o", "mailhost_cert.days", "days"),
        ("{{ mailhost_cert.names }}", "o[0]", "mailhost_fqdn", "a.test"),
        ("{{ [mailhost_fqdn] + __mailhost_x }}", "o[0]", "mailhost_fqdn", "a.test"),
        ("{{ mailhost_cert.chain | default('') }}", "o", "mailhost_cert.chain", "mailhost_cert"),
        ("{{ __mailhost_units }}", "o", None, "{{ __mailhost_units }}"),
        ("{{ __mailhost_loop }}", "o", None, "{{ __mailhost_loop }}"),
        ("{{ __mailhost_served if mailhost_fqdn else [] }}", "o[1]", "mailhost_nets", "mailhost_nets"),
        ("literal", "o", None, "literal"),
        ("{{ mailhost_loop }}", "o", "mailhost_loop", "{{ mailhost_loop }}"),
    ],
)
def test_the_variable_that_an_option_comes_from(text, place, variable, stands):
    found, where = inputs.source({"o": text}, place, VARIABLES, lambda value: value if isinstance(value, str) else "")
    assert (inputs.place(found) if found else None, where) == (variable, stands)


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("{{ mailhost_nets }}", (True, VARIABLES["mailhost_nets"])),
        ("{{ mailhost_nets | first }}", False),
        ("{{ mailhost_cert }}", False),
        ("{{ mailhost_cert.days }}", False),
        ("{{ mailhost_none }}", False),
        ("plain", (True, "plain")),
        ({"a": ["{% if x %}"]}, False),
    ],
)
def test_what_needs_no_templating(text, literal):
    found = inputs.literal(text, VARIABLES)
    assert found == literal if literal else not found[0]


def test_what_hosts_have_in_common_is_told_once():
    faults = [{"host": f"h{number}", "where": "", "text": "x: wrong"} for number in range(5)]
    faults += [{"host": f"h{number}", "where": "g.yml:3", "text": "y: wrong"} for number in range(5)]
    faults += [{"host": "h", "where": f"h.yml:{number}", "text": "z"} for number in range(100)]
    found = mail_input.converge({"entry_points": [], "steps": [], "faults": faults}, None, False)["msg"].splitlines()
    assert found[:2] == ["h0, h1, h2 and 2 more: x: wrong", "g.yml:3: y: wrong"]
    assert (len(found), found[-1]) == (mail_input.FAULTS + 1, "and 52 more")


# one place for every default


def test_the_role_has_exactly_the_defaults_of_its_specs():
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    assert defaults == {name: option["default"] for name, option in PUBLIC.items() if "default" in option}


def test_a_variable_is_the_same_at_every_entry_point():
    for options in SPECS.values():
        assert all(option == PUBLIC[name] for name, option in options.items())


def test_every_file_of_tasks_that_is_called_has_a_spec():
    texts = [path.read_text() for path in (*ROOT.glob("playbooks/**/*.yml"), *TASKS.glob("*.yml"))]
    called = {name for text in texts for name in re.findall(r"tasks_from: (\w+)\.yml", text)}
    assert called == set(SPECS) - {"main"}
    calls = sum(len(re.findall(r"_role:\n +name: mailhost\n(?: +tasks_from: \w+\.yml\n)?", text)) for text in texts)
    assert calls == sum(text.count("rolespec_validate: false") for text in texts), "Ansible would check it once a host"


def shown(value):
    if value is None:
        return "none"
    text = json.dumps(value) if isinstance(value, (bool, dict)) else str(value)
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else text or '""'


def test_the_documentation_has_every_variable_with_its_default():
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", (ROOT / "docs/variables.md").read_text(), re.M)
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    assert [name for name, _, _ in rows if name in defaults or name not in PUBLIC] == [*defaults, *mail_input.PLAYBOOKS]
    assert {name for name, _, _ in rows} == {*PUBLIC, *mail_input.PLAYBOOKS}
    for name, default, _ in rows:
        literal = PUBLIC.get(name, {"default": "{{"}).get("default")
        assert "{{" in str(literal) or default.strip("`") == shown(literal), name


def test_the_words_have_the_defaults_and_choices_of_their_variables():
    # what these words only compare with, and by themselves with nothing
    alone = {"stunnel_services.protocols", "stunnel_services.networks", "mail_commit.protocols"}
    held = 0
    for step in steps():
        word = next(key for key in step if key in WORDS)
        spec = importlib.import_module(f"mailhost.words.{word}").ARGUMENT_SPEC
        for option, text in (step[word] or {}).items():
            variable = re.fullmatch(r"\{\{ (mailhost_\w+) \}\}", str(text))
            if variable and "default" in spec[option] and f"{word}.{option}" not in alone:
                assert spec[option]["default"] == PUBLIC[variable[1]]["default"], f"{word}.{option}"
            if variable and "choices" in spec[option]:
                assert spec[option]["choices"] == PUBLIC[variable[1]]["choices"], f"{word}.{option}"
            held += bool(variable)
    assert held > 38
    for option in ("lock_timeout", "confirm_timeout", "accept"):
        spec = importlib.import_module("mailhost.words.postfix_relay").ARGUMENT_SPEC
        assert spec[option]["default"] == PUBLIC[f"mailhost_{option}"]["default"]


def test_what_role_and_playbooks_set_is_known():
    named = {
        name
        for folder in (ROLE, ROOT / "playbooks")
        for path in folder.rglob("*.*")
        for name in re.findall(r"(?<![\w.{])(mailhost_\w+)(?!\w*[{(])", re.sub(r"#.*", "", path.read_text()))
    }
    known = {*PUBLIC, *mail_input.PLAYBOOKS, *mail_input.RESULTS}
    assert {name for name in named if name not in WORDS} - known == MADE
    assert set(mail_input.RESULTS) <= named


#: a group's beginning
MADE = {"mailhost_batch_"}


# whole runs, on hosts that nobody answers for


@pytest.fixture
def knocks():
    """A port of this machine that counts who connects, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = []

        def listen():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                found.append(1)
                connection.close()

        threading.Thread(target=listen, daemon=True).start()
        yield server.getsockname()[1], found


GROUP = """---
mailhost_domains: [example.org]
mailhost_mailboxes:
  - name: alice
    password_hash: $6$x$y
mailhost_relay_networks: ["127.0.0.0/8"]
"""


def run(folder, port, hosts, group="", *options, playbook="provision", execution="controller"):
    mine = folder / "inventory/mine"
    (mine / "group_vars").mkdir(parents=True, exist_ok=True)
    (mine / "hosts.yml").write_text(hosts)
    reached = f"ansible_host: 127.0.0.1\nansible_port: {port}\nmailhost_execution: {execution}\n"
    fqdn = 'mailhost_fqdn: "{{ inventory_hostname }}.example.org"\n'
    (mine / "group_vars/mailhosts.yml").write_text(GROUP + group + reached + fqdn)
    env = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_SSH_ARGS": "-o ConnectTimeout=2",
    }
    path = ROOT / f"playbooks/{playbook}.yml" if isinstance(playbook, str) else playbook
    command = ["ansible-playbook", "-i", "inventory/mine", str(path), *options]
    command += ["-e", json.dumps({"mailhost_rollout_directory": str(folder / "rollout")})] * (playbook == "rollout")
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=folder, check=False, timeout=120)


HOSTS = """mailhosts:
  hosts:
    good:
    bad:
      mailhost_protcols: [imaps]
    worse:
      mailhost_probe_login: {user: alice, passwort: SECRETsecret0123456789}
      mailhost_mailboxes:
        - name: alice
          pasword_hash: SECRETsecret0123456789
        - name: bob
          aliases: [b, "c d"]
          password: SECRETsecret0123456789
"""
WIDE = 'mailhost_relay_networks: ["127.0.0.0/8", "0.0.0.0/0"]\nmailhost_mta: exim\n'
LINES = [
    "inventory/mine/group_vars/mailhosts.yml:7: mailhost_relay_networks[1]: 0.0.0.0/0 holds all of the Internet. "
    "Name your own networks, no wider than /8",
    "inventory/mine/hosts.yml:5: mailhost_protcols: there is no such variable. Did you mean mailhost_protocols?",
    "inventory/mine/hosts.yml:7: mailhost_probe_login.passwort: there is no such key. Did you mean password?",
    "inventory/mine/hosts.yml:10: mailhost_mailboxes[0].pasword_hash: there is no such key. "
    "Did you mean password_hash?",
]


@pytest.mark.parametrize("execution", ["controller", "module"])
@pytest.mark.parametrize(
    ("playbook", "options"), [("provision", []), ("provision", ["--check"]), ("plan", []), ("rollout", [])]
)
def test_two_bad_hosts_keep_the_good_one_from_being_touched(tmp_path, knocks, playbook, options, execution):
    port, found = knocks
    wide = WIDE.partition("mailhost_mta")[0]
    done = run(tmp_path, port, HOSTS, wide, *options, playbook=playbook, execution=execution)
    assert done.returncode != 0
    assert [line for line in done.stdout.splitlines() if line.startswith("inventory/mine")] == LINES, done.stdout
    assert done.stdout.count("FAILED!") == 1
    assert not found, "a host was touched"
    assert SECRET not in done.stdout + done.stderr and "Traceback" not in done.stdout + done.stderr


def test_good_input_goes_on_to_the_hosts(tmp_path, knocks):
    """What the tests above rely on: these hosts would be asked."""
    port, found = knocks
    done = run(tmp_path, port, "mailhosts:\n  hosts:\n    good:\n    better:\n")
    assert len(found) >= 2, done.stdout
    assert "Check the input" in done.stdout and "FAILED!" not in done.stdout


PLAYED = """
- hosts: mailhosts
  gather_facts: false
  serial: 1
  vars:
    mailhost_smarthost: a b
    mailhost_cleartext_login: "{{ mailhost_nosuch_thing }}"
  tasks:
    - ansible.builtin.import_role: {name: mailhost, rolespec_validate: false}
"""


def test_variables_of_play_and_command_line_and_hosts_behind_the_first_batch(tmp_path, knocks):
    port, found = knocks
    (tmp_path / "play.yml").write_text(PLAYED)
    hosts = "mailhosts:\n  hosts:\n    good:\n    late:\n      mailhost_journal_keep: 0\n"
    done = run(tmp_path, port, hosts, "", "-e", "mailhost_foo=1", playbook=tmp_path / "play.yml")
    for line in (
        "<CLI option '-e'>: mailhost_foo: there is no such variable. "
        "A variable of your own needs another prefix than mailhost_",
        "play.yml:7: mailhost_cleartext_login: 'mailhost_nosuch_thing' is undefined",
        "play.yml:6: mailhost_smarthost: 'a b' is neither a name nor [host]:port. Write [mail.example.org]:587",
        "inventory/mine/hosts.yml:5: mailhost_journal_keep: 0: the last change could not be taken back. Give 1 or more",
    ):
        assert done.stdout.splitlines().count(line) == 1, done.stdout
    assert not found


MIXED = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.{}: {{name: mailhost, rolespec_validate: false}}
      when: inventory_hostname in groups['mailhosts']
"""
OTHERS = """all:
  children:
    databases:
      hosts:
        a_database:
          ansible_connection: local
          mailhost_domains: 7
    mailhosts:
      hosts:
        mail:
"""


def test_hosts_of_the_play_that_do_not_take_the_role_are_not_checked(tmp_path, knocks):
    port, found = knocks
    (tmp_path / "play.yml").write_text(MIXED.format("include_role"))
    done = run(tmp_path, port, OTHERS, playbook=tmp_path / "play.yml")
    assert found and "a_database:" not in done.stdout, done.stdout
    found.clear()
    misspelt = "          mailhost_protcols: [imaps]\n"
    done = run(tmp_path, port, OTHERS + misspelt, playbook=tmp_path / "play.yml")
    assert not found and "hosts.yml:11: mailhost_protcols: there is no such variable" in done.stdout, done.stdout


def test_a_host_that_the_first_one_leaves_out_is_checked_in_its_turn(tmp_path, knocks):
    """An import_role's condition is asked of the play's first host, with it the check of all."""
    port, found = knocks
    (tmp_path / "play.yml").write_text(MIXED.format("import_role"))
    done = run(tmp_path, port, OTHERS + "          mailhost_protcols: [imaps]\n", playbook=tmp_path / "play.yml")
    assert not found and done.returncode != 0, done.stdout
    assert done.stdout.count("hosts.yml:11: mailhost_protcols: there is no such variable") == 1, done.stdout
    run(tmp_path, port, OTHERS, playbook=tmp_path / "play.yml")
    assert found


def test_an_address_that_cannot_be_told_is_no_fault_of_the_others(tmp_path, knocks):
    """It may be asked of a program, which fails for a host that is down."""
    down = "      mailhost_address: \"{{ lookup('pipe', 'false') }}\"\n"
    hosts = f"mailhosts:\n  hosts:\n    up:\n    down:\n{down}"
    done = run(tmp_path, knocks[0], hosts, "mailhost_audit_read: false\n", playbook="audit")
    checked = done.stdout.partition("Check the input of every host")[2].partition("TASK")[0]
    assert "fatal" not in checked, done.stdout
    assert "What a stranger sees" in done.stdout and "2 hosts" not in checked, done.stdout


@pytest.mark.parametrize("playbook", ["undo", "history", "merge"])
def test_a_misspelt_name_is_refused_by_what_takes_no_variable_of_a_host(tmp_path, knocks, playbook):
    port, found = knocks
    hosts = "mailhosts:\n  hosts:\n    good:\n"
    done = run(tmp_path, port, hosts, "", "-e", "mailhost_undo_ids=r123", playbook=playbook)
    assert done.returncode != 0 and not found, done.stdout
    assert "mailhost_undo_ids: there is no such variable. Did you mean mailhost_undo_id?" in done.stdout, done.stdout


def test_the_audit_checks_what_it_takes(tmp_path, knocks):
    port, found = knocks
    sink = "mailhost_audit_sink: {domain: example.org, address: 127.0.0.1, port: 70000}\nmailhost_audit_profile: best\n"
    done = run(tmp_path, port, "mailhosts:\n  hosts:\n    good:\n    better:\n", sink, playbook="audit")
    assert re.findall(r"^inventory.*$", done.stdout, re.M) == [
        "inventory/mine/group_vars/mailhosts.yml:8: mailhost_audit_profile: 'best' is not a choice. "
        "Choose from '', 'modern', 'intermediate', 'centos5'",
        "inventory/mine/group_vars/mailhosts.yml:7: mailhost_audit_sink.port: 70000 is no port. Give 1 to 65535",
    ], done.stdout
    assert not found


def test_a_word_of_ones_own_play_names_variable_and_line(tmp_path, knocks):
    (tmp_path / "play.yml").write_text(
        "- hosts: mailhosts\n  gather_facts: false\n  tasks:\n    - postfix_relay:\n        hostname: a.test\n"
        '        domains: [a.test, com]\n        networks: "{{ mailhost_relay_networks }}"\n'
    )
    hosts = "mailhosts:\n  hosts:\n    good:\n"
    done = run(tmp_path, knocks[0], hosts, WIDE, playbook=tmp_path / "play.yml")
    first, _, second = done.stdout.partition("FAILED! => ")[2].splitlines()[0].partition("; ")
    assert (
        first
        == "inventory/mine/group_vars/mailhosts.yml:7: mailhost_relay_networks[1]: 0.0.0.0/0 holds all of the "
        + ("Internet. Name your own networks, no wider than /8")
    )
    assert second.startswith("play.yml:6: postfix_relay: domains[1]: 'com' is not a domain of at least two labels")
