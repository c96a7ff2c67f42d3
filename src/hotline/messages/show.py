"""Messages as plain lines in a fixed order: the header in the frame of the Open Skies formats, then every field.

The frame is that of the formats which the Open Skies Consultative Commission approved in 1992: precedence, addressees,
subject, then numbered items, the last of which repeats the message number, so that a reader sees that nothing is cut
off. A letter stands for the same field in every message of a type, said or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from hotline import v1
from hotline.geo.geodesy import Position
from hotline.geo.units import convert
from hotline.messages.names import descriptor_of, label_of, short_name, title_of, unit_of
from hotline.messages.times import both
from hotline.messages.words import span

NOT_STATED = "not stated"
_INDENT = "   "
_REF_DIGITS = 12
_SHOW_NMI_FROM_M = 185  # a tenth of a nautical mile


@dataclass(frozen=True, slots=True)
class Place:
    """What a message's header does not hold: which one it is and where it stands in its post's log.

    Attributes:
        digest: of the statement, 32 bytes.
        sequence: in the log; 0 while it waits for its place.
        sealed_at_ns: when it was sealed, UTC; None while it waits.
    """

    digest: bytes
    sequence: int = 0
    sealed_at_ns: int | None = None


def ref(digest: bytes) -> str:
    """How people are shown a statement's digest: its first twelve hexadecimal digits."""
    return digest.hex()[:_REF_DIGITS]


def message_lines(header: v1.StatementHeader, body: Message, place: Place) -> tuple[str, ...]:
    """A whole message in its frame."""
    number = f"{header.from_post} {place.sequence or '(not sealed)'} [{ref(place.digest)}]"
    return (
        *_heading(header, title_of(descriptor_of(body))),
        f"1. MESSAGE NUMBER: {number}",
        *_times(header, place),
        f"3. BASIS: {'; '.join(header.basis) or NOT_STATED}",
        f"4. MESSAGE REFERENCE: {'; '.join(_references(header)) or 'none'}",
        "5. CONTENT",
        *(f"{_INDENT}{line}" for line in body_lines(body)),
        *_remarks(header.texts),
        f"7. END OF MESSAGE NUMBER: {number}",
    )


def body_lines(body: Message) -> tuple[str, ...]:
    """Every field of a body, said or not, in the order of the specification, lettered from A."""
    lines: list[str] = []
    for letter, field in zip(_letters(), descriptor_of(body).fields, strict=False):
        first, *others = _field_lines(body, field)
        lines += [f"{letter}. {first}", *(f"{_INDENT}{line}" for line in others)]
    return tuple(lines)


