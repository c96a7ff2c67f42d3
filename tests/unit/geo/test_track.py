from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hotline.geo.cpa import Sense, closest_approach, crossings
from hotline.geo.geodesy import Position, destination, range_m
from hotline.geo.track import ArriveAt, Leg, SpeedTo, StopFor, Track, TrackError, make_track, relative_tracks

SHIP = Position(31.2, 128.3)
NORTH = destination(SHIP, 0.0, 6_000.0)
EAST_OF_NORTH = destination(NORTH, 90.0, 3_000.0)
MINUTE = 60_000


def patrol() -> Track:
    """10 min north at 10 m/s, 5 min stopped, then 3 km east to arrive at minute 25."""
    return make_track(SHIP, 0, [SpeedTo(NORTH, 10.0), StopFor(5 * MINUTE), ArriveAt(EAST_OF_NORTH, 25 * MINUTE)])


def test_times_of_legs() -> None:
    assert patrol().knots_ms == [0, 10 * MINUTE, 15 * MINUTE, 25 * MINUTE]
    assert (patrol().start_ms, patrol().end_ms) == (0, 25 * MINUTE)


def test_under_way_by_speed() -> None:
    point = patrol().at(5 * MINUTE)
    assert range_m(SHIP, point.position) == pytest.approx(3_000, abs=1e-3)
    assert point.speed_mps == pytest.approx(10.0)
    assert point.course_deg == pytest.approx(0.0, abs=1e-6)


def test_stopped_has_no_course() -> None:
    point = patrol().at(12 * MINUTE)
    assert (point.speed_mps, point.course_deg) == (0.0, None)
    assert range_m(point.position, NORTH) < 1e-6


def test_under_way_by_time() -> None:
    point = patrol().at(20 * MINUTE)
    assert point.speed_mps == pytest.approx(5.0)
    assert point.course_deg == pytest.approx(90.0, abs=0.05)
    assert range_m(patrol().position(25 * MINUTE), EAST_OF_NORTH) < 1e-6


def test_arriving_where_one_is_means_waiting() -> None:
    point = make_track(SHIP, 0, [ArriveAt(SHIP, MINUTE)]).at(30_000)
    assert (point.position, point.speed_mps, point.course_deg) == (SHIP, 0.0, None)


def test_course_follows_the_geodesic() -> None:
    """From 60 N, 40 degrees of longitude on: a sphere gives 90 - atan(tan 20 sin 60) = 72.5 at the start."""
    start, end = Position(60, 0), Position(60, 40)
    track = make_track(start, 0, [ArriveAt(end, 100 * MINUTE)])
    courses = [track.at(time_ms).course_deg for time_ms in (0, 50 * MINUTE, 100 * MINUTE - 1)]
    assert courses == pytest.approx([72.5, 90.0, 107.5], abs=0.1)


@pytest.mark.parametrize("time_ms", [-1, 25 * MINUTE + 1])
def test_a_track_says_nothing_about_other_times(time_ms: int) -> None:
    with pytest.raises(TrackError, match="covers 0 to 1500000 ms"):
        patrol().at(time_ms)


@pytest.mark.parametrize(
    "leg", [SpeedTo(NORTH, 0.0), SpeedTo(SHIP, 5.0), StopFor(0), ArriveAt(NORTH, 10), ArriveAt(NORTH, 5)]
)
def test_legs_that_take_no_time(leg: Leg) -> None:
    with pytest.raises(TrackError, match="leg 2") as refused:
        make_track(SHIP, 0, [StopFor(10), leg])
    assert refused.value.leg == 2


def test_a_track_needs_a_leg() -> None:
    with pytest.raises(TrackError, match="at least one leg"):
        make_track(SHIP, 0, [])


def test_passing_a_stopped_ship() -> None:
    """Runs west to east 2.4 km south of a stopped ship at 10 m/s: checked against the plane's closed form."""
    abeam = destination(SHIP, 180.0, 2_400.0)
    start, end = destination(abeam, 270.0, 12_000.0), destination(abeam, 90.0, 12_000.0)
    own, other = make_track(SHIP, 0, [StopFor(40 * MINUTE)]), make_track(start, 0, [SpeedTo(end, 10.0)])
    segments = list(relative_tracks(own, other, 40 * MINUTE))
    found = closest_approach(segments)
    assert found is not None
    assert found.range_m == pytest.approx(2_400, abs=3)
    assert found.time_ms == pytest.approx(20 * MINUTE, abs=2_000)
    senses = [crossing.sense for crossing in crossings(segments, 5_556.0)]
    assert senses == [Sense.CLOSING, Sense.OPENING]


def test_what_lies_after_the_end_does_not_count() -> None:
    start, own = destination(SHIP, 270.0, 12_000.0), make_track(SHIP, 0, [StopFor(60 * MINUTE)])
    other = make_track(start, 0, [SpeedTo(SHIP, 10.0)])
    found = closest_approach(relative_tracks(own, other, 10 * MINUTE))
    assert found is not None
    assert found.time_ms == 10 * MINUTE
    assert found.range_m == pytest.approx(6_000, abs=1e-3)


near = st.builds(Position, st.floats(30.9, 31.5), st.floats(128.0, 128.6))


@settings(max_examples=50, deadline=None)
@given(near, near, near, st.floats(2, 15), st.floats(2, 15), st.floats(0, 1))
def test_no_moment_of_two_tracks_is_closer(
    start: Position, turn: Position, end: Position, speed: float, faster: float, share: float
) -> None:
    assume(range_m(start, turn) > 100 and range_m(turn, end) > 100)
    own = make_track(SHIP, 0, [StopFor(5 * MINUTE), SpeedTo(NORTH, speed)])
    other = make_track(start, 0, [SpeedTo(turn, faster), StopFor(1_000), SpeedTo(end, speed)])
    last_ms = min(own.end_ms, other.end_ms)
    found = closest_approach(relative_tracks(own, other, last_ms))
    assert found is not None
    moment_ms = share * last_ms
    assert found.range_m <= range_m(own.position(moment_ms), other.position(moment_ms)) + 0.1
    then_m = range_m(own.position(found.time_ms), other.position(found.time_ms))
    assert then_m == pytest.approx(found.range_m, abs=0.1)
