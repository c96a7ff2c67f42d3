"""Positions as sailors and airmen write them, and circles that hold areas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.bridges.cases import circle, corridor, named, polygon

from hotline.bridges.positions import (
    aeronautical,
    around,
    enclosing,
    nautical,
    nmi,
    on_whole_minute,
    point,
    whole_minutes,
)
from hotline.geo.geodesy import Position, range_m


@pytest.mark.parametrize(
    ("lat", "lon", "sea", "air", "minutes"),
    [
        (32.5, 128.1, "32-30.000N 128-06.000E", "323000N 1280600E", "3230N12806E"),
        (-36.9999999, -0.0, "37-00.000S 000-00.000E", "370000S 0000000E", "3700S00000E"),
        (-0.00001, 179.99999999, "00-00.001S 180-00.000E", "000000S 1800000E", "0000S18000E"),
        (89.99999, -5.123456, "89-59.999N 005-07.407W", "900000N 0050724W", "9000N00507W"),
    ],
)
def test_angles_carry_over(lat: float, lon: float, sea: str, air: str, minutes: str) -> None:
    where = Position(lat, lon)
    assert (nautical(where), aeronautical(where), whole_minutes(where)) == (sea, air, minutes)


@given(st.floats(-89, 89), st.floats(-180, 180))
def test_what_is_written_reads_back_within_what_is_said_to_be_lost(lat: float, lon: float) -> None:
    where = Position(lat, lon)
    south, west = nautical(where).split()
    read = Position(_degrees(south[:-1], "S" in south), _degrees(west[:-1], "W" in west))
    assert range_m(where, read) < 1.4
    assert range_m(where, on_whole_minute(where)) < 1400


def _degrees(text: str, negative: bool) -> float:
    degrees, _, minutes = text.partition("-")
    return (int(degrees) + float(minutes) / 60) * (-1 if negative else 1)


def test_a_circle_holds_every_area() -> None:
    across = enclosing(polygon((10, 179), (10, -179), (8, -179), (8, 179)))
    assert across is not None and abs(abs(across.centre.lon_deg) - 180) < 1e-6
    strip = enclosing(corridor(2000, (0, 0), (0, 2)))
    assert strip is not None and strip.radius_m == pytest.approx(111_319.5 + 1000, abs=1)
    disc = enclosing(circle(1, 2, 3))
    assert disc is not None and disc.radius_m == 3
    assert enclosing(named("East China Sea")) is None


def test_points_around_the_whole_earth_have_some_middle() -> None:
    poles = [Position(90, 0), Position(-90, 0)]
    assert around(poles).centre == poles[0]


def test_lengths() -> None:
    assert nmi(5556) == "3.00 NM (5556 M)"
    assert point(circle(1, 2, 3).circle.centre) == Position(1, 2)
