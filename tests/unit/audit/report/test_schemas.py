"""The schemas are strict: a field less or a field more is refused, and their lists of words are the code's."""

import copy
import json

import jsonschema
import pytest
from mailhost.audit.finding import VERDICTS
from mailhost.audit.report import forms, preview
from mailhost.audit.wire import KINDS

from ....schemas import follows, schema
from .test_forms import BAD, GOOD
from .test_preview import FLEET

ACCEPTED = {"accepted": [{"rule": "access partner.example", "reason": "our other office"}]}


def documents():
    """A whole document of each kind, with at least one entry in every list of it."""
    audit = forms.fleet(copy.deepcopy({"good": {**GOOD, **ACCEPTED}, "bad": BAD, "gone": None}), {"gone": "no route"})
    return {name: json.loads(json.dumps(data)) for name, data in (("audit", audit), ("plan", preview.preview(FLEET)))}


def objects(node, spec, root):
    """Every object of a document with the schema that holds for it, where that names its fields."""
    while "$ref" in spec:
        spec = root["$defs"][spec["$ref"].rsplit("/", 1)[1]]
    if isinstance(node, list):
        for item in node:
            yield from objects(item, spec.get("items", {}), root)
    elif isinstance(node, dict) and "properties" in spec:
        yield node, spec
        for name, value in node.items():
            yield from objects(value, spec["properties"][name], root)


@pytest.mark.parametrize("name", ["audit", "plan"])
def test_a_document_follows_its_schema_and_one_with_a_field_less_or_more_does_not(name):
    document = follows(name, documents()[name])
    tried = set()
    for node, spec in list(objects(document, schema(name).schema, schema(name).schema)):
        assert spec["additionalProperties"] is False and spec["required"] == [*spec["properties"]]
        tried.add(tuple(spec["required"]))
        for field in spec["required"]:
            value = node.pop(field)
            with pytest.raises(jsonschema.ValidationError, match="required"):
                follows(name, document)
            node[field] = value
        node["unheard-of"] = 1
        with pytest.raises(jsonschema.ValidationError, match="unheard-of"):
            follows(name, document)
        del node["unheard-of"]
    defined = [spec for spec in json_objects(schema(name).schema) if "required" in spec]
    assert tried == {tuple(spec["required"]) for spec in defined}, "no document has one of this kind"


def json_objects(node):
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from json_objects(inner)


def test_the_words_of_the_schema_are_the_codes():
    told = schema("audit").schema["$defs"]
    assert told["verdict"]["enum"] == list(VERDICTS)
    assert told["battery"]["enum"] == list(forms.BATTERIES)
    assert sorted(told["finding"]["properties"]["reason"]["enum"]) == sorted(["", "names", *KINDS])
    assert {schema(name).schema["properties"]["schema"]["const"] for name in ("audit", "plan")} == {1}
    assert forms.SCHEMA == preview.SCHEMA == 1
