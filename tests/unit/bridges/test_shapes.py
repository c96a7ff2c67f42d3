"""Areas as polygons: they hold what was signed, by no more than is said, and are valid for GEOS."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from geographiclib.geodesic import Geodesic
from shapely.geometry import MultiPolygon, Point, Polygon
from tests.unit.bridges.cases import circle, corridor, named, polygon

from hotline import v1
from hotline.bridges.positions import Disc
from hotline.bridges.shapes import Shape, shape_of
from hotline.bridges.shapes import circle as shape_of_disc
from hotline.bridges.told import BridgeError
from hotline.geo.geodesy import Position, bearing_deg, destination, range_m

CIRCLES = [
    (30.0, 125.0, 5556),
    (-37.0, 179.9, 74_080),
    (89.0, 10.0, 300_000),
    (-89.9, 0.0, 50_000),
    (60.0, 10.0, 900_000),
]
CORRIDORS = [
    corridor(9260, (12, 45), (14, 50), (14.5, 53)),
    corridor(20_000, (50, 170), (52, -170)),
    corridor(2000, (0, 0), (0, 1), (1, 1), (1, 0), (0, 0)),
    corridor(40_000, (70, 30), (70.1, 30.2), (70, 30)),
]


def made(area: v1.Area) -> tuple[Shape, MultiPolygon]:
    shape = shape_of(area)
    assert shape is not None
    return shape, geometry(shape)


def geometry(shape: Shape) -> MultiPolygon:
    return MultiPolygon([Polygon(rings[0], rings[1:]) for rings in shape.polygons])


def holds(area: MultiPolygon, where: Position) -> bool:
    return bool(area.buffer(1e-9).covers(Point(where.lon_deg, where.lat_deg)))


def assert_well_formed(shape: Shape) -> None:
    """Valid for GEOS, on the map, right-handed, closed, six decimals, every ring from its westernmost corner."""
    assert geometry(shape).is_valid
    for outer, *holes in shape.polygons:
        assert Polygon(outer).exterior.is_ccw
        assert not any(Polygon(hole).exterior.is_ccw for hole in holes)
        for ring in (outer, *holes):
            assert ring[0] == ring[-1] == min(ring) and len(ring) >= 4
            assert all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in ring)
            assert all(round(value, 6) == value for place in ring for value in place)


@pytest.mark.parametrize(("lat", "lon", "radius_m"), CIRCLES)
def test_a_circle_is_held_by_its_polygon_and_by_no_more_than_is_said(lat: float, lon: float, radius_m: int) -> None:
    shape, flat = made(circle(lat, lon, radius_m))
    assert_well_formed(shape)
    assert 0 < shape.over_m <= 0.0021 * radius_m
    centre = Position(lat, lon)
    for turn in range(0, 360, 3):
        assert holds(flat, destination(centre, turn, radius_m - 0.2)), turn
        assert not flat.contains(point(destination(centre, turn, radius_m + shape.over_m + 0.3))), turn


def point(where: Position) -> Point:
    return Point(where.lon_deg, where.lat_deg)


@pytest.mark.parametrize("area", CORRIDORS, ids=["three legs", "antimeridian", "loop", "there and back"])
def test_a_corridor_is_what_lies_within_half_its_width(area: v1.Area) -> None:
    shape, flat = made(area)
    assert_well_formed(shape)
    half_m = area.corridor.width_m / 2
    assert 0 <= shape.over_m <= 0.005 * half_m + 0.1
    line = [Position(each.latitude_deg, each.longitude_deg) for each in area.corridor.line]
    for one, other in pairwise(line):
        for share in (0.0, 0.13, 0.5, 0.77, 1.0):
            beside = Geodesic.WGS84.InverseLine(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg)
            there = beside.Position(share * beside.s13)
            where, course = Position(there["lat2"], there["lon2"]), there["azi2"]
            for side in (-90, 90):
                assert holds(flat, destination(where, course + side, half_m - 0.2))
    beyond = destination(line[0], bearing_deg(line[0], line[1]) + 180, half_m + shape.over_m + 0.3)
    if all(range_m(beyond, each) > half_m for each in line[1:]):
        assert not flat.contains(point(beyond))


def test_a_corridor_around_has_a_hole() -> None:
    (outer, *holes) = made(CORRIDORS[2])[0].polygons[0]
    assert len(holes) == 1 and len(outer) > 100
    assert not made(CORRIDORS[2])[1].contains(Point(0.5, 0.5))


def test_the_area_of_a_strip_is_its_length_by_its_width_and_two_half_discs() -> None:
    shape, _ = made(corridor(20_000, (50, 170), (52, -170)))
    area_m2 = 0.0
    for outer, *_holes in shape.polygons:
        ring = Geodesic.WGS84.Polygon()
        for lon, lat in outer[:-1]:
            ring.AddPoint(lat, lon)
        area_m2 += ring.Compute()[2]
    wanted_m2 = range_m(Position(50, 170), Position(52, -170)) * 20_000 + math.pi * 10_000**2
    assert area_m2 == pytest.approx(wanted_m2, rel=1e-3)


def test_a_polygon_stays_as_signed_whichever_way_around() -> None:
    corners = [(32.5, 126.1), (32.5, 127.0), (31.9, 127.0), (31.9, 126.1)]
    one, other = shape_of(polygon(*corners)), shape_of(polygon(*reversed(corners)))
    assert one is not None and one == other and not one.crossing
    assert one.polygons == (([(126.1, 31.9), (127.0, 31.9), (127.0, 32.5), (126.1, 32.5), (126.1, 31.9)],),)
    assert one.edge_m == pytest.approx(89.2, abs=0.5)


def test_what_crosses_the_antimeridian_is_cut_there() -> None:
    shape, flat = made(polygon((10, 179), (10, -179), (8, -179), (8, 179)))
    assert_well_formed(shape)
    assert [(min(lon for lon, _ in rings[0]), max(lon for lon, _ in rings[0])) for rings in shape.polygons] == [
        (-180, -179),
        (179, 180),
    ]
    assert flat.area == pytest.approx(4)


def test_a_polygon_around_a_pole_holds_it() -> None:
    _, flat = made(polygon((80, 0), (80, 90), (80, 180), (80, -90)))
    assert flat.area == pytest.approx(3600)
    _, south = made(polygon((-80, 0), (-80, 90), (-80, 180), (-80, -90)))
    assert south.bounds == (-180, -90, 180, -80)


def test_edges_that_cross_are_said() -> None:
    shape, _ = made(polygon((10, 10), (11, 11), (10, 11), (11, 10)))
    assert shape.crossing and len(shape.polygons) == 2
    assert_well_formed(shape)


@pytest.mark.parametrize(
    "area",
    [
        circle(0, 0, 5_000_001),
        corridor(4_000_000_000, (0, 0), (1, 1)),
        corridor(1000, (89.9, 0), (89.9, 180)),
        polygon((1, 1), (2, 2), (3, 3)),
    ],
    ids=["circle too large", "corridor too wide", "corridor over a pole", "nothing enclosed"],
)
def test_what_no_flat_map_can_show_is_refused(area: v1.Area) -> None:
    with pytest.raises(BridgeError) as raised:
        shape_of(area)
    assert raised.value.code == "BRIDGE_AREA"


def test_names_have_no_shape_and_a_point_of_a_corridor_may_repeat() -> None:
    assert shape_of(named("East China Sea")) is None
    once, twice = (shape_of(corridor(2000, *line)) for line in ([(0, 0), (0, 1)], [(0, 0), (0, 0), (0, 1)]))
    assert once == twice
    assert shape_of_disc(Disc(Position(0, 0), 1.0)).over_m < 0.01
