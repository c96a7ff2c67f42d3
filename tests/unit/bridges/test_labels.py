"""Every code of the standard that a bridge puts into words has words in both languages."""

from __future__ import annotations

import re

import pytest
from google.protobuf.descriptor import EnumDescriptor

from hotline.bridges.labels import ENGLISH, LANGUAGES, PHRASES, both, label, phrase, titled

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("enum", ENGLISH, ids=lambda enum: str(enum.full_name))
def test_no_code_lacks_words(enum: EnumDescriptor) -> None:
    assert ENGLISH[enum].keys() == {value.number for value in enum.values if value.number}
    for number in ENGLISH[enum]:
        english, chinese = (label(enum, number, language) for language in LANGUAGES)
        assert english.isascii() and HAN.search(chinese), number


def test_no_two_codes_share_words() -> None:
    for enum, words in ENGLISH.items():
        for language in LANGUAGES:
            assert len({label(enum, number, language) for number in words}) == len(words)


def test_phrases_are_in_both_languages() -> None:
    for name in PHRASES:
        assert phrase(name, "en").isascii() and HAN.search(phrase(name, "zh"))
    assert both("cancelled") == "Cancelled / 取消"
    assert titled("联络席位", "AUS", "zh") == "联络席位：AUS"
