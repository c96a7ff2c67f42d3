"""A unit's motion as samples: recorded, prescribed or played, in one form."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from hotline.geo import many
from hotline.geo.geodesy import Offset, Position, at_offset, offset_m
from hotline.geo.many import Floats
from hotline.geo.track import Track

Ints = npt.NDArray[np.int64]
Millis = Ints


class SamplesError(ValueError):
    """Arrays that make no samples, or a moment asked for that they do not cover."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment of a unit's motion.

    Attributes:
        time_ms: scenario time, or milliseconds since the Unix epoch: whichever its `Samples` use.
        position: on WGS 84.
        altitude_m: above mean sea level, depth negative; None when unknown.
        course_deg: true, over the ground; None while stopped or unknown.
        speed_mps: over the ground.
    """

    time_ms: int
    position: Position
    altitude_m: float | None
    course_deg: float | None
    speed_mps: float


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A unit's motion: arrays of one length, at least one, which nothing can change afterwards.

    Between two samples a unit runs a geodesic at steady speed.

    Attributes:
        time_ms: int64, increasing; scenario time or milliseconds since the Unix epoch.
        lat_deg, lon_deg: WGS 84.
        altitude_m: above mean sea level, depth negative; NaN when unknown.
        course_deg: true, over the ground; NaN while stopped or unknown.
        speed_mps: over the ground.

    Raises:
        SamplesError: no samples, arrays of several lengths, times that do not increase, no position on the Earth.
    """

    time_ms: Millis
    lat_deg: Floats
    lon_deg: Floats
    altitude_m: Floats
    course_deg: Floats
    speed_mps: Floats

    def __post_init__(self) -> None:
        for field in fields(self):
            kind = np.int64 if field.name == "time_ms" else np.float64
            array = np.array(getattr(self, field.name), dtype=kind)
            if array.shape != np.shape(self.time_ms) or array.ndim != 1 or not array.size:
                raise SamplesError(f"{field.name}: {array.shape}, where {np.shape(self.time_ms)} samples have times")
            array.setflags(write=False)
            object.__setattr__(self, field.name, array)
        if np.any(np.diff(self.time_ms) <= 0):
            raise SamplesError("times that do not increase")
        if not np.all((np.abs(self.lat_deg) <= 90.0) & (np.abs(self.lon_deg) <= 180.0)):
            raise SamplesError("a position that is none on the Earth")

    def __len__(self) -> int:
        return len(self.time_ms)

    @property
    def start_ms(self) -> int:
        """First moment covered."""
        return int(self.time_ms[0])

    @property
    def end_ms(self) -> int:
        """Last moment covered."""
        return int(self.time_ms[-1])

    def at(self, time_ms: int) -> Sample:
        """The unit at a moment: position and altitude in between, course and speed those of the last sample.

        Raises:
            SamplesError: before the first sample or after the last.
        """
        index = self._index(time_ms)
        position, altitude_m = Position(float(self.lat_deg[index]), float(self.lon_deg[index])), self.altitude_m[index]
        if time_ms > self.time_ms[index]:
            share = (time_ms - self.time_ms[index]) / (self.time_ms[index + 1] - self.time_ms[index])
            way = offset_m(position, Position(float(self.lat_deg[index + 1]), float(self.lon_deg[index + 1])))
            position = at_offset(position, Offset(float(share * way.east_m), float(share * way.north_m)))
            altitude_m = altitude_m + share * (self.altitude_m[index + 1] - altitude_m)
        return Sample(
            time_ms, position, _known(altitude_m), _known(self.course_deg[index]), float(self.speed_mps[index])
        )

    def resampled(self, time_ms: npt.ArrayLike) -> Samples:
        """The motion at other times, all of them covered, by the rule of `at`. Raises `SamplesError`."""
        wanted = np.asarray(time_ms, dtype=np.int64)
        if wanted.size and (wanted.min() < self.start_ms or wanted.max() > self.end_ms):
            raise SamplesError(f"the samples cover {self.start_ms} to {self.end_ms} ms")
        index = np.searchsorted(self.time_ms, wanted, side="right") - 1
        after = np.minimum(index + 1, len(self) - 1)
        span = np.maximum(self.time_ms[after] - self.time_ms[index], 1)
        share = (wanted - self.time_ms[index]) / span
        lat, lon = on_geodesics(self.lat_deg, self.lon_deg, index, after, share)
        rise = np.where(share > 0.0, share * (self.altitude_m[after] - self.altitude_m[index]), 0.0)
        return Samples(wanted, lat, lon, self.altitude_m[index] + rise, self.course_deg[index], self.speed_mps[index])

    def part(self, from_ms: int, until_ms: int) -> Samples | None:
        """The samples from one moment to another, both included; None when there are none."""
        held = (self.time_ms >= from_ms) & (self.time_ms <= until_ms)
        return Samples(*(getattr(self, field.name)[held] for field in fields(self))) if held.any() else None

    def local_xy(self, origin: Position) -> Floats:
        """Metres east and north in the plane touching the Earth at `origin`, shape (n, 2); ranges from it are true."""
        n = len(self)
        return np.stack(
            many.offsets_m(np.full(n, origin.lat_deg), np.full(n, origin.lon_deg), self.lat_deg, self.lon_deg), axis=-1
        )

    @classmethod
    def from_track(cls, track: Track, step_ms: int, until_ms: int | None = None) -> Self:
        """A prescribed track, sampled at its knots and every `step_ms`, up to `until_ms` if that comes first.

        A track has no altitudes; those of the samples are unknown.
        """
        end_ms = track.end_ms if until_ms is None else min(until_ms, track.end_ms)
        knots = [knot for knot in track.knots_ms if knot <= end_ms]
        times = np.unique(np.array([*knots, *range(track.start_ms, end_ms, step_ms), end_ms], dtype=np.int64))
        starts = np.array([run.start_ms for run in track.runs])
        runs = [track.runs[i] for i in np.searchsorted(starts, times, side="right") - 1]
        gone_m = np.array(
            [
                run.length_m * (int(t) - run.start_ms) / (run.end_ms - run.start_ms)
                for run, t in zip(runs, times, strict=True)
            ]
        )
        lat, lon, course = many.destinations(
            np.array([run.start.lat_deg for run in runs]),
            np.array([run.start.lon_deg for run in runs]),
            np.array([run.bearing_deg for run in runs]),
            gone_m,
        )
        speed = np.array([run.speed_mps for run in runs])
        return cls(times, lat, lon, np.full(len(times), np.nan), np.where(speed > 0.0, course, np.nan), speed)

    def _index(self, time_ms: int) -> int:
        if not self.start_ms <= time_ms <= self.end_ms:
            raise SamplesError(f"the samples cover {self.start_ms} to {self.end_ms} ms, not {time_ms}")
        return int(np.searchsorted(self.time_ms, time_ms, side="right")) - 1


def on_geodesics(lat_deg: Floats, lon_deg: Floats, index: Ints, after: Ints, share: Floats) -> tuple[Floats, Floats]:
    """Latitude and longitude a share of the way from some samples to others; at share 0 the samples as they are."""
    lat, lon = lat_deg[index], lon_deg[index]
    east, north = many.offsets_m(lat, lon, lat_deg[after], lon_deg[after])
    azimuth = np.degrees(np.arctan2(east, north))
    to_lat, to_lon, _ = many.destinations(lat, lon, azimuth, share * np.hypot(east, north))
    still = share == 0.0
    return np.where(still, lat, to_lat), np.where(still, lon, to_lon)


def _known(value: Any) -> float | None:
    return None if math.isnan(value) else float(value)
