from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.geo.cpa import (
    Knot,
    RelativeSegment,
    Sense,
    Velocity,
    closest_approach,
    cpa,
    crossings,
    relative_motion,
)
from hotline.geo.geodesy import Offset

metres = st.floats(-50_000, 50_000)
speeds = st.floats(-20, 20)
offsets = st.builds(Offset, metres, metres)
velocities = st.builds(Velocity, speeds, speeds)


def at(position: Offset, velocity: Velocity, time_s: float) -> Offset:
    return Offset(position.east_m + velocity.east_mps * time_s, position.north_m + velocity.north_mps * time_s)


@st.composite
def paths(draw: st.DrawFn) -> list[Knot]:
    gaps = draw(st.lists(st.integers(1_000, 600_000), min_size=1, max_size=4))
    times = [draw(st.integers(0, 300_000))]
    for gap in gaps:
        times.append(times[-1] + gap)
    return [Knot(time_ms, draw(offsets)) for time_ms in times]


def moved(path: list[Knot], by: Offset, later_ms: int = 0) -> list[Knot]:
    shifted = [Offset(k.offset.east_m + by.east_m, k.offset.north_m + by.north_m) for k in path]
    return [Knot(knot.time_ms + later_ms, offset) for knot, offset in zip(path, shifted, strict=True)]


def test_passing_abeam() -> None:
    """10 km west and 2.4 km south, running east at 10 m/s: closest after 1000 s."""
    found = cpa(Offset(-10_000, -2_400), Velocity(10, 0))
    assert (found.range_m, found.time_s, found.past) == (2400.0, 1000.0, False)


def test_head_on_and_opening() -> None:
    assert cpa(Offset(0, 5_000), Velocity(0, -5)).range_m == 0.0
    opening = cpa(Offset(3_000, 4_000), Velocity(3, 4))
    assert (opening.range_m, opening.time_s, opening.past) == (0.0, -1000.0, True)


@pytest.mark.parametrize("velocity", [Velocity(0, 0), Velocity(1e-12, 0), Velocity(5e-324, 0)])
def test_no_relative_motion_keeps_the_range(velocity: Velocity) -> None:
    still = cpa(Offset(3_000, 4_000), velocity)
    assert (still.range_m, still.time_s, still.past) == (5000.0, 0.0, False)


@given(offsets, velocities)
def test_cpa_is_the_same_seen_from_either_ship(position: Offset, velocity: Velocity) -> None:
    mirrored = cpa(Offset(-position.east_m, -position.north_m), Velocity(-velocity.east_mps, -velocity.north_mps))
    assert mirrored == cpa(position, velocity)


@given(offsets, velocities, st.floats(-10_000, 10_000))
def test_no_moment_is_closer_than_cpa(position: Offset, velocity: Velocity, time_s: float) -> None:
    assert cpa(position, velocity).range_m <= at(position, velocity, time_s).range_m + 1e-5


@given(offsets, st.builds(Velocity, st.floats(0.1, 20), speeds), st.floats(-1_000, 1_000))
def test_later_readings_name_the_same_moment(position: Offset, velocity: Velocity, later_s: float) -> None:
    now, later = cpa(position, velocity), cpa(at(position, velocity, later_s), velocity)
    assert later.range_m == pytest.approx(now.range_m, abs=1e-6)
    assert later.time_s + later_s == pytest.approx(now.time_s, abs=1e-4)


def test_tracks_without_common_time_have_no_closest_approach() -> None:
    early, late = (
        [Knot(0, Offset(0, 0)), Knot(10, Offset(1, 0))],
        [Knot(20, Offset(0, 0)), Knot(30, Offset(1, 0))],
    )
    assert closest_approach(relative_motion(early, late)) is None


def test_closest_approach_at_a_turn() -> None:
    """Comes to 1 km, turns back: the knot is closest, and each leg alone would have gone on."""
    ship = [Knot(0, Offset(5_000, 0)), Knot(400_000, Offset(1_000, 0)), Knot(800_000, Offset(5_000, 0))]
    found = closest_approach(relative_motion([Knot(0, Offset(0, 0)), Knot(900_000, Offset(0, 0))], ship))
    assert found is not None
    assert (found.time_ms, found.range_m) == (400_000, 1000.0)


