"""`ansible-test sanity` in the installed collection finds nothing;
tests/sanity/ignore-VERSION.txt there names what it may ignore."""

import importlib.metadata
import pathlib
import subprocess
import sys
import types

from ansible_test._internal.python_requirements import get_venv_packages

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
CACHE = pathlib.Path("~/.ansible/test/cache").expanduser()
PIP = """import pathlib, sys
sys.path.insert(0, str(next(pathlib.Path(__file__).parent.glob("pip-{version}-*.whl"))))
from pip._internal.cli.main import main
sys.exit(main(["install", *(word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel"))]))
"""


def provide_pip():
    """ansible-test fetches get-pip.py from a host of its own, or takes what lies in its cache: there, pip from PyPI."""
    version = get_venv_packages(types.SimpleNamespace(version=PYTHON))["pip"]
    script = CACHE / f"get_pip_{version.replace('.', '_')}.py"
    if not script.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(CACHE), f"pip=={version}"]
        subprocess.run(command, check=True)
        script.write_text(PIP.format(version=version))


def test_sanity_finds_nothing(project):
    provide_pip()
    core = ".".join(importlib.metadata.version("ansible-core").split(".")[:2])
    ignored = project.installed / f"tests/sanity/ignore-{core}.txt"
    assert all(len(line.split("  # ")) == 2 for line in ignored.read_text().splitlines()), "each is explained"
    done = project.run(
        "ansible-test", "sanity", "--python", PYTHON, "--color", "no", cwd=project.installed, PWD=str(project.installed)
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    ran = done.stdout.count('Running sanity test "')
    listed = project.run(
        "ansible-test", "sanity", "--list-tests", cwd=project.installed, PWD=str(project.installed)
    ).stdout.split()
    assert ran == len(listed) and "skip" not in said.lower(), said
