"""Closest approaches among thousands of units: a coarse screen that misses nothing, then exact answers.

The screen measures straight through the Earth, where distances are cheap and never longer than over its surface. What
it keeps is computed on geodesics, with the same answers as `hotline.geo.cpa` gives for one pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hotline.conduct.samples import Ints, Millis, Samples, on_geodesics
from hotline.geo import many
from hotline.geo.many import Floats

_LONGEST_STEP_MS, _SHORTEST_STEP_MS = 60_000, 15_000
_RADIUS_M = 6_350_000.0  # smaller than any radius of the Earth
_SLACK_M = 5.0
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Approach:
    """Two units, by their places in what was screened, and their closest approach. `time_ms` is not rounded."""

    a: int
    b: int
    time_ms: float
    range_m: float


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """Units at one moment: arrays of one length. Positions on WGS 84, course true (degrees), speed in m/s."""

    lat_deg: Floats
    lon_deg: Floats
    course_deg: Floats
    speed_mps: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Conflicts:
    """Pairs of units `a` < `b` by place, and their CPA if both held course and speed."""

    a: Ints
    b: Ints
    cpa: many.CpaMany


def closest_approaches(tracks: Sequence[Samples], within_m: float) -> list[Approach]:
    """Every two units that come within a range of each other, with their closest approach, closest first.

    Between neighbouring times of either unit, at most a minute apart, relative motion counts as straight.
    """
    if len(tracks) < 2:
        return []
    fleet = _Fleet(tracks)
    a, b = _candidates(fleet, within_m)
    parts = [
        _exact(fleet, a[first : first + _AT_ONCE], b[first : first + _AT_ONCE]) for first in range(0, len(a), _AT_ONCE)
    ]
    kept = (approach for part in parts for approach in part if approach.range_m <= within_m)
    return sorted(kept, key=lambda approach: (approach.range_m, approach.a, approach.b))


def conflicts(states: States, within_m: float, time_s: float) -> Conflicts:
    """Every two units whose CPA is within a range and at most `time_s` ahead, if all held course and speed."""
    course = np.radians(states.course_deg)
    east, north = states.speed_mps * np.sin(course), states.speed_mps * np.cos(course)
    at_m, moves = many.ecef_m(states.lat_deg, states.lon_deg), _in_space(states, east, north)
    a, b = _may_conflict(at_m, moves, states.speed_mps, within_m, time_s)
    offsets = many.offsets_m(states.lat_deg[a], states.lon_deg[a], states.lat_deg[b], states.lon_deg[b])
    exact = many.cpa(*offsets, east[b] - east[a], north[b] - north[a])
    held = (exact.range_m <= within_m) & (exact.time_s >= 0.0) & (exact.time_s <= time_s)
    return Conflicts(a[held], b[held], many.CpaMany(exact.range_m[held], exact.time_s[held]))


def _in_space(states: States, east_mps: Floats, north_mps: Floats) -> Floats:
    """Velocities over the ground as vectors in the Earth's frame."""
    lat, lon = np.radians(states.lat_deg), np.radians(states.lon_deg)
    x = -np.sin(lon) * east_mps - np.sin(lat) * np.cos(lon) * north_mps
    y = np.cos(lon) * east_mps - np.sin(lat) * np.sin(lon) * north_mps
    return np.stack((x, y, np.cos(lat) * north_mps), axis=-1)


def _may_conflict(at_m: Floats, moves: Floats, speed_mps: Floats, within_m: float, time_s: float) -> tuple[Ints, Ints]:
    """Pairs that may come within the range in time, in order.

    Nobody goes farther than speed times time, and over that way surface and tangent part by less than the way squared
    over the Earth's diameter, for each of the two; their frames turn against each other by as much again.
    """
    reach_m = within_m + 2.0 * float(speed_mps.max(initial=0.0)) * time_s + _SLACK_M
    kept = []
    for a, b in _neighbours(at_m, reach_m):
        apart, moved = at_m[b] - at_m[a], moves[b] - moves[a]
        ways_m = (speed_mps[a] + speed_mps[b]) * time_s
        near = np.einsum("ij,ij->i", apart, apart) <= (within_m + ways_m + _SLACK_M) ** 2
        a, b, apart, moved, ways_m = a[near], b[near], apart[near], moved[near], ways_m[near]
        least_m, _ = many.closest_on_segments(apart, apart + moved * time_s)
        may = least_m <= within_m + (within_m + ways_m) ** 2 / _RADIUS_M + _SLACK_M
        kept.append(np.stack((np.minimum(a, b)[may], np.maximum(a, b)[may])))
    pairs = np.concatenate(kept, axis=1)
    order = np.lexsort((pairs[1], pairs[0]))
    return pairs[0][order], pairs[1][order]


