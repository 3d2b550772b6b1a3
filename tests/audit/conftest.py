"""Hosts of each kind, made once a process, and the figures at the end."""

from __future__ import annotations

import datetime
import statistics
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ..figures import counted
from .hosts import AuditHost


@pytest.fixture(scope="session")
def hosts(tmp_path_factory):
    made: "dict[str, AuditHost]" = {}

    def make(kind):
        if kind not in made:
            made[kind] = AuditHost(kind, tmp_path_factory.mktemp(kind))
            if kind == "postfix":
                _pems(made[kind], tmp_path_factory.mktemp("pems"))
        return made[kind]

    yield make
    for host in made.values():
        host.remove()


def _pems(host, folder):
    """Pairs for the host's name in its /root: expired.pem, expired.key, fresh.pem, fresh.key."""
    name = host.machine.variables["mailhost_fqdn"]
    now = datetime.datetime.now(datetime.timezone.utc)
    for what, days in (("expired", -3), ("fresh", 300)):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            x509.CertificateBuilder(
                subject,
                subject,
                key.public_key(),
                x509.random_serial_number(),
                now - datetime.timedelta(days=30),
                now + datetime.timedelta(days=days),
            )
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
            .sign(key, hashes.SHA256())
        )
        pems = {
            "pem": certificate.public_bytes(serialization.Encoding.PEM),
            "key": key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        }
        for suffix, data in pems.items():
            (folder / f"{what}.{suffix}").write_bytes(data)
            target = f"{host.machine.id}:/root/{what}.{suffix}"
            subprocess.run(
                ["docker", "cp", "-q", str(folder / f"{what}.{suffix}"), target], check=True, capture_output=True
            )


def pytest_terminal_summary(terminalreporter):
    said = counted(terminalreporter)
    if not said:
        return
    sums = {what: sum(numbers) for what, numbers in said.items()}
    terminalreporter.section("figures")
    lines = []
    if "probes" in said:
        lines.append(f"probes a host: {statistics.median(said['probes']):.0f} (of {len(said['probes'])} good hosts)")
        lines.append(
            f"seconds a host: median {statistics.median(said['seconds']):.1f}, worst {max(said['seconds']):.1f}"
        )
        lines.append(f"false alarms on good hosts: {sums.get('alarms', 0):.0f}")
    if "broken" in said:
        lines.append(
            f"misconfigurations tried {sums['broken']:.0f}, named {sums.get('named', 0):.0f}, "
            f"repaired {sums.get('repaired', 0):.0f}, refused {sums.get('refused', 0):.0f}"
        )
    if "tools" in said:
        lines.append(f"questions put to others' tools too: {sums['tools']:.0f}, agreed {sums.get('agreed', 0):.0f}")
    if "fleet" in said:
        lines.append(f"{sums['fleet']:.0f} hosts in {sums['fleet_seconds']:.1f} s")
    for line in lines:
        terminalreporter.write_line(line)
