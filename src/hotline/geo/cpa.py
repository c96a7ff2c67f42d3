"""Closest point of approach (CPA), its time (TCPA) and range crossings, in closed form.

Everything works on the motion of one unit *relative* to another, in a plane: two courses held steady give one
straight relative course, and each question about it is a line or a quadratic. Tracks with several legs give a
sequence of such segments.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from hotline.geo.geodesy import Offset

MS_PER_S = 1000
# Below this two units keep their range for centuries; dividing by it would only magnify rounding.
_STILL_MPS = 1e-9


@dataclass(frozen=True, slots=True)
class Velocity:
    """A velocity in the local plane, metres a second."""

    east_mps: float
    north_mps: float


@dataclass(frozen=True, slots=True)
class Cpa:
    """The closest point of approach of two steady motions.

    Attributes:
        range_m: range at that moment.
        time_s: seconds from the reading to that moment (TCPA); negative when it has passed, 0 when the range
            does not change.
    """

    range_m: float
    time_s: float

    @property
    def past(self) -> bool:
        """The units are opening: they were closest before this reading."""
        return self.time_s < 0.0


@dataclass(frozen=True, slots=True)
class Knot:
    """A point of a piecewise-linear path in the plane: where a unit is at a scenario time."""

    time_ms: int
    offset: Offset


@dataclass(frozen=True, slots=True)
class RelativeSegment:
    """One unit's straight motion relative to another from `start_ms` to `end_ms` (later than `start_ms`)."""

    start_ms: int
    end_ms: int
    start: Offset
    end: Offset

    @property
    def velocity(self) -> Velocity:
        """Relative velocity, constant over the segment."""
        seconds = (self.end_ms - self.start_ms) / MS_PER_S
        return Velocity(
            (self.end.east_m - self.start.east_m) / seconds, (self.end.north_m - self.start.north_m) / seconds
        )


@dataclass(frozen=True, slots=True)
class ClosestApproach:
    """When two tracks were closest, and the range then. `time_ms` is scenario time, not rounded."""

    time_ms: float
    range_m: float


class Sense(StrEnum):
    """Whether a range is falling or rising as it passes a threshold."""

    CLOSING = "closing"
    OPENING = "opening"


@dataclass(frozen=True, slots=True)
class Crossing:
    """The moment a range passes a threshold. `time_ms` is scenario time, not rounded."""

    time_ms: float
    sense: Sense


def cpa(position: Offset, velocity: Velocity) -> Cpa:
    """CPA of a unit at `position` moving with `velocity`, both relative to the other unit."""
    speed_mps = math.hypot(velocity.east_mps, velocity.north_mps)
    if speed_mps < _STILL_MPS:
        return Cpa(position.range_m, 0.0)
    along_m = (position.east_m * velocity.east_mps + position.north_m * velocity.north_mps) / speed_mps
    across_m = (position.east_m * velocity.north_mps - position.north_m * velocity.east_mps) / speed_mps
    return Cpa(abs(across_m), 0.0 - along_m / speed_mps)


def relative_motion(own: Sequence[Knot], other: Sequence[Knot]) -> Iterator[RelativeSegment]:
    """`other` as seen from `own`, over the time both paths cover, one segment between neighbouring knots."""
    times = common_times([knot.time_ms for knot in own], [knot.time_ms for knot in other])
    for start_ms, end_ms in pairwise(times):
        yield RelativeSegment(
            start_ms,
            end_ms,
            _minus(_at(other, start_ms), _at(own, start_ms)),
            _minus(_at(other, end_ms), _at(own, end_ms)),
        )


def common_times(a_ms: Sequence[int], b_ms: Sequence[int]) -> list[int]:
    """The knots of both paths within the time both cover, in order; empty when they never overlap."""
    first_ms, last_ms = max(a_ms[0], b_ms[0]), min(a_ms[-1], b_ms[-1])
    return sorted({t for t in (*a_ms, *b_ms, first_ms, last_ms) if first_ms <= t <= last_ms})


def closest_approach(segments: Iterable[RelativeSegment]) -> ClosestApproach | None:
    """The smallest range of a relative motion and its earliest time; None when there is no segment."""
    return min((_closest_in(segment) for segment in segments), key=lambda c: c.range_m, default=None)


def crossings(segments: Iterable[RelativeSegment], threshold_m: float) -> Iterator[Crossing]:
    """Each moment the range passes `threshold_m`, in order. Touching it without passing is no crossing.

    "Closing" is outside before and inside (at most `threshold_m`) after; "opening" the reverse.
    """
    for segment in segments:
        was_inside, is_inside = segment.start.range_m <= threshold_m, segment.end.range_m <= threshold_m
        # A straight line is inside a circle for one stretch: inside at both ends means no crossing, outside
        # at both ends means none or two.
        passes_through = not was_inside and not is_inside and _closest_in(segment).range_m < threshold_m
        enter_ms, leave_ms = _inside_ms(segment, threshold_m)
        if passes_through or (is_inside and not was_inside):
            yield Crossing(enter_ms, Sense.CLOSING)
        if passes_through or (was_inside and not is_inside):
            yield Crossing(leave_ms, Sense.OPENING)


def _closest_in(segment: RelativeSegment) -> ClosestApproach:
    free = cpa(segment.start, segment.velocity)
    length_ms = segment.end_ms - segment.start_ms
    after_ms = free.time_s * MS_PER_S
    if after_ms <= 0.0:
        return ClosestApproach(segment.start_ms, segment.start.range_m)
    if after_ms >= length_ms:
        return ClosestApproach(segment.end_ms, segment.end.range_m)
    return ClosestApproach(segment.start_ms + after_ms, free.range_m)


def _inside_ms(segment: RelativeSegment, threshold_m: float) -> tuple[float, float]:
    """When the line of the segment enters and leaves the circle, cut to the segment."""
    velocity = segment.velocity
    free, speed_mps = cpa(segment.start, velocity), math.hypot(velocity.east_mps, velocity.north_mps)
    chord_m = math.sqrt(max(0.0, (threshold_m - free.range_m) * (threshold_m + free.range_m)))
    half_s = chord_m / speed_mps if speed_mps >= _STILL_MPS else 0.0

    def cut_ms(time_s: float) -> float:
        return min(max(segment.start_ms + time_s * MS_PER_S, segment.start_ms), segment.end_ms)

    return cut_ms(free.time_s - half_s), cut_ms(free.time_s + half_s)


def _at(path: Sequence[Knot], time_ms: int) -> Offset:
    """Where a path is at a time it covers."""
    before = max((knot for knot in path if knot.time_ms <= time_ms), key=lambda knot: knot.time_ms)
    after = min((knot for knot in path if knot.time_ms >= time_ms), key=lambda knot: knot.time_ms)
    if before.time_ms == after.time_ms:
        return before.offset
    share = (time_ms - before.time_ms) / (after.time_ms - before.time_ms)
    return Offset(
        before.offset.east_m + share * (after.offset.east_m - before.offset.east_m),
        before.offset.north_m + share * (after.offset.north_m - before.offset.north_m),
    )


def _minus(a: Offset, b: Offset) -> Offset:
    return Offset(a.east_m - b.east_m, a.north_m - b.north_m)
