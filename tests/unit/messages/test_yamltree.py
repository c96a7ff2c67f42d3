"""YAML that remembers where everything stood, and takes nothing but maps, lists and scalars."""

from __future__ import annotations

import pytest

from hotline.messages.problems import Reason
from hotline.messages.yamltree import Mark, read_tree

TEXT = b"""\
a: 12:30
b: [yes, no, 2023-11-14, 0x10, ~, 1.5, -3, "5"]
c:
  d: {e: text}
"""


def test_scalars_are_what_they_look_like_and_nothing_more() -> None:
    tree = read_tree(TEXT)
    assert tree.findings == []
    assert tree.data == {
        "a": "12:30",
        "b": [True, False, "2023-11-14", "0x10", None, 1.5, -3, "5"],
        "c": {"d": {"e": "text"}},
    }


def test_every_value_and_key_has_its_place() -> None:
    tree = read_tree(TEXT)
    assert tree.place(("c", "d", "e"), Reason.BAD_VALUE) == Mark(4, 10)
    assert tree.place(("c", "d", "e"), Reason.UNKNOWN_KEY) == Mark(4, 7)
    assert tree.place(("c", "d", "e"), "PREFIX_UNKNOWN_KEY") == Mark(4, 7)
    assert tree.place(("b", 3), Reason.BAD_VALUE) == Mark(2, 26)
    assert tree.place(("c", "d", "missing"), Reason.MISSING_KEY) == Mark(4, 6)
    assert read_tree(b"").place((), Reason.YAML) == Mark(1, 1)


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        (b"a: [", Reason.YAML, "while parsing"),
        (b"a: *x", Reason.YAML, "aliases"),
        (b"a: &x 1\nb: *x", Reason.YAML, "aliases"),
        (b"a: !!python/name:os.system 1", Reason.YAML, "not allowed"),
        (b"a: !!binary QUJD", Reason.YAML, "not allowed"),
        (b"a: 1\n---\nb: 2", Reason.YAML, "single document"),
        (b"? [a]\n: 1", Reason.YAML, "a key must be a word"),
        (b"a: 1\na: 2", Reason.DUPLICATE_KEY, "given twice"),
        (b"\xff\xfe\x00", Reason.YAML, "not a text file in UTF-8"),
        (b"[" * 5000, Reason.YAML, "nested too deeply"),
        (b"#" * 1_000_001, Reason.TOO_LARGE, "larger than"),
    ],
)
def test_what_is_not_taken(text: bytes, reason: Reason, words: str) -> None:
    assert any(found.code == reason and words in found.message for found in read_tree(text).findings)
