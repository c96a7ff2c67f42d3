"""Warnings before release."""

from __future__ import annotations

from hashlib import sha256

import pytest
from google.protobuf.message import Message

from hotline import v1
from hotline.messages.checks import ADVICE, Advice, advise
from hotline.messages.labels import labels
from hotline.messages.terms import contested_in, glossary_digest, terms
from hotline.messages.texts import add_texts, digest_of_text
from hotline.protocol.codes import CODES

SAID = v1.MeetingCalendarItem()
THREAD = bytes([1]) * 32


def header(text: str = "", language: str = "en", **fields: object) -> v1.StatementHeader:
    found = v1.StatementHeader(**fields)  # type: ignore[arg-type]  # by name
    if text:
        add_texts(found.texts, {language: text})
    return found


def found(text: str, language: str = "en") -> list[str]:
    return [advice.found for advice in advise(header(text, language), SAID)]


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Our ships are in international waters.", "en", ["international waters"]),
        ("INTERNATIONAL  WATERS", "en", ["international waters"]),
        ("the Indo Pacific region", "en", ["Indo-Pacific"]),
        ("passage through the strait", "en", []),
        ("The spy balloons came down.", "en", []),
        ("The spy balloon came down.", "en", ["spy balloon"]),
        ("贵方舰艇非法闯入。", "zh", ["非法闯入"]),
        ("不安全、不专业", "zh", ["不安全、不专业"]),
        ("本舰按海上意外相遇规则航行。", "zh", []),
    ],
)
def test_contested_terms_are_found_as_words(text: str, language: str, words: list[str]) -> None:
    """Contested terms are warned of and never refused (REQ-LANG-7)."""
    assert found(text, language) == words


def test_a_neutral_code_is_offered_in_the_language_of_the_reader() -> None:
    (advice,) = advise(header("A surveillance balloon came down."), SAID)
    assert advice.element == "hotline.v1.CraftKind.CRAFT_KIND_LIGHTER_THAN_AIR"
    assert advice.sentence(labels("en"), "en") == (
        "texts[0].text: another side is known to reject “surveillance balloon”; "
        "offered instead: use the class LIGHTER_THAN_AIR"
    )
    assert "轻于空气航空器" in advice.sentence(labels("zh"), "zh")


def test_what_one_side_calls_a_water_or_a_ship_is_its_own() -> None:
    named = v1.AreaQuery(area=v1.Area(named_water=v1.NamedWater(name="South China Sea", language="en")))
    assert advise(header("a"), named) == ()
    assert [each.path for each in advise(header("a"), v1.CallRequest(topic="South China Sea"))] == ["topic"]


def test_regret_has_a_code() -> None:
    assert found("We are sorry.") == ["sorry"]
    close = v1.IncidentClose(expression=v1.Expression(grade=v1.Expression.GRADE_SORRY))
    add_texts(close.expression.words.texts, {"en": "We are sorry."})
    assert advise(header("a", thread=THREAD), close) == ()


def test_long_texts_of_an_urgent_message_are_warned_of() -> None:
    long = "word " * 201
    urgent = header(long, precedence=v1.PRECEDENCE_FLASH)
    assert [each.code for each in advise(urgent, SAID)] == ["TOO_LONG"]
    assert advise(header(long, precedence=v1.PRECEDENCE_ROUTINE), SAID) == ()
    assert advise(header("字" * 400, "zh", precedence=v1.PRECEDENCE_FLASH), SAID) == ()
    assert advise(header("字" * 402, "zh", precedence=v1.PRECEDENCE_FLASH), SAID) != ()


def test_words_without_a_language_are_warned_of() -> None:
    """REQ-LANG-5."""
    told = v1.ActivityCancel(reason="Weather")
    assert [each.code for each in advise(header(thread=THREAD), told)] == ["LANGUAGE_NOT_STATED"]
    assert advise(header("The sea is too rough.", thread=THREAD), told) == ()
    assert advise(header(), v1.ActivityNotice(designation="Divers down")) == ()


def test_a_translation_of_what_is_not_there_is_warned_of() -> None:
    said = header("Divers down.")
    said.texts.add(
        language="zh", text="潜水。", role=v1.Text.ROLE_TRANSLATION, translation_of=digest_of_text("Divers down.")
    )
    assert advise(said, SAID) == ()
    said.texts[1].translation_of = digest_of_text("Divers up.")
    assert advise(said, SAID) == (Advice("ORIGINAL_MISSING", "texts", "zh"),)
    inside = v1.AidRequest(situation=v1.Words(texts=[said.texts[1]]))
    assert [each.path for each in advise(header("a"), inside)] == ["situation.texts"]


def test_how_a_type_stands_to_a_thread_is_minded() -> None:
    """REQ-MSG-9."""

    def codes(body: Message, thread: bytes = b"") -> list[str]:
        return [each.code for each in advise(header("a", thread=thread), body)]

    assert codes(v1.ActivityEnd()) == ["THREAD_MISSING"]
    assert codes(v1.ActivityEnd(), thread=THREAD) == []
    assert codes(v1.ActivityNotice(), thread=THREAD) == ["THREAD_NEEDLESS"]
    assert codes(v1.ActivityNotice()) == codes(v1.FreeText()) == codes(v1.FreeText(), thread=THREAD) == []


def test_the_glossary_is_in_both_languages_and_names_elements_that_exist() -> None:
    for term in terms():
        assert set(term.terms) == set(term.instead) == {"en", "zh"}
        assert term.trust in ("published", "from knowledge")
        _, _, name = term.code.partition("hotline.v1.")
        outer, _, value = name.partition(".")
        assert not name or hasattr(v1, value or outer), term.code
    assert list(contested_in("")) == []


def test_codes_of_advice_are_no_refusals() -> None:
    assert not {row.code for row in CODES} & ADVICE.keys()


def test_the_glossary_digest_is_that_of_its_lines() -> None:
    """Subject, language, use and text, separated by tabs, sorted by their bytes (REQ-LANG-8)."""
    lines = [f"{term.id}\t\tcode\t{term.code}\n" for term in terms()]
    for term in terms():
        lines += [f"{term.id}\t{word}\tterm\t{text}\n" for word, texts in term.terms.items() for text in texts]
        lines += [f"{term.id}\t{word}\tinstead\t{text}\n" for word, text in term.instead.items()]
    assert glossary_digest() == sha256("".join(sorted(lines, key=str.encode)).encode()).digest()
