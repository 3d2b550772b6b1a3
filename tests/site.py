"""The documentation's site, as make docs built it.

Every page is there, nothing in it comes from elsewhere, and a broken link is an error.

site.py DIRECTORY MKDOCS
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
#: what a browser fetches by itself
FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """What a page fetches, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: "list[str]" = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.fetched += [value or "" for name, value in attrs if name == FETCHED.get(tag)]

    def handle_data(self, data):
        self.text += data


def from_elsewhere(site: pathlib.Path) -> "list[str]":
    found = []
    for path in site.rglob("*"):
        if path.suffix == ".html":
            found += [f"{path}: {url}" for url in Page(path.read_text()).fetched if re.match(r"(https?:)?//", url)]
        elif path.suffix == ".css":
            found += [
                f"{path}: {url}"
                for url in re.findall(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")]+)", path.read_text())
            ]
    return found


def missing(site: pathlib.Path) -> "list[str]":
    """Pages that are not there, and options that their word's or role's page does not name."""
    pages = [path.relative_to(ROOT).with_suffix("") for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]]
    found = [
        f"{page}: no page" for page in pages if page.name != "README" and not (site / page / "index.html").exists()
    ]
    done = subprocess.run(
        ["ansible-doc", "-t", "module", "--json", *(path.stem for path in (ROOT / "library").glob("*.py"))],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    asked = {f"words/{name}": one["doc"].get("options") or {} for name, one in json.loads(done.stdout).items()}
    for spec in yaml.safe_load((ROOT / "roles/mailhost/meta/argument_specs.yml").read_text())[
        "argument_specs"
    ].values():
        asked.setdefault("role", {}).update(spec.get("options") or {})
    for page, options in asked.items():
        path = site / page / "index.html"
        text = Page(path.read_text()).text if path.exists() else ""
        found += [f"{page}: does not name {name}" for name in ["mailhost", *options] if name not in text]
    return found


def lets_a_broken_link_by(mkdocs: str) -> "list[str]":
    """Builds a copy with broken links in it, which must fail and name each."""
    with tempfile.TemporaryDirectory() as work:
        copy = pathlib.Path(work) / "copy"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, copy / name)
        broken = ["nowhere.md", "../module_utils/nowhere.py", "audit.md#nowhere", "/absolute", "../tests"]
        with (copy / "docs/glossary.md").open("a") as page:
            page.write("\n" + " ".join(f"[x]({link})" for link in broken) + "\n")
        done = subprocess.run(
            [mkdocs, "build", "--strict", "-d", f"{work}/site"],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
        unnamed = [link for link in broken if link not in done.stderr]
    return [f"a broken link is let by: {unnamed}: {done.stderr}"] if unnamed or not done.returncode else []


def main(site: str, mkdocs: str) -> int:
    faults = [*missing(pathlib.Path(site)), *from_elsewhere(pathlib.Path(site)), *lets_a_broken_link_by(mkdocs)]
    print("\n".join(faults) or f"{site}: every page is there, and nothing in it comes from elsewhere")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
