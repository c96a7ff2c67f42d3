from __future__ import annotations

import pytest

from hotline_sim.motion.arith import moved
from hotline_sim.motion.hull import Hull, between_hulls, least, slant_m
from hotline_sim.motion.way import Sample, Way, relative_ways

HULL = Hull(150.0, 20.0)


def at(east_m: float, north_m: float, heading_deg: float, altitude_m: float = 0.0, time_ms: int = 0) -> Sample:
    lat, lon = moved(20.0, 120.0, east_m, north_m)
    return Sample(time_ms, lat, lon, altitude_m, heading_deg, 10.0)


@pytest.mark.parametrize(
    ("there", "apart_m"),
    [
        (at(100.0, 0.0, 0.0), 80.0),  # side by side
        (at(0.0, 200.0, 0.0), 50.0),  # in line
        (at(0.0, 125.0, 90.0), 40.0),  # across the bow
        (at(0.0, 10.0, 90.0), 0.0),  # across the hull
        (at(15.0, 0.0, 0.0), 0.0),  # touching
    ],
)
def test_the_range_between_hulls(there: Sample, apart_m: float) -> None:
    assert between_hulls(HULL, HULL)(at(0.0, 0.0, 0.0), there) == pytest.approx(apart_m, abs=0.1)


def test_the_range_through_the_air_counts_height() -> None:
    assert slant_m(at(0.0, 0.0, 0.0, 7000.0), at(300.0, 0.0, 0.0, 7400.0)) == pytest.approx(500.0, abs=0.1)


def test_two_ways_are_least_apart_where_their_hulls_are() -> None:
    own, other = Way(), Way()
    for second in range(0, 121, 10):
        own.add(at(0.0, 10.0 * second, 0.0, time_ms=second * 1000))
        other.add(at(-600.0 + 10.0 * second, 800.0, 90.0, time_ms=second * 1000))
    segments = list(relative_ways(own, other, 120_000))
    assert len(segments) == 12 and segments[0].start.range_m == pytest.approx(1000.0, abs=0.5)
    at_ms, apart_m = least(own, other, 70_000, 141.0, between_hulls(HULL, HULL))
    assert apart_m == 0.0 or 55_000 < at_ms < 85_000
