"""Reading, under every shell: files, globs, commands, awkward bytes, and answers that are cut off."""

import os
import pathlib
import subprocess
import uuid

import pytest
from mailhost.core.errors import HostError
from mailhost.core.host import Command, File, Glob, Host

AWKWARD = [
    b"",
    b"\n",
    b"no newline",
    b"caf\xc3\xa9 \xff\xfe\n",
    bytes(range(256)),
    b"MAILHOST-END x\n" * 3,
    b"a" * 70000,
]


@pytest.mark.parametrize("content", AWKWARD)
def test_a_file_comes_byte_for_byte(local, shell, tmp_path, content):
    path = tmp_path / "a file"
    path.write_bytes(content)
    path.chmod(0o640)
    seen = local(shell).read([File(str(path))]).file(str(path))
    assert (seen.kind, seen.content, seen.mode) == ("file", content, 0o640)


def test_kinds_of_files(local, shell, tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "good").symlink_to("target")
    (tmp_path / "target").write_bytes(b"x")
    paths = {"link": "dangling", "good": "file", "absent": "absent", ".": "other"}
    seen = local(shell).read([File(str(tmp_path / name)) for name in paths])
    assert {name: seen.files[str(tmp_path / name)].kind for name in paths} == paths


def test_a_glob_brings_its_files_in_order(local, shell, tmp_path):
    for name in ("b.conf", "a b.conf", "z.txt"):
        (tmp_path / name).write_text(name)
    seen = local(shell).read([Glob(f"{tmp_path}/*.conf"), Glob(f"{tmp_path}/*.none")])
    assert [pathlib.Path(path).name for path in seen.globs[f"{tmp_path}/*.conf"]] == ["a b.conf", "b.conf"]
    assert seen.file(str(tmp_path / "a b.conf")).content == b"a b.conf"
    assert seen.globs[f"{tmp_path}/*.none"] == []


def test_commands_get_their_words_and_stdin_unchanged(local, shell):
    words = ("printf", "%s|", "a b", "$HOME", "`id`", "*", "'\"\\", "")
    echo = Command(("cat",), "line 1\n$(id) `id` \\ 'two'\n")
    seen = local(shell).read(
        [Command(words), echo, Command(("sh", "-c", "echo no >&2; exit 3")), Command(("no-such-program",))]
    )
    assert seen.output(*words).text == "a b|$HOME|`id`|*|'\"\\||"
    assert seen.output("cat").text == "line 1\n$(id) `id` \\ 'two'"
    assert (seen.output("sh", "-c", "echo no >&2; exit 3").code, seen.output("no-such-program").code) == (3, 127)


def test_a_secret_on_stdin_is_in_no_argv(local, shell, tmp_path):
    secret, kept = uuid.uuid4().hex, tmp_path / "kept"
    look = 'grep . >"$1"; cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" "\\n" | grep -c -F -f "$1"'
    found = Command(("sh", "-c", look, "look", str(kept)), secret)
    assert local(shell).read([found]).output(*found.argv).text == "0"
    assert kept.read_text().strip() == secret


def test_reading_writes_nothing(local, shell, tmp_path, state):
    local(shell).read([File("/etc/passwd"), Glob("/etc/*.conf")])
    assert not state.exists()


@pytest.mark.parametrize(
    ("code", "out", "said"),
    [
        (127, b"", "no program could be run there"),
        (0, b"Last login: today\n", "it did not answer"),
    ],
)
def test_a_host_that_does_not_answer(code, out, said):
    with pytest.raises(HostError, match=said):
        Host(lambda program, data: (code, out, b"sh: not found")).read([File("/x")])


def test_an_answer_that_is_cut_off_is_refused():
    def run(program, data):
        nonce = data.split(b"\n")[0]
        return 255, b"motd\r\nMAILHOST-BEGIN " + nonce + b"\r\nF absent\r\n", b"closed"

    with pytest.raises(HostError, match="cut off"):
        Host(run).read([File("/x")])


def test_banners_and_a_terminal_do_not_matter(local, state):
    class Terminal:
        def __call__(self, program, data):
            done = subprocess.run(["sh", "-c", program], input=data, capture_output=True, check=False)
            return 0, b"Welcome\r\nto CentOS\r\n" + done.stdout.replace(b"\n", b"\r\n"), b""

    assert (
        Host(Terminal()).read([File("/etc/passwd")]).file("/etc/passwd").content
        == pathlib.Path("/etc/passwd").read_bytes()
    )
    assert os.path.exists("/etc/passwd")
