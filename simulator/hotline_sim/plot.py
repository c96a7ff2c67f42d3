"""The plot: where the units of a scenario are at any moment, and when ranges are passed. Pure.

Everything that comes out is quantised (whole milliseconds, whole metres), so that a message, a trace and a
test see the same numbers on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from hotline.geo.cpa import Cpa, RelativeSegment, Sense, Velocity, closest_approach, cpa, crossings
from hotline.geo.geodesy import Position, offset_m, quantised, quantised_m, range_m
from hotline.geo.track import TrackPoint
from hotline_sim.motion.hull import between_hulls, least, slant_m
from hotline_sim.motion.way import Way, relative_ways
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.expect import UnitPair

_NEAR_M = 1000.0  # units farther apart than this do not touch


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

    def __init__(self, scenario: Scenario, ways: Mapping[str, Way] | None = None) -> None:
        """`ways`: where the units of a closed loop went; all others are where their tracks have them."""
        self._scenario, self._ways = scenario, ways or {}
        self._motions: dict[UnitPair, tuple[RelativeSegment, ...]] = {}
        # Asked for again and again while a run is shown; a geodesic takes a while.
        self._ranges: dict[tuple[int, UnitPair], int] = {}
        self._closest: dict[UnitPair, Closest] = {}

    @cached_property
    def pair(self) -> UnitPair | None:
        """The two units whose range is shown: the first pair that the scenario is about."""
        return next(iter(self._scenario.pairs), None)

    @cached_property
    def closest(self) -> Closest | None:
        """Closest approach of `pair`."""
        return None if self.pair is None else self.closest_of(self.pair)

    def at(self, unit: str, time_ms: int) -> TrackPoint:
        """Position, course and speed of a unit; its last known ones after the scenario's end."""
        if unit in self._ways:
            return self._ways[unit].at(time_ms)
        track = self._scenario.tracks[unit]
        return track.at(min(max(time_ms, track.start_ms), self._scenario.meta.duration_ms))

    def position(self, unit: str, time_ms: int) -> Position:
        """Where a unit is, on the grid that messages use."""
        return quantised(self.at(unit, time_ms).position)

    def range_m(self, time_ms: int, pair: UnitPair | None = None) -> int | None:
        """Range in whole metres between two units; between `self.pair` when none is given; None without units, and
        while one of them is not in the picture.
        """
        units = pair or self.pair
        if units is None or not all(self.is_here(unit, time_ms) for unit in units):
            return None
        if (time_ms, units) not in self._ranges:
            self._ranges[time_ms, units] = quantised_m(range_m(*(self.at(unit, time_ms).position for unit in units)))
        return self._ranges[time_ms, units]

    def is_here(self, unit: str, time_ms: int) -> bool:
        """Whether a unit has joined, and has not left."""
        way = self._ways.get(unit)
        return way is None or (way.start_ms <= time_ms and (way.left_ms is None or time_ms <= way.left_ms))

    def cpa(self, time_ms: int) -> Cpa | None:
        """CPA and TCPA of `pair` if both held the course and speed of this moment."""
        if self.pair is None or not all(self.is_here(unit, time_ms) for unit in self.pair):
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
            self._closest[pair] = self._measured(Closest(pair, round(found.time_ms), quantised_m(found.range_m)))
        return self._closest[pair]

    def _measured(self, closest: Closest) -> Closest:
        """The same as the scenario measures it for this pair: from hull to hull, through the air, or as it is."""
        own, other = closest.units
        measure = self._scenario.measure_of(closest.units)
        if measure == "centres" or not self._ways:
            return closest
        hulls = [hull for unit in closest.units if (hull := self._scenario.hull_of(unit)) is not None]
        apart = slant_m if measure == "slant" else between_hulls(*hulls)
        time_ms, range_m = least(self._ways[own], self._ways[other], closest.time_ms, closest.range_m, apart)
        return Closest(closest.units, time_ms, quantised_m(range_m))

    def touching(self) -> Iterator[UnitPair]:
        """Pairs of units of the closed loop whose hulls, or half lengths in the air, met."""
        for own, other in combinations(sorted(self._scenario.sailing & self._ways.keys()), 2):
            closest = closest_approach(self._motion((own, other)))
            if closest is None or closest.range_m > _NEAR_M:
                continue
            hulls = [self._scenario.hull_of(unit) for unit in (own, other)]
            at_ms, near_m = round(closest.time_ms), round(closest.range_m)
            if hulls[0] is not None and hulls[1] is not None:
                apart, touches_m = between_hulls(hulls[0], hulls[1]), 0.0
            else:
                apart, touches_m = slant_m, sum(self._scenario.length_of(unit) for unit in (own, other)) / 2.0
            if least(self._ways[own], self._ways[other], at_ms, near_m, apart)[1] <= touches_m:
                yield own, other

    def passes(self, pair: UnitPair, threshold_m: float, sense: Sense) -> Iterator[int]:
        """Each moment the range passes a threshold in one sense: the first whole millisecond past it."""
        for crossing in crossings(self._motion(pair), threshold_m):
            if crossing.sense is sense:
                yield math.ceil(crossing.time_ms)

    def legs(self) -> Iterator[Leg]:
        """Every leg that begins within the scenario, by time."""
        tracks = self._scenario.tracks
        knots = {name: track.knots_ms[:-1] for name, track in tracks.items()}
        knots |= {name: way.knots_ms for name, way in self._ways.items() if name not in tracks}
        found = [self._leg(name, knot) for name in self._scenario.units for knot in knots.get(name, ())]
        yield from sorted((leg for leg in found if leg.time_ms < self._scenario.meta.duration_ms), key=_by_time)

    def _leg(self, unit: str, time_ms: int) -> Leg:
        track = self._scenario.tracks.get(unit)
        point = track.at(time_ms) if track is not None else self._ways[unit].at(time_ms)
        course = None if point.course_deg is None else round(point.course_deg) % 360
        return Leg(unit, time_ms, course, round(point.speed_mps * 3600 / 1852, 1))

    def _motion(self, pair: UnitPair) -> tuple[RelativeSegment, ...]:
        if pair not in self._motions:
            self._motions[pair] = self._relative(pair)
        return self._motions[pair]

    def _relative(self, pair: UnitPair) -> tuple[RelativeSegment, ...]:
        if not self._ways.keys() & {*pair}:
            return self._scenario.relative_motion(*pair)
        own, other = (self._ways[unit] for unit in pair)
        return tuple(relative_ways(own, other, self._scenario.meta.duration_ms))


def _by_time(leg: Leg) -> tuple[int, str]:
    return leg.time_ms, leg.unit


def _velocity(point: TrackPoint) -> Velocity:
    course = math.radians(point.course_deg or 0.0)
    return Velocity(point.speed_mps * math.sin(course), point.speed_mps * math.cos(course))


def positions(scenario: Scenario, plot: Plot, step_ms: int) -> Mapping[str, list[tuple[int, Position]]]:
    """Every unit's track as points `step_ms` apart, its knots and the scenario's end included."""
    end_ms = scenario.meta.duration_ms
    found: dict[str, list[tuple[int, Position]]] = {}
    for unit in scenario.units:
        track = scenario.tracks.get(unit)
        knots = {t for t in track.knots_ms if 0 <= t <= end_ms} if track else set()
        found[unit] = [(t, plot.position(unit, t)) for t in sorted({*range(0, end_ms, step_ms), *knots, end_ms})]
    return found