def _letters() -> Iterator[str]:
    """A to Z, then AA to AZ and so on."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    yield from alphabet
    yield from (first + second for first in alphabet for second in alphabet)


def _heading(header: v1.StatementHeader, title: str) -> Iterator[str]:
    kind = short_name(v1.Kind.DESCRIPTOR, header.kind)
    yield f"{kind} {kind} {kind}" if header.kind == v1.KIND_EXERCISE else kind
    yield f"PRECEDENCE: {short_name(v1.Precedence.DESCRIPTOR, header.precedence)}"
    yield f"FROM: {header.from_post}"
    yield f"TO: {', '.join(header.action)}"
    yield f"INFO: {', '.join(header.info) or 'none'}"
    yield f"SUBJECT: {title}"
    if header.stage_requested:
        yield f"STAGE ASKED: {short_name(v1.Stage.DESCRIPTOR, header.stage_requested)}"
    if header.HasField("reply_by"):
        yield f"REPLY BY: {both(header.reply_by)}"
    if header.HasField("validity"):
        yield f"VALID: {window_text(header.validity)}"
    if header.handling:
        yield f"HANDLING: {header.handling}"


def _times(header: v1.StatementHeader, place: Place) -> Iterator[str]:
    if place.sealed_at_ns is None:
        yield f"2. MESSAGE DATE AND TIME: composed {both(header.composed_at)}, not sealed"
    else:
        sealed = header.composed_at.__class__()
        sealed.FromNanoseconds(place.sealed_at_ns)
        yield f"2. MESSAGE DATE AND TIME: {both(sealed)}"


def _references(header: v1.StatementHeader) -> Iterator[str]:
    if header.thread:
        yield f"THREAD {ref(header.thread)}"
    for reference in header.references:
        yield f"{short_name(v1.Reference.Role.DESCRIPTOR, reference.role)} {ref(reference.digest)}"


def _remarks(texts: Iterable[v1.Text]) -> Iterator[str]:
    said = [
        f"{_INDENT}{text.language} ({short_name(v1.Text.Role.DESCRIPTOR, text.role).lower()}): {text.text}"
        for text in texts
    ]
    yield f"6. REMARKS{'' if said else ': none'}"
    yield from said


def _field_lines(message: Message, field: FieldDescriptor) -> list[str]:
    """One field: a line with its value, or a line with its label and its parts below."""
    label = label_of(field)
    if not _is_said(message, field):
        return [f"{label}: {NOT_STATED}"]
    value = getattr(message, field.name)
    if not field.is_repeated:
        return _labelled(label, _value_lines(field, value))
    if field.message_type is None:
        return [f"{label}: {', '.join(_plain_value(field, item) for item in value)}"]
    items = [_labelled(f"{number}", _value_lines(field, item)) for number, item in enumerate(value, start=1)]
    return [f"{label}:", *(f"{_INDENT}{line}" for item in items for line in item)]


def _is_said(message: Message, field: FieldDescriptor) -> bool:
    """Whether a field says something; a number without presence does even where it is zero, text does not."""
    if field.is_repeated:
        return bool(getattr(message, field.name))
    if field.has_presence:
        return message.HasField(field.name)
    return bool(getattr(message, field.name)) or field.cpp_type != FieldDescriptor.CPPTYPE_STRING


def _labelled(label: str, value: list[str]) -> list[str]:
    if len(value) == 1:
        return [f"{label}: {value[0]}"]
    return [f"{label}:", *(f"{_INDENT}{line}" for line in value)]


def _value_lines(field: FieldDescriptor, value: Any) -> list[str]:
    if field.message_type is None:
        return [_plain_value(field, value)]
    short = _SHORT.get(field.message_type.full_name)
    if short is not None:
        return [short(value)]
    inner = [found for found in field.message_type.fields if _is_said(value, found)]
    return [line for found in inner for line in _field_lines(value, found)] or ["yes"]


def _plain_value(field: FieldDescriptor, value: Any) -> str:
    if field.enum_type is not None:
        return short_name(field.enum_type, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, bytes):
        return ref(value)
    unit = unit_of(field)
    if unit == "m" and value >= _SHOW_NMI_FROM_M:
        return f"{value} m ({convert(value, 'm', 'nmi'):.2f} nmi)"
    return str(value) if unit is None else f"{value} {'m/s' if unit == 'mps' else unit}"


def window_text(window: v1.Window) -> str:
    """From when until when, both as DTG and ISO."""
    return f"{both(getattr(window, 'from'))} to {both(window.until)}"


def _position(position: v1.Position) -> str:
    text = str(Position(position.latitude_deg, position.longitude_deg))
    return f"{text}, within {position.uncertainty_m} m" if position.HasField("uncertainty_m") else text


def _craft(craft: v1.Craft) -> str:
    named = " ".join(part for part in (craft.name, craft.number) if part)
    parts = (short_name(v1.CraftKind.DESCRIPTOR, craft.kind), named, craft.party and f"of {craft.party}")
    return ", ".join(part for part in parts if part)


def _text(text: v1.Text) -> str:
    return f"{text.language}: {text.text}"


_SHORT: Mapping[str, Callable[[Any], str]] = {
    "google.protobuf.Timestamp": both,
    "google.protobuf.Duration": span,
    "hotline.v1.Position": _position,
    "hotline.v1.Craft": _craft,
    "hotline.v1.Window": window_text,
    "hotline.v1.Text": _text,
}
