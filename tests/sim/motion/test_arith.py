"""Our trigonometry against the mathematics library's, and dead reckoning against GeographicLib's geodesics."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.geo.geodesy import Position, range_m
from hotline_sim.motion.arith import arctan_deg, bearing_of, displacement, length, moved, sin_cos, turn_to


@given(st.floats(-1e4, 1e4))
def test_sine_and_cosine(angle_deg: float) -> None:
    sine, cosine = sin_cos(angle_deg)
    exact = math.radians(math.fmod(angle_deg, 360.0))
    assert sine == pytest.approx(math.sin(exact), abs=1e-13) and cosine == pytest.approx(math.cos(exact), abs=1e-13)


@given(st.floats(-1e6, 1e6))
def test_arc_tangent(x: float) -> None:
    assert arctan_deg(x) == pytest.approx(math.degrees(math.atan(x)), abs=1e-12)


@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_bearings_are_those_of_the_library(east_m: float, north_m: float) -> None:
    exact = math.degrees(math.atan2(east_m, north_m)) % 360.0
    assert abs(turn_to(bearing_of(east_m, north_m), exact)) < 1e-9


@given(st.floats(-70, 70), st.floats(-179, 179), st.floats(0, 359), st.floats(10, 50_000))
def test_dead_reckoning_goes_as_far_as_it_says(lat: float, lon: float, course: float, far_m: float) -> None:
    sine, cosine = sin_cos(course)
    there = moved(lat, lon, far_m * sine, far_m * cosine)
    exact_m = range_m(Position(lat, lon), Position(*there))
    assert exact_m == pytest.approx(far_m, abs=1.0 + far_m * 1e-4)
    assert length(*displacement(lat, lon, *there)) == pytest.approx(exact_m, abs=1.0)
