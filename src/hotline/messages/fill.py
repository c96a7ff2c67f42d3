"""Fills any message of the standard from words, driven by its descriptor.

Words are maps, lists and scalars, as YAML and JSON hold them. A field is named as in the specification, with or without
the unit at its end, and its number carries a unit: ``exclusion_radius: 3 nmi`` fills `exclusion_radius_m`, rounded to
the field's whole units. Enum values go without their prefix (``DIVING``), positions as ``31.2 N, 128.3 E``, instants as
RFC 3339 or as a date-time group, spans as ``2 h``, digests in hexadecimal, words in several languages by language.

Whoever knows more - a clock, tracks, messages by name - hands in a `Special`, which is asked first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from hotline.geo.geodesy import PositionError, parse_position
from hotline.geo.units import UnitError, parse_angle_deg, parse_duration_ms, parse_length_m, parse_speed_mps
from hotline.messages.names import choice_of, descriptor_of, short_names, unit_of, word_of
from hotline.messages.problems import FieldError, Finding, Path, Reason
from hotline.messages.texts import fill_words
from hotline.messages.times import parse_instant_ns
from hotline.v1 import common_pb2

_PARSERS: Mapping[str, Callable[[str], float]] = {
    "m": parse_length_m,
    "mps": parse_speed_mps,
    "deg": parse_angle_deg,
    "ms": parse_duration_ms,
    "s": lambda text: parse_duration_ms(text) / 1000,
}
_FLOATS = (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT)
_HEX = re.compile(r"(?:[0-9a-f]{2})+")

Filler = Callable[[Any, object], bool]
"""Fills a message from a short form; False when the words are not in it and its fields are to be filled one by one."""

Reader = Callable[[FieldDescriptor, object], Any]
"""Gives the value of a plain field; None when the words are to be read as usual."""


@dataclass(frozen=True, slots=True)
class Special:
    """Forms beyond the usual ones.

    Attributes:
        fillers: by full name of the message they fill; asked before the usual short form.
        read: for fields that hold no message.

    Both may raise `FieldError` with a code of their own.
    """

    fillers: Mapping[str, Filler] = field(default_factory=dict)
    read: Reader = lambda _field, _raw: None


PLAIN = Special()


def fill(target: Message, block: object, path: Path = (), special: Special = PLAIN) -> list[Finding]:
    """Set the fields of `target` that `block` names. Findings, under `path`, say what could not be set."""
    if not isinstance(block, Mapping):
        return [Finding(path, Reason.BAD_VALUE, f"needs the fields of {target.DESCRIPTOR.full_name}")]
    findings: list[Finding] = []
    taken: dict[str, str] = {}
    for key, raw in block.items():
        found = find_field(target, key)
        if found is None:
            findings.append(Finding((*path, key), Reason.UNKNOWN_KEY, f"no such field; there are {_known(target)}"))
            continue
        clash = _clash(found, key, taken)
        if clash is not None:
            findings.append(Finding((*path, key), Reason.DUPLICATE_KEY, clash))
        else:
            findings += _fill_field(target, found, raw, (*path, key), special)
    return findings


def find_field(target: Message | type[Message], word: object) -> FieldDescriptor | None:
    """A field by its name with or without the unit."""
    fields = descriptor_of(target).fields
    return next((field for field in fields if word in (word_of(field), field.name)), None)


def _known(target: Message) -> str:
    return ", ".join(word_of(field) for field in descriptor_of(target).fields)


def _clash(found: FieldDescriptor, key: str, taken: dict[str, str]) -> str | None:
    """What is wrong with naming this field as well; notes that it is named."""
    choice = choice_of(found)
    place = choice.name if choice else found.name
    before = taken.setdefault(place, key)
    if before == key:
        return None
    return f"only one of {', '.join(word_of(each) for each in choice.fields)}" if choice else f"given as {before} too"


def _fill_field(target: Message, found: FieldDescriptor, raw: object, path: Path, special: Special) -> list[Finding]:
    if not found.is_repeated:
        return _put(target, found, raw, path, special)
    if not isinstance(raw, list | tuple):
        return [Finding(path, Reason.BAD_VALUE, "needs a list")]
    findings: list[Finding] = []
    for index, item in enumerate(raw):
        findings += _put(target, found, item, (*path, index), special)
    return findings


def _put(target: Message, found: FieldDescriptor, raw: object, path: Path, special: Special) -> list[Finding]:
    """Set one field, or add one item to a repeated one."""
    try:
        if found.message_type is None:
            _set(target, found, _scalar(found, raw, special))
            return []
        inner = getattr(target, found.name)
        inner = inner.add() if found.is_repeated else inner
        inner.SetInParent()
        name = found.message_type.full_name
        fillers = (special.fillers.get(name), _SHORT_FORMS.get(name))
        if any(filler is not None and filler(inner, raw) for filler in fillers):
            return []
        return fill(inner, raw, path, special)
    except FieldError as error:
        return [Finding(path, error.code, error.message)]
    except UnitError as error:
        return [Finding(path, error.code, str(error))]
    except (ValueError, TypeError) as error:  # protobuf's word on a number that the field is too narrow for
        return [Finding(path, Reason.BAD_VALUE, str(error))]


def _set(target: Message, found: FieldDescriptor, value: object) -> None:
    if found.is_repeated:
        getattr(target, found.name).append(value)
    else:
        setattr(target, found.name, value)


def _scalar(found: FieldDescriptor, raw: object, special: Special) -> Any:
    value = special.read(found, raw)
    if value is None:
        value = _plain(found, raw)
    is_whole = isinstance(value, float) and found.cpp_type not in _FLOATS
    return round(value) if is_whole else value


def _plain(found: FieldDescriptor, raw: object) -> Any:
    if found.enum_type is not None:
        return _enum(found.enum_type, raw)
    match found.type:
        case FieldDescriptor.TYPE_BOOL:
            return _of(bool, raw, "yes or no")
        case FieldDescriptor.TYPE_BYTES:
            return _digest(raw)
        case FieldDescriptor.TYPE_STRING:
            return _of(str, raw, "text")
    unit = unit_of(found)
    return _of(int, raw, "a whole number") if unit is None else _PARSERS[unit](str(raw))


def _of(kind: type, raw: object, words: str) -> object:
    if type(raw) is not kind:
        raise FieldError(Reason.BAD_VALUE, f"needs {words}")
    return raw


def _enum(enum: EnumDescriptor, raw: object) -> int:
    known = short_names(enum)
    if not isinstance(raw, str) or raw not in known:
        raise FieldError(Reason.BAD_VALUE, f"not one of {', '.join(known)}: {raw}")
    return known[raw]


def _digest(raw: object) -> bytes:
    if not isinstance(raw, str) or not _HEX.fullmatch(raw):
        raise FieldError(Reason.BAD_VALUE, f"needs hexadecimal digits in pairs: {raw}")
    return bytes.fromhex(raw)


def _fill_timestamp(target: Timestamp, raw: object) -> bool:
    target.FromNanoseconds(parse_instant_ns(str(raw)))
    return True


def _fill_duration(target: Duration, raw: object) -> bool:
    target.FromMilliseconds(parse_duration_ms(str(raw)))
    return True


def _fill_position(target: common_pb2.Position, raw: object) -> bool:
    if not isinstance(raw, str):
        return False
    try:
        position = parse_position(raw)
    except PositionError as error:
        raise FieldError(Reason.BAD_QUANTITY, str(error)) from error
    target.latitude_deg, target.longitude_deg = position.lat_deg, position.lon_deg
    return True


_SHORT_FORMS: Mapping[str, Filler] = {
    "google.protobuf.Timestamp": _fill_timestamp,
    "google.protobuf.Duration": _fill_duration,
    "hotline.v1.Position": _fill_position,
    "hotline.v1.Words": fill_words,
}
