"""Who may import whom, as docs/architecture.md draws it: nothing in the logic imports Ansible,
and no room looks into one above it."""

import ast
import pathlib
import sys

import pytest

LOGIC = pathlib.Path(__file__).resolve().parents[2] / "module_utils/mailhost"
#: floor: the floors it may look into, besides itself
BELOW = {
    "core": (),
    "formats": ("core",),
    "systems": ("core",),
    "products": ("core", "formats", "systems"),
    "audit": ("core", "formats", "products"),
    "rollout": ("core", "audit"),
    "words": ("core", "formats", "systems", "products", "audit", "rollout"),
}
#: the daemons, each in a room of its own
ROOMS = sorted(path.name for path in (LOGIC / "products").iterdir() if (path / "__init__.py").exists())
#: what keeps files on the controller, or names its processes
OPENS = ("audit/report", "rollout", "core/process.py")


def modules():
    return sorted(str(path.relative_to(LOGIC)) for path in LOGIC.rglob("*.py"))


def imported(name):
    """The modules that one imports, as paths from the top; those of the standard library left out."""
    here = name.split("/")[:-1]
    for node in ast.walk(ast.parse((LOGIC / name).read_text())):
        if isinstance(node, ast.Import):
            assert all(alias.name.split(".")[0] in sys.stdlib_module_names for alias in node.names), name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert (node.module or "").split(".")[0] in sys.stdlib_module_names, name
        elif isinstance(node, ast.ImportFrom):
            parts = [*here[: len(here) - node.level + 1], *(node.module or "").split(".")]
            for alias in node.names:
                yield [part for part in [*parts, alias.name] if part]


@pytest.mark.parametrize("name", modules())
def test_no_floor_looks_into_one_above_it(name):
    floor, _, rest = name.partition("/")
    for parts in imported(name):
        assert parts[0] in (floor, *BELOW.get(floor, ())), f"{name} imports {'.'.join(parts)}"
        if floor == "products" and parts[0] == floor and parts[1] in ROOMS:
            assert rest.startswith(parts[1] + "/"), f"{name} looks into the room of {parts[1]}"


@pytest.mark.parametrize("name", [name for name in modules() if name.startswith("words/")])
def test_a_word_never_imports_a_word(name):
    """What two of them need is a product's or a system's; mail_look is made of the words it asks."""
    others = [parts for parts in imported(name) if parts[0] == "words"]
    assert name == "words/mail_look.py" or not others, f"{name} imports {others}"


@pytest.mark.parametrize("name", modules())
def test_versions_are_compared_in_rows_only(name):
    """A comparison with a version that is written out is a row nobody finds, and that may contradict another."""
    for node in ast.walk(ast.parse((LOGIC / name).read_text())):
        if isinstance(node, ast.Compare) and any(isinstance(one, ORDER) for one in node.ops):
            parts = [node.left, *node.comparators]
            assert not any(is_version(part) for part in parts), f"{name}:{node.lineno} compares with a version"


ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def is_version(node):
    return isinstance(node, ast.Tuple) and all(
        isinstance(one, ast.Constant) and type(one.value) is int for one in node.elts
    )


def test_every_folder_is_a_floor():
    assert {path.name for path in LOGIC.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(BELOW)


@pytest.mark.parametrize("name", modules())
def test_pure_code_opens_nothing(name):
    calls = (node for node in ast.walk(ast.parse((LOGIC / name).read_text())) if isinstance(node, ast.Call))
    assert name.startswith(OPENS) or not any(
        isinstance(node.func, ast.Name) and node.func.id == "open" for node in calls
    ), name
