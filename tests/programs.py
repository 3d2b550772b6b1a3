"""Every program of sh that ever leaves the controller, and a watch on those that tests send.

They are ``Program`` by type and stand in ``core/shell/`` or a ``shell.py``; nothing else names a shell,
which tests/unit/test_programs.py holds. What data is put into, and the action's two, are rendered
with the worst they can be given.
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


def rooms():
    """The modules that hold programs, as paths from the top of the logic."""
    return sorted(
        str(path.relative_to(LOGIC)) for path in (*LOGIC.glob("core/shell/*.py"), *LOGIC.glob("products/**/shell.py"))
    )


def _module(path):
    return importlib.import_module("mailhost." + path[:-3].replace("/__init__", "").replace("/", "."))


def named():
    """{module.NAME: program} of all that have a name."""
    from mailhost.core.shell import Program

    found = {}
    for path in rooms():
        values = vars(_module(path))
        for name in _assigned(path):
            if isinstance(values.get(name), Program):
                found[f"{path[:-3].replace('/', '.')}.{name}"] = values[name]
    return found


def _assigned(path):
    """The names that a module gives a value to itself."""
    body = ast.parse((LOGIC / path).read_text()).body
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def rendered():
    """What data is put into, with the worst of it."""
    cyrus, stunnel = _module("products/cyrus/shell.py"), _module("products/stunnel/shell.py")
    return {
        "products.cyrus.shell.speak": cyrus.speak([f'c1 CREATE "user.{WORST}"'] * 3).decode(),
        "products.stunnel.shell.script": stunnel.script("/usr/sbin/stunnel", "/etc/m.conf", "/run/m.pid").decode(),
    }


def by_the_action():
    """The programs by which the action puts another into a file and runs it from there, evaluated where they stand."""
    place = SOURCES / "action_plugins" / "mailhost.py"
    given = {
        "shlex": shlex,
        "name": "mailhost-0",
        "folder": f"/tmp/{WORST}",
        "program": named()["core.shell.commit.COMMIT"],
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


def _evaluated(node, given):
    return eval(compile(ast.fix_missing_locations(ast.Expression(node)), "a program", "eval"), dict(given))


def everything():
    """{name: program} of all of them."""
    return {**named(), **rendered(), **by_the_action()}


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
