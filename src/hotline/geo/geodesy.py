"""Positions on WGS 84 and the geodesics between them.

The geodesics are GeographicLib's. Its last digits depend on the machine's mathematics library; whatever
enters a message or a trace therefore passes through `quantised` or `quantised_m` first, so that runs are
byte-reproducible.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from geographiclib.geodesic import Geodesic

_WGS84 = Geodesic.WGS84
_STEPS_PER_DEG = 100_000  # 1e-5 deg: about 1.1 m of latitude
_POSITION = re.compile(r"([0-9]{1,2}(?:\.[0-9]+)?) ?([NS]) ?, ?([0-9]{1,3}(?:\.[0-9]+)?) ?([EW])")


class PositionError(ValueError):
    """A text or a pair of numbers is no position on the Earth."""


@dataclass(frozen=True, slots=True)
class Position:
    """A point on WGS 84. Latitude in [-90, 90], longitude in [-180, 180] degrees, north and east positive.

    Raises:
        PositionError: a coordinate is out of range or not finite.
    """

    lat_deg: float
    lon_deg: float

    def __post_init__(self) -> None:
        # Written so that NaN fails too.
        if not (-90.0 <= self.lat_deg <= 90.0 and -180.0 <= self.lon_deg <= 180.0):
            raise PositionError(f"latitude or longitude out of range: {self.lat_deg}, {self.lon_deg}")

    def __str__(self) -> str:
        """As people write it: ``32.50000 N, 128.10000 E``."""
        north, east = "N" if self.lat_deg >= 0 else "S", "E" if self.lon_deg >= 0 else "W"
        return f"{abs(self.lat_deg):.5f} {north}, {abs(self.lon_deg):.5f} {east}"


@dataclass(frozen=True, slots=True)
class Offset:
    """A displacement in a local tangent plane, metres."""

    east_m: float
    north_m: float

    @property
    def range_m(self) -> float:
        """Its length."""
        return math.hypot(self.east_m, self.north_m)


def parse_position(text: str) -> Position:
    """``32.50 N, 128.10 E`` in decimal degrees.

    Raises:
        PositionError: another form, or out of range.
    """
    match = _POSITION.fullmatch(text.strip())
    if match is None:
        raise PositionError(f"not a position such as '32.50 N, 128.10 E': {text[:40]!r}")
    lat, north, lon, east = match.groups()
    return Position(float(lat) * (1 if north == "N" else -1), float(lon) * (1 if east == "E" else -1))


def range_m(a: Position, b: Position) -> float:
    """Length of the geodesic from `a` to `b`, metres."""
    return float(_WGS84.Inverse(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg, Geodesic.DISTANCE)["s12"])


def bearing_deg(a: Position, b: Position) -> float:
    """True bearing of `b` from `a`, in [0, 360) degrees; 0 when they coincide."""
    offset = offset_m(a, b)
    if offset.range_m == 0.0:
        return 0.0
    return as_course_deg(math.degrees(math.atan2(offset.east_m, offset.north_m)))


def as_course_deg(azimuth_deg: float) -> float:
    """Any angle brought into [0, 360) degrees."""
    course_deg = azimuth_deg % 360.0
    return 0.0 if course_deg >= 360.0 else course_deg  # a tiny negative angle rounds up to 360


def destination(start: Position, course_deg: float, distance_m: float) -> Position:
    """Where the geodesic leaving `start` on `course_deg` is after `distance_m`."""
    end = _WGS84.Direct(start.lat_deg, start.lon_deg, course_deg, distance_m, Geodesic.LATITUDE | Geodesic.LONGITUDE)
    return Position(float(end["lat2"]), float(end["lon2"]))


def offset_m(origin: Position, point: Position) -> Offset:
    """`point` in the plane touching the Earth at `origin`; range and bearing from the origin are true."""
    line = _WGS84.Inverse(
        origin.lat_deg, origin.lon_deg, point.lat_deg, point.lon_deg, Geodesic.DISTANCE | Geodesic.AZIMUTH
    )
    azimuth = math.radians(line["azi1"])
    return Offset(line["s12"] * math.sin(azimuth), line["s12"] * math.cos(azimuth))


def at_offset(origin: Position, offset: Offset) -> Position:
    """The inverse of `offset_m`."""
    return destination(origin, math.degrees(math.atan2(offset.east_m, offset.north_m)), offset.range_m)


def quantised(position: Position) -> Position:
    """The position on the 1e-5 degree grid that messages and traces use."""
    return Position(_on_grid(position.lat_deg), _on_grid(position.lon_deg))


def _on_grid(angle_deg: float) -> float:
    # An integer divided by an integer is the same float everywhere, and never -0.0.
    return round(angle_deg * _STEPS_PER_DEG) / _STEPS_PER_DEG


def quantised_m(length_m: float) -> int:
    """A range in whole metres, as messages and traces use it."""
    return round(length_m)
