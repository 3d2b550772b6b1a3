"""What an inventory gives, compared with what there is: unknown names,
wrong types, missing values, each by its path."""

from __future__ import annotations

import difflib
import re
from typing import Any, Callable, Iterable, Iterator, Mapping, Optional, Tuple, Union

from .errors import BadInput

#: ``("mailboxes", 3, "uid")`` is ``mailboxes[3].uid``
Path = Tuple[Union[str, int], ...]
#: a type's name and a value: whether the value is of it, and the value converted
Convert = Callable[[str, Any], "Tuple[bool, Any]"]
#: where a value stands, ``file:line``, or an empty text
Stands = Callable[[Any], str]
_STEP = re.compile(r"\[(\d+)\]|\.?([^.\[]+)")
#: a template that is one of our variables or a value in it, and one that mentions some
_REFERENCE = re.compile(r"^\{\{\s*(mailhost_\w+(?:\.\w+)*)\s*(\|.*)?\}\}$", re.S)
_MENTIONED = re.compile(r"(?<!\w)(?:__)?mailhost_\w+")
#: characters of one value: the shells of hosts read a value byte by byte, and ten megabytes of it for ten minutes
LONGEST = 256 * 1024
_JUMPS = 8  # from one variable to another
#: types whose values are shown when they are wrong; others are long, or may hold a secret
_SHOWN = ("int", "bool", "float")


def keys(place: str) -> Path:
    """The path of an option's place as errors write it: names after dots, indices in brackets."""
    return tuple(int(index) if index else name for index, name in _STEP.findall(place))


def place(path: Path) -> str:
    """The inverse of ``keys``."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")


def nearest(name: str, known: "Iterable[str]") -> "Optional[str]":
    """The known name that somebody may have meant."""
    return next(iter(difflib.get_close_matches(name, list(known), 1)), None)


def faults(
    spec: "Mapping[str, Any]", given: "Mapping[str, Any]", convert: Convert, path: Path = ()
) -> "Iterator[BadInput]":
    """Each option that is unknown, missing or of a wrong type, and each value that is no choice. Shows no secret."""
    for name in given:
        if name not in spec:
            meant = nearest(str(name), spec)
            way_out = f"Did you mean {meant}?" if meant else f"Known are {', '.join(sorted(spec))}"
            yield BadInput(place((*path, str(name))), "there is no such key", way_out)
    for name, option in spec.items():
        if given.get(name) is None:
            if option.get("required"):
                yield BadInput(place((*path, name)), "is missing", "Give it")
        else:
            yield from _misfits(option, given[name], convert, (*path, name))


def _misfits(option: "Mapping[str, Any]", value: Any, convert: Convert, path: Path) -> "Iterator[BadInput]":
    kind = option.get("type", "str")
    fits, converted = convert(kind, value)
    shown = kind in _SHOWN and not option.get("no_log") and not isinstance(value, (dict, list))
    if isinstance(value, str) and "\0" in value:
        yield BadInput(place(path), "a NUL in the value", "Remove it")
    elif isinstance(value, str) and len(value) > LONGEST:
        reason = f"a value of {len(value)} characters; at most {LONGEST} are taken"
        yield BadInput(place(path), reason, "Give what is meant: a certificate has a few thousand")
    elif not fits:
        described = repr(value)[:60] if shown else f"a value of type {_kind(value)}"
        yield BadInput(place(path), f"{described} is not of type {kind}", "Correct it")
    elif kind == "list":
        element = {**option, "type": option.get("elements", "raw")}
        for number, entry in enumerate(converted):
            yield from _misfits(element, entry, convert, (*path, number))
    elif kind == "dict" and "options" in option:
        yield from faults(option["options"], converted, convert, path)
    elif "choices" in option and converted not in option["choices"]:
        reason = "not a choice" if option.get("no_log") else f"{str(converted)[:60]!r} is not a choice"
        yield BadInput(place(path), reason, f"Choose from {', '.join(map(repr, option['choices']))}")


def _kind(value: Any) -> str:
    """The type of a value under its plain name, whatever subclass it came as."""
    return next((kind.__name__ for kind in (dict, list, bool, int, float, str) if isinstance(value, kind)), "other")


def mentioned(text: Any, variables: "Mapping[str, Any]", jumps: int = _JUMPS) -> "list[str]":
    """Our variables that a template names, in order; those of an internal one (``__mailhost_...``) in its place."""
    names: "list[str]" = []
    for name in _MENTIONED.findall(text) if isinstance(text, str) and "{{" in text and jumps else ():
        names += mentioned(variables.get(name), variables, jumps - 1) if name.startswith("__") else [name]
    return names


def literal(text: Any, variables: "Mapping[str, Any]") -> "Tuple[bool, Any]":
    """Whether a value needs no templating, itself or as the variable that it is a mere reference to; and that value."""
    whole = _REFERENCE.match(text) if isinstance(text, str) else None
    value = variables.get(whole.group(1)) if whole and not whole.group(2) else text
    return value is not None and _is_literal(value), value


def _is_literal(value: Any) -> bool:
    if isinstance(value, str):
        return "{" not in value
    if isinstance(value, dict):
        return all(map(_is_literal, value)) and all(map(_is_literal, value.values()))
    if isinstance(value, list):
        return all(map(_is_literal, value))
    return value is None or isinstance(value, (bool, int, float))


def source(
    texts: "Mapping[str, Any]", option: str, variables: "Mapping[str, Any]", stands: Stands
) -> "Tuple[Optional[Path], str]":
    """The path of the variable that an option's value comes from,
    None where it is the task's own; where that value stands.

    ``texts`` are the options as they were written, ``option`` is the place in them, or a variable's, as an error names
    it. Of a template that is more than a reference it is the first variable that it names.
    """
    path, where = keys(option), ""
    variable = path if path and path[0] in variables and path[0] not in texts else None
    holder = variables if variable else texts
    for _ in range(_JUMPS):
        value, rest, where = descend(holder, path, stands)
        whole = _REFERENCE.match(value) if isinstance(value, str) else None
        names = mentioned(value, variables)
        if not names:
            break
        path = variable = (*whole.group(1).split("."), *rest) if whole else (names[0],)
        holder = variables
    return variable, where


def descend(value: Any, path: Path, stands: Stands) -> "Tuple[Any, Path, str]":
    """What lies at a path, or as near to it as there is anything; the rest of the path; where that stands."""
    place = stands(value)
    while path:
        key = path[0]
        if isinstance(value, Mapping) and key in value:
            place = stands(next(name for name in value if name == key)) or place
        elif not (isinstance(value, list) and isinstance(key, int) and key < len(value)):
            break
        value, path = value[key], path[1:]
        place = stands(value) or place
    return value, path, place
