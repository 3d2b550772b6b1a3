"""The schemas of what is written for programs (schemas/): wherever a test makes a document, it follows its own."""

from __future__ import annotations

import functools
import json
import pathlib

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parent.parent / "schemas"


@functools.lru_cache(maxsize=None)
def schema(name):
    """The validator of ``audit`` or ``plan``."""
    told = json.loads((SCHEMAS / f"{name}.json").read_text())
    kind = jsonschema.validators.validator_for(told)
    kind.check_schema(told)
    return kind(told)


def follows(name, document):
    """Raises jsonschema's ValidationError unless the document follows its schema; gives it back."""
    schema(name).validate(document)
    return document
