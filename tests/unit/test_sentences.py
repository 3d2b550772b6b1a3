"""No decision reads a sentence: what is compared with, looked for or matched is a word,
or stands in a foreign program's own format."""

import ast
import pathlib
import re

import pytest

from ..programs import everything

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = [
    path for folder in ("module_utils", "action_plugins", "callback_plugins") for path in (ROOT / folder).rglob("*.py")
]
YAML = [path for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.yml")]
SENTENCE = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}")
FINDERS = {"startswith", "endswith", "find", "index", "partition", "rpartition", "removeprefix", "count"}
MATCHERS = {"search", "match", "fullmatch", "findall", "finditer", "compile", "sub", "split"}
#: what is matched all the same, and whose it is
ALLOWED = {
    "must have a tty": "sudo, su and their like, asked without a terminal",
    "must be run from a terminal": "the same",
    "standard in must be a tty": "the same",
    "Host key verification failed": "ssh(1), explained to whoever looks at a host that was not reached",
    "no matching key exchange|no matching host key": "the same",
    "Permission denied": "the same",
    r"^(Task failed: )?(Failed to connect to the host via ssh: |Data could not be sent to remote host .*? over ssh: )?":
        "ansible-core, taken off what ssh said",
    "FEATURE promiscuous_relay": "a rule's name: cf/README's word and its argument",
    "Obsolete setting": "Dovecot's warnings, left out of what is shown",
    "are supported": "s_client of OpenSSL 0.9.8, which lists the protocols of -starttls",
    "process broken": "Dovecot, to a client whose login process died",
    "already exists": "Cyrus, to CREATE of a mailbox that is there",
}  # fmt: skip


def constants(node):
    """The strings that stand in an expression, those of an f-string included."""
    return [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def looked_for(tree):
    """What a module compares with, looks for or matches, with its line."""
    assigned = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        found = []
        if isinstance(node, ast.Compare):
            found = [node.left, *node.comparators]
        elif isinstance(node, ast.Call):
            found = sought(node)
        elif isinstance(node, ast.MatchValue):
            found = [node.value]
        elif isinstance(node, (ast.GeneratorExp, ast.ListComp, ast.SetComp)):
            found = list(rows(node, assigned))
        yield from ((node.lineno, text) for part in found for text in constants(part) if SENTENCE.search(text))


def sought(call):
    """What a call of a string's method or of re looks for."""
    if not (isinstance(call.func, ast.Attribute) and call.args):
        return []
    of_re = isinstance(call.func.value, ast.Name) and call.func.value.id == "re"
    return call.args[:1] if call.func.attr in (MATCHERS if of_re else FINDERS) else []


def rows(comprehension, assigned):
    """Of ``any(text in said for text in TEXTS)`` the texts, and where a row has several parts that part."""
    for loop in comprehension.generators:
        given = assigned.get(loop.iter.id) if isinstance(loop.iter, ast.Name) else None
        targets = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
        asked = [node for node in ast.walk(comprehension) if isinstance(node, (ast.Compare, ast.Call))]
        names = {part.id for node in asked for part in ([node.left] if isinstance(node, ast.Compare) else sought(node))
                 if isinstance(part, ast.Name)}  # fmt: skip
        for at, target in enumerate(targets):
            if given and isinstance(target, ast.Name) and target.id in names:
                many = isinstance(loop.target, ast.Tuple)
                yield from (row.elts[at] if many else row for row in getattr(given, "elts", []))


def conditions(text):
    """The strings in quotes in a playbook's conditions, with their lines."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*-? ?(when|that|until|failed_when|changed_when):", line):
            yield from ((number, quoted) for quoted in re.findall(r"'([^']*)'", line) if SENTENCE.search(quoted))


def patterns(program):
    """The patterns of case and the words of grep that a program decides by."""
    for found in re.findall(r"(?:\*|\()\"([^\"]*)\"\*|grep (?:-[a-zA-Z]+ )*(?:-e )?\"([^\"]*)\"", program):
        yield from (text for text in found if SENTENCE.search(text))


def test_python_decides_by_no_sentence():
    for path in PYTHON:
        for line, text in looked_for(ast.parse(path.read_text())):
            assert text in ALLOWED, (
                f"{path.relative_to(ROOT)}:{line}: a decision reads {text!r}: give it a code or a field"
            )


def test_playbooks_decide_by_no_sentence():
    for path in YAML:
        for line, text in conditions(path.read_text()):
            assert text in ALLOWED, f"{path.relative_to(ROOT)}:{line}: a condition reads {text!r}"


def test_programs_decide_by_no_sentence():
    for name, program in everything().items():
        for text in patterns(program):
            assert text in ALLOWED, f"{name}: it decides by {text!r}: set a word beside the sentence"


@pytest.mark.parametrize(
    "source",
    [
        "x = 'logins fail' in text",
        "x = text.startswith('cleartext refused by')",
        "x = text == 'no answer'",
        "x = re.search(r'closed by .*', text)",
        "x = text.partition(f'{y} is held by')",
        "TEXTS = ('not this', 'nor that')\nx = any(one in said for one in TEXTS)",
        "TEXTS = (('not this', 'x'),)\nx = [two for one, two in TEXTS if re.search(one, said)]",
        "x = cause['what'] not in ('no answer', 'y')",
    ],
)
def test_a_sentence_would_be_seen(source):
    assert list(looked_for(ast.parse(source)))


def test_one_in_yaml_or_sh_would_be_seen():
    assert list(conditions("  when: \"'could not' in x.msg\"\n"))
    assert list(patterns('case $why in *"logins fail"* | *x*) ;; esac'))
    assert list(patterns('echo "$x" | grep -q -i "no answer"'))


def test_what_is_allowed_is_needed():
    found = {text for path in PYTHON for _, text in looked_for(ast.parse(path.read_text()))}
    found |= {text for program in everything().values() for text in patterns(program)}
    assert set(ALLOWED) == found
