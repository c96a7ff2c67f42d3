"""How far apart two hulls are, or two aircraft in three dimensions, from their ways.

A hull is taken as its centreline with a half beam all around: close enough beside the uncertainty of any public figure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hotline_sim.motion.arith import displacement, length, sin_cos
from hotline_sim.motion.way import Sample, Way

_STEP_MS = 200
_NEAR = 1.3  # times in which the centres are not much farther apart than at their closest are looked at
_NEAR_M = 300.0

Point = tuple[float, float]
Apart = Callable[[Sample, Sample], float]


@dataclass(frozen=True, slots=True)
class Hull:
    """Length and beam over all, metres."""

    length_m: float
    beam_m: float


def slant_m(own: Sample, other: Sample) -> float:
    """Range through the air."""
    flat = length(*displacement(own.lat_deg, own.lon_deg, other.lat_deg, other.lon_deg))
    return length(flat, other.altitude_m - own.altitude_m)


def between_hulls(own: Hull, other: Hull) -> Apart:
    """Range from hull to hull; 0 where they touch."""

    def apart(here: Sample, there: Sample) -> float:
        east_m, north_m = displacement(here.lat_deg, here.lon_deg, there.lat_deg, there.lon_deg)
        one, two = _centreline((0.0, 0.0), here, own), _centreline((east_m, north_m), there, other)
        return max(_segments_apart(one, two) - own.beam_m / 2.0 - other.beam_m / 2.0, 0.0)

    return apart


def least(own: Way, other: Way, about_ms: int, about_m: float, apart: Apart) -> tuple[int, float]:
    """When two craft are least apart, and how far: looked for around a known closest approach of their centres."""
    found = [(apart(own.sample(t), other.sample(t)), t) for t in _near(own, other, about_ms, about_m)]
    least_m, at_ms = min(found, default=(about_m, about_ms))
    return at_ms, least_m


def _near(own: Way, other: Way, about_ms: int, about_m: float) -> Iterator[int]:
    """Moments on both sides of one, as long as the centres stay near and both are in the picture."""
    limit_m = about_m * _NEAR + _NEAR_M
    first_ms, last_ms = max(own.start_ms, other.start_ms), min(own.end_ms, other.end_ms)
    for step in (_STEP_MS, -_STEP_MS):
        time_ms = about_ms
        while first_ms <= time_ms <= last_ms:
            here, there = own.sample(time_ms), other.sample(time_ms)
            if length(*displacement(here.lat_deg, here.lon_deg, there.lat_deg, there.lon_deg)) > limit_m:
                break
            yield time_ms
            time_ms += step


def _centreline(at: Point, sample: Sample, hull: Hull) -> tuple[Point, Point]:
    half = max(hull.length_m - hull.beam_m, 0.0) / 2.0
    sine, cosine = sin_cos(sample.heading_deg)
    return (at[0] - half * sine, at[1] - half * cosine), (at[0] + half * sine, at[1] + half * cosine)


def _segments_apart(one: tuple[Point, Point], two: tuple[Point, Point]) -> float:
    if _cross(one, two):
        return 0.0
    ends = [(p, two) for p in one] + [(p, one) for p in two]
    return min(_to_segment(point, line) for point, line in ends)


def _cross(one: tuple[Point, Point], two: tuple[Point, Point]) -> bool:
    return _turns(*one, two[0]) * _turns(*one, two[1]) < 0.0 and _turns(*two, one[0]) * _turns(*two, one[1]) < 0.0


def _turns(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _to_segment(point: Point, line: tuple[Point, Point]) -> float:
    (ax, ay), (bx, by) = line
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    share = 0.0 if square == 0.0 else min(max(((point[0] - ax) * dx + (point[1] - ay) * dy) / square, 0.0), 1.0)
    return math.sqrt((point[0] - ax - share * dx) ** 2 + (point[1] - ay - share * dy) ** 2)
