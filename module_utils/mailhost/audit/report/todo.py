"""What must be done about a fleet: what fails, what could not be asked,
and what is warned of, each once, with the fix and where it is."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Tuple

from .preview import count

#: the verdicts that ask for something, the worst first, and what each is called
ORDER = {"fail": "fail", "invalid": "invalid (could not be asked)", "warn": "warn"}
PLACES = 6  # told in the text for each; the page and the JSON have all


def todo(hosts: "Iterable[Mapping[str, Any]]") -> "List[Dict[str, Any]]":
    """Findings of the same kind with the same fix are one row, the worst first and then what most hosts have:
    ``verdict``, ``id``, ``title``, ``fix``, ``places``. A place is ``hosts`` that gave the same answer
    (``detail``) at the same endpoints (``where``)."""
    rows: "Dict[Tuple[str, ...], Dict[str, Any]]" = {}
    for host in hosts:
        for finding in host["findings"]:
            if finding["verdict"] in ORDER:
                kind = tuple(str(finding[name]) for name in ("verdict", "id", "title", "way_out"))
                by_host = rows.setdefault(kind, {}).setdefault(host["name"], {})
                by_host.setdefault(" ".join(finding["detail"].split()), []).append(finding["where"])
    every = [dict(zip(("verdict", "id", "title", "fix"), kind), places=_places(row)) for kind, row in rows.items()]
    return sorted(every, key=lambda row: (list(ORDER).index(row["verdict"]), -len(_hosts(row)), row["id"]))


def _places(row: "Mapping[str, Mapping[str, List[str]]]") -> "List[Dict[str, Any]]":
    alike: "Dict[Tuple[str, ...], List[str]]" = {}
    for name, answers in row.items():
        for detail, where in answers.items():
            alike.setdefault((detail, *dict.fromkeys(filter(None, where))), []).append(name)
    return [{"hosts": names, "where": list(place[1:]), "detail": place[0]} for place, names in alike.items()]


def _hosts(row: "Mapping[str, Any]") -> "List[str]":
    return list(dict.fromkeys(name for place in row["places"] for name in place["hosts"]))


def lines(rows: "List[Dict[str, Any]]") -> "List[str]":
    """The same as text."""
    if not rows:
        return ["Nothing must be done."]
    counts = {name: sum(row["verdict"] == verdict for row in rows) for verdict, name in ORDER.items()}
    sums = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    text = [f"What must be done ({sums}):"]
    for row in rows:
        text.append(f"{row['verdict']:<9}{row['title']} ({row['id']})")
        text += [f"         fix: {row['fix']}"] if row["fix"] else []
        for place in row["places"][:PLACES]:
            text.append(" " * 9 + ": ".join(filter(None, [_head(place), place["detail"]])))
        more = row["places"][PLACES:]
        if more:
            text.append(f"         and {count(_hosts({'places': more}))}")
    return text


def _head(place: "Mapping[str, Any]") -> str:
    return ", ".join([count(place["hosts"]), *([f"at {' '.join(place['where'])}"] if place["where"] else [])])
