"""Blank forms: what a type asks for, field by field, as its text is lettered; from descriptor and rules alone."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from hotline.messages.names import choice_of, owner_of, unit_of, word_of
from hotline.messages.rules import GIVEN, Rule, is_needed, rules_of
from hotline.messages.show import letters
from hotline.messages.values import Voice, voice

_INDENT = "   "

# What is written in short rather than field by field, by full name.
_IN_SHORT = {
    "google.protobuf.Timestamp": "UTC, such as 211358Z NOV 26",
    "google.protobuf.Duration": "a duration, such as 2 h",
    "hotline.v1.Position": "a position, such as 31.2 N, 128.3 E",
    "hotline.v1.Words": "words by language; one is authentic",
}
_PLAIN = {
    FieldDescriptor.TYPE_STRING: "text",
    FieldDescriptor.TYPE_BYTES: "a digest, hexadecimal",
    FieldDescriptor.TYPE_BOOL: "yes or no",
}
# Rules that the form says by its marks and lists.
_SAID_OTHERWISE = ("enum.defined_only", "enum.not_in")


def form_lines(kind: Descriptor, language: str = "en") -> tuple[str, ...]:
    """The blank form of a type: each field with its letter, its name in drafts, what it takes and what it must keep."""
    said = voice(language)
    lines = [said.pair(said.say("SUBJECT"), said.labels.type(kind)), said.say("* must be given")]
    lines += [
        f"{_INDENT}{said.say('Rule')} {rule.id}{said.marks.colon}{rule.sentence(said.labels)}" for rule in _own(kind)
    ]
    for letter, field in zip(letters(), kind.fields, strict=False):
        first, *others = _field(field, said, ())
        lines += [f"{letter}. {first}", *(f"{_INDENT}{line}" for line in others)]
    return tuple(lines)


def _own(kind: Descriptor) -> list[Rule]:
    return [rule for rule in rules_of(kind) if not rule.on]


def _field(field: FieldDescriptor, said: Voice, above: tuple[str, ...]) -> Iterator[str]:
    star = " *" if is_needed(field) else ""
    takes = [_takes(field, said), *([said.say("several")] if field.is_repeated else [])]
    choice = choice_of(field)
    takes += [f"{said.say('one of the choice')} {choice.name}"] if choice else []
    takes += [rule.sentence(said.labels) for rule in rules_of(owner_of(field)) if _is_shown(rule, field)]
    yield said.pair(
        f"{said.labels.field(field)}{said.in_brackets(word_of(field))}{star}", said.marks.semicolon.join(takes)
    )
    inner = field.message_type
    if inner is not None and inner.full_name not in _IN_SHORT and inner.full_name not in above:
        for rule in _own(inner):
            yield f"{_INDENT}{said.say('Rule')} {rule.id}{said.marks.colon}{rule.sentence(said.labels)}"
        for part in inner.fields:
            yield from (f"{_INDENT}{line}" for line in _field(part, said, (*above, inner.full_name)))


def _is_shown(rule: Rule, field: FieldDescriptor) -> bool:
    is_star = rule.english == GIVEN or rule.parameters.get("min_len") == 1
    return rule.on == field.name and not is_star and rule.id not in _SAID_OTHERWISE


def _takes(field: FieldDescriptor, said: Voice) -> str:
    if field.message_type is not None:
        return said.say(_IN_SHORT.get(field.message_type.full_name, "parts below"))
    if field.enum_type is not None:
        return said.listed(said.code(field.enum_type, value.number) for value in field.enum_type.values if value.number)
    unit = unit_of(field)
    if unit is not None:
        return f"{said.say('a number with its unit, as in')} {said.quantity(90, unit)}"
    return said.say(_PLAIN.get(field.type, "a whole number"))
