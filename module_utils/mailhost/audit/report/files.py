"""Where an audit's results lie on the controller: a record for each host,
and what is made of them all; whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from typing import Any, Dict, List, Mapping

from ...core.errors import BadInput

HOSTS = "hosts"


def _place(directory: str, name: str) -> str:
    return os.path.join(directory, name)


def write(directory: str, name: str, text: str) -> str:
    """A file with these contents, mode 0600, put in place in one step. Returns its path."""
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        handle, staged = tempfile.mkstemp(prefix=".mailhost-", dir=directory)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(staged, _place(directory, name))
        except BaseException:
            os.unlink(staged)
            raise
    except OSError as error:
        raise BadInput(
            "directory",
            f"{directory}: {error.strerror}",
            "Give a directory that can be written (mailhost_audit_directory)",
        ) from None
    return _place(directory, name)


def file_name(host: str) -> str:
    """A host's name as a file's, which cannot lead elsewhere."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", host).lstrip(".") + ".json"


def write_host(directory: str, record: "Mapping[str, Any]") -> str:
    return write(_place(directory, HOSTS), file_name(str(record["name"])), json.dumps(record, ensure_ascii=False))


def forget(directory: str, names: "List[str]") -> None:
    """Remove the records of these hosts: an old one must not stand in for an audit that did not come to an end."""
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_place(_place(directory, HOSTS), file_name(name)))


def read_hosts(directories: "List[str]", names: "List[str]") -> "Dict[str, Any]":
    """The newest record of each of these hosts; None for one whose audit left none."""
    records: "Dict[str, Any]" = {}
    for name in names:
        records[name] = None
        newest = 0.0
        for directory in directories:
            path = _place(_place(directory, HOSTS), file_name(name))
            try:
                with open(path, encoding="utf-8") as file:
                    written = os.fstat(file.fileno()).st_mtime
                    if written > newest:
                        records[name], newest = json.load(file), written
            except (OSError, ValueError):
                continue
    return records
