"""Messages as JSON, and back."""

from __future__ import annotations

import json

import pytest
from google.protobuf.message import Message

from hotline import v1
from hotline.messages.draft import Written, line_words, read_draft
from hotline.messages.examples import example
from hotline.messages.jsonform import from_json, is_json_form, to_json
from hotline.messages.problems import FieldError
from hotline.messages.yamltree import read_tree
from hotline.protocol.statements import BODIES, BODY_OF


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.DESCRIPTOR.name)
def test_every_example_survives_json(body: type[Message]) -> None:
    """REQ-MSG-7."""
    draft, _ = read_draft(read_tree(example(body.DESCRIPTOR.name).encode()).data, BODY_OF, line_words(10**18))
    assert draft is not None
    words = json.loads(json.dumps(to_json(draft)))
    assert is_json_form(words)
    assert from_json(words, BODY_OF) == draft


def test_names_are_those_of_the_specification() -> None:
    written = Written(v1.StatementHeader(from_post="AUS:a"), v1.ActivityNotice(exclusion_radius_m=5556))
    assert to_json(written) == {
        "header": {"from_post": "AUS:a"},
        "body_type": "hotline.v1.ActivityNotice",
        "body": {"exclusion_radius_m": 5556},
    }


def test_mistakes() -> None:
    assert not is_json_form({"type": "ActivityNotice", "body": {}})
    with pytest.raises(FieldError, match="body_type: not one of"):
        from_json({"header": {}, "body_type": "hotline.v1.Nothing", "body": {}}, BODY_OF)
    with pytest.raises(FieldError, match="has no field named"):
        from_json({"header": {"x": 1}, "body_type": "hotline.v1.ActivityStart", "body": {}}, BODY_OF)
