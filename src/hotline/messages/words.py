"""Turns a message back into the words that fill it: ``fill(empty, to_words(message))`` gives the message again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from hotline.messages.names import short_name, unit_of, word_of
from hotline.messages.texts import words_of_texts
from hotline.messages.times import iso
from hotline.v1 import common_pb2

_SYMBOLS = {"m": "m", "mps": "m/s", "deg": "deg", "ms": "ms", "s": "s"}


def to_words(message: Message) -> dict[str, Any]:
    """The fields that are set, in the order of the specification, as plain maps, lists and scalars."""
    words: dict[str, Any] = {}
    for field, value in message.ListFields():
        words[word_of(field)] = [_word(field, item) for item in value] if field.is_repeated else _word(field, value)
    return words


def _word(field: FieldDescriptor, value: Any) -> Any:
    if field.message_type is not None:
        short = _SHORT_FORMS.get(field.message_type.full_name)
        word = short(value) if short else None
        return to_words(value) if word is None else word
    if field.enum_type is not None:
        return short_name(field.enum_type, value)
    if isinstance(value, bytes):
        return value.hex()
    unit = unit_of(field)
    return value if unit is None else f"{_digits(value)} {_SYMBOLS[unit]}"


def _digits(value: float) -> str:
    """Every digit that makes up the number, never with an exponent."""
    text = f"{Decimal(repr(value)):f}"
    return text.removesuffix(".0")


def span(duration: Duration) -> str:
    """``2 h``, ``90 min``, ``1500 ms``: the largest unit that leaves whole numbers."""
    milliseconds = duration.ToMilliseconds()
    sizes = {"h": 3_600_000, "min": 60_000, "s": 1000, "ms": 1}
    unit = next(unit for unit, size in sizes.items() if milliseconds % size == 0)
    return f"{milliseconds // sizes[unit]} {unit}"


def _position(position: common_pb2.Position) -> str | None:
    """None where more is said than latitude and longitude."""
    if position.HasField("uncertainty_m"):
        return None
    latitude, longitude = position.latitude_deg, position.longitude_deg
    north, east = "S" if latitude < 0 else "N", "W" if longitude < 0 else "E"
    return f"{_digits(abs(latitude))} {north}, {_digits(abs(longitude))} {east}"


def _instant(stamp: Timestamp) -> str:
    return iso(stamp.ToNanoseconds())


def _words(words: common_pb2.Words) -> dict[str, str] | None:
    """None where the short form cannot say it all."""
    return words_of_texts(words.texts)


_SHORT_FORMS: Mapping[str, Callable[[Any], object]] = {
    "google.protobuf.Timestamp": _instant,
    "google.protobuf.Duration": span,
    "hotline.v1.Position": _position,
    "hotline.v1.Words": _words,
}
