"""One craft as seen from another: where it is, how it goes, and where both would pass. The same on every machine."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hotline_sim.motion.arith import bearing_of, length, sin_cos


@dataclass(frozen=True, slots=True)
class Seen:
    """Another craft, relative to one's own: place in metres east and north, its own course and speed, its size."""

    east_m: float
    north_m: float
    altitude_m: float
    course_deg: float
    speed_mps: float
    half_length_m: float = 0.0
    half_beam_m: float = 0.0

    @property
    def range_m(self) -> float:
        """Range over the ground."""
        return length(self.east_m, self.north_m)

    @property
    def bearing_deg(self) -> float:
        """True bearing."""
        return bearing_of(self.east_m, self.north_m)


@dataclass(frozen=True, slots=True)
class Passing:
    """Where two craft would be closest if both held on: range, seconds from now; past if they open already."""

    range_m: float
    after_s: float

    @property
    def is_past(self) -> bool:
        """Whether they open."""
        return self.after_s <= 0.0


def opposite(course_deg: float) -> float:
    """The other way."""
    return (course_deg + 180.0) % 360.0


def closest_if_held(other: Seen, course_deg: float, speed_mps: float) -> Passing:
    """Closest approach if the other held on and one went on `course_deg` at `speed_mps` from now."""
    sine, cosine = sin_cos(course_deg)
    their_sine, their_cosine = sin_cos(other.course_deg)
    east = other.speed_mps * their_sine - speed_mps * sine
    north = other.speed_mps * their_cosine - speed_mps * cosine
    speed2 = east * east + north * north
    if speed2 < 1e-6:
        return Passing(other.range_m, 0.0)
    after_s = -(other.east_m * east + other.north_m * north) / speed2
    if after_s <= 0.0:
        return Passing(other.range_m, after_s)
    return Passing(length(other.east_m + east * after_s, other.north_m + north * after_s), after_s)


def intercept_course(aim: Seen, speed_mps: float) -> float:
    """The course on which one meets a place that moves with the other, soonest; straight at it where one never does."""
    sine, cosine = sin_cos(aim.course_deg)
    east, north = aim.speed_mps * sine, aim.speed_mps * cosine
    # |aim + v t| = speed t  is a quadratic in t.
    a = east * east + north * north - speed_mps * speed_mps
    b = aim.east_m * east + aim.north_m * north
    c = aim.east_m * aim.east_m + aim.north_m * aim.north_m
    after_s = _soonest(a, b, c)
    return bearing_of(aim.east_m + east * after_s, aim.north_m + north * after_s)


def _soonest(a: float, b: float, c: float) -> float:
    """Smallest positive t with ``a t^2 + 2 b t + c = 0``; 0 if there is none."""
    if abs(a) < 1e-6:
        return -c / (2.0 * b) if b < 0.0 else 0.0
    inside = b * b - a * c
    if inside < 0.0:
        return 0.0
    root = math.sqrt(inside)
    return min((t for t in ((-b - root) / a, (-b + root) / a) if t > 0.0), default=0.0)
