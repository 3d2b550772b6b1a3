"""The host under test: its container, and its address as a stranger reaches it."""

import os
import pathlib
import subprocess

import pytest
import yaml

NAME = yaml.safe_load(pathlib.Path(os.environ["MOLECULE_FILE"]).read_text())["platforms"][0]["name"]
SETUP = pathlib.Path(__file__).resolve().parents[3] / "setup"
SUFFIX = subprocess.run(["sh", SETUP / "suffix.sh"], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def address(host):
    return host.check_output("hostname -i").split()[0]


MTA = "sendmail" if NAME.endswith(("-sendmail", "centos5-cyrus")) else "postfix"
ACCESS = "cyrus" if NAME.endswith("-cyrus") else "dovecot"


@pytest.fixture
def mta():
    return MTA


@pytest.fixture
def access():
    return ACCESS


@pytest.fixture
def fqdn():
    return f"{NAME}.example.test"


def pytest_generate_tests(metafunc):
    # The hosts have no Python, so testinfra goes through the container engine and not through Ansible's modules.
    metafunc.module.testinfra_hosts = [f"docker://{NAME}.example.test-{SUFFIX}"]
