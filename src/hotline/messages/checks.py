"""Warnings before release: contested terms, length, languages. None blocks; whoever signs decides (REQ-LANG-7)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from hotline import v1
from hotline.messages.catalogue import entries
from hotline.messages.labels import Labels
from hotline.messages.names import descriptor_of, owner_of
from hotline.messages.rules import rules_of
from hotline.messages.terms import contested_in
from hotline.messages.texts import original_of

ADVICE: Mapping[str, str] = {
    "CONTESTED_TERM": "another side is known to reject “{found}”; offered instead: {instead}",
    "TOO_LONG": "{found} words; texts of a FLASH or IMMEDIATE message should have at most 200",
    "LANGUAGE_NOT_STATED": "plain text without an authentic text in the header: nobody can tell which language binds",
    "ORIGINAL_MISSING": "a translation into {found} of a text that is not in this message",
    "THREAD_MISSING": "a message of this type belongs to a thread, and the header names none",
    "THREAD_NEEDLESS": "a message of this type starts a thread, and the header names another",
}
"""Advice by its code; in the text stand what was found and what is offered."""

_WORDS_MAX = 200
# Where words are one side's by their place: what it calls a water or a ship, and what it says beside a grade of regret.
_OWN_WORDS = frozenset({"hotline.v1.NamedWater", "hotline.v1.Craft", "hotline.v1.Expression"})
# A word of a language with spaces, or two characters of one without.
_WORD = re.compile(r"[㐀-鿿]{1,2}|[^\s㐀-鿿]+")
_NARRATIVE_FROM = 200


@dataclass(frozen=True, slots=True)
class Advice:
    """One warning.

    Attributes:
        code: row of `ADVICE`.
        path: where in the message; empty for the whole of it.
        found: what was found there.
        instead: what is offered, by language.
        element: code of the standard that is offered; empty where there is none.
    """

    code: str
    path: str = ""
    found: str = ""
    instead: Mapping[str, str] | None = None
    element: str = ""

    def sentence(self, labels: Labels, language: str) -> str:
        """The warning in words."""
        instead = (self.instead or {}).get(language, "")
        words = labels.advice(ADVICE[self.code]).format(found=self.found, instead=instead)
        return f"{self.path}: {words}" if self.path else words


def advise(header: v1.StatementHeader, body: Message) -> tuple[Advice, ...]:
    """Everything to think about before a message is released; empty for most."""
    said = [*_strings(header, ""), *_strings(body, "")]
    found = [
        advice
        for part in (header, body)
        for path, _, text in _strings(part, "", _OWN_WORDS)
        for advice in _contested(path, text)
    ]
    found += _length(header, [text for _, _, text in said])
    found += _language(header, body)
    found += _thread(header, body)
    found += _originals(header.texts, "texts")
    for path, texts in _groups(body, ""):
        found += _originals(texts, path)
    return tuple(found)


def _contested(path: str, text: str) -> Iterator[Advice]:
    for term, word in contested_in(text):
        yield Advice("CONTESTED_TERM", path, word, term.instead, term.code)


def _length(header: v1.StatementHeader, texts: list[str]) -> Iterator[Advice]:
    """In the longest language, for a translation is read instead of its original, not after it."""
    if header.precedence not in (v1.PRECEDENCE_FLASH, v1.PRECEDENCE_IMMEDIATE):
        return
    words = max((len(_WORD.findall(text)) for text in texts), default=0)
    if words > _WORDS_MAX:
        yield Advice("TOO_LONG", found=str(words))


def _language(header: v1.StatementHeader, body: Message) -> Iterator[Advice]:
    if any(text.role == v1.Text.ROLE_AUTHENTIC for text in header.texts):
        return
    if any(_is_narrative(field) for _, field, _ in _strings(body, "")):
        yield Advice("LANGUAGE_NOT_STATED")


def _thread(header: v1.StatementHeader, body: Message) -> Iterator[Advice]:
    """How the type stands to a thread (REQ-MSG-9)."""
    entry = entries().get(descriptor_of(body).name)
    if entry is not None and entry.thread == "in" and not header.thread:
        yield Advice("THREAD_MISSING")
    if entry is not None and entry.thread == "starts" and header.thread:
        yield Advice("THREAD_NEEDLESS")


def _is_narrative(field: FieldDescriptor) -> bool:
    """Whether people tell something in it: a reason, a claim; not a name or a number."""
    if owner_of(field).full_name == v1.Text.DESCRIPTOR.full_name:
        return False
    lengths = [rule.parameters["max_len"] for rule in rules_of(owner_of(field)) if _is_length(rule.id, rule.on, field)]
    return any(length >= _NARRATIVE_FROM for length in lengths)


def _is_length(rule: str, name: str, field: FieldDescriptor) -> bool:
    return name == field.name and rule == "string.max_len"


def _originals(texts: object, path: str) -> Iterator[Advice]:
    group = list(texts)  # type: ignore[call-overload]  # a repeated field of texts
    for text in group:
        if text.role == v1.Text.ROLE_TRANSLATION and original_of(text, group) is None:
            yield Advice("ORIGINAL_MISSING", path, text.language)


def _groups(message: Message, path: str) -> Iterator[tuple[str, list[v1.Text]]]:
    """Texts of one meaning, wherever they stand in a message."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        here = f"{path}.{field.name}".lstrip(".")
        items = list(value) if field.is_repeated else [value]
        if field.message_type.full_name == v1.Text.DESCRIPTOR.full_name:
            yield here, items
        else:
            for item in items:
                yield from _groups(item, here)


def _strings(
    message: Message, path: str, without: frozenset[str] = frozenset()
) -> Iterator[tuple[str, FieldDescriptor, str]]:
    """Every text in a message, but in messages of the types left out, with its path and its field."""
    for field, value in message.ListFields():
        here = f"{path}.{field.name}".lstrip(".")
        items = list(value) if field.is_repeated else [value]
        for index, item in enumerate(items):
            place = f"{here}[{index}]" if field.is_repeated else here
            if field.message_type is not None:
                if field.message_type.full_name not in without:
                    yield from _strings(item, place, without)
            elif field.type == FieldDescriptor.TYPE_STRING:
                yield place, field, item
