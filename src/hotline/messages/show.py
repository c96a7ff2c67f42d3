"""Messages as plain lines in a fixed order: the header in the frame of the Open Skies formats, then every field.

The frame is that of the formats which the Open Skies Consultative Commission approved in 1992: precedence, addressees,
subject, then numbered items, the last of which repeats the message number, so that a reader sees that nothing is cut
off. A letter stands for the same field in every message of a type, said or not. One renderer serves every language:
what differs are labels and punctuation (REQ-MSG-6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from hotline import v1
from hotline.messages.labels import label_digest
from hotline.messages.names import descriptor_of
from hotline.messages.values import IN_CONTEXT, TEXTS, Voice, is_said, ref, voice

__all__ = ["NOT_STATED", "Place", "body_lines", "letters", "message_lines", "message_text", "ref", "window_text"]

NOT_STATED = "not stated"
_INDENT = "   "


@dataclass(frozen=True, slots=True)
class Place:
    """What a message's header does not hold: which one it is and where it stands in its post's log.

    Attributes:
        digest: of the statement, 32 bytes; empty of a draft, which has none yet.
        sequence: in the log; 0 while it waits for its place.
        sealed_at_ns: when it was sealed, UTC; None while it waits.
    """

    digest: bytes
    sequence: int = 0
    sealed_at_ns: int | None = None


def message_lines(header: v1.StatementHeader, body: Message, place: Place, language: str = "en") -> tuple[str, ...]:
    """A whole message in its frame, in ``en`` or ``zh``."""
    said = voice(language)
    number = _number(header, place, said)
    return (
        *_heading(header, body, said),
        said.pair(f"1. {said.say('MESSAGE NUMBER')}", number),
        said.pair(f"2. {said.say('MESSAGE DATE AND TIME')}", _time(header, place, said)),
        said.pair(f"3. {said.say('BASIS')}", said.marks.semicolon.join(header.basis) or said.say(NOT_STATED)),
        said.pair(
            f"4. {said.say('MESSAGE REFERENCE')}",
            said.marks.semicolon.join(_references(header, said)) or said.say("none"),
        ),
        f"5. {said.say('CONTENT')}",
        *(f"{_INDENT}{line}" for line in _body(body, said)),
        *_remarks(header, said),
        said.pair(f"7. {said.say('END OF MESSAGE NUMBER')}", number),
    )


def message_text(
    header: v1.StatementHeader, body: Message, place: Place, language: str, agreed: bytes
) -> tuple[str, ...]:
    """A whole message, and after it a line if its labels are not those that the agreement fixes (REQ-LANG-2)."""
    lines = message_lines(header, body, place, language)
    if not agreed or agreed == label_digest():
        return lines
    said = voice(language)
    return (*lines, said.pair(said.say("LABELS"), said.say("not those that the agreement fixes")))


def _number(header: v1.StatementHeader, place: Place, said: Voice) -> str:
    if not place.digest:
        return said.say("draft")
    sequence = place.sequence or f"({said.say('not sealed')})"
    return f"{header.from_post} {sequence} [{ref(place.digest)}]"


def body_lines(body: Message, language: str = "en") -> tuple[str, ...]:
    """Every field of a body, said or not, in the order of the specification, lettered from A."""
    return tuple(_body(body, voice(language)))


def window_text(window: v1.Window, language: str = "en") -> str:
    """From when until when, both as DTG and ISO."""
    return voice(language).window(window)


def letters() -> Iterator[str]:
    """A to Z, then AA to AZ and so on."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    yield from alphabet
    yield from (first + second for first in alphabet for second in alphabet)


