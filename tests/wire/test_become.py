"""Over SSH as a user who becomes root: sudo with a password, sudo with requiretty, su."""

import subprocess

import pytest

WAYS = {
    "sudo": {"ansible_user": "free", "ansible_become_method": "sudo", "ansible_become_password": "free password"},
    "sudo requiretty": {"ansible_user": "term", "ansible_become_method": "sudo"},
    "sudo requiretty, pipelining off": {
        "ansible_user": "term",
        "ansible_become_method": "sudo",
        "ansible_pipelining": False,
    },
    "su": {"ansible_user": "plain", "ansible_become_method": "su", "ansible_become_password": "root password"},
}


@pytest.fixture(scope="module")
def reached(make_machine, tmp_path_factory):
    machine = make_machine("ssh")
    key = tmp_path_factory.mktemp("ssh") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    public = key.with_suffix(".pub").read_text()
    machine.run(f"echo '{public.strip()}' >/etc/ssh/authorized_keys; chmod 644 /etc/ssh/authorized_keys")
    machine.variables.update(
        ansible_connection="ssh",
        ansible_host=machine.address,
        ansible_become=True,
        ansible_ssh_private_key_file=str(key),
        ansible_ssh_common_args="-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ControlMaster=no",
    )
    return machine


@pytest.mark.parametrize("way", WAYS)
def test_becoming_root(reached, play, way):
    task = {"dovecot_protocols": {"protocols": ["imaps"] if way == "sudo" else ["imap", "imaps"]}, "register": "found"}
    show = {"ansible.builtin.debug": {"msg": "trips {{ found.round_trips }} changed {{ found.changed }}"}}
    reached.run("rm -rf /tmp/mailhost-*")
    wanted = [{"dovecot_protocols": {"protocols": ["pop3s"]}}, task, show]
    done = play(reached, wanted, **WAYS[way])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "changed True" in done.stdout, done.stdout
    assert reached.run("ls -d /tmp/mailhost-* 2>/dev/null; true").stdout == ""


def test_a_wrong_password_leaves_nothing_behind(reached, play):
    task = {"dovecot_protocols": {"protocols": ["imaps"]}}
    done = play(reached, [task], **{**WAYS["su"], "ansible_become_password": "wrong"})
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert reached.run("ls -d /tmp/mailhost-* 2>/dev/null; true").stdout == ""