class _Fleet:
    """All samples of all units in one run of arrays, so that any units at any times are one look-up."""

    def __init__(self, tracks: Sequence[Samples]) -> None:
        self.tracks = tracks
        self.start_ms = np.array([track.start_ms for track in tracks], dtype=np.int64)
        self.end_ms = np.array([track.end_ms for track in tracks], dtype=np.int64)
        self.lat_deg = np.concatenate([track.lat_deg for track in tracks])
        self.lon_deg = np.concatenate([track.lon_deg for track in tracks])
        self.time_ms = np.concatenate([track.time_ms for track in tracks])
        self.first = np.cumsum([0, *(len(track) for track in tracks[:-1])])
        self.at_m = many.ecef_m(self.lat_deg, self.lon_deg)
        self.radius_m = np.linalg.norm(self.at_m, axis=-1)
        self._zero, self._span = int(self.time_ms.min()), int(np.ptp(self.time_ms)) + 2
        owner = np.repeat(np.arange(len(tracks)), [len(track) for track in tracks])
        self._keys = owner * self._span + (self.time_ms - self._zero)
        self._last = np.append(self.first[1:], len(self.time_ms)) - 1
        # Speeds by the samples themselves: recorded ones need not agree with the positions.
        self.speed_mps = np.array([self._speed(place, len(track)) for place, track in enumerate(tracks)])

    def _speed(self, place: int, count: int) -> float:
        part = slice(int(self.first[place]), int(self.first[place]) + count)
        if count < 2:
            return 0.0
        gone_m = np.linalg.norm(np.diff(self.at_m[part], axis=0), axis=-1)
        # The way over the surface is longer than through the Earth: by less than one part in a thousand for 500 km.
        return float((gone_m / np.diff(self.time_ms[part])).max()) * 1000.0 * 1.001

    def at(self, unit: Ints, time_ms: Millis) -> Floats:
        """Where units are at times, in the Earth's frame; at their nearest known time outside what they cover."""
        known = np.clip(time_ms, self.start_ms[unit], self.end_ms[unit])
        index, after, share = self._between(unit, known)
        straight = self.at_m[index] + share[:, None] * (self.at_m[after] - self.at_m[index])
        # The straight way between two samples runs below the surface: up again.
        height = self.radius_m[index] + share * (self.radius_m[after] - self.radius_m[index])
        at_m: Floats = straight * (height / np.linalg.norm(straight, axis=-1))[:, None]
        return at_m

    def on_geodesics(self, unit: Ints, time_ms: Millis) -> tuple[Floats, Floats]:
        """Latitude and longitude of units at times that they cover, as `Samples.at` gives them."""
        return on_geodesics(self.lat_deg, self.lon_deg, *self._between(unit, time_ms))

    def place(self, unit: Ints, time_ms: Millis, side: Literal["left", "right"] = "right") -> Ints:
        """Place in the run of each unit's first sample after a time; at it, with side ``left``."""
        found: Ints = np.searchsorted(self._keys, unit * self._span + (time_ms - self._zero), side=side)
        return found

    def _between(self, unit: Ints, time_ms: Millis) -> tuple[Ints, Ints, Floats]:
        index = self.place(unit, time_ms) - 1
        after = np.minimum(index + 1, self._last[unit])
        gap = np.maximum(self.time_ms[after] - self.time_ms[index], 1)
        return index, after, (time_ms - self.time_ms[index]) / gap


def _candidates(fleet: _Fleet, within_m: float) -> tuple[Ints, Ints]:
    """Pairs that come within a range or by a few metres not, step by step of a grid of times."""
    fastest = max(float(fleet.speed_mps.max()), 0.1)
    step_ms = int(min(max(within_m / fastest * 1000, _SHORTEST_STEP_MS), _LONGEST_STEP_MS))
    found: set[int] = set()
    for time_ms in range(int(fleet.start_ms.min()), int(fleet.end_ms.max()) + 1, step_ms):
        there = np.flatnonzero((fleet.start_ms < time_ms + step_ms) & (fleet.end_ms >= time_ms))
        at_m = fleet.at(there, np.full(len(there), time_ms, dtype=np.int64))
        for a, b in _neighbours(at_m, within_m + 2.0 * fastest * step_ms / 1000 + _SLACK_M):
            both_mps = fleet.speed_mps[there[a]] + fleet.speed_mps[there[b]]
            near = np.linalg.norm(at_m[a] - at_m[b], axis=-1) <= within_m + both_mps * step_ms / 1000 + _SLACK_M
            one, other = there[np.minimum(a, b)[near]], there[np.maximum(a, b)[near]]
            close = _least_m(fleet, one, other, time_ms, time_ms + step_ms) <= within_m + _SLACK_M
            found.update((one * len(fleet.tracks) + other)[close].tolist())
    pairs = np.array(sorted(found), dtype=np.int64)
    return pairs // len(fleet.tracks), pairs % len(fleet.tracks)


