from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.geo.geodesy import (
    Offset,
    Position,
    PositionError,
    at_offset,
    bearing_deg,
    destination,
    offset_m,
    parse_position,
    quantised,
    quantised_m,
    range_m,
)

at_sea = st.builds(Position, st.floats(-75, 75), st.floats(-180, 180))
courses = st.floats(0, 360, exclude_max=True)
SHIP = Position(31.2, 128.3)


def test_positions_are_read_and_written() -> None:
    assert parse_position("32.50 N, 128.10 E") == Position(32.5, 128.1)
    assert parse_position("33.6S,78.7W") == Position(-33.6, -78.7)
    assert str(Position(-33.6, -78.7)) == "33.60000 S, 78.70000 W"


@pytest.mark.parametrize(
    "text", ["", "32.5, 128.1", "128.1 E, 32.5 N", "99.0 N, 10 E", "32 N, 181 E", "32 30 N, 128 E"]
)
def test_what_is_no_position(text: str) -> None:
    with pytest.raises(PositionError):
        parse_position(text)


@pytest.mark.parametrize(("lat", "lon"), [(90.1, 0.0), (0.0, -180.1), (math.nan, 0.0), (0.0, math.inf)])
def test_coordinates_out_of_range(lat: float, lon: float) -> None:
    with pytest.raises(PositionError):
        Position(lat, lon)


def test_known_distances() -> None:
    """A degree of the equator and of the meridian there, on WGS 84."""
    assert range_m(Position(0, 0), Position(0, 1)) == pytest.approx(111_319.491, abs=0.001)
    assert range_m(Position(0, 0), Position(1, 0)) == pytest.approx(110_574.389, abs=0.001)
    assert range_m(SHIP, SHIP) == 0.0


@pytest.mark.parametrize(
    ("lat", "lon", "bearing"),
    [(31.3, 128.3, 0.0), (31.1, 128.3, 180.0), (31.2, 128.4, 90.0), (31.2, 128.2, 270.0)],
)
def test_cardinal_bearings(lat: float, lon: float, bearing: float) -> None:
    assert bearing_deg(SHIP, Position(lat, lon)) == pytest.approx(bearing, abs=0.05)
    assert bearing_deg(SHIP, SHIP) == 0.0


@given(at_sea, courses, st.floats(1, 500_000))
def test_destination_lies_at_the_range_and_bearing_asked_for(start: Position, course: float, distance: float) -> None:
    end = destination(start, course, distance)
    assert range_m(start, end) == pytest.approx(distance, abs=1e-3)
    turned = (bearing_deg(start, end) - course + 180.0) % 360.0 - 180.0
    assert abs(math.radians(turned)) * distance < 1e-2


@given(at_sea, at_sea)
def test_range_is_symmetric(a: Position, b: Position) -> None:
    assert range_m(a, b) == pytest.approx(range_m(b, a), abs=1e-6)


@given(at_sea, st.floats(-50_000, 50_000), st.floats(-50_000, 50_000))
def test_offsets_go_there_and_back(origin: Position, east: float, north: float) -> None:
    back = offset_m(origin, at_offset(origin, Offset(east, north)))
    assert back.east_m == pytest.approx(east, abs=1e-3)
    assert back.north_m == pytest.approx(north, abs=1e-3)


@given(at_sea)
def test_quantising_is_small_final_and_has_no_negative_zero(position: Position) -> None:
    grid = quantised(position)
    assert abs(grid.lat_deg - position.lat_deg) <= 0.5001e-5
    assert abs(grid.lon_deg - position.lon_deg) <= 0.5001e-5
    assert quantised(grid) == grid
    assert "-0.0" not in (repr(grid.lat_deg), repr(grid.lon_deg))


@given(at_sea, st.floats(-1e-9, 1e-9))
def test_a_last_digit_of_another_machine_leaves_the_grid_point(position: Position, error: float) -> None:
    grid = quantised(position)
    nudged = Position(grid.lat_deg + error, max(-180.0, min(180.0, grid.lon_deg + error)))
    assert quantised(nudged) == grid


def test_ranges_are_quantised_to_whole_metres() -> None:
    assert quantised_m(2407.6) == 2408
    assert isinstance(quantised_m(2407.6), int)
