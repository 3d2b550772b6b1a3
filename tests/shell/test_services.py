"""Services looked at, stopped, started and put in another's place, by systemd,
chkconfig and update-rc.d, under every shell."""

import pytest
from mailhost.core.shell import switch

SYSTEMD, SYSV = "/run/systemd/system", "/etc/init.d/"


@pytest.fixture(params=["systemd", "chkconfig", "update-rc.d"])
def host(request, run, tools, tmp_path):
    """A host of one kind, on which ``postfix`` runs and begins at boot and ``sendmail`` does not;
    how it is asked, and its kind."""
    for folder in ("init.d", "rc2.d", "units"):
        (tmp_path / folder).mkdir()
    for name in ("postfix", "sendmail"):
        (tmp_path / "init.d" / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{tools.log}\n')
        (tmp_path / "init.d" / name).chmod(0o755)
    is_it = 'test "$2" != sendmail'
    tools.add("systemctl", 'case $1 in is-*) shift; for last; do :; done; test "$last" != sendmail ;; esac')
    tools.add("service", f'case $2 in status) test "$1" != sendmail ;; restart) test ! -e {tmp_path}/bad ;; esac')
    if request.param == "systemd":
        (tmp_path / "systemd").mkdir()
    if request.param == "chkconfig":
        tools.add("chkconfig", f'[ "$1" != --list ] || if {is_it}; then echo "x 0:off 2:on"; else echo "x 2:off"; fi')
    else:
        tools.add("update-rc.d")
        (tmp_path / "rc2.d" / "S20postfix").touch()
        (tmp_path / "rc2.d" / "K20sendmail").touch()

    def ask(program, *words):
        moved = {
            SYSTEMD: tmp_path / "systemd",
            "/etc/rc2.d": tmp_path / "rc2.d",
            SYSV: f"{tmp_path}/init.d/",
            "/lib/systemd/system/": f"{tmp_path}/units/",
            "/etc/systemd/system/": f"{tmp_path}/units/",
            "/var/lib/mailhost": tmp_path,
        }
        # where the machine of the test has a chkconfig of its own it is not asked
        return run(program, *words, moved={place: here for place, here in moved.items() if place in program})

    return ask, request.param


#: what each kind of host is told, for each program
TOLD = {
    "STOP": (
        ("postfix",),
        {
            "systemd": ["systemctl stop postfix"],
            "chkconfig": ["service postfix stop"],
            "update-rc.d": ["service postfix stop"],
        },
    ),
    "RESTART": (
        ("postfix",),
        {
            "systemd": ["systemctl reset-failed postfix postfix@*", "systemctl restart postfix"],
            "chkconfig": ["service postfix restart"],
            "update-rc.d": ["service postfix restart"],
        },
    ),
    "END": (
        ("postfix",),
        {
            "systemd": ["systemctl stop postfix", "systemctl disable --quiet postfix"],
            "chkconfig": ["service postfix stop", "chkconfig --level 0123456 postfix off"],
            "update-rc.d": ["service postfix stop", "update-rc.d postfix disable"],
        },
    ),
    "BEGIN": (
        ("postfix",),
        {
            "systemd": ["systemctl enable --quiet postfix", "systemctl reset-failed postfix postfix@*",
                        "systemctl restart postfix"],
            "chkconfig": ["chkconfig postfix on", "service postfix restart"],
            "update-rc.d": ["update-rc.d postfix defaults", "update-rc.d postfix enable", "service postfix restart"],
        },
    ),
    "ADD": (
        ("postfix",),
        {
            "systemd": ["update-rc.d postfix defaults"],
            "chkconfig": ["chkconfig --add postfix"],
            "update-rc.d": ["update-rc.d postfix defaults"],
        },
    ),
    "UNADD": (
        ("postfix",),
        {
            "systemd": ["postfix stop", "update-rc.d -f postfix remove"],
            "chkconfig": ["postfix stop", "chkconfig --del postfix"],
            "update-rc.d": ["postfix stop", "update-rc.d -f postfix remove"],
        },
    ),
    "LEAVE": (
        ("postfix",),
        {
            "systemd": ["systemctl stop postfix", "systemctl disable --quiet postfix"],
            "chkconfig": ["service postfix stop", "chkconfig --level 0123456 postfix off"],
            "update-rc.d": ["service postfix stop", "update-rc.d postfix disable"],
        },
    ),
    "TAKE": (
        ("sendmail",),
        {
            "systemd": ["systemctl enable --quiet sendmail", "systemctl reset-failed sendmail sendmail@*",
                        "systemctl restart sendmail"],
            "chkconfig": ["chkconfig sendmail on", "service sendmail restart"],
            "update-rc.d": ["update-rc.d sendmail defaults", "update-rc.d sendmail enable", "service sendmail restart"],
        },
    ),
    "GIVE": (
        ("active postfix enabled postfix enabled sendmail", "sendmail"),
        {
            "systemd": ["systemctl stop sendmail"],
            "chkconfig": ["service sendmail stop"],
            "update-rc.d": ["service sendmail stop"],
        },
    ),
    "RETURN": (
        ("active postfix enabled postfix enabled sendmail", "postfix"),
        {
            "systemd": ["systemctl enable --quiet postfix", "systemctl reset-failed postfix postfix@*",
                        "systemctl restart postfix"],
            "chkconfig": ["chkconfig postfix on", "service postfix restart"],
            "update-rc.d": ["update-rc.d postfix defaults", "update-rc.d postfix enable", "service postfix restart"],
        },
    ),
}  # fmt: skip
PROGRAMS = {
    "STOP": switch.STOP,
    "RESTART": switch.RESTART,
    "END": switch.END,
    "BEGIN": switch.BEGIN,
    "ADD": switch.ADD,
    "UNADD": switch.UNADD,
    "LEAVE": switch.LEAVE,
    "TAKE": switch.TAKE,
    "GIVE": switch.GIVE,
    "RETURN": switch.RETURN,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_a_host_is_told(host, tools, name):
    ask, kind = host
    words, told = TOLD[name]
    done = ask(PROGRAMS[name], *words)
    assert (done.returncode, tools.calls) == (0, told[kind]), done.stderr


def test_which_run_and_which_begin_at_boot(host):
    ask, _ = host
    done = ask(switch.LOOK, "postfix", "sendmail")
    assert (done.returncode, done.stdout) == (0, "active postfix\nenabled postfix\n")
    assert ask(switch.LOOK, "postfix", "sendmail", "exim").stdout == done.stdout
    assert ask(switch.LOOK, "postfix", "exim").stdout == "", "the states matter only where several are"


def test_a_switch_from_several_and_back(host, tools):
    """Each that was there is stopped; back, each does what it did before."""
    ask, kind = host
    before = "active postfix enabled exim"
    assert ask(switch.LEAVE, "postfix", "exim").returncode == 0
    verbs = [line for line in tools.calls if " stop" in line or " start" in line]
    names = [next(name for name in ("postfix", "exim") if name in line) for line in verbs]
    assert names == ["postfix", "exim"], kind
    count = len(tools.calls)
    assert ask(switch.RETURN, before, "postfix", "exim").returncode == 0
    told = tools.calls[count:]
    assert any("start" in line and "postfix" in line for line in told)
    assert not any("start" in line and "exim" in line for line in told)
    on = {"systemd": "systemctl enable --quiet exim", "chkconfig": "chkconfig exim on"}
    assert on.get(kind, "update-rc.d exim enable") in told


def test_a_switch_to_what_does_not_start_fails(host, tools, tmp_path):
    ask, kind = host
    tools.add("systemctl", 'case $1 in restart) echo "no such port"; exit 1 ;; esac')
    tools.add("service", 'case $2 in restart) echo "no such port"; exit 1 ;; esac')
    done = ask(switch.TAKE, "sendmail")
    assert (done.returncode, done.stdout) == (1, "no such port\n")