@given(paths(), paths())
def test_closest_approach_is_symmetric_and_never_above_a_sample(own: list[Knot], other: list[Knot]) -> None:
    segments = list(relative_motion(own, other))
    found, mirrored = closest_approach(segments), closest_approach(relative_motion(other, own))
    if found is None:
        assert mirrored is None
        return
    assert mirrored is not None
    assert mirrored.range_m == pytest.approx(found.range_m, abs=1e-6)
    for segment in segments:
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            assert found.range_m <= along(segment, share).range_m + 1e-5


def along(segment: RelativeSegment, share: float) -> Offset:
    return Offset(
        segment.start.east_m + share * (segment.end.east_m - segment.start.east_m),
        segment.start.north_m + share * (segment.end.north_m - segment.start.north_m),
    )


def range_at(segments: list[RelativeSegment], time_ms: float) -> float:
    segment = next(s for s in segments if s.start_ms <= time_ms <= s.end_ms)
    return along(segment, (time_ms - segment.start_ms) / (segment.end_ms - segment.start_ms)).range_m


@given(paths(), paths())
def test_the_range_named_is_the_range_at_the_time_named(own: list[Knot], other: list[Knot]) -> None:
    segments = list(relative_motion(own, other))
    found = closest_approach(segments)
    if found is not None:
        assert range_at(segments, found.time_ms) == pytest.approx(found.range_m, abs=1e-3)


@given(paths(), paths(), offsets, st.integers(0, 10**6))
def test_moving_everything_changes_no_range(own: list[Knot], other: list[Knot], by: Offset, later_ms: int) -> None:
    here = closest_approach(relative_motion(own, other))
    there = closest_approach(relative_motion(moved(own, by, later_ms), moved(other, by, later_ms)))
    assert (here is None) == (there is None)
    if here is not None and there is not None:
        assert there.range_m == pytest.approx(here.range_m, abs=1e-5)


def test_crossings_of_a_passing_ship() -> None:
    """10 m/s along a line 3 km off: inside 5 km for the 8 km (800 s) around closest approach."""
    segments = [RelativeSegment(0, 2_000_000, Offset(-10_000, 3_000), Offset(10_000, 3_000))]
    found = [(crossing.time_ms, crossing.sense) for crossing in crossings(segments, 5_000)]
    assert found == [(600_000, Sense.CLOSING), (1_400_000, Sense.OPENING)]
    assert list(crossings(segments, 3_000)) == []
    assert list(crossings(segments, 2_000)) == []


def test_a_crossing_at_a_knot_is_seen_once() -> None:
    halves = [
        RelativeSegment(0, 1_000, Offset(2_000, 0), Offset(1_000, 0)),
        RelativeSegment(1_000, 2_000, Offset(1_000, 0), Offset(0, 0)),
    ]
    assert [c.sense for c in crossings(halves, 1_000)] == [Sense.CLOSING]


@given(paths(), paths(), st.floats(100, 60_000))
def test_crossings_alternate_lie_in_order_and_explain_both_ends(
    own: list[Knot], other: list[Knot], threshold: float
) -> None:
    segments = list(relative_motion(own, other))
    found = list(crossings(segments, threshold))
    assert all(a.time_ms <= b.time_ms and a.sense is not b.sense for a, b in pairwise(found))
    for crossing in found:
        assert range_at(segments, crossing.time_ms) == pytest.approx(threshold, rel=1e-6, abs=0.01)
    if segments:
        inside = [segments[0].start.range_m <= threshold, segments[-1].end.range_m <= threshold]
        assert (len(found) % 2 == 1) == (inside[0] != inside[1])
        if found:
            assert (found[0].sense is Sense.CLOSING) == (not inside[0])


def test_relative_velocity_of_a_segment() -> None:
    velocity = RelativeSegment(0, 2_000, Offset(0, 0), Offset(6, -8)).velocity
    assert (velocity.east_mps, velocity.north_mps) == (3.0, -4.0)
    assert math.hypot(velocity.east_mps, velocity.north_mps) == 5.0
