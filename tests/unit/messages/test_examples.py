"""Every type that may be sent has an example that is complete, valid and reads back."""

from __future__ import annotations

from importlib import resources

import pytest

from hotline.messages.draft import draft_words, line_words, read_draft
from hotline.messages.examples import example
from hotline.messages.yamltree import read_tree
from hotline.protocol.rules import broken_rules
from hotline.protocol.statements import BODIES, BODY_OF

AT_NS = 1_795_269_480_000_000_000
NAMES = [body.DESCRIPTOR.name for body in BODIES]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_valid_and_reads_back(name: str) -> None:
    tree = read_tree(example(name).encode())
    assert tree.findings == []
    draft, findings = read_draft(tree.data, BODY_OF, line_words(AT_NS))
    assert findings == []
    assert draft is not None
    assert draft.body.DESCRIPTOR.name == name
    assert broken_rules(draft.body) == []
    assert read_draft(draft_words(draft), BODY_OF) == (draft, [])


def test_there_is_no_example_of_anything_else() -> None:
    files = resources.files("hotline.messages.examples").iterdir()
    assert sorted(file.name for file in files if file.name.endswith(".yaml")) == sorted(
        f"{name}.yaml" for name in NAMES
    )


@pytest.mark.parametrize("name", NAMES)
def test_an_example_explains_itself(name: str) -> None:
    assert example(name).startswith("# ")
