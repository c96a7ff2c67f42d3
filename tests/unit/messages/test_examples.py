"""Every type that may be sent has an example that is complete, valid and reads back."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

import pytest
from google.protobuf.message import Message

from hotline import v1
from hotline.messages.checks import advise
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


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("ChannelTest", "QueryAck", "Escalated")])
def test_an_example_speaks_both_languages(name: str) -> None:
    """But of those that nodes sign, which say nothing in words."""
    draft, _ = read_draft(read_tree(example(name).encode()).data, BODY_OF, line_words(AT_NS))
    assert draft is not None
    said = [*draft.header.texts, *_texts(draft.body)]
    assert {text.language for text in said} == {"en", "zh"}
    assert {text.role for text in said} == {v1.Text.ROLE_AUTHENTIC, v1.Text.ROLE_TRANSLATION}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_needs_to_be_thought_about_before_an_example_is_released(name: str) -> None:
    draft, _ = read_draft(read_tree(example(name).encode()).data, BODY_OF, line_words(AT_NS))
    assert draft is not None
    assert advise(draft.header, draft.body) == ()


def _texts(message: Message) -> Iterator[v1.Text]:
    if isinstance(message, v1.Text):
        yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in value if field.is_repeated else [value]:
                yield from _texts(item)


def test_there_is_no_example_of_anything_else() -> None:
    files = resources.files("hotline.messages.examples").iterdir()
    assert sorted(file.name for file in files if file.name.endswith(".yaml")) == sorted(
        f"{name}.yaml" for name in NAMES
    )


@pytest.mark.parametrize("name", NAMES)
def test_an_example_explains_itself(name: str) -> None:
    assert example(name).startswith("# ")
