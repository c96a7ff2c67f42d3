"""The one table of units, and the reading of quantities such as ``3 nmi`` or ``12 kn``.

A number without a unit is refused: nautical miles read as kilometres, or statute miles as nautical ones, are
among the ways two accounts of one encounter drift apart. Arithmetic is exact up to the last step, so every
machine reads the same float.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import NewType

Metres = NewType("Metres", float)
MetresPerSecond = NewType("MetresPerSecond", float)
Degrees = NewType("Degrees", float)
Milliseconds = NewType("Milliseconds", int)
Ratio = NewType("Ratio", float)


class Dimension(StrEnum):
    """What a quantity measures; the base unit stands behind each."""

    LENGTH = "length"  # m
    SPEED = "speed"  # m/s
    ANGLE = "angle"  # deg
    DURATION = "duration"  # ms
    RATIO = "ratio"  # 1


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `factor` base units of `dimension` make one of it."""

    symbol: str
    dimension: Dimension
    factor: Fraction


def _table(*units: Unit) -> Mapping[str, Unit]:
    return MappingProxyType({unit.symbol: unit for unit in units})


# The first unit of a dimension is the one examples are given in.
UNITS: Mapping[str, Unit] = _table(
    Unit("nmi", Dimension.LENGTH, Fraction(1852)),
    Unit("m", Dimension.LENGTH, Fraction(1)),
    Unit("km", Dimension.LENGTH, Fraction(1000)),
    Unit("yd", Dimension.LENGTH, Fraction(9144, 10_000)),
    Unit("ft", Dimension.LENGTH, Fraction(3048, 10_000)),
    Unit("kn", Dimension.SPEED, Fraction(1852, 3600)),
    Unit("m/s", Dimension.SPEED, Fraction(1)),
    Unit("km/h", Dimension.SPEED, Fraction(1000, 3600)),
    Unit("deg", Dimension.ANGLE, Fraction(1)),
    Unit("s", Dimension.DURATION, Fraction(1000)),
    Unit("min", Dimension.DURATION, Fraction(60_000)),
    Unit("h", Dimension.DURATION, Fraction(3_600_000)),
    Unit("ms", Dimension.DURATION, Fraction(1)),
    Unit("%", Dimension.RATIO, Fraction(1, 100)),
)

_BARE = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_QUANTITY = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?) ?([a-z%]+(?:/[a-z]+)?)")
_MAX_LENGTH = 40


class UnitError(ValueError):
    """A text is not the quantity asked for. `code` is stable: BARE_NUMBER, WRONG_UNIT or BAD_QUANTITY."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def symbols(dimension: Dimension) -> str:
    """The units of a dimension as people write them: ``kn, m/s``."""
    return ", ".join(unit.symbol for unit in UNITS.values() if unit.dimension is dimension)


def parse_exact(text: str, dimension: Dimension) -> Fraction:
    """A quantity as an exact number of base units.

    Raises:
        UnitError: BARE_NUMBER when the unit is missing, WRONG_UNIT when it is unknown or of another
            dimension, BAD_QUANTITY when the text is no quantity at all.
    """
    text = text.strip()
    if _BARE.fullmatch(text):
        raise UnitError("BARE_NUMBER", f"needs a unit ({symbols(dimension)}): {text[:_MAX_LENGTH]}")
    match = _QUANTITY.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if match is None:
        raise UnitError("BAD_QUANTITY", f"not a number with a unit of {dimension}: {text[:_MAX_LENGTH]!r}")
    number, symbol = match.groups()
    unit = UNITS.get(symbol)
    if unit is None or unit.dimension is not dimension:
        raise UnitError("WRONG_UNIT", f"needs a unit of {dimension} ({symbols(dimension)}): {text}")
    return Fraction(number) * unit.factor


def parse_quantity(text: str, dimension: Dimension) -> float:
    """A quantity in base units (m, m/s, deg, ms, 1). Raises `UnitError` as `parse_exact` does."""
    return float(parse_exact(text, dimension))


def parse_length_m(text: str) -> Metres:
    """``3 nmi`` -> 5556.0. Raises `UnitError`."""
    return Metres(parse_quantity(text, Dimension.LENGTH))


def parse_speed_mps(text: str) -> MetresPerSecond:
    """``36 km/h`` -> 10.0. Raises `UnitError`."""
    return MetresPerSecond(parse_quantity(text, Dimension.SPEED))


def parse_angle_deg(text: str) -> Degrees:
    """``34.0 deg`` -> 34.0. Raises `UnitError`."""
    return Degrees(parse_quantity(text, Dimension.ANGLE))


def parse_ratio(text: str) -> Ratio:
    """``5 %`` -> 0.05. Raises `UnitError`."""
    return Ratio(parse_quantity(text, Dimension.RATIO))


def parse_duration_ms(text: str) -> Milliseconds:
    """``45 s`` -> 45000. Raises `UnitError`, also for a fraction of a millisecond."""
    exact = parse_exact(text, Dimension.DURATION)
    if exact.denominator != 1:
        raise UnitError("BAD_QUANTITY", f"finer than a millisecond: {text.strip()}")
    return Milliseconds(int(exact))


def convert(value: float, unit: str, to: str) -> float:
    """`value` of one unit in another of the same dimension: ``convert(2400, "m", "nmi")``.

    Raises:
        UnitError: WRONG_UNIT when a unit is unknown or the dimensions differ.
    """
    source, target = UNITS.get(unit), UNITS.get(to)
    if source is None or target is None or source.dimension is not target.dimension:
        raise UnitError("WRONG_UNIT", f"no conversion from {unit!r} to {to!r}")
    return float(Fraction(value) * source.factor / target.factor)
