"""One position report of a recording, and what may be wrong with its line."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from hotline import v1
from hotline.geo.units import UNITS

KNOT_MPS, FOOT_M = (float(UNITS[unit].factor) for unit in ("kn", "ft"))

# Types of ship by their numbers in AIS (ITU-R M.1371, table of type 5), and by the words of the Danish files.
_KINDS = {
    "35": v1.CRAFT_KIND_WARSHIP,
    "military": v1.CRAFT_KIND_WARSHIP,
    "55": v1.CRAFT_KIND_LAW_ENFORCEMENT_VESSEL,
    "law enforcement": v1.CRAFT_KIND_LAW_ENFORCEMENT_VESSEL,
}
_TENTHS_WRAP_DEG = 409.6


class LineError(ValueError):
    """A line that is not in its file's form."""


@dataclass(frozen=True, slots=True)
class Report:
    """Where a unit was.

    Attributes:
        unit: its MMSI or ICAO 24-bit address, as recorded.
        kind: class of craft, as far as the recording tells.
        time_ms: Unix milliseconds.
        lat_deg, lon_deg: WGS 84.
        altitude_m: 0 for ships; NaN where unknown.
        course_deg, speed_mps: over the ground; NaN where unknown.
        line: of its file, from 1.
    """

    unit: str
    kind: v1.CraftKind.ValueType
    time_ms: int
    lat_deg: float
    lon_deg: float
    altitude_m: float
    course_deg: float
    speed_mps: float
    line: int


# What a line comes to: a report, or None where it holds none (another kind of message, no position, no fix).
Reader: TypeAlias = Callable[[str, int], Report | None]


def ship(
    unit: str, kind: str, time_ms: int, lat: float, lon: float, course: float, knots: float, line: int
) -> Report | None:
    """A ship's report in the numbers of AIS; None without a position.

    Latitude 91, longitude 181, speed 102.3 and course 360 stand for "not available". Some national files carry course
    and speed as signed tenths that ran over: -60.6 is 349.0.
    """
    if not (abs(lat) <= 90.0 and abs(lon) <= 180.0):
        return None
    course = course + _TENTHS_WRAP_DEG if course < 0.0 else course
    knots = knots + _TENTHS_WRAP_DEG / 4 if knots < 0.0 else knots
    return Report(
        unit,
        _KINDS.get(kind.strip().lower().removesuffix(".0"), v1.CRAFT_KIND_CIVIL_VESSEL),
        time_ms,
        lat,
        lon,
        0.0,
        course if course < 360.0 else math.nan,
        knots * KNOT_MPS if knots < 102.25 else math.nan,
        line,
    )


def number(text: str, what: str) -> float:
    """A number; NaN where the text is empty. Raises `LineError`."""
    if not text.strip():
        return math.nan
    try:
        found = float(text)
    except ValueError:
        raise LineError(f"{what} is no number: {text[:40]!r}") from None
    if not math.isfinite(found):
        raise LineError(f"{what} is no number: {text[:40]!r}")
    return found


def utc_ms(text: str, *forms: str) -> int:
    """Unix milliseconds of a time in UTC in one of the forms of `strptime`. Raises `LineError`."""
    for form in forms:
        try:
            return round(datetime.strptime(text.strip(), form).replace(tzinfo=UTC).timestamp() * 1000)
        except ValueError:
            continue
    raise LineError(f"no time: {text[:40]!r}")
