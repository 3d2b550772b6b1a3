"""The pages of the documentation's site, for mkdocs (its hooks, see mkdocs.yml).

The repository's own pages, with all that they link to, are at their own places, so that a link is the same in both;
each word and the role have a page that is made of their documentation.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
from typing import Any, Dict, Iterable, Iterator, List, Mapping

import yaml
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
#: Ansible's markup, as M(mail_commit) or O(name=value)
MARKUP = re.compile(r"\b([A-Z]+)\(((?:[^)\\]|\\.)+)\)")
CODE = ("C", "E", "F", "O", "P", "RV", "V")


def repository() -> "Dict[str, pathlib.Path]":
    """By their paths in the repository: its pages, and what they link to there, page or not."""
    found: "Dict[str, pathlib.Path]" = {}
    waiting = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
    while waiting:
        path = waiting.pop()
        name = path.relative_to(ROOT).as_posix()
        if name in found:
            continue
        found[name] = path
        if path.suffix == ".md":
            linked = (path.parent / link for link in LINK.findall(path.read_text()) if "://" not in link)
            targets = (pathlib.Path(os.path.normpath(target)) for target in linked)
            waiting += [target for target in targets if target.is_file() and ROOT in target.parents]
    return found


def words() -> "Dict[str, Any]":
    """Every word's documentation, as ansible-doc reads it."""
    names = sorted(path.stem for path in (ROOT / "library").glob("*.py"))
    done = subprocess.run(["ansible-doc", "-t", "module", "--json", *names], cwd=ROOT, capture_output=True, text=True)
    told = json.loads(done.stdout or "{}")
    if done.returncode or set(told) != set(names):
        raise PluginError(f"ansible-doc: {done.stderr.strip() or sorted(set(names) - set(told))}")
    return told


def lines(text: "Any", known: "Iterable[str]" = (), folder: str = "") -> "List[str]":
    """Sentences in Ansible's markup as Markdown; a word of ours becomes a link into ``folder``."""

    def marked(match: "re.Match[str]") -> str:
        kind, held = match[1], re.sub(r"\\(.)", r"\1", match[2])
        if kind == "M" and held.rsplit(".", 1)[-1] in known:
            name = held.rsplit(".", 1)[-1]
            return f"[{name}]({folder}{name}.md)"
        if kind == "L" and "," in held:
            return "[{}]({})".format(*(part.strip() for part in held.split(",", 1)))
        if kind == "U":
            return f"<{held}>"
        kinds = {**dict.fromkeys((*CODE, "M"), f"`{held}`"), "I": f"*{held}*", "B": f"**{held}**"}
        return kinds.get(kind, match[0])

    given = text if isinstance(text, list) else [text] if text else []
    return [MARKUP.sub(marked, str(line).replace("<", "&lt;")) for line in given]


def items(options: "Mapping[str, Any]", known: "Iterable[str]", folder: str = "", depth: int = 0) -> "Iterator[str]":
    """Options or results as a list, those below one inside it."""
    for name, told in options.items():
        kind = str(told.get("type", "str")) + (f" of {told['elements']}" if "elements" in told else "")
        facts = [kind, *(["required"] if told.get("required") else [])]
        if told.get("default") is not None:
            facts.append(f"default `{json.dumps(told['default'])}`")
        if told.get("choices"):
            facts.append("one of " + ", ".join(f"`{json.dumps(choice)}`" for choice in told["choices"]))
        if told.get("returned"):
            facts.append(f"returned: {told['returned']}")
        about = " ".join(lines(told.get("description"), known, folder))
        yield f"{'    ' * depth}- **`{name}`** ({'; '.join(facts)}): {about}"
        below = told.get("suboptions") or told.get("options") or told.get("contains") or {}
        yield from items(below, known, folder, depth + 1)


def word_page(name: str, told: "Mapping[str, Any]", known: "Iterable[str]") -> str:
    doc = told["doc"]
    parts = [f"# {name}", *lines(doc["short_description"], known), "\n".join(f"- {line}" for line in
             lines(doc["description"], known)), "## Options"]  # fmt: skip
    parts.append("\n".join(items(doc.get("options") or {}, known)) or "None.")
    parts += ["## Examples", f"```yaml\n{told['examples'].strip()}\n```", "## Results"]
    return "\n\n".join([*parts, "\n".join(items(told.get("return") or {}, known)), ""])


def role_page(specs: "Mapping[str, Any]", known: "Iterable[str]") -> str:
    parts = [
        "# The role `mailhost`",
        "Its variables by entry point; [docs/variables.md](docs/variables.md) says more of each.",
    ]
    for entry, spec in specs.items():
        parts += [
            f"## {entry}",
            *lines(spec.get("short_description")),
            *lines(spec.get("description"), known, "words/"),
        ]
        parts.append("\n".join(items(spec.get("options") or {}, known, "words/")) or "No variables.")
    return "\n\n".join([*parts, ""])


def generated() -> "Dict[str, str]":
    """The pages that are made, by their paths."""
    told = words()
    specs = yaml.safe_load((ROOT / "roles/mailhost/meta/argument_specs.yml").read_text())["argument_specs"]
    rows = [
        f"- [{name}]({name}.md): {' '.join(lines(one['doc']['short_description'], told))}" for name, one in told.items()
    ]
    pages = {f"words/{name}.md": word_page(name, one, told) for name, one in told.items()}
    return {"words/index.md": "\n".join(["# Modules", "", *rows, ""]), "role.md": role_page(specs, told), **pages}


def _leaves(nav: "Any") -> "Iterator[str]":
    if isinstance(nav, str):
        yield nav
    for inner in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from _leaves(inner)


def on_config(config: "Any") -> "Any":
    made = generated()
    named = set(_leaves(config.nav))
    others = [
        path
        for path in repository()
        if path.endswith(".md") and path not in named and "/" not in path.replace("docs/", "", 1)
    ]
    config.extra["made"] = made
    config.nav = [
        *config.nav,
        {"Modules": [path for path in made if path not in named]},
        *([{"More": others}] if others else []),
    ]
    return config


def on_files(files: "Any", config: "Any") -> "Any":
    theirs = [file for file in files if file.src_dir != config.docs_dir]  # the theme's
    found = [File.generated(config, name, abs_src_path=str(path)) for name, path in repository().items()]
    found += [File.generated(config, name, content=text) for name, text in config.extra["made"].items()]
    return Files([*theirs, *found])
