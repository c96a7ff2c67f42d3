"""Texts in several languages: what binds, what is a translation, and of what."""

from __future__ import annotations

from hashlib import sha256

import pytest

from hotline import v1
from hotline.messages.fill import fill
from hotline.messages.problems import FieldError
from hotline.messages.texts import add_texts, digest_of_text, fill_words, original_of, words_of_texts
from hotline.messages.words import to_words
from hotline.protocol.rules import broken_rules

BOTH = {"authentic": "zh", "zh": "潜水作业。", "en": "Divers down.", "translator": "PERSON", "translator_name": "Li"}


def words_from(raw: object) -> v1.Words:
    target = v1.Words()
    add_texts(target.texts, raw)
    return target


def rules_broken(words: v1.Words) -> set[str]:
    return {rule for _, rule, _ in broken_rules(words)}


@pytest.mark.threat("translation tampering", defence="SIG", measure="translations bound to an original")
def test_a_translation_is_bound_to_its_original() -> None:
    words = words_from(BOTH)
    original, translation = words.texts
    assert (original.role, translation.role) == (v1.Text.ROLE_AUTHENTIC, v1.Text.ROLE_TRANSLATION)
    assert translation.translation_of == sha256("潜水作业。".encode()).digest()
    assert (translation.translator, translation.translator_name) == (v1.Text.TRANSLATOR_PERSON, "Li")
    assert original_of(translation, words.texts) == original
    assert original_of(original, words.texts) is None
    assert rules_broken(words) == set()


@pytest.mark.threat("translation tampering", defence="SIG", measure="translations of something else, shown so")
def test_a_translation_of_something_else_has_no_original_here() -> None:
    words = words_from(BOTH)
    words.texts[1].translation_of = digest_of_text("something else")
    assert original_of(words.texts[1], words.texts) is None
    assert rules_broken(words) == set(), "it may stand, and is shown so"


def test_the_words_of_texts_give_them_again() -> None:
    words = words_from(BOTH)
    assert words_of_texts(words.texts) == BOTH
    assert words_of_texts(words_from({"en": "Divers down."}).texts) == {"en": "Divers down."}
    again = v1.Words()
    assert fill_words(again, to_words(v1.AidRequest(situation=words))["situation"])
    assert again == words


def test_what_the_short_form_cannot_say_goes_in_full() -> None:
    words = words_from(BOTH)
    words.texts[1].translation_of = digest_of_text("something else")
    assert words_of_texts(words.texts) is None
    said = to_words(v1.AidRequest(situation=words))
    again = v1.AidRequest()
    assert fill(again, said) == []
    assert again.situation == words


def test_one_text_goes_on_a_flag() -> None:
    assert words_from("en=Divers down.") == words_from({"en": "Divers down."})


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("Divers down.", "needs the text by language"),
        ({"en": 5}, "needs the text by language"),
        ({"en": "a", "zh": "b"}, "`authentic` names the language"),
        ({"authentic": "fr", "en": "a"}, "`authentic` names the language"),
        ({"en": "a", "translator": "GHOST"}, "translator is not one of PERSON, MACHINE, MACHINE_CHECKED"),
    ],
)
def test_mistakes(raw: object, problem: str) -> None:
    with pytest.raises(FieldError, match=problem):
        words_from(raw)


@pytest.mark.threat("translation tampering", defence="SCAN", measure="rules on texts broken, refused")
def test_rules_on_texts() -> None:
    def text(**fields: object) -> v1.Text:
        return v1.Text(language="en", text="a", **fields)  # type: ignore[arg-type]  # by name

    free, bound = v1.Text.ROLE_AUTHENTIC, v1.Text.ROLE_TRANSLATION
    digest = digest_of_text("b")
    assert [rule for _, rule, _ in broken_rules(text(role=bound))] == ["text.translation"]
    assert [rule for _, rule, _ in broken_rules(text(role=free, translation_of=digest))] == ["text.translation"]
    assert [rule for _, rule, _ in broken_rules(text(role=free, translator_name="Li"))] == ["text.translator"]
    assert rules_broken(v1.Words(texts=[text(role=free), text(role=free)])) == {
        "words.authentic",
        "words.languages_distinct",
    }
