"""Two units' motion relative to each other, as arrays over the time that both are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from hotline.conduct.facts import Unit
from hotline.conduct.samples import Millis, Samples
from hotline.geo import many
from hotline.geo.cpa import RelativeSegment
from hotline.geo.geodesy import Offset
from hotline.geo.many import Floats

_LONGEST_STEP_MS, _SHORTEST_STEP_MS = 10_000, 200
_STEP_M = 100.0
_MOST_STEPS = 20_000
# Arithmetic differs in its last digits between machines: what decides is cut to these.
_M_DECIMALS, _DEG_DECIMALS = 3, 4

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring times of a pair: indices of the first and the last."""

    first: int
    last: int


@dataclass(frozen=True, eq=False)
class Pair:
    """`b` as seen from `a` at the times `time_ms`.

    They are 200 ms to 10 s apart, so that no range changes by more than about 100 m from one to the next; farther where
    the tracks last so long that there would be more than 20,000.

    `east_m`, `north_m` lie in the plane touching the Earth at `a`; courses and speeds of both are over the ground, in
    degrees and m/s. A course that is not known is NaN, with speed 0 counted as such.
    """

    a: Unit
    b: Unit
    time_ms: Millis
    east_m: Floats
    north_m: Floats
    a_course_deg: Floats
    b_course_deg: Floats
    a_speed_mps: Floats
    b_speed_mps: Floats
    rise_m: Floats

    @cached_property
    def range_m(self) -> Floats:
        """Range, metres."""
        return np.hypot(self.east_m, self.north_m)

    @cached_property
    def bearing_deg(self) -> Floats:
        """True bearing of `b` from `a`, in [0, 360)."""
        return np.round(np.degrees(np.arctan2(self.east_m, self.north_m)) % 360.0, _DEG_DECIMALS) % 360.0

    @cached_property
    def from_a_deg(self) -> Floats:
        """Bearing of `b` from the bow of `a`, in [-180, 180), starboard positive."""
        return turn_deg(self.bearing_deg - self.a_course_deg)

    @cached_property
    def from_b_deg(self) -> Floats:
        """Bearing of `a` from the bow of `b`, in [-180, 180), starboard positive."""
        return turn_deg(self.bearing_deg + 180.0 - self.b_course_deg)

    @cached_property
    def cpa(self) -> many.CpaMany:
        """CPA and TCPA at each time, if both held course and speed from then on."""
        a, b = np.radians(np.nan_to_num(self.a_course_deg)), np.radians(np.nan_to_num(self.b_course_deg))
        east = self.b_speed_mps * np.sin(b) - self.a_speed_mps * np.sin(a)
        north = self.b_speed_mps * np.cos(b) - self.a_speed_mps * np.cos(a)
        return many.cpa(self.east_m, self.north_m, np.round(east, 6), np.round(north, 6))

    @cached_property
    def segments(self) -> tuple[RelativeSegment, ...]:
        """The relative motion for `hotline.geo.cpa`."""
        offsets = [Offset(float(east), float(north)) for east, north in zip(self.east_m, self.north_m, strict=True)]
        times = self.time_ms.tolist()
        return tuple(RelativeSegment(times[i], times[i + 1], offsets[i], offsets[i + 1]) for i in range(len(times) - 1))

    def closest(self, span: Span) -> int:
        """Index of the smallest range in a span."""
        return span.first + int(np.argmin(self.range_m[span.first : span.last + 1]))

    def least_range_m(self, span: Span) -> float:
        """The smallest range from the first time of a span to its last, those in between included."""
        xy = np.stack((self.east_m, self.north_m), axis=-1)[span.first : span.last + 1]
        if len(xy) == 1:
            return float(self.range_m[span.first])
        return float(many.closest_on_segments(xy[:-1], xy[1:])[0].min())

    def seen_from_b(self) -> Pair:
        """The same motion with the units exchanged. Bearings are the reverse; the plane stays that of `a`."""
        return Pair(
            self.b, self.a, self.time_ms, -self.east_m, -self.north_m,
            self.b_course_deg, self.a_course_deg, self.b_speed_mps, self.a_speed_mps, -self.rise_m,
        )  # fmt: skip


@lru_cache(maxsize=16)  # each group of rules asks for the same few pairs
def pair_of(a: Unit, b: Unit) -> Pair | None:
    """Two units' relative motion; None when they are never both known."""
    times = common_times(a.samples, b.samples)
    if times.size < 2:
        return None
    one, other = a.samples.resampled(times), b.samples.resampled(times)
    east, north = many.offsets_m(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg)
    return Pair(
        a, b, times, np.round(east, _M_DECIMALS), np.round(north, _M_DECIMALS),
        np.round(one.course_deg, _DEG_DECIMALS), np.round(other.course_deg, _DEG_DECIMALS),
        np.round(one.speed_mps, _M_DECIMALS), np.round(other.speed_mps, _M_DECIMALS),
        np.round(other.altitude_m - one.altitude_m, _M_DECIMALS),
    )  # fmt: skip


def common_times(a: Samples, b: Samples) -> Millis:
    """The times of both within the time both cover, and steps between them."""
    first, last = max(a.start_ms, b.start_ms), min(a.end_ms, b.end_ms)
    if first >= last:
        return np.array([], dtype=np.int64)
    closing_mps = float(a.speed_mps.max() + b.speed_mps.max()) or 1.0
    fine = min(max(round(_STEP_M / closing_mps * 1000), _SHORTEST_STEP_MS), _LONGEST_STEP_MS)
    step = max(fine, (last - first) // _MOST_STEPS)
    times = np.concatenate([a.time_ms, b.time_ms, np.arange(first, last, step, dtype=np.int64), [first, last]])
    return np.unique(times[(times >= first) & (times <= last)])


def spans(held: Bools) -> Iterator[Span]:
    """Each stretch of neighbouring times at which something held."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], held, [False])).astype(np.int8)))
    for first, after in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield Span(first, after - 1)


def bow_crossings(seen_deg: Floats) -> Bools:
    """Where a bearing from the bow has changed sides since the time before, ahead of the beam."""
    changed = (seen_deg[1:] >= 0.0) != (seen_deg[:-1] >= 0.0)
    ahead = (np.abs(seen_deg[1:]) < 90.0) & (np.abs(seen_deg[:-1]) < 90.0)
    return np.concatenate(([False], changed & ahead))


def turn_deg(angle_deg: Floats) -> Floats:
    """Angles brought into [-180, 180)."""
    return (angle_deg + 180.0) % 360.0 - 180.0
