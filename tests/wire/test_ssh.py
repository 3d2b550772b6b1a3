"""SSH as fleets have it: CentOS 5's OpenSSH 4.3 by the example inventory's own group,
a changed host key, a host that is away."""

import json
import os
import re
import subprocess

import pytest
import yaml

from .conftest import ROOT

#: what OpenSSH 4.3 offers, and nothing else (myproposal.h of that version)
EL5 = """KexAlgorithms diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1
HostKeyAlgorithms ssh-rsa
PubkeyAcceptedAlgorithms ssh-rsa
CASignatureAlgorithms ssh-rsa
Ciphers aes128-cbc,3des-cbc,aes192-cbc,aes256-cbc,aes128-ctr,aes192-ctr,aes256-ctr
MACs hmac-md5,hmac-sha1,hmac-sha1-96,hmac-md5-96
HostKey /etc/ssh/ssh_host_rsa_key
"""


@pytest.fixture(scope="module")
def old(make_machine, tmp_path_factory):
    """A host whose sshd has only what 4.3 has, and an inventory:
    the same host in the example's group el5, and outside of it."""
    machine = make_machine("ssh")
    folder = tmp_path_factory.mktemp("ssh")
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", folder / "key"], check=True)
    machine.run(
        f"echo '{(folder / 'key.pub').read_text().strip()}' >/etc/ssh/authorized_keys; "
        "chmod 644 /etc/ssh/authorized_keys"
    )
    machine.run(f"printf '%s' '{EL5}' >/etc/ssh/sshd_config.d/el5.conf; sshd -t && systemctl restart ssh")
    key = machine.run("cat /etc/ssh/ssh_host_rsa_key.pub").stdout
    (folder / "known_hosts").write_text(f"{machine.address} {key}")
    return machine, folder


def ask(old, group, playbook="tasks.yml", **variables):
    machine, folder = old
    el5 = yaml.safe_load((ROOT / "inventory/example/group_vars/el5.yml").read_text())
    host = {
        "ansible_host": machine.address,
        "ansible_user": "free",
        "ansible_ssh_private_key_file": str(folder / "key"),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={folder / 'known_hosts'} "
        "-o ControlMaster=no -o ConnectTimeout=5",
        **variables,
    }
    children = {"el5": {"vars": el5, "hosts": {"old": host}}} if group else {"rest": {"hosts": {"old": host}}}
    (folder / "hosts.json").write_text(json.dumps({"mailhosts": {"children": children}}))
    (folder / "tasks.yml").write_text(
        yaml.safe_dump([{"hosts": "mailhosts", "gather_facts": False, "tasks": [{"mailhost_info": {}}]}])
    )
    env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "PWD": str(folder)}
    env["ANSIBLE_SSH_ARGS"] = "-o ControlMaster=no"  # each run its own connection
    command = ["ansible-playbook", "-i", str(folder / "hosts.json"), str(folder / playbook)]
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=ROOT, check=False, timeout=120)


def test_the_examples_group_reaches_it(old):
    done = ask(old, group=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"old +: ok=1 ", done.stdout)


def test_nobody_else_is_given_old_algorithms(old):
    done = ask(old, group=False)
    assert done.returncode != 0
    line = re.findall(r"^unreachable: .*$", done.stdout, re.M)
    assert len(line) == 1 and "it offers only old algorithms; see inventory/example/group_vars/el5.yml" in line[0], (
        done.stdout
    )


def test_a_host_key_that_changed_is_one_line(old):
    folder = old[1]
    kept = (folder / "known_hosts").read_text()
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", folder / "another"], check=True)
    try:
        (folder / "known_hosts").write_text(f"{old[0].address} {(folder / 'another.pub').read_text()}")
        done = ask(old, group=True)
    finally:
        (folder / "known_hosts").write_text(kept)
        (folder / "another").unlink()
    assert done.returncode != 0
    line = re.findall(r"^unreachable: .*$", done.stdout, re.M)
    assert len(line) == 1 and "its host key is not the one in known_hosts" in line[0], done.stdout
    assert "@@@@" not in done.stdout


def test_a_host_that_is_away_is_one_line(old):
    done = ask(old, group=True, ansible_port=1)
    assert done.returncode != 0
    line = re.findall(r"^unreachable: .*$", done.stdout, re.M)
    assert len(line) == 1 and "Connection refused" in line[0], done.stdout
