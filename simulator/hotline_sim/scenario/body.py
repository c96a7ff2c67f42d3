"""Fills a protobuf message from the words of a scenario (the form is described in `compose`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message as Proto
from google.protobuf.timestamp_pb2 import Timestamp

from hotline.geo.geodesy import Position, PositionError, parse_position
from hotline.geo.units import UnitError, parse_angle_deg, parse_duration_ms, parse_length_m, parse_speed_mps
from hotline.protocol.instant import to_timestamp
from hotline.v1 import common_pb2
from hotline_sim.scenario.fields import short_names
from hotline_sim.scenario.problems import Code, Finding, Path
from hotline_sim.scenario.readings import BodyError, Moment, known, quantity_error

# The unit at the end of a field's name says what the field holds.
_PARSERS: Mapping[str, Callable[[str], float]] = {
    "m": parse_length_m,
    "mps": parse_speed_mps,
    "deg": parse_angle_deg,
    "ms": parse_duration_ms,
    "s": lambda text: parse_duration_ms(text) / 1000,
}
_FLOATS = (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT)


def fill(target: Proto, block: object, path: Path, moment: Moment) -> list[Finding]:
    """Set the fields of `target` that `block` names. Findings, under `path`, say what could not be set."""
    if not isinstance(block, Mapping):
        return [Finding(path, Code.BAD_BODY, f"needs the fields of {target.DESCRIPTOR.full_name}")]
    fields = _fields(target)
    findings: list[Finding] = []
    for key, raw in block.items():
        field = fields.get(key)
        if field is None:
            findings.append(Finding((*path, key), Code.UNKNOWN_KEY, f"no such field; there are {', '.join(fields)}"))
        elif field.is_repeated and not isinstance(raw, list):
            findings.append(Finding((*path, key), Code.BAD_BODY, "needs a list"))
        elif field.is_repeated:
            for index, item in enumerate(raw):
                findings += _put(target, field, item, (*path, key, index), moment)
        else:
            findings += _put(target, field, raw, (*path, key), moment)
    return findings


def _put(target: Proto, field: FieldDescriptor, raw: object, path: Path, moment: Moment) -> list[Finding]:
    """Set one field, or add one item to a repeated one."""
    try:
        if field.message_type is None:
            value = _scalar(field, raw, moment)
            _set(target, field, value)
            return []
        inner = getattr(target, field.name)
        inner = inner.add() if field.is_repeated else inner
        inner.SetInParent()
        special = _SPECIAL.get(field.message_type.full_name)
        if special is not None and special(inner, raw, moment):
            return []
        return fill(inner, raw, path, moment)
    except BodyError as error:
        return [Finding(path, error.code, error.message)]
    except (ValueError, TypeError) as error:
        return [Finding(path, Code.BAD_BODY, str(error))]


def _set(target: Proto, field: FieldDescriptor, value: object) -> None:
    if field.is_repeated:
        getattr(target, field.name).append(value)
    else:
        setattr(target, field.name, value)


def _unit(field_name: str) -> str | None:
    """The unit at the end of a field's name."""
    _, _, end = field_name.rpartition("_")
    return end if end in _PARSERS else None


def _word(field: FieldDescriptor) -> str:
    """How a scenario writes a field's name: without the unit."""
    unit = None if field.message_type or field.enum_type else _unit(field.name)
    return field.name.removesuffix(f"_{unit}") if unit else field.name


def _fields(target: Proto) -> dict[str, FieldDescriptor]:
    # The stubs name the descriptors of both protobuf implementations; they answer alike.
    return {_word(field): field for field in cast(Descriptor, target.DESCRIPTOR).fields}


def _scalar(field: FieldDescriptor, raw: object, moment: Moment) -> Any:
    if field.enum_type is not None:
        return _enum(field.enum_type, raw)
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_BOOL:
            return _of(bool, raw, "yes or no")
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
            return moment.digest(raw)
        case FieldDescriptor.CPPTYPE_STRING:
            return _of(str, raw, "text")
    return _number(field, raw, moment)


def _of(kind: type, raw: object, words: str) -> object:
    if type(raw) is not kind:
        raise BodyError(Code.BAD_BODY, f"needs {words}")
    return raw


def _enum(enum: EnumDescriptor, raw: object) -> int:
    known_words = short_names(enum)
    if not isinstance(raw, str) or raw not in known_words:
        raise BodyError(Code.BAD_BODY, f"not one of {', '.join(known_words)}: {raw}")
    return known_words[raw]


def _number(field: FieldDescriptor, raw: object, moment: Moment) -> float:
    unit = _unit(field.name)
    if unit is None:
        return int(str(_of(int, raw, "a whole number")))
    if isinstance(raw, Mapping) and raw.get("measure") == "range" and unit == "m":
        value: float = moment.range_m(raw.get("between"))
    else:
        try:
            value = _PARSERS[unit](str(raw))
        except UnitError as error:
            raise quantity_error(error) from error
    return value if field.cpp_type in _FLOATS else round(value)


def _fill_timestamp(target: Timestamp, raw: object, moment: Moment) -> bool:
    target.CopyFrom(to_timestamp(moment.utc_ns(raw)))
    return True


def _fill_duration(target: Duration, raw: object, moment: Moment) -> bool:
    try:
        target.FromMilliseconds(parse_duration_ms(str(raw)))
    except UnitError as error:
        raise quantity_error(error) from error
    return True


def _fill_position(target: common_pb2.Position, raw: object, moment: Moment) -> bool:
    position = _position(raw, moment)
    if position is None:
        return False
    target.latitude_deg, target.longitude_deg = position.lat_deg, position.lon_deg
    return True


def _position(raw: object, moment: Moment) -> Position | None:
    if isinstance(raw, Mapping) and raw.get("measure") == "position":
        return moment.position(str(raw.get("of")))
    try:
        return parse_position(raw) if isinstance(raw, str) else None
    except PositionError as error:
        raise BodyError(Code.BAD_QUANTITY, str(error)) from error


def _fill_craft(target: common_pb2.Craft, raw: object, moment: Moment) -> bool:
    if not isinstance(raw, str):
        return False
    unit = moment.scenario.units[known(raw, moment.scenario.units, "units")]
    target.kind = common_pb2.CraftKind.ValueType(short_names(common_pb2.CraftKind.DESCRIPTOR)[unit.kind])
    target.name, target.number, target.party = unit.name, unit.number, unit.party
    return True


# Types with a short form; a filler answers False when the words are not in it and the fields are to be filled
# one by one.
_SPECIAL: Mapping[str, Callable[[Any, object, Moment], bool]] = {
    "google.protobuf.Timestamp": _fill_timestamp,
    "google.protobuf.Duration": _fill_duration,
    "hotline.v1.Position": _fill_position,
    "hotline.v1.Craft": _fill_craft,
}
