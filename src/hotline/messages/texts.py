"""Texts in several languages as people write them: by language, with the one that binds, and who translated.

    {authentic: en, en: Divers down., zh: 潜水作业。, translator: PERSON, translator_name: duty interpreter}

One language alone is the authentic one. A translation is bound to the digest of its original (spec 09, REQ-LANG-4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Protocol

from hotline import v1
from hotline.messages.names import short_name, short_names
from hotline.messages.problems import FieldError, Reason

_AUTHENTIC, _TRANSLATOR, _NAME = "authentic", "translator", "translator_name"
_ABOUT = (_AUTHENTIC, _TRANSLATOR, _NAME)
_ONE = re.compile(r"([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)=(.+)", re.DOTALL)


class Texts(Protocol):
    """A repeated field of texts."""

    def add(self, **fields: Any) -> v1.Text:
        """One text more."""


def digest_of_text(words: str) -> bytes:
    """What a translation of these words names."""
    return sha256(words.encode()).digest()


def original_of(text: v1.Text, among: Iterable[v1.Text]) -> v1.Text | None:
    """The authentic text that a translation was made from, if it is among these."""
    if text.role != v1.Text.ROLE_TRANSLATION:
        return None
    authentic = (other for other in among if other.role == v1.Text.ROLE_AUTHENTIC)
    return next((other for other in authentic if digest_of_text(other.text) == text.translation_of), None)


def add_texts(texts: Texts, words: object) -> None:
    """Add texts by language, the authentic one first; ``en=Divers down.`` stands for one text alone.

    Raises:
        FieldError: BAD_VALUE, MISSING_KEY.
    """
    words = _mapping(words)
    said = {language: text for language, text in words.items() if language not in _ABOUT}
    authentic = words.get(_AUTHENTIC, next(iter(said)) if len(said) == 1 else None)
    if authentic not in said:
        raise FieldError(Reason.MISSING_KEY, "`authentic` names the language whose text binds")
    translator = _translator(words)
    texts.add(language=authentic, text=said[authentic], role=v1.Text.ROLE_AUTHENTIC)
    for language, text in said.items():
        if language != authentic:
            bound = digest_of_text(said[authentic])
            texts.add(language=language, text=text, role=v1.Text.ROLE_TRANSLATION, translation_of=bound, **translator)


def fill_words(target: v1.Words, raw: object) -> bool:
    """The short form of `Words`; False for its long form."""
    if isinstance(raw, Mapping) and "texts" in raw:
        return False
    add_texts(target.texts, raw)
    return True


def words_of_texts(texts: Iterable[v1.Text]) -> dict[str, str] | None:
    """The short form of texts; None where it cannot say all that they say."""
    texts = list(texts)
    words: dict[str, str] = {}
    for text in texts:
        if text.role == v1.Text.ROLE_AUTHENTIC:
            words[_AUTHENTIC] = text.language
    for text in texts:
        words[text.language] = text.text
        if text.translator:
            words[_TRANSLATOR] = short_name(v1.Text.Translator.DESCRIPTOR, text.translator)
        if text.translator_name:
            words[_NAME] = text.translator_name
    if len(texts) == 1:
        words.pop(_AUTHENTIC, None)
    again = v1.Words()
    try:
        add_texts(again.texts, words)
    except FieldError:
        return None
    return words if list(again.texts) == texts else None


def _mapping(words: object) -> Mapping[str, str]:
    one = _ONE.fullmatch(words) if isinstance(words, str) else None
    if one is not None:
        return {one[1]: one[2]}
    if not isinstance(words, Mapping) or not all(isinstance(text, str) for text in words.values()):
        raise FieldError(Reason.BAD_VALUE, "needs the text by language, such as {en: Divers down.}")
    return words


def _translator(words: Mapping[str, str]) -> dict[str, Any]:
    """Who or what translated, as fields of the translations."""
    found: dict[str, Any] = {_NAME: words[_NAME]} if _NAME in words else {}
    if _TRANSLATOR in words:
        known = short_names(v1.Text.Translator.DESCRIPTOR)
        if words[_TRANSLATOR] not in known:
            raise FieldError(Reason.BAD_VALUE, f"translator is not one of {', '.join(known)}: {words[_TRANSLATOR]}")
        found[_TRANSLATOR] = known[words[_TRANSLATOR]]
    return found
