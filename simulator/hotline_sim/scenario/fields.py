"""The kinds of value in a scenario file: quantities with units, names of other parts, words of the standard.

Each is text in the file and a plain SI value, name or word in the model. References are checked while the
file is read: the loader hands the names it holds (`Names`) to pydantic as context, so a wrong name is
reported like any other error, at its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias, cast

from google.protobuf.descriptor import EnumDescriptor
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from hotline.geo import geodesy, units
from hotline.messages.names import short_names
from hotline.v1 import common_pb2, directory_pb2, silence_pb2
from hotline_sim.scenario.problems import Code

Names = Mapping[str, frozenset[str]]

_SCENARIO_TIME = re.compile(r"T\+([0-9]{2,3}):([0-5][0-9]):([0-5][0-9])")
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])Z")
_TAG = r"[A-Z][A-Z0-9]+(?:-[A-Z0-9]+)*"
_SOURCE_TAGS = re.compile(rf"\(({_TAG}(?:, {_TAG})*)\)$")
_LONGEST_MS = 31 * 86_400_000  # no encounter replayed here lasts longer than a month
_NUMBER = r"[+-]?[0-9]+(\.[0-9]+)? ?"


def refuse(code: Code, message: str) -> PydanticCustomError:
    """The error a validator raises so that the loader reports this code."""
    return PydanticCustomError(cast(Any, str(code)), "{message}", {"message": message})


def _quantity(parse: Callable[[str], float], dimension: units.Dimension) -> tuple[BeforeValidator, WithJsonSchema]:
    def read(value: object) -> float:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise refuse(Code.BAD_QUANTITY, f"not a {dimension}")
        try:
            return parse(str(value))
        except units.UnitError as error:
            raise refuse(Code("SCENARIO_" + error.code), str(error)) from error

    known = "|".join(unit for unit, of in units.UNITS.items() if of.dimension is dimension)
    return BeforeValidator(read), WithJsonSchema({"type": "string", "pattern": f"^{_NUMBER}({known})$"})


def parse_time_ms(text: str) -> int:
    """``T+00:05:00`` or ``300 s`` -> 300000 ms after the scenario's start. Raises `units.UnitError`."""
    match = _SCENARIO_TIME.fullmatch(text)
    if match is None:
        return units.parse_duration_ms(text)
    hours, minutes, seconds = (int(part) for part in match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000


def _read_position(value: object) -> geodesy.Position:
    if isinstance(value, geodesy.Position):
        return value
    try:
        return geodesy.parse_position(str(value))
    except geodesy.PositionError as error:
        raise refuse(Code.BAD_QUANTITY, str(error)) from error


def _read_utc(value: object) -> int:
    try:
        stamp = datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise refuse(Code.BAD_VALUE, f"not a UTC time such as 2023-11-14T02:00:00Z: {value}") from error
    return int(stamp.timestamp()) * 1_000_000_000


def _read_time_of_day(value: object) -> int:
    match = _TIME_OF_DAY.fullmatch(str(value))
    if match is None:
        raise refuse(Code.BAD_VALUE, f"not a time of day in UTC such as 08:00Z: {value}")
    return int(match[1]) * 3600 + int(match[2]) * 60


def _known_source(text: str, info: ValidationInfo) -> str:
    tags = _SOURCE_TAGS.search(text)
    if tags is None:
        raise refuse(Code.UNKNOWN_SOURCE, "must end with the tags of its sources, such as (AUS-TWB)")
    for tag in tags[1].split(", "):
        _known("sources", tag, info, Code.UNKNOWN_SOURCE)
    return text


def _known(kind: str, name: str, info: ValidationInfo, code: Code) -> str:
    names: Names = info.context or {}
    if name not in names.get(kind, frozenset()):
        known = ", ".join(sorted(names.get(kind, ()))) or "none"
        raise refuse(code, f"not one of the {kind} of this file ({known}): {name}")
    return name


def _name_of(kind: str) -> AfterValidator:
    def check(name: str, info: ValidationInfo) -> str:
        return _known(kind, name, info, Code.UNKNOWN_REFERENCE)

    return AfterValidator(check)


def _word_of(enum: EnumDescriptor) -> tuple[AfterValidator, WithJsonSchema]:
    known = list(short_names(enum))

    def check(word: str) -> str:
        if word not in known:
            raise refuse(Code.BAD_VALUE, f"not one of {', '.join(known)}: {word}")
        return word

    return AfterValidator(check), WithJsonSchema({"enum": known})


def by_key(*keys: str) -> Discriminator:
    """Chooses a model by the first of `keys` that a block holds; its `Tag` is the key in angle brackets."""

    def choose(value: object) -> str | None:
        held = value if isinstance(value, dict) else ()
        return next((f"<{key}>" for key in keys if key in held), None)

    return Discriminator(
        choose,
        custom_error_type=cast(Any, str(Code.MISSING_KEY)),
        custom_error_message=f"needs one of: {', '.join(keys)}",
    )


_D = units.Dimension
Length: TypeAlias = Annotated[float, *_quantity(units.parse_length_m, _D.LENGTH), Field(ge=0)]
Speed: TypeAlias = Annotated[float, *_quantity(units.parse_speed_mps, _D.SPEED), Field(gt=0)]
PositiveLength: TypeAlias = Annotated[Length, Field(gt=0)]
Angle: TypeAlias = Annotated[float, *_quantity(units.parse_angle_deg, _D.ANGLE), Field(ge=0, lt=360)]
Factor: TypeAlias = Annotated[float, *_quantity(units.parse_ratio, _D.RATIO), Field(gt=0, le=20)]
Ratio: TypeAlias = Annotated[float, *_quantity(units.parse_ratio, _D.RATIO), Field(ge=0, le=1)]
Duration: TypeAlias = Annotated[int, *_quantity(units.parse_duration_ms, _D.DURATION), Field(ge=0, le=_LONGEST_MS)]
PositiveDuration: TypeAlias = Annotated[Duration, Field(gt=0)]
ScenarioTime: TypeAlias = Annotated[
    int,
    _quantity(parse_time_ms, _D.DURATION)[0],
    Field(ge=0, le=_LONGEST_MS),
    WithJsonSchema({"type": "string", "pattern": rf"^(T\+[0-9]{{2,3}}:[0-5][0-9]:[0-5][0-9]|{_NUMBER}(s|min|h|ms))$"}),
]
TimeOfDay: TypeAlias = Annotated[
    int, BeforeValidator(_read_time_of_day), WithJsonSchema({"type": "string", "pattern": f"^{_TIME_OF_DAY.pattern}$"})
]
Place: TypeAlias = Annotated[
    geodesy.Position,
    BeforeValidator(_read_position),
    WithJsonSchema({"type": "string", "pattern": "^[0-9.]+ ?[NS] ?, ?[0-9.]+ ?[EW]$"}),
]
UtcNs: TypeAlias = Annotated[int, BeforeValidator(_read_utc), WithJsonSchema({"type": "string", "format": "date-time"})]

Line: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Language: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Date: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
PostId: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,15}(/[A-Z][A-Z0-9]{1,15})?:[a-z][a-z0-9-]{0,39}$"),
]
PartyId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,15}(/[A-Z][A-Z0-9]{1,15})?$")]
SourceTag: TypeAlias = Annotated[str, StringConstraints(pattern=f"^{_TAG}$")]
TypeName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]*\.[A-Z][A-Za-z0-9]*$")]
FailureCode: TypeAlias = Annotated[str, StringConstraints(pattern=r"^F([1-9]|1[0-4])$")]
AlertCode: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z_]{2,39}$")]
Source: TypeAlias = Annotated[Line, AfterValidator(_known_source)]

