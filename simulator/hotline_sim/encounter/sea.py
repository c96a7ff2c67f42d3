"""The sea and the air above it: where every craft is, stepped in time, and who passes what range of whom. Pure.

Steps are short while somebody manoeuvres or a range that somebody waits for is near, and as long as the way is straight
otherwise; the order of what happens does not depend on how often one asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hotline.geo.geodesy import Position
from hotline_sim.encounter.helm import Build, Helm
from hotline_sim.encounter.relative import Seen
from hotline_sim.encounter.watches import Watch
from hotline_sim.motion.arith import displacement, turn_to
from hotline_sim.motion.state import Command, Handling, Phase, State
from hotline_sim.motion.way import Sample, Way
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.cast import Unit
from hotline_sim.scenario.expect import UnitPair
from hotline_sim.scenario.orders import Behaviour, Leave

_STRAIGHT_MS = 60_000  # longest step when all go straight
_CONN_MS = 10_000  # longest step while a helm watches another craft
_STATION_MS = 5_000  # the same while it keeps station on one that goes straight
_PRESCRIBED_MS = 60_000  # prescribed tracks are taken as straight between points this far apart
_STEP_MS = 500  # every step is a multiple of it, unless somebody takes up an order in between
_NEARBY_S = 30.0  # a craft closer to its mark than this many seconds is steered at short steps
_FARTHEST_DEG = 85.0  # dead reckoning by latitude and longitude ends before the poles
_KNOT_DEG, _KNOT_MPS = 3.0, 0.3  # a change that is told
_WATCHING = 10.0  # times as much where a helm follows another craft all the time


@dataclass(slots=True)
class _Craft:
    """A unit: its state, and for one of the closed loop how it handles and what its helm does."""

    state: State
    build: Build
    way: Way
    handling: Handling | None = None
    helm: Helm | None = None
    joins_ms: int = 0
    told: tuple[float, float] | None = None
    phase: Phase | None = None


_OnDone = Callable[[str, str, int], None]
_OnPhase = Callable[[str, str, str, int], None]


class Sea:
    """All units of a scenario in motion. Times are whole milliseconds after its start."""

    def __init__(self, scenario: Scenario, on_done: _OnDone, on_phase: _OnPhase) -> None:
        """`on_done` is told of a unit, its order and when; `on_phase` of a unit, what it becomes, how, and when."""
        self._end_ms, self.now_ms = scenario.meta.duration_ms, 0
        self._on_done, self._on_phase = on_done, on_phase
        self._watches: list[Watch] = []
        self._crafts = {name: _craft(scenario, name, unit) for name, unit in scenario.units.items()}
        moving = [(name, craft) for name, craft in self._crafts.items() if craft.handling is not None]
        self._sailing = [(name, craft) for name, craft in moving if craft.joins_ms == 0]
        self._coming = [(name, craft) for name, craft in moving if craft.joins_ms > 0]
        self._next_ms: int | None = None
        for _, craft in moving:
            self._record(craft, craft.joins_ms)

    # -- time ----------------------------------------------------------------------------------------------

    def next_time_ms(self) -> int | None:
        """When the next step ends; None at the scenario's end."""
        if self.now_ms >= self._end_ms:
            return None
        if self._next_ms is None:
            self._next_ms = min(self.now_ms + self._step_ms(), self._end_ms)
        return self._next_ms

    def step(self) -> None:
        """Go on to the next time, and tell those who wait for a range."""
        to_ms = self.next_time_ms()
        if to_ms is not None:
            self._sail(to_ms)

    def sail(self, to_ms: int) -> None:
        """Go on to a time before the next step's end, for somebody who acts then."""
        if self.now_ms < to_ms <= self._end_ms:
            self._sail(to_ms)

    # -- for others ----------------------------------------------------------------------------------------

    @property
    def ways(self) -> Mapping[str, Way]:
        """The way of each unit so far; of prescribed ones the whole."""
        return {name: craft.way for name, craft in self._crafts.items()}

    def watch(self, watch: Watch) -> None:
        """Tell somebody when something comes true; never, of a unit that has left."""
        if any(self.has_left(unit) for unit in watch.pair):
            return
        watch.begin(self.range_m(watch.pair))
        self._watches.append(watch)
        self._next_ms = None

    def order(self, unit: str, order: str, behaviour: Behaviour, at_ms: int) -> None:
        """A craft takes up something else now."""
        self.sail(at_ms)
        craft, self._next_ms = self._crafts[unit], None
        if isinstance(behaviour, Leave):
            self._leave(unit, behaviour.how.replace("_", " ").lower())
        elif craft.helm is not None:
            other = getattr(behaviour, "unit", None)
            craft.helm.take(order, behaviour, craft.state, self.seen(unit, other) if other else None)
            craft.told = None

    def has_left(self, unit: str) -> bool:
        """Whether a unit is in the picture no more."""
        return self._crafts[unit].way.left_ms is not None

    def is_here(self, unit: str) -> bool:
        """Whether a unit has joined and has not left."""
        return self._crafts[unit].joins_ms <= self.now_ms and not self.has_left(unit)

    def seen(self, own: str, other: str) -> Seen:
        """One unit from another."""
        here, there = self._crafts[own].state, self._crafts[other]
        east_m, north_m = displacement(here.lat_deg, here.lon_deg, there.state.lat_deg, there.state.lon_deg)
        return Seen(
            east_m,
            north_m,
            there.state.altitude_m,
            there.state.heading_deg,
            there.state.speed_mps,
            there.build.half_length_m,
            there.build.half_beam_m,
        )

    def range_m(self, pair: UnitPair) -> float:
        """Range over the ground between two units."""
        return self.seen(*pair).range_m

    def position(self, unit: str, time_ms: int) -> Position:
        """Where a unit is at a moment between the last step and the next: straight on from the last."""
        craft = self._crafts[unit]
        if craft.handling is None or time_ms <= self.now_ms:
            return craft.way.position(time_ms)
        state = craft.state
        ahead = State(state.lat_deg, state.lon_deg, heading_deg=state.heading_deg)
        ahead.go(state.heading_deg, state.speed_mps * (time_ms - self.now_ms) / 1000)
        return Position(ahead.lat_deg, ahead.lon_deg)

    # -- steps ---------------------------------------------------------------------------------------------

    def _step_ms(self) -> int:
        """How long nothing can happen that must not be missed."""
        longest = min([_STRAIGHT_MS, *(craft.joins_ms - self.now_ms for _, craft in self._coming)])
        for name, craft in self._sailing:
            longest = min(longest, self._craft_step_ms(name, craft))
            if longest <= _STEP_MS:
                return _STEP_MS
        for watch in self._watches:
            safe_s = watch.safe_s(self.range_m(watch.pair), self._closing_mps(watch.pair))
            longest = min(longest, max(int(safe_s * 1000), _STEP_MS))
        return max(longest // _STEP_MS * _STEP_MS, _STEP_MS)

    def _craft_step_ms(self, name: str, craft: _Craft) -> int:
        helm, handling = craft.helm, craft.handling
        assert helm is not None and handling is not None, "a craft of the closed loop"
        fine_ms = int(handling.step_s * 1000)
        if not handling.is_steady(craft.state, helm.command, self.now_ms / 1000):
            return fine_ms
        if not helm.is_watching:
            change_s = handling.changes_s(self.now_ms / 1000)
            return _STRAIGHT_MS if change_s is None else min(round(change_s * 1000) - self.now_ms, _STRAIGHT_MS)
        if helm.other is None:
            return max(fine_ms, 2000)
        if helm.is_done and self._is_steady(helm.other):
            return _STATION_MS
        far_s = self.range_m((name, helm.other)) / max(self._closing_mps((name, helm.other)), 1.0)
        return _CONN_MS if far_s > 4.0 * _NEARBY_S else fine_ms

    def _is_steady(self, unit: str) -> bool:
        craft, at_s = self._crafts[unit], self.now_ms / 1000
        if craft.handling is None or craft.helm is None:
            return True
        return craft.handling.is_steady(craft.state, craft.helm.command, at_s)

    def _closing_mps(self, pair: UnitPair) -> float:
        """The fastest at which two units can come closer or part."""
        return sum(max(self._crafts[unit].state.speed_mps, 0.1) for unit in pair) * 1.2

    def _sail(self, to_ms: int) -> None:
        seconds, at_s = (to_ms - self.now_ms) / 1000, self.now_ms / 1000
        was_done = {name for name, craft in self._sailing if craft.helm and craft.helm.is_done}
        for name, craft in self._sailing:  # every helm looks before any craft moves
            self._conn(name, craft)
        done = [
            (name, craft.helm.order)
            for name, craft in self._sailing
            if self._move(craft, seconds, at_s) and craft.helm and name not in was_done
        ]
        self.now_ms, self._next_ms = to_ms, None
        for craft in self._crafts.values():
            if craft.handling is None:
                _follow(craft, to_ms)
        for _, craft in self._sailing:
            self._record(craft, to_ms)
        for name, order in done:
            self._on_done(name, order, to_ms)
        self._join()
        self._turn()
        self._tell()

    def _join(self) -> None:
        """Craft whose time has come are in the picture from now on, and every range to them is looked at anew."""
        for name, craft in [each for each in self._coming if each[1].joins_ms <= self.now_ms]:
            self._coming.remove((name, craft))
            self._sailing.append((name, craft))
            for watch in self._watches:
                if name in watch.pair:
                    watch.begin(self.range_m(watch.pair))
            self._on_phase(name, "ENTERED", "", self.now_ms)

    def _turn(self) -> None:
        """What becomes of craft by themselves: launches, falls, and ways that lead out of where the models hold."""
        for name, craft in list(self._sailing):
            phase = craft.handling.phase(craft.state, self.now_ms / 1000) if craft.handling else None
            if phase is not None and phase != craft.phase:
                craft.phase = phase
                self._on_phase(name, phase, "", self.now_ms)
            if abs(craft.state.lat_deg) > _FARTHEST_DEG:
                self._leave(name, f"beyond {_FARTHEST_DEG:.0f} degrees of latitude, where the models end")

    def _leave(self, unit: str, how: str) -> None:
        """From now on nobody sees or follows a unit, and no range to it is waited for."""
        craft = self._crafts[unit]
        craft.way.left_ms, craft.state.speed_mps = self.now_ms, 0.0
        self._sailing = [(name, held) for name, held in self._sailing if name != unit]
        self._watches = [watch for watch in self._watches if unit not in watch.pair]
        for _, other in self._sailing:
            if other.helm is not None and other.helm.other == unit:
                other.helm.loses()
        self._on_phase(unit, "GONE", how, self.now_ms)

    def _conn(self, name: str, craft: _Craft) -> None:
        helm = craft.helm
        if helm is not None and helm.is_watching:
            helm.conn(craft.state, self.seen(name, helm.other) if helm.other else None)

    def _move(self, craft: _Craft, seconds: float, at_s: float) -> bool:
        """One craft over one step; whether its order is carried out now."""
        helm, handling = craft.helm, craft.handling
        assert helm is not None and handling is not None, "a craft of the closed loop"
        handling.advance(craft.state, helm.command, seconds, at_s)
        helm.settled(handling.is_steady(craft.state, helm.command, at_s + seconds))
        return helm.is_done

    def _tell(self) -> None:
        """Let those know who wait for a range; who is told something may begin to wait for something else."""
        for watch in list(self._watches):
            looks = watch.looks(self.seen(*watch.pair), self._crafts[watch.pair[0]].state)
            if looks and all(self.is_here(unit) for unit in watch.pair):
                if watch.is_over:
                    self._watches.remove(watch)
                watch.fire(self.now_ms)

    def _record(self, craft: _Craft, at_ms: int) -> None:
        state = craft.state
        sample = Sample(at_ms, state.lat_deg, state.lon_deg, state.altitude_m, state.heading_deg, state.speed_mps)
        craft.way.add(sample)
        helm, handling = craft.helm, craft.handling
        if helm is None or handling is None or not handling.is_steady(state, helm.command, at_ms / 1000):
            return
        now, was, least = (state.heading_deg, state.speed_mps), craft.told, _WATCHING if helm.is_watching else 1.0
        if was is None or _has_changed(was, now, least):
            craft.told = now
            craft.way.knots_ms.append(at_ms)


def _has_changed(was: tuple[float, float], now: tuple[float, float], least: float) -> bool:
    """Whether course and speed differ by what is told, or `least` times that."""
    return abs(turn_to(was[0], now[0])) > least * _KNOT_DEG or abs(was[1] - now[1]) > least * _KNOT_MPS


def _follow(craft: _Craft, time_ms: int) -> None:
    """A craft with a prescribed track is where that says."""
    at, state = craft.way.sample(time_ms), craft.state
    state.lat_deg, state.lon_deg, state.heading_deg, state.speed_mps = (
        at.lat_deg,
        at.lon_deg,
        at.heading_deg,
        at.speed_mps,
    )


def _craft(scenario: Scenario, name: str, unit: Unit) -> _Craft:
    if unit.motion is None or unit.start is None:
        way = _prescribed(scenario, name)
        first = way.samples[0]
        state = State(first.lat_deg, first.lon_deg, 0.0, first.heading_deg, first.speed_mps)
        return _Craft(state, Build(first.speed_mps), way)
    state = unit.start.state()
    build = Build(
        getattr(unit.motion, "top_mps", 0.0),
        unit.motion.handling().slows_mps2,
        (unit.motion.length_m or 0.0) / 2.0,
        (getattr(unit.motion, "beam_m", None) or 0.0) / 2.0,
    )
    command = Command(state.heading_deg, state.speed_mps, state.altitude_m)
    return _Craft(state, build, Way(), unit.motion.handling(), Helm(command, build), unit.start.joins_ms)


def _prescribed(scenario: Scenario, name: str) -> Way:
    """A prescribed track as samples: its knots, and points between them."""
    track, way = scenario.tracks[name], Way()
    times = {t for t in track.knots_ms if t >= 0} | {*range(max(track.start_ms, 0), track.end_ms, _PRESCRIBED_MS)}
    for time_ms in sorted(times):
        point = track.at(time_ms)
        way.add(
            Sample(
                time_ms, point.position.lat_deg, point.position.lon_deg, 0.0, point.course_deg or 0.0, point.speed_mps
            )
        )
    way.knots_ms.extend(t for t in track.knots_ms[:-1] if t < scenario.meta.duration_ms)
    return way