def _heading(header: v1.StatementHeader, body: Message, said: Voice) -> Iterator[str]:
    kind = said.code(v1.Kind.DESCRIPTOR, header.kind) if header.kind else said.say("DRAFT")
    yield f"{kind.split()[0]} {kind.split()[0]} {kind}" if header.kind == v1.KIND_EXERCISE else kind
    yield said.pair(said.say("PRECEDENCE"), said.code(v1.Precedence.DESCRIPTOR, header.precedence))
    yield said.pair(said.say("FROM"), header.from_post or said.say(NOT_STATED))
    yield said.pair(said.say("TO"), said.listed(header.action))
    yield said.pair(said.say("INFO"), said.listed(header.info) or said.say("none"))
    yield said.pair(said.say("SUBJECT"), said.labels.type(descriptor_of(body)))
    if header.stage_requested:
        yield said.pair(said.say("STAGE ASKED"), said.code(v1.Stage.DESCRIPTOR, header.stage_requested))
    if header.HasField("reply_by"):
        yield said.pair(said.say("REPLY BY"), said.instant(header.reply_by))
    if header.HasField("validity"):
        yield said.pair(said.say("VALID"), said.window(header.validity))
    if header.handling:
        yield said.pair(said.say("HANDLING"), header.handling)


def _time(header: v1.StatementHeader, place: Place, said: Voice) -> str:
    if not header.HasField("composed_at"):
        return said.say("not sealed")
    if place.sealed_at_ns is None:
        return said.say("composed {}, not sealed").format(said.instant(header.composed_at))
    sealed = header.composed_at.__class__()
    sealed.FromNanoseconds(place.sealed_at_ns)
    return said.instant(sealed)


def _references(header: v1.StatementHeader, said: Voice) -> Iterator[str]:
    if header.thread:
        yield f"{said.say('THREAD')} {ref(header.thread)}"
    for reference in header.references:
        yield f"{said.code(v1.Reference.Role.DESCRIPTOR, reference.role)} {ref(reference.digest)}"


def _remarks(header: v1.StatementHeader, said: Voice) -> Iterator[str]:
    title = f"6. {said.say('REMARKS')}"
    yield title if header.texts else said.pair(title, said.say("none"))
    yield from (f"{_INDENT}{line}" for line in said.texts(header.texts))


def _body(body: Message, said: Voice) -> Iterator[str]:
    for letter, field in zip(letters(), descriptor_of(body).fields, strict=False):
        first, *others = _field_lines(body, field, said)
        yield f"{letter}. {first}"
        yield from (f"{_INDENT}{line}" for line in others)


def _field_lines(message: Message, field: FieldDescriptor, said: Voice) -> list[str]:
    """One field: a line with its value, or a line with its label and its parts below."""
    label = said.labels.field(field)
    if not is_said(message, field):
        return [said.pair(label, said.say(NOT_STATED))]
    value = getattr(message, field.name)
    in_context = IN_CONTEXT.get(field.full_name)
    if in_context is not None:
        return [said.pair(label, in_context(said, message))]
    if not field.is_repeated:
        return _labelled(label, _value_lines(field, value, said), said)
    if field.message_type is None:
        return [said.pair(label, said.listed(said.plain(field, item) for item in value))]
    items = [
        _labelled(f"{number}", _value_lines(field, item, said), said) for number, item in enumerate(value, start=1)
    ]
    return [said.pair(label), *(f"{_INDENT}{line}" for item in items for line in item)]


def _labelled(label: str, value: list[str], said: Voice) -> list[str]:
    if len(value) == 1:
        return [said.pair(label, value[0])]
    return [said.pair(label), *(f"{_INDENT}{line}" for line in value)]


def _value_lines(field: FieldDescriptor, value: Any, said: Voice) -> list[str]:
    if field.message_type is None:
        return [said.plain(field, value)]
    name = field.message_type.full_name
    if name in TEXTS:
        return list(said.texts(TEXTS[name](value)))
    if name in said.short:
        return [said.short[name](value)]
    inner = [found for found in field.message_type.fields if is_said(value, found)]
    return [line for found in inner for line in _field_lines(value, found, said)] or [said.say("yes")]
