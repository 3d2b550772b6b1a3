"""Every program of sh that ever leaves the controller, rendered with the worst it can be given, and a watch on those that tests send.

What the words hand to ``sh -c`` is found in the source and evaluated where it stands; what goes to ``sh -s`` by stdin is rendered in
``BY_STDIN``. A place that is neither is an error: what is sent and not looked at, bash 3.2 would be the first to look at.
"""

from __future__ import annotations

import ast
import functools
import importlib
import pathlib
import shlex

from .bash3 import faults

SOURCES = pathlib.Path(__file__).resolve().parents[1]
LOGIC = SOURCES / "module_utils" / "mailhost"
WORST = 'it\'s a "$(case)" `x` \\ (1;2) <<E & é'


def _of(module, name):
    return getattr(importlib.import_module(f"mailhost.{module}"), name)


def whole():
    """What Host is given whole."""
    names = {
        "core.shell.read": ["PROGRAM"],
        "core.shell.apply": ["PROGRAM"],
        "core.shell.commit": ["CHECK", "COMMIT"],
        "core.shell.recover": ["PROGRAM"],
    }
    return {f"{module}.{name}": _of(module, name) for module, many in names.items() for name in many}


def by_the_action():
    """The programs by which the action puts another into a file and runs it from there, evaluated where they stand."""
    place = SOURCES / "action_plugins" / "mailhost.py"
    given = {
        "shlex": shlex,
        "name": "mailhost-0",
        "folder": f"/tmp/{WORST}",
        "program": whole()["core.shell.commit.COMMIT"],
    }
    tree = ast.parse(place.read_text())
    assigned = [
        node for node in ast.walk(tree) if isinstance(node, ast.Assign) and isinstance(node.value, ast.JoinedStr)
    ]
    found = {
        f"action_plugins.{node.targets[0].id}": node.value for node in assigned if node.targets[0].id in ("put", "run")
    }
    assert len(found) == 2, "the action's two programs have other names now"
    return {name: _evaluated(node, given) for name, node in found.items()}


#: what goes to ``sh -s``, or is written as a script, by the file that sends it
BY_STDIN = {
    "products/switch.py": lambda: [_of("products.switch", name) for name in ("LOOK", "SWITCH", "BACK")],
    "words/mail_packages.py": lambda: [
        _of("core.shell.services", "PROGRAM") + f'{verb} "$1"\n' for verb in ("restart", "stop")
    ],
    "words/mail_certificate.py": lambda: [_of("words.mail_certificate", "MAKE")],
    "core/journals.py": lambda: [_of("core.journals", "SHOW").stdin],
    "words/mailboxes.py": lambda: [
        _of("words.mailboxes", "_removal")(["n", "x", "1", "1", WORST, "/h", "/s"], WORST, False).undo_stdin.decode()
    ],
    "words/cyrus_mailboxes.py": lambda: [
        _of("words.cyrus_mailboxes", "_script")([f'c1 CREATE "user.{WORST}"'] * 3).decode()
    ],
    "words/stunnel_services.py": lambda: [
        _of("words.stunnel_services", "SCRIPT_TEXT").format(
            program="/usr/sbin/stunnel", conf="/etc/stunnel/m.conf", pid="/var/run/m.pid"
        )
    ],
}


def by_words():
    """What the words hand to ``sh -c``, as {file:line: program}, and the files that send something by stdin."""
    found, senders = {}, set()
    for path in sorted(LOGIC.rglob("*.py")):
        tree, name = ast.parse(path.read_text()), str(path.relative_to(LOGIC))
        for scope, node in _scoped(tree):
            words = getattr(node, "elts", [])
            for at, word in enumerate(words[:-1]):
                follows = words[at + 1]
                if not (_is(word, "sh") and (_is(follows, "-c") or _is(follows, "-s"))):
                    continue
                if _is(follows, "-s"):
                    senders.add(name)
                else:
                    module = importlib.import_module("mailhost." + name[:-3].replace("/", "."))
                    found[f"{name}:{node.lineno}:{node.col_offset}"] = _evaluated(
                        words[at + 2], {**vars(module), **_constants(scope)}
                    )
    return found, senders


def _is(node, text):
    return isinstance(node, ast.Constant) and node.value == text


def _scoped(tree):
    """Each tuple and list, with the function that it stands in."""
    for scope in ast.walk(tree):
        if isinstance(scope, (ast.Module, ast.FunctionDef)):
            yield from ((scope, node) for node in ast.walk(scope) if isinstance(node, (ast.Tuple, ast.List)))


def _constants(scope):
    """Strings that a function gives a name."""
    assigned = [
        node for node in ast.walk(scope) if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    ]
    return {target.id: node.value.value for node in assigned for target in node.targets if isinstance(target, ast.Name)}


def _evaluated(node, given):
    return eval(compile(ast.fix_missing_locations(ast.Expression(node)), "a program", "eval"), dict(given))


def everything():
    """{name: program} of all of them."""
    found, senders = by_words()
    assert senders <= set(BY_STDIN), (
        f"these files send a program by stdin that nobody looks at: {senders - set(BY_STDIN)}"
    )
    found.update(whole())
    found.update(by_the_action())
    for name, programs in BY_STDIN.items():
        found.update({f"{name} by stdin {number}": program for number, program in enumerate(programs())})
    return found


def _look(argv, stdin):
    """The programs in a command's words and stdin must be such that bash 3.2 takes them."""
    text = stdin.decode("utf-8", "surrogateescape") if isinstance(stdin, bytes) else stdin
    for at, word in enumerate(argv):
        program = argv[at + 2] if argv[at + 1 : at + 2] == ("-c",) else text if argv[at + 1 : at + 2] == ("-s",) else ""
        if word in ("sh", "/bin/sh") and program and not program.startswith("-"):
            assert not faults(program), f"{argv[:2]}: bash 3.2 does not take it: {faults(program)}"


def watch():
    """From here on every command that is made, by whatever test and with whatever arguments, is looked at."""
    from mailhost.core import host, operations

    for kind in (host.Command, operations.Run, operations.Check):
        made = kind.__init__
        if hasattr(made, "__wrapped__"):
            continue

        @functools.wraps(made)
        def look(self, *words, _made=made, **named):
            _made(self, *words, **named)
            stdin = getattr(self, "stdin", b"")
            _look(self.argv, stdin)
            _look(getattr(self, "undo", ()), getattr(self, "undo_stdin", b"") or stdin)
            _look(getattr(self, "after_undo", ()), b"")

        kind.__init__ = look
