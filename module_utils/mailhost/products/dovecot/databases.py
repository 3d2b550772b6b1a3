"""Dovecot's databases of passwords and users: which stand, which are ours, and how others give way.

Sources: the manual's "passdb" and "userdb" pages, 1.0 to 2.4. Nobody logs in as himself by a database with ``deny`` or
``master``: it refuses users, or lets an administrator act for them, and stays whatever the store.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Sequence, Tuple

from ...core.loss import Loss
from . import versions as dialect
from .configure import OWN, USERS, Installation
from .grammar import YES, Include, Path, Section, Setting, Tree

KINDS = ("passdb", "userdb")
STORES = {
    "system": {"passdb": "pam", "userdb": "passwd"},
    "virtual": {"passdb": "passwd-file", "userdb": "passwd-file"},
}
_GUARDS = ("deny", "master", "passdb_deny", "passdb_master")


@dataclass(frozen=True)
class Database:
    """A section ``passdb`` or ``userdb``: the file and the tree that it stands in, its driver, its own settings."""

    kind: str
    driver: str
    file: str
    path: Path
    section: Section
    settings: "Dict[str, str]" = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"{self.file}:{self.section.line}"

    @property
    def is_guard(self) -> bool:
        return any(self.settings.get(name, "").lower() in YES for name in _GUARDS)

    @property
    def users(self) -> str:
        """The file of users of a passwd-file."""
        named = [self.settings.get(f"{prefix}passwd_file_path", "") for prefix in ("", f"{self.kind}_")]
        words = (self.settings.get("args") or self.settings.get(f"{self.kind}_args") or "").split()
        return next(filter(None, [*named, *[word for word in words if word.startswith("/")][-1:]]), "")

    def belongs(self, store: str) -> bool:
        """Whether it is the store's: system accounts by PAM, whatever its arguments; the file of users that is ours."""
        return self.driver == STORES[store][self.kind] and (store == "system" or self.users == USERS)


def databases(here: Installation) -> "List[Database]":
    """All that stand, in the order in which Dovecot asks them, without those that deny or serve masters."""
    found = []
    for file, path, entry in here.configuration.entries():
        kind, _, name = path[-1].partition(" ")
        if isinstance(entry, Section) and kind in KINDS and len(path) <= 2:
            settings = {inner.key: inner.value for inner in entry.entries if isinstance(inner, Setting)}
            driver = settings.get("driver") or settings.get(f"{kind}_driver") or name
            found.append(Database(kind, driver, file, path, entry, settings))
    return [database for database in found if not database.is_guard]


def keep_to(here: Installation, store: str, others: str) -> "List[Loss]":
    """See that the store's databases are there and, unless ``others`` is keep, no other: of two, the first to be asked
    delays each login of the other. What others lose by it, one for each database; the accounts of the system are what
    a store of virtual users stands instead of, by the inventory's own word."""
    stand = databases(here)
    rivals = [] if others == "keep" else [database for database in stand if not database.belongs(store)]
    for tree_name, gone in _by_file(rivals).items():
        _retire(here, tree_name, gone)
    block = here.at(dialect.SYSTEM_STORE if store == "system" else dialect.VIRTUAL_STORE)
    for kind in KINDS:
        if not any(database.kind == kind and database.belongs(store) for database in stand):
            _add(here, dialect.fill(tuple(row for row in block if _kind(row[0]) == kind), users=USERS))
    return [
        Loss(
            f"loss.database {rival.kind} {rival.driver}",
            rival.place,
            f"{rival.kind} {rival.driver}{f' ({rival.users})' if rival.users else ''}: whoever logs in by it could not",
            "Keep it with mailhost_other_databases: keep",
        )
        for rival in rivals
        if not rival.belongs("system") and not rival.belongs("virtual")
    ]


def _kind(path: Path) -> str:
    return next(word.split(" ")[0] for word in path if word.split(" ")[0] in KINDS)


def _add(here: Installation, block: "Sequence[Tuple[Path, str]]") -> None:
    """A database of ours, as a section of its own behind all others: one that denies may have the same name."""
    made = False
    for path, value in block:
        depth = next(at for at, word in enumerate(path) if word.split(" ")[0] in KINDS) + 1
        if not made:
            here.own.add_section(path[:depth])
            made = True
        if depth < len(path):
            here.own.set(path, value)


def _by_file(rivals: "Sequence[Database]") -> "Dict[str, List[Database]]":
    files: "Dict[str, List[Database]]" = {}
    for rival in rivals:
        files.setdefault(rival.file, []).append(rival)
    return files


def _retire(here: Installation, file: str, rivals: "Sequence[Database]") -> None:
    """Out of the file that is ours; in others' behind a comment, of its include where the file holds nothing else."""
    tree = here.edited[file]
    give_way = tree.take_out if file == OWN else tree.comment_out
    if file != here.main and _all(here.configuration.trees[file]) <= {id(rival.section) for rival in rivals}:
        if _comment_out_include(here, file):
            return
    lines = {(rival.section.line, rival.section.key) for rival in rivals}
    for _, section in list(tree.walk()):
        if isinstance(section, Section) and (section.line, section.key) in lines and section.line:
            give_way(section)


def _all(tree: Tree) -> "set[int]":
    """Everything that stands in a file at its top, by identity."""
    return {id(entry) for entry in tree.entries if not entry.plain}


def _comment_out_include(here: Installation, file: str) -> bool:
    """Whether one line includes just that file, and is a comment now."""
    for name, _, entry in here.configuration.entries():
        if isinstance(entry, Include) and here.configuration.includes(name, entry) == file:
            edited = here.edited[name]
            for _, include in list(edited.walk()):
                if isinstance(include, Include) and include.line == entry.line:
                    edited.comment_out(include)
                    return True
    return False
