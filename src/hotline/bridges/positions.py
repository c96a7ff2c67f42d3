"""Positions and areas as sailors and airmen write them, and the circle that holds an area."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hotline import v1
from hotline.geo.geodesy import Position, range_m
from hotline.geo.units import convert


@dataclass(frozen=True, slots=True)
class Disc:
    """A circle on the Earth."""

    centre: Position
    radius_m: float


def point(position: v1.Position) -> Position:
    """From its protobuf form."""
    return Position(position.latitude_deg, position.longitude_deg)


def nautical(position: Position) -> str:
    """``32-30.000N 128-06.000E``: degrees and minutes, to 0.001 minute (under 1 m lost)."""
    return f"{_minutes(position.lat_deg, 2, 'NS')} {_minutes(position.lon_deg, 3, 'EW')}"


def aeronautical(position: Position) -> str:
    """``323000N 1280600E``: degrees, minutes and seconds, to a whole second (about 15 m lost)."""
    return f"{_seconds(position.lat_deg, 2, 'NS')} {_seconds(position.lon_deg, 3, 'EW')}"


def whole_minutes(position: Position) -> str:
    """``3230N12806E``, as in the Q line of a NOTAM."""
    return f"{_in_minutes(position.lat_deg, 2, 'NS')}{_in_minutes(position.lon_deg, 3, 'EW')}"


def _minutes(angle_deg: float, digits: int, signs: str) -> str:
    thousandths = round(abs(angle_deg) * 60_000)
    degrees, rest = divmod(thousandths, 60_000)
    return f"{degrees:0{digits}d}-{rest // 1000:02d}.{rest % 1000:03d}{signs[angle_deg < 0]}"


def _seconds(angle_deg: float, digits: int, signs: str) -> str:
    degrees, rest = divmod(round(abs(angle_deg) * 3600), 3600)
    return f"{degrees:0{digits}d}{rest // 60:02d}{rest % 60:02d}{signs[angle_deg < 0]}"


def _in_minutes(angle_deg: float, digits: int, signs: str) -> str:
    degrees, minutes = divmod(round(abs(angle_deg) * 60), 60)
    return f"{degrees:0{digits}d}{minutes:02d}{signs[angle_deg < 0]}"


def on_whole_minute(position: Position) -> Position:
    """The position that `whole_minutes` writes."""
    return Position(round(position.lat_deg * 60) / 60, round(position.lon_deg * 60) / 60)


def nmi(length_m: float) -> str:
    """``3.00 NM (5556 M)``: to a hundredth, and the metres as signed."""
    return f"{convert(length_m, 'm', 'nmi'):.2f} NM ({length_m:.0f} M)"


def feet(height_m: int) -> float:
    """A height or depth in feet."""
    return convert(height_m, "m", "ft")


def enclosing(area: v1.Area) -> Disc | None:
    """A circle that holds an area, not always the smallest; None for a body of water by name."""
    shape = area.WhichOneof("geometry")
    if shape == "circle":
        return Disc(point(area.circle.centre), area.circle.radius_m)
    if shape == "polygon":
        return around(point(corner) for corner in area.polygon.corners)
    if shape == "corridor":
        disc = around(point(corner) for corner in area.corridor.line)
        return Disc(disc.centre, disc.radius_m + area.corridor.width_m / 2)
    return None


def around(points: Iterable[Position], centre: Position | None = None) -> Disc:
    """A circle that holds points: around their middle, or around a centre that is given."""
    held = list(points)
    middle = centre or _middle(held)
    return Disc(middle, max(range_m(middle, each) for each in held))


def _middle(points: Sequence[Position]) -> Position:
    """The direction in which the points lie from the middle of the Earth, which the antimeridian does not disturb."""
    vectors = [_vector(each) for each in points]
    x, y, z = (sum(axis) for axis in zip(*vectors, strict=True))
    if math.hypot(x, y, z) < 1e-9:
        return points[0]
    return Position(math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x)))


def _vector(position: Position) -> tuple[float, float, float]:
    lat, lon = math.radians(position.lat_deg), math.radians(position.lon_deg)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)
