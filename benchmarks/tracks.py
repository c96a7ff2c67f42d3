"""CPA of thousands of units at once beside one pair at a time in plain Python: same pairs, same answers, one run.

python -m benchmarks.tracks
"""

from __future__ import annotations

import itertools
import math
import time

import numpy as np

from hotline.conduct.samples import Samples
from hotline.conduct.screen import States, closest_approaches, conflicts
from hotline.geo.cpa import Velocity, cpa
from hotline.geo.geodesy import Position, offset_m

SHIPS, BY_HAND = 4000, 120
TRACKS, HOUR_MS, STEP_MS = 1000, 3_600_000, 60_000
WITHIN_M, AHEAD_S = 1852.0, 720.0


def compare() -> str:
    """Two lines: CPA of all pairs at one moment, and the closest approaches of an hour of tracks."""
    rng = np.random.default_rng(1)
    states = _states(rng, SHIPS)
    started = time.perf_counter()
    found = len(conflicts(states, WITHIN_M, AHEAD_S).a)
    rate = _pairs(SHIPS) / (time.perf_counter() - started)
    few = States(*(each[:BY_HAND] for each in (states.lat_deg, states.lon_deg, states.course_deg, states.speed_mps)))
    started = time.perf_counter()
    by_hand = _one_by_one(few)
    slow = _pairs(BY_HAND) / (time.perf_counter() - started)
    assert by_hand == len(conflicts(few, WITHIN_M, AHEAD_S).a), "both find the same"
    tracks = _tracks(rng, TRACKS)
    started = time.perf_counter()
    close = len(closest_approaches(tracks, WITHIN_M))
    took_s = time.perf_counter() - started
    return (
        f"CPA of {SHIPS} ships, all pairs, on geodesics: {rate / 1e6:,.0f} M pairs/s ({found} within 1 nmi in 12 min); "
        f"one pair at a time: {slow:,.0f} pairs/s; {rate / slow:,.0f} times\n"
        f"closest approaches of {TRACKS} tracks of an hour: {took_s:.2f} s ({close} pairs within 1 nmi)"
    )


def _states(rng: np.random.Generator, count: int) -> States:
    """Ships in 20 by 20 degrees, at 6 to 24 kn."""
    return States(
        rng.uniform(10, 30, count), rng.uniform(110, 130, count), rng.uniform(0, 360, count), rng.uniform(3, 12, count)
    )


def _tracks(rng: np.random.Generator, count: int) -> list[Samples]:
    """Straight tracks in 4 by 4 degrees, a sample a minute."""
    times = np.arange(0, HOUR_MS + 1, STEP_MS)
    states = _states(rng, count)
    course, gone_deg = np.radians(states.course_deg), times / 1000 / 111_000
    found = []
    for i in range(count):
        lat = 18 + (states.lat_deg[i] - 10) / 5 + states.speed_mps[i] * math.cos(course[i]) * gone_deg
        lon = 118 + (states.lon_deg[i] - 110) / 5 + states.speed_mps[i] * math.sin(course[i]) * gone_deg
        flat = [np.full(len(times), value) for value in (float("nan"), states.course_deg[i], states.speed_mps[i])]
        found.append(Samples(times, lat, lon, *flat))
    return found


def _one_by_one(states: States) -> int:
    places = [Position(float(lat), float(lon)) for lat, lon in zip(states.lat_deg, states.lon_deg, strict=True)]
    moves = [
        Velocity(speed * math.sin(math.radians(course)), speed * math.cos(math.radians(course)))
        for course, speed in zip(states.course_deg.tolist(), states.speed_mps.tolist(), strict=True)
    ]
    count = 0
    for a, b in itertools.combinations(range(len(places)), 2):
        relative = Velocity(moves[b].east_mps - moves[a].east_mps, moves[b].north_mps - moves[a].north_mps)
        found = cpa(offset_m(places[a], places[b]), relative)
        count += found.range_m <= WITHIN_M and 0.0 <= found.time_s <= AHEAD_S
    return count


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


if __name__ == "__main__":
    print(compare())
