"""The way a craft really took: samples in order of time, and what lies between them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from hotline.geo.cpa import RelativeSegment
from hotline.geo.geodesy import Offset, Position
from hotline.geo.track import TrackPoint
from hotline_sim.motion.arith import displacement, turn_to


@dataclass(frozen=True, slots=True)
class Sample:
    """A moment of a way, as `hotline_sim.motion.state.State` has it."""

    time_ms: int
    lat_deg: float
    lon_deg: float
    altitude_m: float
    heading_deg: float
    speed_mps: float


@dataclass(slots=True)
class Way:
    """A craft's way, grown sample by sample.

    `knots_ms`: when it settled on a new course or speed. `left_ms`: when it left the picture; None while it is in it.
    """

    samples: list[Sample] = field(default_factory=list)
    knots_ms: list[int] = field(default_factory=list)
    left_ms: int | None = None
    _times_ms: list[int] = field(default_factory=list)

    def add(self, sample: Sample) -> None:
        """The next sample; one of the same time takes the last one's place."""
        if self._times_ms and self._times_ms[-1] == sample.time_ms:
            self.samples[-1] = sample
        else:
            self.samples.append(sample)
            self._times_ms.append(sample.time_ms)

    @property
    def start_ms(self) -> int:
        """First moment known."""
        return self._times_ms[0]

    @property
    def end_ms(self) -> int:
        """Last moment known."""
        return self._times_ms[-1]

    def sample(self, time_ms: float) -> Sample:
        """How it was at a moment, by straight lines between samples; the first or last known outside them."""
        place = bisect_right(self._times_ms, time_ms)
        if place in (0, len(self.samples)):
            return self.samples[min(place, len(self.samples) - 1)]
        a, b = self.samples[place - 1], self.samples[place]
        share = (time_ms - a.time_ms) / (b.time_ms - a.time_ms)
        d_lon = turn_to(a.lon_deg, b.lon_deg)
        return Sample(
            round(time_ms),
            a.lat_deg + share * (b.lat_deg - a.lat_deg),
            (a.lon_deg + share * d_lon + 180.0) % 360.0 - 180.0,
            a.altitude_m + share * (b.altitude_m - a.altitude_m),
            (a.heading_deg + share * turn_to(a.heading_deg, b.heading_deg)) % 360.0,
            a.speed_mps + share * (b.speed_mps - a.speed_mps),
        )

    def position(self, time_ms: float) -> Position:
        """Where it was."""
        at = self.sample(time_ms)
        return Position(at.lat_deg, at.lon_deg)

    def at(self, time_ms: int) -> TrackPoint:
        """Position, course and speed; a craft without way has no course."""
        at = self.sample(time_ms)
        course = at.heading_deg if at.speed_mps > 0.0 else None
        return TrackPoint(time_ms, Position(at.lat_deg, at.lon_deg), course, at.speed_mps)


def relative_ways(own: Way, other: Way, end_ms: int) -> Iterator[RelativeSegment]:
    """`other` as seen from `own`, straight between the samples of both, up to `end_ms`, while both are in the picture.

    Of two that never are at once: where the one joins, and where the other was last or will be.
    """
    start_ms = max(own.start_ms, other.start_ms)
    end_ms = min([end_ms, *(way.left_ms for way in (own, other) if way.left_ms is not None)])
    until_ms = max(end_ms, start_ms + 1)
    between = {t for way in (own, other) for t in way._times_ms if start_ms <= t <= until_ms}
    times = sorted(between | {start_ms, until_ms})
    seen = [(t, _offset(own.sample(t), other.sample(t))) for t in times]
    for (from_ms, start), (until_ms, end) in pairwise(seen):
        yield RelativeSegment(from_ms, until_ms, start, end)


def _offset(own: Sample, other: Sample) -> Offset:
    return Offset(*displacement(own.lat_deg, own.lon_deg, other.lat_deg, other.lon_deg))
