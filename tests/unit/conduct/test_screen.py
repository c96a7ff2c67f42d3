from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.conduct.samples import Samples
from hotline.conduct.screen import States, closest_approaches, conflicts
from hotline.geo.cpa import ClosestApproach, RelativeSegment, Velocity, closest_approach, cpa
from hotline.geo.geodesy import Offset, Position, at_offset, offset_m
from hotline.geo.track import ArriveAt, Track, make_track

WITHIN_M = 5_000.0
metres = st.floats(-15_000, 15_000)
places = st.sampled_from([Position(20.0, 120.0), Position(-55.0, 179.99), Position(71.0, 0.0), Position(0.0, -179.995)])


@st.composite
def fleets(draw: st.DrawFn) -> list[Track]:
    """Ships, and one or two as fast as aircraft, around one place, each known for a time of its own."""
    origin = draw(places)
    found = []
    for _ in range(draw(st.integers(2, 6))):
        now = begins = draw(st.integers(0, 50_000))
        start = at_offset(origin, Offset(draw(metres), draw(metres)))
        legs = []
        for _ in range(draw(st.integers(1, 3))):
            now += draw(st.integers(60_000, 1_200_000))
            legs.append(ArriveAt(at_offset(origin, Offset(draw(metres), draw(metres))), now))
        found.append(make_track(start, begins, legs))
    return found


def velocity(course_deg: float, speed_mps: float) -> Velocity:
    return Velocity(speed_mps * math.sin(math.radians(course_deg)), speed_mps * math.cos(math.radians(course_deg)))


def alone(a: Samples, b: Samples, own: Track, other: Track) -> ClosestApproach:
    """By `hotline.geo.cpa`, at the same times, from the tracks themselves."""
    first, last = max(own.start_ms, other.start_ms), min(own.end_ms, other.end_ms)
    knots = {*a.time_ms.tolist(), *b.time_ms.tolist(), *range(first, last, 60_000), first, last}
    times = sorted(time for time in knots if first <= time <= last)
    seen = [(time, offset_m(own.position(time), other.position(time))) for time in times]
    found = closest_approach(RelativeSegment(t0, t1, p0, p1) for (t0, p0), (t1, p1) in itertools.pairwise(seen))
    assert found is not None
    return found


@settings(max_examples=10, deadline=None)
@given(tracks=fleets())
def test_the_same_answers_as_for_one_pair(tracks: list[Track]) -> None:
    samples = [Samples.from_track(track, 60_000) for track in tracks]
    found = {(each.a, each.b): each for each in closest_approaches(samples, WITHIN_M)}
    for a, b in itertools.combinations(range(len(tracks)), 2):
        one = alone(samples[a], samples[b], tracks[a], tracks[b])
        if one.range_m > WITHIN_M + 0.01:
            assert (a, b) not in found
        elif one.range_m < WITHIN_M - 0.01:
            assert found[a, b].range_m == pytest.approx(one.range_m, abs=0.001)


def test_units_that_are_never_both_known() -> None:
    near = [
        Samples.from_track(
            make_track(Position(20.0, 120.0), start, [ArriveAt(Position(20.01, 120.0), start + 60_000)]), 10_000
        )
        for start in (0, 120_000)
    ]
    assert closest_approaches(near, WITHIN_M) == [] == closest_approaches(near[:1], WITHIN_M)


def test_one_sample_is_enough() -> None:
    arrays = [np.array([value]) for value in (0.0, 120.0, float("nan"), 90.0, 1.0)]
    one = Samples(np.array([0]), *arrays)
    (found,) = closest_approaches([one, one], WITHIN_M)
    assert (found.a, found.b, found.range_m, found.time_ms) == (0, 1, 0.0, 0.0)


@settings(max_examples=20, deadline=None)
@given(data=st.data(), origin=places, speed=st.sampled_from([12.0, 250.0]))
def test_conflicts_are_those_of_each_pair(data: st.DataObject, origin: Position, speed: float) -> None:
    count = data.draw(st.integers(2, 8))
    spread = st.floats(-30_000, 30_000)
    at = [at_offset(origin, Offset(data.draw(spread), data.draw(spread))) for _ in range(count)]
    course = [data.draw(st.floats(0, 359)) for _ in at]
    states = States(
        np.array([p.lat_deg for p in at]), np.array([p.lon_deg for p in at]), np.array(course), np.full(count, speed)
    )
    shown = conflicts(states, 1852.0, 720.0)
    found = dict(zip(zip(shown.a.tolist(), shown.b.tolist(), strict=True), shown.cpa.range_m.tolist(), strict=True))
    for a, b in itertools.combinations(range(count), 2):
        ways = [
            Velocity(speed * math.sin(math.radians(c)), speed * math.cos(math.radians(c)))
            for c in (course[a], course[b])
        ]
        relative = Velocity(ways[1].east_mps - ways[0].east_mps, ways[1].north_mps - ways[0].north_mps)
        one = cpa(offset_m(at[a], at[b]), relative)
        if one.range_m < 1851.9 and 0.1 < one.time_s < 719.9:
            assert found[a, b] == pytest.approx(one.range_m, abs=0.1)
        elif one.range_m > 1852.1 or one.time_s > 720.1 or one.time_s < -0.1:
            assert (a, b) not in found


def test_one_conflict_among_a_thousand() -> None:
    count = 1000
    lat = np.linspace(0.0, 50.0, count)
    lon = np.zeros(count)
    lat[999], lon[999] = lat[0], 0.05
    states = States(lat, lon, np.where(np.arange(count) == 999, 270.0, 90.0), np.full(count, 10.0))
    shown = conflicts(states, 500.0, 720.0)
    assert (shown.a.tolist(), shown.b.tolist()) == ([0], [999])
