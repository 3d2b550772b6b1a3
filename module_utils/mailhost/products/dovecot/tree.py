"""A host's whole Dovecot configuration: the main file and what it includes, in the order Dovecot reads it."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Sequence

from ...core.errors import BadConfiguration
from ...core.host import File, FileState, Glob, Request, Seen
from ...formats.lines import Entry
from .grammar import YES, Include, Path, Setting, Tree

_MAGIC = frozenset("*?[")


def _target(including: str, pattern: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(including), pattern))


def included(including: str, include: Include) -> Request:
    target = _target(including, include.pattern)
    return Glob(target) if _MAGIC & set(target) else File(target)


@dataclass
class Configuration:
    """``trees`` holds each file once, by path, parsed."""

    main: str
    seen: Seen
    trees: Dict[str, Tree] = field(default_factory=dict)
    missing: List[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._load(self.main, [])

    def state(self, path: str) -> FileState:
        return self.seen.file(path)

    def _load(self, path: str, above: "list[str]") -> None:
        if path in above:
            raise BadConfiguration(path, "includes itself", "Remove one of the includes")
        state = self.state(path)
        if path in self.trees or state.kind != "file":
            return
        tree = self.trees[path] = Tree(state.text, path)
        for _, entry in list(tree.walk()):
            if isinstance(entry, Include):
                for included_path in self._follow(path, entry):
                    self._load(included_path, [*above, path])

    def _follow(self, path: str, include: Include) -> "list[str]":
        request = included(path, include)
        if isinstance(request, Glob):
            if request.pattern not in self.seen.globs:
                self.missing.append(request)
            return self.seen.globs.get(request.pattern, [])
        if not isinstance(request, File):
            return []
        if request.path not in self.seen.files:
            self.missing.append(request)
            return []
        if not include.optional and not self.seen.files[request.path].exists:
            raise BadConfiguration(
                f"{path}:{include.line}",
                f"includes {request.path}, which is not there",
                "Restore it or remove the line",
            )
        return [request.path]

    def includes(self, including: str, include: Include) -> str:
        """The file that an include names, empty where it is a pattern."""
        request = included(including, include)
        return request.path if isinstance(request, File) else ""

    def entries(self) -> "Iterator[tuple[str, Path, Entry]]":
        """Every entry with its file and path, in the order in which Dovecot reads them."""
        yield from self._entries(self.main, ())

    def _entries(self, name: str, base: Path) -> "Iterator[tuple[str, Path, Entry]]":
        tree = self.trees.get(name)
        if tree is None:
            return
        for path, entry in tree.walk():
            if isinstance(entry, Include):
                yield name, base + path, entry
                for included_path in self._follow(name, entry):
                    yield from self._entries(included_path, base + path[:-1])
            else:
                yield name, base + path, entry

    def words(self, key: str, without: "Sequence[str]" = ()) -> "list[str]":
        """A list setting as it ends up, with ``$key`` standing for what it was before; from 2.4 on a list can be
        a section too, ``key { word = yes }``, which adds to it or takes from it (manual, "boolean list")."""
        words: "list[str]" = []
        for name, path, entry in self.entries():
            if not isinstance(entry, Setting) or name in without:
                continue
            if path == (key,):
                now = []
                for word in entry.value.replace(",", " ").split():
                    now += words if word in (f"${key}", f"$SET:{key}") else [word]
                words = list(dict.fromkeys(now))
            elif len(path) == 2 and path[0] == key:
                words = [word for word in words if word != path[1]]
                words += [path[1]] if entry.value.lower() in YES else []
        return words
