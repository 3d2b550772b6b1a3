"""No program that bash 3.2 cannot parse leaves the controller (CentOS 5's /bin/sh),
and the check that says so can fail."""

import ast
import re
import subprocess

import pytest
from mailhost.core.shell import Inline

from ..bash3 import faults
from ..programs import LOGIC, everything, rooms

PROGRAMS = everything()
#: as mail_commit's own program was: a pattern without its parenthesis, within the loop of a substitution
TODAYS_COMMIT = """
each() {
    why=$(
        for item in $serve; do
            case "$2,${rest%%,*} $serve " in # STARTTLS begins with the same greeting
                "quick,plain "*" $protocol,starttls,${rest#*,} "*) continue ;;
            esac
            if [ "$1" = refuses ]; then
                case "$asked,$protocol" in (yes,* | *,smtp) continue ;; esac
            fi
        done
        wait
    )
}
"""
BAD = {
    "a pattern of case": [
        TODAYS_COMMIT,
        "x=$(case $1 in a) echo 1 ;; esac)\n",
        'x="$(case $1 in (a) echo 1 ;; b | c) echo 2 ;; esac)"\n',
        "x=`case $1 in a) echo 1 ;; esac`\n",
        "y=$(if true; then ( case $1 in *) : ;; esac ); fi)\n",
        "cat <<E\n$(case $1 in a) echo 1 ;; esac)\nE\n",
    ],
    "a here-document": ["x=$(cat <<E\nhi\nE\n)\n", "x=$(while read -r y; do :; done <<-E\n\tE\n)\n"],
    "a comment with a quote": ["x=$(\n    # it's\n    echo 1\n)\n", 'x=$(echo 1 # say "x\n)\n', "x=$(echo 1 # `x\n)\n"],
    "or a parenthesis": ["x=$(\n    echo 1 # one (or two\n)\n", "x=$(\n    echo 1 # a smile :)\n)\n"],
    "local is not POSIX": ["f() { local x=1; }\n"],
    "declare is not POSIX": ["declare x=1\n"],
    "function is not POSIX": ["function f { :; }\n"],
    "an array": ["a=(1 2)\n"],
    "[[ is not POSIX": ["[[ -n $x ]] && echo 1\n"],
    "+= is not POSIX": ["x+=1\n"],
    "<<<": ["cat <<<x\n"],
    "process substitution": ["diff <(ls) x\n", "ls > >(cat)\n"],
    "an expansion": ["echo ${x//a/b}\n", "echo ${x:0:1}\n", "echo ${!x}\n", "echo ${x^^}\n", "echo ${x/a/b}\n"],
    "== is not POSIX": ["[ a == b ]\n"],
    "is not POSIX": [
        "command local x=1\n",
        "eval local x=1\n",
        "source /x\n",
        "echo $RANDOM\n",
        "let x=1\n",
        "(( x = 1 ))\n",
        "set -o pipefail\n",
        "printf -v x %s y\n",
        "case a in a) echo 1 ;& b) echo 2 ;; esac\n",
        "ls >&file\n",
    ],
    "read knows": ["read -p x y\n", "read -r -t 3 y\n"],
    "a signal": ["trap 'echo x' ERR\n"],
    "a sequence": ["echo {1..3}\n"],
    "a string in": ["echo $'x'\n"],
    "within": [
        "eval 'x=$(case a in a) : ;; esac)'\n",
        "sh -ec 'local x=1'\n",
        "trap 'x=(1)' 0\n",
        "find . -exec /usr/bin/sh -c 'a=(1)' x {} \\;\n",
        'su -c "local x" root\n',
        "sh -s a <<E\nx=(1 2)\nE\n",
        'bash -c "x=\\$(case \\$1 in a) echo 1 ;; esac)"\n',
        "sh -c 'local x=1'\n",
        'su cyrus -s /bin/sh -c "a=(1 2)"\n',
    ],
    "cannot be parsed": ["if true; then echo 1\n", "x=$(echo 1\n", "case $1 in a) ;;\n", "echo 'x\n", "for in do\n"],
}


@pytest.mark.parametrize(
    ("what", "program"), [(what, program) for what, programs in BAD.items() for program in programs]
)
def test_what_bash_3_2_does_not_take_is_named(what, program):
    assert any(what in fault for fault in faults(program)), faults(program)


@pytest.mark.parametrize(
    "program",
    [
        'case $(uname) in a) echo "x" ;; b | c) echo 2 ;; esac # not inside, so it may be (so)\n',
        "x=$(case $1 in (a | b) echo 1 ;; (*) echo 2 ;; esac)\ncat <<E\n$x's (1)\nE\n",
        "x=$(\n    # a comment without any\n    echo 1\n)\n",
        "[ $1 = - ] && exec 4<>\"$f\"; read -r x <&4; printf '%s\\n' ${x:-1} ${x%%/*} ${x##*/} ${#x} >&2 2>&-\n",
        "trap 'exit 1' 1 2 15; eval \"$1=\"; sh -c 'echo $1' x; set -o posix\n",
        'f() { [ "${1-}" = "" ] || set -- ${1+"$@"}; x=$((1 + 2)); ( : ) & }\n',
    ],
)
def test_what_it_takes_passes(program):
    assert faults(program) == ()


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_every_program_is_one_that_bash_3_2_takes(name):
    assert faults(PROGRAMS[name]) == ()


@pytest.mark.parametrize("options", [[], ["-o", "posix"]], ids=["bash", "bash -o posix"])
def test_todays_bash_parses_every_program_in_both_its_ways(options):
    for name, program in PROGRAMS.items():
        done = subprocess.run(
            ["bash", *options, "-n"], input=program.encode("utf-8", "surrogateescape"), capture_output=True, check=False
        )
        assert done.returncode == 0, (name, done.stderr)


#: a shell's own name, and what no text but its programs has
SHELL = re.compile(r"^(/\S*/)?(ba|da|po)?sh$")
SYNTAX = re.compile(
    r'"\$[@#*{(\w]|(?<!\\)\$\(|\$@|[12]>&[12]|>/dev/null| \|\| | && |[;\n] *(then|do|done|fi|esac)\b|^set -'
)
#: who runs what it is given
RUNNER = "core/host.py"


def strings(path):
    """The strings of a module that are no documentation, with their lines."""
    tree = ast.parse(path.read_text())
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))]
    documentation = {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value


def test_no_shell_stands_anywhere_but_where_it_is_looked_for():
    homes = {*rooms(), RUNNER}
    for path in sorted(LOGIC.rglob("*.py")):
        name = str(path.relative_to(LOGIC))
        for line, text in strings(path) if name not in homes else ():
            assert not SHELL.match(text), f"{name}:{line}: a shell is run by hand: use a Program of core/shell/"
            assert not SYNTAX.search(text), f"{name}:{line}: a program of sh: it belongs into core/shell/ or a shell.py"


def test_a_program_by_hand_would_be_seen():
    for text in (
        'case "$1" in',
        "for x in $(ls); do",
        "a || b",
        "x 2>&1 | y",
        "set -e",
        'stat "$file"',
        "true >/dev/null",
    ):
        assert SYNTAX.search(text), text


def test_a_line_that_does_not_end_is_refused():
    with pytest.raises(ValueError, match="no semicolon at the end of 'echo 1'"):
        Inline("echo 1\necho 2\n")


def test_nothing_is_left_out():
    assert len(PROGRAMS) > 50
    for name in ("core.shell.commit.COMMIT", "action_plugins.run", "products.cyrus.shell.speak"):
        assert name in PROGRAMS
