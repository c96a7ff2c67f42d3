"""The plot: where the units of a scenario are at any moment, and when ranges are passed. Pure.

Everything that comes out is quantised (whole milliseconds, whole metres), so that a message, a trace and a
test see the same numbers on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from hotline.geo.cpa import Cpa, RelativeSegment, Sense, Velocity, closest_approach, cpa, crossings
from hotline.geo.geodesy import Position, offset_m, quantised, quantised_m, range_m
from hotline.geo.track import TrackPoint
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.expect import ExpectClosestApproach, UnitPair


@dataclass(frozen=True, slots=True)
class Closest:
    """Two units' closest approach over the whole scenario."""

    units: UnitPair
    time_ms: int
    range_m: int


@dataclass(frozen=True, slots=True)
class Leg:
    """A unit settles on a course and speed, or stops (`course_deg` None)."""

    unit: str
    time_ms: int
    course_deg: int | None
    speed_kn: float


class Plot:
    """Ranges, closest approaches and crossings of a scenario's units."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._motions: dict[UnitPair, tuple[RelativeSegment, ...]] = {}
        # Asked for again and again while a run is shown; a geodesic takes a while.
        self._ranges: dict[tuple[int, UnitPair], int] = {}
        self._closest: dict[UnitPair, Closest] = {}

    @cached_property
    def pair(self) -> UnitPair | None:
        """The two units whose range is shown: those whose closest approach is expected, else the first two."""
        expected = [e for e in self._scenario.expectations if isinstance(e, ExpectClosestApproach)]
        if expected:
            return expected[0].closest_approach
        first_two = tuple(self._scenario.units)[:2]
        return (first_two[0], first_two[1]) if len(first_two) == 2 else None

    @cached_property
    def closest(self) -> Closest | None:
        """Closest approach of `pair`."""
        return None if self.pair is None else self.closest_of(self.pair)

    def at(self, unit: str, time_ms: int) -> TrackPoint:
        """Position, course and speed of a unit; its last known ones after the scenario's end."""
        track = self._scenario.tracks[unit]
        return track.at(min(max(time_ms, track.start_ms), self._scenario.meta.duration_ms))

    def position(self, unit: str, time_ms: int) -> Position:
        """Where a unit is, on the grid that messages use."""
        return quantised(self.at(unit, time_ms).position)

    def range_m(self, time_ms: int, pair: UnitPair | None = None) -> int | None:
        """Range in whole metres between two units; between `self.pair` when none is given; None without units."""
        units = pair or self.pair
        if units is None:
            return None
        if (time_ms, units) not in self._ranges:
            self._ranges[time_ms, units] = quantised_m(range_m(*(self.at(unit, time_ms).position for unit in units)))
        return self._ranges[time_ms, units]

    def cpa(self, time_ms: int) -> Cpa | None:
        """CPA and TCPA of `pair` if both held the course and speed of this moment."""
        if self.pair is None:
            return None
        own, other = (self.at(unit, time_ms) for unit in self.pair)
        a, b = _velocity(own), _velocity(other)
        relative = Velocity(b.east_mps - a.east_mps, b.north_mps - a.north_mps)
        return cpa(offset_m(own.position, other.position), relative)

    def closest_of(self, pair: UnitPair) -> Closest:
        """Closest approach of two units."""
        if pair not in self._closest:
            found = closest_approach(self._motion(pair))
            assert found is not None, "tracks cover the whole scenario"
            self._closest[pair] = Closest(pair, round(found.time_ms), quantised_m(found.range_m))
        return self._closest[pair]

    def passes(self, pair: UnitPair, threshold_m: float, sense: Sense) -> Iterator[int]:
        """Each moment the range passes a threshold in one sense: the first whole millisecond past it."""
        for crossing in crossings(self._motion(pair), threshold_m):
            if crossing.sense is sense:
                yield math.ceil(crossing.time_ms)

    def legs(self) -> Iterator[Leg]:
        """Every leg that begins within the scenario, by time."""
        found = [self._leg(name, knot) for name, track in self._scenario.tracks.items() for knot in track.knots_ms[:-1]]
        yield from sorted((leg for leg in found if leg.time_ms < self._scenario.meta.duration_ms), key=_by_time)

    def _leg(self, unit: str, time_ms: int) -> Leg:
        point = self._scenario.tracks[unit].at(time_ms)
        course = None if point.course_deg is None else round(point.course_deg) % 360
        return Leg(unit, time_ms, course, round(point.speed_mps * 3600 / 1852, 1))

    def _motion(self, pair: UnitPair) -> tuple[RelativeSegment, ...]:
        if pair not in self._motions:
            self._motions[pair] = self._scenario.relative_motion(*pair)
        return self._motions[pair]


def _by_time(leg: Leg) -> tuple[int, str]:
    return leg.time_ms, leg.unit


def _velocity(point: TrackPoint) -> Velocity:
    course = math.radians(point.course_deg or 0.0)
    return Velocity(point.speed_mps * math.sin(course), point.speed_mps * math.cos(course))


def positions(scenario: Scenario, plot: Plot, step_ms: int) -> Mapping[str, list[tuple[int, Position]]]:
    """Every unit's track as points `step_ms` apart, its knots and the scenario's end included."""
    end_ms = scenario.meta.duration_ms
    found: dict[str, list[tuple[int, Position]]] = {}
    for unit, track in scenario.tracks.items():
        knots = {t for t in track.knots_ms if 0 <= t <= end_ms}
        found[unit] = [(t, plot.position(unit, t)) for t in sorted({*range(0, end_ms, step_ms), *knots, end_ms})]
    return found
