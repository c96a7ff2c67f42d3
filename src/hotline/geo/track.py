"""Where a unit is, its course and its speed at any moment of a scenario.

A track is a chain of geodesic legs run at steady speed, and of stops. Times are whole milliseconds of
scenario time; a track says nothing about moments it does not cover.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from hotline.geo.cpa import MS_PER_S, RelativeSegment, common_times
from hotline.geo.geodesy import Position, as_course_deg, bearing_deg, destination, offset_m, range_m

# Between two instants this far apart the relative motion of two units is taken as straight. Ranges at the
# instants are true geodesic ranges; in between the error is far below a metre for any ship or aircraft within
# 100 km.
_STRAIGHT_MS = 60_000


class TrackError(ValueError):
    """The legs make no track, or a moment outside it was asked for. `leg`: the one at fault, from 1."""

    def __init__(self, message: str, leg: int | None = None) -> None:
        super().__init__(message)
        self.leg = leg


@dataclass(frozen=True, slots=True)
class SpeedTo:
    """Go to `position` at `speed_mps` (above zero)."""

    position: Position
    speed_mps: float


@dataclass(frozen=True, slots=True)
class ArriveAt:
    """Go to `position`, arriving at `time_ms` at steady speed; it may be where one already is."""

    position: Position
    time_ms: int


@dataclass(frozen=True, slots=True)
class StopFor:
    """Stay where the last leg ended for `duration_ms` (above zero)."""

    duration_ms: int


Leg = SpeedTo | ArriveAt | StopFor


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """A moment on a track. `course_deg` is None while the unit is stopped."""

    time_ms: int
    position: Position
    course_deg: float | None
    speed_mps: float


@dataclass(frozen=True, slots=True)
class _Run:
    """One leg, resolved to times and to the geodesic it follows."""

    start_ms: int
    end_ms: int
    start: Position
    bearing_deg: float
    length_m: float

    @property
    def speed_mps(self) -> float:
        return self.length_m / (self.end_ms - self.start_ms) * MS_PER_S

    def gone_m(self, time_ms: float) -> float:
        return (time_ms - self.start_ms) / (self.end_ms - self.start_ms) * self.length_m

    def position(self, time_ms: float) -> Position:
        return destination(self.start, self.bearing_deg, self.gone_m(time_ms)) if self.length_m else self.start

    def course_deg(self, time_ms: int) -> float | None:
        """The true course changes along a geodesic: the reverse of the way back to the leg's start."""
        if self.length_m == 0.0:
            return None
        if time_ms == self.start_ms:
            return self.bearing_deg
        return as_course_deg(bearing_deg(self.position(time_ms), self.start) + 180.0)


@dataclass(frozen=True, slots=True)
class Track:
    """A unit's way through the scenario, from `start_ms` to `end_ms` inclusive. Made by `make_track`."""

    runs: tuple[_Run, ...]

    @property
    def start_ms(self) -> int:
        """First moment covered."""
        return self.runs[0].start_ms

    @property
    def end_ms(self) -> int:
        """Last moment covered."""
        return self.runs[-1].end_ms

    @property
    def knots_ms(self) -> list[int]:
        """Start, every change of course or speed, end."""
        return [run.start_ms for run in self.runs] + [self.end_ms]

    def position(self, time_ms: float) -> Position:
        """Where the unit is. Raises `TrackError` outside the track."""
        return self._run(time_ms).position(time_ms)

    def at(self, time_ms: int) -> TrackPoint:
        """Position, course and speed; at a knot, of the leg that begins. Raises `TrackError` outside."""
        run = self._run(time_ms)
        return TrackPoint(time_ms, run.position(time_ms), run.course_deg(time_ms), run.speed_mps)

    def _run(self, time_ms: float) -> _Run:
        if not self.start_ms <= time_ms <= self.end_ms:
            raise TrackError(f"the track covers {self.start_ms} to {self.end_ms} ms, not {time_ms}")
        index = bisect_right(self.runs, time_ms, key=lambda run: run.start_ms)
        return self.runs[index - 1]


def make_track(start: Position, start_ms: int, legs: Iterable[Leg]) -> Track:
    """The track that begins at `start` and runs through the legs in order.

    Raises:
        TrackError: no leg, a speed or stop not above zero, or an arrival that is not after the leg's start.
    """
    runs: list[_Run] = []
    position, time_ms = start, start_ms
    for number, leg in enumerate(legs, start=1):
        target = position if isinstance(leg, StopFor) else leg.position
        length_m = range_m(position, target)
        end_ms = time_ms + _duration_ms(leg, time_ms, length_m)
        if end_ms <= time_ms:
            raise TrackError(f"leg {number} takes no time, or less than none", number)
        runs.append(_Run(time_ms, end_ms, position, bearing_deg(position, target), length_m))
        position, time_ms = target, end_ms
    if not runs:
        raise TrackError("a track needs at least one leg")
    return Track(tuple(runs))


def _duration_ms(leg: Leg, start_ms: int, length_m: float) -> int:
    match leg:
        case SpeedTo(speed_mps=speed_mps):
            return round(length_m / speed_mps * MS_PER_S) if speed_mps > 0.0 else 0
        case ArriveAt(time_ms=time_ms):
            return time_ms - start_ms
        case StopFor(duration_ms=duration_ms):
            return duration_ms


def relative_tracks(own: Track, other: Track, end_ms: int) -> Iterator[RelativeSegment]:
    """`other` as seen from `own` while both tracks last, up to `end_ms`: for `closest_approach`, `crossings`.

    Each segment lies in the plane touching the Earth at `own`, so ranges at its ends are true geodesic
    ranges.
    """
    knots_ms = [t for t in (*other.knots_ms, end_ms) if t <= end_ms]
    times = [t for span in pairwise(common_times(own.knots_ms, sorted(knots_ms))) for t in _steps(*span)]
    seen = [(t, offset_m(own.position(t), other.position(t))) for t in dict.fromkeys(times)]
    for (start_ms, start), (end_ms, end) in pairwise(seen):
        yield RelativeSegment(start_ms, end_ms, start, end)


def _steps(start_ms: int, end_ms: int) -> Iterator[int]:
    yield from range(start_ms, end_ms, _STRAIGHT_MS)
    yield end_ms