def _least_m(fleet: _Fleet, a: Ints, b: Ints, from_ms: int, until_ms: int) -> Floats:
    """Smallest range of each pair in a stretch of time, through the Earth; infinite where one is not known then."""
    first = np.maximum(from_ms, np.maximum(fleet.start_ms[a], fleet.start_ms[b]))
    last = np.minimum(until_ms, np.minimum(fleet.end_ms[a], fleet.end_ms[b]))
    pair, times = _knots(fleet, a, b, first, np.maximum(first, last))
    apart = fleet.at(b[pair], times) - fleet.at(a[pair], times)
    ranges, _ = many.closest_on_segments(apart[:-1], apart[1:])
    same = pair[:-1] == pair[1:]
    least = np.full(len(a), np.inf)
    np.minimum.at(least, pair[:-1][same], ranges[same])
    return np.where(first <= last, least, np.inf)


def _exact(fleet: _Fleet, a: Ints, b: Ints) -> Iterator[Approach]:
    """Each pair's closest approach, as `hotline.geo.cpa.closest_approach` gives it; the earliest of several."""
    first, last = np.maximum(fleet.start_ms[a], fleet.start_ms[b]), np.minimum(fleet.end_ms[a], fleet.end_ms[b])
    pair, times = _knots(fleet, a, b, first, last, _LONGEST_STEP_MS)
    own, other = fleet.on_geodesics(a[pair], times), fleet.on_geodesics(b[pair], times)
    xy = np.stack(many.offsets_m(*own, *other), axis=-1)
    ranges, shares = many.closest_on_segments(xy[:-1], xy[1:])
    ranges[pair[:-1] != pair[1:]] = np.inf
    order = np.lexsort((ranges, pair[:-1]))
    for i in order[np.searchsorted(pair[:-1][order], np.arange(len(a)))].tolist():
        time_ms = float(times[i] + shares[i] * (times[i + 1] - times[i]))
        yield Approach(int(a[pair[i]]), int(b[pair[i]]), time_ms, float(ranges[i]))


def _knots(
    fleet: _Fleet, a: Ints, b: Ints, first: Millis, last: Millis, step_ms: int | None = None
) -> tuple[Ints, Millis]:
    """The times at which relative motion may bend: of each pair (its place in `a`), in order, the ends included."""
    each = np.arange(len(a))
    found = [(each, first), (each, last)]
    for unit in (a, b):
        of, place = _samples_within(fleet, unit, first, last)
        found.append((of, fleet.time_ms[place]))
    if step_ms is not None:
        of, number = _runs(np.zeros_like(first), (last - first) // step_ms + 1)
        found.append((of, first[of] + number * step_ms))
    pair, times = (np.concatenate([part[side] for part in found]) for side in (0, 1))
    order = np.lexsort((times, pair))
    return pair[order], times[order]


def _samples_within(fleet: _Fleet, unit: Ints, from_ms: Millis, until_ms: Millis) -> tuple[Ints, Ints]:
    """Samples of each unit between two times: whose they are (place in `unit`), and their places in the fleet's run."""
    first, after = fleet.place(unit, from_ms), fleet.place(unit, until_ms, "left")
    return _runs(first, np.maximum(after - first, 0))


def _runs(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Runs of numbers, one after the other: to which each belongs, and the number."""
    of = np.repeat(np.arange(len(first)), count)
    return of, np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)


def _neighbours(at_m: Floats, reach_m: float) -> Iterator[tuple[Ints, Ints]]:
    """Pairs in one cell of a grid, or in two that touch, so that none within `reach_m` is missed."""
    cells = np.floor(at_m / reach_m).astype(np.int64) + (1 << 19)
    keys = (cells[:, 0] << 40) | (cells[:, 1] << 20) | cells[:, 2]
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    for step in _STEPS:
        first = np.searchsorted(sorted_keys, sorted_keys + step, side="left")
        after = np.searchsorted(sorted_keys, sorted_keys + step, side="right")
        if step == 0:
            first = np.arange(len(order)) + 1  # within one cell, each pair once
        a, b = _runs(first, np.maximum(after - first, 0))
        yield order[a], order[b]


# Half of the 26 cells around one, and itself: the other half is met from the other side.
_STEPS = [
    step
    for step in ((x << 40) + (y << 20) + z for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1))
    if step >= 0
]
