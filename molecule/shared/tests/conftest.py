"""The host under test: its container, and its address as a stranger reaches it."""

import os

import pytest

NAME = "molecule-" + os.environ["MOLECULE_SCENARIO_NAME"]


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
    return NAME.replace("molecule-", "") + ".example.test"


def pytest_generate_tests(metafunc):
    # The hosts have no Python, so testinfra goes through the container engine and not through Ansible's modules.
    metafunc.module.testinfra_hosts = [f"docker://{NAME}"]
