"""Areas as polygons of longitude and latitude, as RFC 7946 wants them.

An area that is not a polygon is approximated by one that holds it: nobody outside the polygon is inside what was
signed. `Shape.over_m` says how far its edge lies outside at most, measured along the edge. Edges are straight in
longitude and latitude (RFC 7946, 3.1.1); for a polygon as signed `Shape.edge_m` says how far they lie from the
geodesics between the corners. What crosses the antimeridian is cut there (3.1.9), outer rings run counterclockwise
(3.1.6), and coordinates have six decimals (about 0.1 m).

The Earth's surface is cut and united by GEOS, through shapely; every distance is a geodesic on WGS 84.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import shapely
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from hotline import v1
from hotline.bridges.positions import Disc, point
from hotline.bridges.told import BridgeError
from hotline.geo.geodesy import Position, as_course_deg, bearing_deg, destination, range_m

Coordinate = tuple[float, float]
"""Longitude and latitude in degrees; the longitude may leave [-180, 180] while a ring is one piece."""
Ring = list[Coordinate]

RADIUS_MAX_M = 5_000_000
_SMALLEST_N, _LARGEST_N = 72, 1152
_TOLERANCE = 0.002  # of a radius or of half a width
_STEP_MAX_M = 20_000.0
_STEPS_MAX = 1024
_GRID_DEG = 1e-6
_WORLD = box(-180.0, -90.0, 180.0, 90.0)
_BETWEEN = (0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875)


@dataclass(frozen=True, slots=True)
class Shape:
    """An area as polygons.

    Attributes:
        polygons: each with its closed outer ring, counterclockwise, and its holes, clockwise.
        over_m: how far its edge lies outside what was signed, at most; 0 for a polygon as signed.
        edge_m: for a polygon as signed, how far its edges lie from the geodesics between its corners, at most.
        crossing: whether the edges as signed cross each other; the polygons are then what they enclose.
    """

    polygons: tuple[tuple[Ring, ...], ...]
    over_m: float = 0.0
    edge_m: float = 0.0
    crossing: bool = False


def shape_of(area: v1.Area) -> Shape | None:
    """An area as polygons; None for a body of water by name.

    Raises:
        BridgeError: BRIDGE_AREA.
    """
    kind = area.WhichOneof("geometry")
    if kind == "polygon":
        return _of_corners([point(corner) for corner in area.polygon.corners])
    if kind == "circle":
        return circle(Disc(point(area.circle.centre), area.circle.radius_m))
    if kind == "corridor":
        return _corridor([point(corner) for corner in area.corridor.line], area.corridor.width_m / 2)
    return None


def circle(disc: Disc) -> Shape:
    """A polygon that holds a circle.

    Raises:
        BridgeError: BRIDGE_AREA for a radius above 5,000 km.
    """
    ring, over_m = _circle_ring(disc)
    return _shape([_filled(ring)], over_m)


def _of_corners(corners: Sequence[Position]) -> Shape:
    ring = _unwrapped([*corners, corners[0]])
    flat = _filled(ring)
    crossing = not flat.is_valid
    edge_m = max(_off_geodesic_m(one, other) for one, other in pairwise([*corners, corners[0]]))
    return _shape([shapely.make_valid(flat) if crossing else flat], 0.0, edge_m, crossing)


def _circle_ring(disc: Disc) -> tuple[Ring, float]:
    """A ring around a circle, and how far it lies outside at most."""
    if disc.radius_m > RADIUS_MAX_M:
        raise BridgeError("BRIDGE_AREA", f"a circle of {disc.radius_m:.0f} m is larger than {RADIUS_MAX_M} m")
    number, grow = _SMALLEST_N, 1.0
    while True:
        radius_m = disc.radius_m * grow / math.cos(math.pi / number)
        turns = [number_ * 360.0 / number for number_ in range(number + 1)]
        ring = _unwrapped([destination(disc.centre, turn, radius_m) for turn in turns])
        ranges_m = [range_m(disc.centre, each) for one, other in pairwise(ring) for each in _along(one, other)]
        if min(ranges_m) < disc.radius_m:
            grow *= 1.000001 * disc.radius_m / min(ranges_m)
        elif max(ranges_m) - disc.radius_m > _TOLERANCE * disc.radius_m and number < _LARGEST_N:
            number, grow = number * 2, 1.0
        else:
            return ring, max(ranges_m) - disc.radius_m


def _corridor(line: Sequence[Position], half_m: float) -> Shape:
    """All that lies within half the width of the line: its ends are round."""
    if half_m > RADIUS_MAX_M:
        raise BridgeError("BRIDGE_AREA", f"a corridor of {half_m * 2:.0f} m is wider than {RADIUS_MAX_M * 2} m")
    parts, overs_m = [], [0.0]
    for one, other in pairwise(line):
        if range_m(one, other) > 0.0:
            ring, over_m = _strip(one, other, half_m)
            parts.append(_filled(ring))
            overs_m.append(over_m)
    for joint in line:
        ring, over_m = _circle_ring(Disc(joint, half_m))
        parts.append(_filled(ring))
        overs_m.append(over_m)
    return _shape(parts, max(overs_m))


def _strip(one: Position, other: Position, half_m: float) -> tuple[Ring, float]:
    """The ring around one leg, without its ends, and how far its sides lie outside at most."""
    length_m = range_m(one, other)
    leg = _leg(one, other, length_m)
    steps, grow_m = max(1, math.ceil(length_m / _STEP_MAX_M)), 0.0
    while True:
        places = [leg(length_m * step / steps) for step in range(steps + 1)]
        if any(90.0 - abs(place.lat_deg) < 1.0 + half_m / 100_000 for place, _ in places):
            raise BridgeError("BRIDGE_AREA", "a corridor that passes a pole within its width or one degree")
        left, right = (_side(places, side_deg, half_m + grow_m) for side_deg in (-90.0, 90.0))
        middles = [leg(length_m * (step + 0.5) / steps)[0] for step in range(steps)]
        ranges_m = [_to_side_m(*pair) for row in (left, right) for pair in zip(middles, pairwise(row), strict=True)]
        over_m = max(*ranges_m, half_m + grow_m) - half_m
        if over_m > _TOLERANCE * half_m and steps < _STEPS_MAX:
            steps, grow_m = steps * 2, 0.0
        elif min(ranges_m) < half_m:
            grow_m += 1.001 * (half_m - min(ranges_m)) + 0.001
        else:
            return _joined(left, right), over_m


def _side(places: Sequence[tuple[Position, float]], side_deg: float, distance_m: float) -> Ring:
    return _unwrapped([destination(place, course_deg + side_deg, distance_m) for place, course_deg in places])


def _leg(one: Position, other: Position, length_m: float) -> Callable[[float], tuple[Position, float]]:
    """Position and course at a distance from the start."""
    start_deg = bearing_deg(one, other)

    def at(distance_m: float) -> tuple[Position, float]:
        place = destination(one, start_deg, distance_m)
        if distance_m < length_m / 2:
            return place, bearing_deg(place, other)
        return place, as_course_deg(bearing_deg(place, one) + 180.0)

    return at


def _to_side_m(middle: Position, edge: tuple[Coordinate, Coordinate]) -> float:
    """From the middle of a step to the middle of the edge beside it."""
    one, other = edge
    return range_m(middle, _wrapped((one[0] + other[0]) / 2, (one[1] + other[1]) / 2))


def _joined(left: Ring, right: Ring) -> Ring:
    """One ring up the left side and down the right one, which may be a turn of the Earth apart."""
    shift_deg = 360.0 * round((left[-1][0] - right[-1][0]) / 360.0)
    return [*left, *((lon + shift_deg, lat) for lon, lat in reversed(right)), left[0]]


def _unwrapped(positions: Sequence[Position]) -> Ring:
    """Positions without jumps of longitude: each edge goes the shorter way around."""
    ring: Ring = []
    for each in positions:
        lon_deg = each.lon_deg
        if ring:
            lon_deg += 360.0 * round((ring[-1][0] - lon_deg) / 360.0)
        ring.append((lon_deg, each.lat_deg))
    return ring


def _filled(ring: Ring) -> Polygon:
    """A closed ring as a polygon; one that goes around the Earth is closed over the pole that it holds."""
    if abs(ring[-1][0] - ring[0][0]) > 180.0:
        pole_deg = math.copysign(90.0, sum(lat for _, lat in ring))
        ring = [*ring, (ring[-1][0], pole_deg), (ring[0][0], pole_deg), ring[0]]
    return Polygon(ring)


def _wrapped(lon_deg: float, lat_deg: float) -> Position:
    return Position(max(-90.0, min(90.0, lat_deg)), (lon_deg + 180.0) % 360.0 - 180.0)


def _along(one: Coordinate, other: Coordinate) -> Iterator[Position]:
    """Places along an edge that is straight in longitude and latitude."""
    for share in (0.0, *_BETWEEN):
        yield _wrapped(one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share)


def _off_geodesic_m(one: Position, other: Position) -> float:
    """How far the straight edge between two corners lies from their geodesic, at most."""
    length_m, course_deg = range_m(one, other), bearing_deg(one, other)
    start, end = _unwrapped([one, other])
    off_m = 0.0
    for share, straight in zip((0.0, *_BETWEEN), _along(start, end), strict=True):
        beside = destination(one, course_deg, length_m * share)
        ahead_deg = bearing_deg(beside, other)
        angle = math.radians(bearing_deg(beside, straight) - ahead_deg)
        off_m = max(off_m, range_m(beside, straight) * abs(math.sin(angle)))
    return off_m


def _shape(parts: Sequence[BaseGeometry], over_m: float, edge_m: float = 0.0, crossing: bool = False) -> Shape:
    """Parts united, cut at the antimeridian, on the grid of coordinates."""
    cut = [translate(part, 360.0 * turn).intersection(_WORLD) for part in parts for turn in (-2, -1, 0, 1, 2)]
    united = shapely.set_precision(shapely.union_all([each for each in cut if each.area > 0.0]), _GRID_DEG)
    found = united.geoms if isinstance(united, MultiPolygon) else [united]
    polygons = [_rings(orient(each, 1.0)) for each in found if isinstance(each, Polygon) and not each.is_empty]
    if not polygons:
        raise BridgeError("BRIDGE_AREA", "an area that encloses nothing")
    return Shape(tuple(sorted(polygons)), over_m, edge_m, crossing)


def _rings(polygon: Polygon) -> tuple[Ring, ...]:
    """The outer ring and then the holes, each from its westernmost corner, so that equal areas are written alike."""
    outer, *holes = (_ring(list(ring.coords)) for ring in (polygon.exterior, *polygon.interiors))
    return (outer, *sorted(holes))


def _ring(coordinates: Sequence[tuple[float, ...]]) -> Ring:
    ring = [(round(lon, 6) + 0.0, round(lat, 6) + 0.0) for lon, lat in coordinates[:-1]]
    first = ring.index(min(ring))
    return [*ring[first:], *ring[: first + 1]]
