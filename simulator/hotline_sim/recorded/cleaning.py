"""From reports to tracks: doubles and impossible jumps left out, gaps cut, names taken away."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from hotline import v1
from hotline.conduct.samples import Ints, Samples
from hotline.geo.geodesy import Position, offset_m
from hotline_sim.recorded.report import KNOT_MPS, Report

_FEWEST = 3
_AIRCRAFT = frozenset({v1.CRAFT_KIND_CIVIL_AIRCRAFT, v1.CRAFT_KIND_MILITARY_AIRCRAFT})
# Positions are rounded, and times to whole seconds: a small step within a second is no jump.
_ROUNDING_M = 50.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What no ship, or no aircraft, does: faster than `fastest_mps`, or silent for `gap_ms` in one track."""

    fastest_mps: float
    gap_ms: int


SHIP, AIRCRAFT = Limits(70 * KNOT_MPS, 10 * 60_000), Limits(700.0, 2 * 60_000)


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """A stretch of one unit's way without a gap.

    Attributes:
        name: a name of ours, e.g. ``Vessel 003``; the recorded one is kept nowhere.
        kind: class of craft.
        samples: its motion, Unix milliseconds.
        lines: the line that each sample stands on.
        file: the file they stand in.
    """

    name: str
    kind: v1.CraftKind.ValueType
    samples: Samples
    lines: Ints
    file: str


@dataclass(slots=True)
class Counts:
    """What was left out, and where tracks were cut."""

    doubles: int = 0
    jumps: int = 0
    gaps: int = 0


def clean(reports: Mapping[str, Iterable[Report]]) -> tuple[list[Recorded], Counts]:
    """Tracks from the reports of each file, in the order in which their units first appear."""
    by_unit: dict[tuple[str, str], list[Report]] = {}
    for file, found in reports.items():
        for report in found:
            by_unit.setdefault((file, report.unit), []).append(report)
    names, counts, tracks = _Names(), Counts(), []
    for (file, unit), found in by_unit.items():
        name = names.of(unit, found[0].kind)
        for stretch in _stretches(found, counts):
            lines = np.array([report.line for report in stretch], dtype=np.int64)
            tracks.append(Recorded(name, _kind(found), _samples(stretch), lines, file))
    return tracks, counts


class _Names:
    """Names by order of appearance; the same unit in two files has one."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._count = {"Vessel": 0, "Aircraft": 0}

    def of(self, unit: str, kind: v1.CraftKind.ValueType) -> str:
        if unit not in self._known:
            what = "Aircraft" if kind in _AIRCRAFT else "Vessel"
            self._count[what] += 1
            self._known[unit] = f"{what} {self._count[what]:03d}"
        return self._known[unit]


def _kind(found: list[Report]) -> v1.CraftKind.ValueType:
    """The class of craft that most reports give, others than plain civil ones first."""
    kinds = [report.kind for report in found if report.kind != v1.CRAFT_KIND_CIVIL_VESSEL]
    return max(kinds, key=kinds.count) if kinds else v1.CRAFT_KIND_CIVIL_VESSEL


def _stretches(found: list[Report], counts: Counts) -> Iterator[list[Report]]:
    """Reports of a unit that one craft can have made, cut at gaps.

    Each report goes to the newest stretch that it can belong to, else begins one: two stations that use one number, or
    a position out of place, do not spoil the track. Stretches of fewer than three reports are jumps.
    """
    limits = AIRCRAFT if found[0].kind in _AIRCRAFT else SHIP
    open_stretches: list[list[Report]] = []
    for report in sorted(found, key=lambda each: (each.time_ms, each.line)):
        if any(stretch[-1].time_ms == report.time_ms for stretch in open_stretches):
            counts.doubles += 1
            continue
        for index in range(len(open_stretches) - 1, -1, -1):
            if _can_follow(open_stretches[index][-1], report, limits):
                open_stretches.append(open_stretches.pop(index))
                open_stretches[-1].append(report)
                break
        else:
            open_stretches.append([report])
    kept = [stretch for stretch in open_stretches if len(stretch) >= _FEWEST]
    counts.jumps += sum(len(stretch) for stretch in open_stretches if len(stretch) < _FEWEST)
    counts.gaps += max(len(kept) - 1, 0)
    yield from kept


def _can_follow(before: Report, after: Report, limits: Limits) -> bool:
    between_ms = after.time_ms - before.time_ms
    if between_ms > limits.gap_ms:
        return False
    way = offset_m(Position(before.lat_deg, before.lon_deg), Position(after.lat_deg, after.lon_deg))
    return way.range_m <= limits.fastest_mps * between_ms / 1000 + _ROUNDING_M


def _samples(stretch: list[Report]) -> Samples:
    """Course and speed as recorded; from the way to the next report where they were not."""
    times, lat, lon, altitude, course, speed = (
        np.array([getattr(report, name) for report in stretch])
        for name in ("time_ms", "lat_deg", "lon_deg", "altitude_m", "course_deg", "speed_mps")
    )
    for index in np.flatnonzero(np.isnan(speed) | np.isnan(course)):
        a, b = (int(index), int(index) + 1) if index + 1 < len(stretch) else (int(index) - 1, int(index))
        way = offset_m(Position(float(lat[a]), float(lon[a])), Position(float(lat[b]), float(lon[b])))
        if np.isnan(speed[index]):
            speed[index] = way.range_m * 1000 / (times[b] - times[a])
        if np.isnan(course[index]) and way.range_m > 1.0:
            course[index] = math.degrees(math.atan2(way.east_m, way.north_m)) % 360.0
    return Samples(times, lat, lon, altitude, course, speed)
