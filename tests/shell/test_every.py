"""No program is without a case here: each is run by its name, or through Host."""

import ast
import pathlib

from ..programs import named, rooms

HERE = pathlib.Path(__file__).parent
#: what apply, recover, read and mail_commit send
BY_HOST = {
    "core.shell.apply.PROGRAM",
    "core.shell.recover.PROGRAM",
    "core.shell.read.PROGRAM",
    "core.shell.commit.CHECK",
    "core.shell.commit.COMMIT",
}
SENDERS = {"core.apply.apply", "core.apply.recover", "words.mail_commit"}
#: what goes out with its data in it: by whom
RENDERED = {"products.cyrus.shell.SPEAK": "products.cyrus.shell.speak"}


def used():
    """The names of mailhost that the files here use, as module.NAME."""
    found = set()
    for path in HERE.glob("test_*.py"):
        tree, modules = ast.parse(path.read_text()), {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mailhost."):
                for alias in node.names:
                    modules[alias.asname or alias.name] = f"{node.module[9:]}.{alias.name}"
        found |= set(modules.values())
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                found.add(f"{modules[node.value.id]}.{node.attr}")
    return found


def test_each_program_is_run():
    assert {path for path in rooms() if path.endswith("/shell.py")} and len(named()) > 45
    assert set(named()) - BY_HOST - set(RENDERED) <= used()
    assert {*SENDERS, *RENDERED.values()} <= used()
