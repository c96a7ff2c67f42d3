from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.geo import many
from hotline.geo.cpa import RelativeSegment, Velocity, closest_approach, cpa
from hotline.geo.geodesy import Offset, Position, destination, offset_m, range_m

places = st.builds(Position, st.floats(-89.9, 89.9), st.floats(-180, 180))
metres, speeds = st.floats(-50_000, 50_000), st.floats(-300, 300)


def alone(value: float) -> many.Floats:
    return np.array([value])


@given(a=places, b=places)
def test_offsets_are_those_of_the_geodesy(a: Position, b: Position) -> None:
    east, north = many.offsets_m(alone(a.lat_deg), alone(a.lon_deg), alone(b.lat_deg), alone(b.lon_deg))
    one = offset_m(a, b)
    assert np.hypot(east, north)[0] == pytest.approx(one.range_m, abs=1e-3)
    if 1.0 < one.range_m < 15_000_000:
        assert (east[0], north[0]) == pytest.approx((one.east_m, one.north_m), abs=5e-3)


def test_the_antipodes_are_left_to_geographiclib() -> None:
    """Vincenty's series does not converge there; 20 003.93 km is half a meridian."""
    east, north = many.offsets_m(alone(0.0), alone(0.0), np.array([0.0, 0.5]), np.array([180.0, 179.7]))
    assert np.hypot(east, north) == pytest.approx(
        [20_003_931.459, range_m(Position(0.0, 0.0), Position(0.5, 179.7))], abs=1e-3
    )


@given(start=places, azimuth_deg=st.floats(0, 360), distance_m=st.floats(0, 2_000_000))
def test_destinations_are_those_of_the_geodesy(start: Position, azimuth_deg: float, distance_m: float) -> None:
    lat, lon, azimuth = many.destinations(
        alone(start.lat_deg), alone(start.lon_deg), alone(azimuth_deg), alone(distance_m)
    )
    one = destination(start, azimuth_deg, distance_m)
    assert offset_m(one, Position(float(lat[0]), float(lon[0]))).range_m < 1e-3
    if distance_m > 1000.0:
        back = offset_m(one, start)
        assert np.cos(np.radians(azimuth[0]) - np.arctan2(-back.east_m, -back.north_m)) == pytest.approx(1.0)


@given(position=st.builds(Offset, metres, metres), velocity=st.builds(Velocity, speeds, speeds))
def test_cpa_is_that_of_one_pair(position: Offset, velocity: Velocity) -> None:
    found = many.cpa(*map(alone, (position.east_m, position.north_m, velocity.east_mps, velocity.north_mps)))
    one = cpa(position, velocity)
    assert found.range_m[0] == pytest.approx(one.range_m, abs=1e-6)
    assert found.time_s[0] == pytest.approx(one.time_s, rel=1e-9, abs=1e-6)


@given(start=st.builds(Offset, metres, metres), end=st.builds(Offset, metres, metres))
def test_the_closest_on_a_segment_is_that_of_one_pair(start: Offset, end: Offset) -> None:
    range_m, share = many.closest_on_segments(
        np.array([start.east_m, start.north_m]), np.array([end.east_m, end.north_m])
    )
    one = closest_approach([RelativeSegment(0, 1_000_000, start, end)])
    assert one is not None and one.range_m == pytest.approx(float(range_m), abs=1e-6)
    if abs(start.east_m - end.east_m) + abs(start.north_m - end.north_m) > 1.0:
        assert one.time_ms == pytest.approx(float(share) * 1e6, abs=1.0)


def test_earth_centred_coordinates() -> None:
    """The semi-axes of WGS 84, and a height above a pole."""
    found = many.ecef_m(np.array([0.0, 0.0, 90.0]), np.array([0.0, 90.0, 0.0]), np.array([0.0, 0.0, 1000.0]))
    assert found == pytest.approx(
        np.array([[6378137.0, 0, 0], [0, 6378137.0, 0], [0, 0, 6_356_752.314245 + 1000.0]]), abs=1e-6
    )