PostRef: TypeAlias = Annotated[str, _name_of("posts")]
UnitRef: TypeAlias = Annotated[str, _name_of("units")]
BearerRef: TypeAlias = Annotated[str, _name_of("bearers")]
WordRef: TypeAlias = Annotated[str, _name_of("words")]
InjectRef: TypeAlias = Annotated[str, _name_of("injects")]
OrderRef: TypeAlias = Annotated[str, _name_of("orders")]
MessageRef: TypeAlias = Annotated[str, _name_of("messages")]
DelayName: TypeAlias = Annotated[
    str, _name_of("delays"), WithJsonSchema({"type": "string", "pattern": "^[a-z][a-z0-9-]*$"})
]

Precedence: TypeAlias = Annotated[str, *_word_of(common_pb2.Precedence.DESCRIPTOR)]
Stage: TypeAlias = Annotated[str, *_word_of(common_pb2.Stage.DESCRIPTOR)]
CraftKind: TypeAlias = Annotated[str, *_word_of(common_pb2.CraftKind.DESCRIPTOR)]
ReferenceRole: TypeAlias = Annotated[str, *_word_of(common_pb2.Reference.Role.DESCRIPTOR)]
Level: TypeAlias = Annotated[str, *_word_of(common_pb2.Level.DESCRIPTOR)]
Medium: TypeAlias = Annotated[str, *_word_of(common_pb2.Medium.DESCRIPTOR)]
Function: TypeAlias = Annotated[str, *_word_of(directory_pb2.Post.Function.DESCRIPTOR)]
Escalation: TypeAlias = Annotated[str, *_word_of(silence_pb2.Escalated.Step.DESCRIPTOR)]
