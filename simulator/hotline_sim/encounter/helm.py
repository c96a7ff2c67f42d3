"""The helm: from an order about another unit, or none, to the course, speed and altitude of this moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hotline_sim.encounter.relative import Seen, closest_if_held, intercept_course, opposite
from hotline_sim.motion.arith import bearing_of, displacement, length, sin_cos, turn_to
from hotline_sim.motion.state import Command, State
from hotline_sim.scenario.orders import (
    Alter,
    Behaviour,
    Circle,
    Close,
    CrossAhead,
    GiveWay,
    Open,
    Pass,
    Resume,
    Route,
    Shadow,
    Steer,
    Stop,
    TurnAway,
    Use,
)

_EASE_S = 15.0  # and slowing down is begun this much earlier than need be
_STATION_S = 40.0  # an error of station is made good in about this time
_SIDE = {"port": -1, "starboard": 1}
_OFFSET_DEG = {"ahead": 0.0, "starboard": 90.0, "astern": 180.0, "port": 270.0}
_TRIED_DEG = range(0, 100, 10)  # alterations to starboard that are considered, degrees
_AWAY_DEG = 30.0  # a course within this of straight away opens the range
_PLAIN = (Steer, Alter, Stop, TurnAway, Resume, Use)


@dataclass(frozen=True, slots=True)
class Build:
    """What a helm knows of its craft: top speed, how fast it slows down, half its length and beam (m)."""

    top_mps: float
    slows_mps2: float = 0.05
    half_length_m: float = 0.0
    half_beam_m: float = 0.0


@dataclass(slots=True)
class Helm:
    """One craft's helm.

    Attributes:
        command: what helm and engines are set to.
        order: name of the order that is carried out; empty for none.
        behaviour: what it asks for; None to go on as commanded.
        is_done: whether what it asks for has been reached; it may go on holding it.
        plan: course and speed before the first order about another unit.
    """

    command: Command
    build: Build
    order: str = ""
    behaviour: Behaviour | None = None
    is_done: bool = True
    plan: Command | None = None
    _leg: int = 0
    _was_side: int = 0
    _held: bool = field(default=False)

    def take(self, order: str, behaviour: Behaviour, own: State, other: Seen | None) -> None:
        """Begin something else."""
        if isinstance(behaviour, Use):
            return
        if isinstance(behaviour, Steer | Route):
            self.plan = None
        elif self.plan is None:
            self.plan = replace(self.command)
        self.order, self.behaviour, self.is_done = order, behaviour, False
        self._leg, self._was_side, self._held = 0, 0, False
        self._begin(behaviour, own, other)

    @property
    def other(self) -> str | None:
        """The unit that the order is about."""
        return getattr(self.behaviour, "unit", None)

    @property
    def is_watching(self) -> bool:
        """Whether its command changes as others move."""
        return not self._held and not isinstance(self.behaviour, _PLAIN) and self.behaviour is not None

    def conn(self, own: State, other: Seen | None) -> None:
        """Set the command for this moment."""
        if self.is_watching:
            _CONN[type(self.behaviour)](self, self.behaviour, own, other)

    def settled(self, is_steady: bool) -> None:
        """Told whether the craft goes as commanded, which completes an order about nobody else."""
        if not self.is_done and isinstance(self.behaviour, _PLAIN):
            self.is_done = is_steady

    # -- beginnings ----------------------------------------------------------------------------------------

    def _begin(self, behaviour: Behaviour, own: State, other: Seen | None) -> None:
        held = self.command
        match behaviour:
            case Steer():
                course = held.course_deg if behaviour.course_deg is None else behaviour.course_deg
                self._set(course, self._speed(), _SIDE.get(behaviour.turn or "", 0))
            case Alter():
                side = _SIDE[behaviour.turn]
                self._set((own.heading_deg + side * behaviour.by_deg) % 360.0, self._speed(), side)
            case Stop():
                self.command = Command(own.heading_deg, 0.0, held.altitude_m, hard=True)
            case TurnAway() if other is not None:
                self._set(opposite(other.bearing_deg), self._speed())
            case Resume() if self.plan is not None:
                self.command, self.plan = replace(self.plan), None
        self._level()

    def _speed(self) -> float:
        wanted = getattr(self.behaviour, "speed_mps", None)
        return self.command.speed_mps if wanted is None else min(wanted, self.build.top_mps)

    def _level(self) -> None:
        altitude, depth = (getattr(self.behaviour, name, None) for name in ("altitude_m", "depth_m"))
        if altitude is not None or depth is not None:
            self.command.altitude_m = altitude if altitude is not None else -(depth or 0.0)

    def _set(self, course_deg: float, speed_mps: float, side: int = 0) -> None:
        self.command = Command(course_deg % 360.0, speed_mps, self.command.altitude_m, side)

    def loses(self) -> None:
        """What it followed has left: it goes on as commanded."""
        self._held = True

    def _hold(self) -> None:
        """Go on as commanded from now on: what was asked for has been reached."""
        self._held = self.is_done = True

    # -- with regard to others ------------------------------------------------------------------------------

    def _route(self, route: Route, own: State, other: Seen | None) -> None:
        point = route.to[self._leg]
        east_m, north_m = displacement(own.lat_deg, own.lon_deg, point.lat_deg, point.lon_deg)
        if length(east_m, north_m) <= max(own.speed_mps * 3.0, self.build.half_length_m):
            self._leg += 1
            if self._leg == len(route.to):
                self._set(own.heading_deg, self._speed())
                self._hold()
            return
        self._set(bearing_of(east_m, north_m), self._speed())

    def _station(self, east_m: float, north_m: float, other: Seen, own: State, most_mps: float) -> None:
        """Steer for a place that goes with the other: its motion, and what makes the error good in a while."""
        sine, cosine = sin_cos(other.course_deg)
        east = other.speed_mps * sine + east_m / _STATION_S
        north = other.speed_mps * cosine + north_m / _STATION_S
        speed = length(east, north)
        course = bearing_of(east, north) if speed > 0.5 else other.course_deg
        if abs(turn_to(course, other.course_deg)) > 90.0 and length(east_m, north_m) < 4.0 * most_mps:
            course, speed = other.course_deg, max(other.speed_mps - length(east_m, north_m) / _STATION_S, 0.0)
        self._set(course, min(speed, most_mps))

    def _close(self, close: Close, own: State, other: Seen | None) -> None:
        if other is None:
            return
        share = (other.range_m - close.to_m) / max(other.range_m, 1.0)
        if other.range_m <= close.to_m * 1.1 + 20.0:
            self.is_done = True
        if not self.is_done and self._runs_up(own, other, close.to_m):
            self._set(intercept_course(other, self._most()), self._most())
            return
        self._station(other.east_m * share, other.north_m * share, other, own, self._most())

    def _runs_up(self, own: State, other: Seen, to_m: float) -> bool:
        """Whether there is room yet to come on at full speed, and to slow down to the other's before `to_m`."""
        faster_mps = max(own.speed_mps - other.speed_mps, 0.0)
        room_m = faster_mps * faster_mps / (2.0 * self.build.slows_mps2) + faster_mps * _EASE_S
        sine, cosine = sin_cos(other.course_deg)
        is_ahead = -other.east_m * sine - other.north_m * cosine > 2.0 * to_m + 10.0 * other.speed_mps
        return other.range_m > to_m + room_m and (is_ahead or other.range_m > to_m + 5.0 * _STATION_S)

    def _shadow(self, shadow: Shadow, own: State, other: Seen | None) -> None:
        if other is None:
            return
        sine, cosine = sin_cos(other.course_deg + shadow.bearing_deg)
        east, north = other.east_m + shadow.range_m * sine, other.north_m + shadow.range_m * cosine
        if length(east, north) <= 0.1 * shadow.range_m + 20.0:
            self.is_done = True
        self._station(east, north, other, own, self._most())

    def _most(self) -> float:
        wanted = getattr(self.behaviour, "speed_mps", None)
        return self.build.top_mps if wanted is None else min(wanted, self.build.top_mps)

    def _cross_ahead(self, crossing: CrossAhead, own: State, other: Seen | None) -> None:
        if other is None:
            return
        ahead_m = crossing.at_m + other.half_length_m + self.build.half_beam_m
        sine, cosine = sin_cos(other.course_deg)
        # On which side of the other's bow line it is now: -1 to port, 1 to starboard.
        across_m = -other.east_m * cosine + other.north_m * sine
        side = 1 if across_m > 0.0 else -1
        if self._was_side and side != self._was_side:
            self._set(own.heading_deg, self._speed())
            self._hold()
            return
        self._was_side = side
        aim = replace(other, east_m=other.east_m + ahead_m * sine, north_m=other.north_m + ahead_m * cosine)
        if length(aim.east_m, aim.north_m) > 2.0 * own.speed_mps:
            self._set(intercept_course(aim, self._speed()), self._speed())

    def _pass(self, passing: Pass, own: State, other: Seen | None) -> None:
        if other is None:
            return
        east, north = other.east_m, other.north_m
        if passing.side in ("above", "below"):
            self.command.altitude_m = other.altitude_m + (passing.at_m if passing.side == "above" else -passing.at_m)
        else:
            far_m = passing.at_m + (other.half_length_m if passing.side in ("ahead", "astern") else other.half_beam_m)
            sine, cosine = sin_cos(other.course_deg + _OFFSET_DEG[passing.side])
            east, north = east + far_m * sine, north + far_m * cosine
            if passing.altitude_m is None and other.altitude_m > 0.0 and own.altitude_m > 0.0:
                self.command.altitude_m = (
                    other.altitude_m
                )  # one aircraft beside another, unless the order says how high
        aim = replace(other, east_m=east, north_m=north)
        if length(east, north) > 0.5 * own.speed_mps and not _is_behind(aim, own):
            self._set(intercept_course(aim, self._speed()), self._speed())
        else:
            self._set(own.heading_deg, self._speed())
            self._hold()

    def _open(self, opening: Open, own: State, other: Seen | None) -> None:
        if other is None:
            return
        away_deg = opposite(other.bearing_deg)
        if other.range_m >= opening.to_m and abs(turn_to(own.heading_deg, away_deg)) <= _AWAY_DEG:
            self._set(own.heading_deg, self._speed())
            self._hold()
        else:
            self._set(away_deg, self._speed())

    def _give_way(self, giving: GiveWay, own: State, other: Seen | None) -> None:
        if other is None or self.plan is None:
            return
        planned, speed = self.plan.course_deg, self._speed()
        clear = [closest_if_held(other, (planned + by) % 360.0, speed) for by in _TRIED_DEG]
        if clear[0].is_past and other.range_m >= giving.to_m:
            self.command, self.plan = replace(self.plan), None
            self._hold()
            return
        by = next((by for by, found in zip(_TRIED_DEG, clear, strict=True) if found.range_m >= giving.to_m), None)
        if by is None:
            best = max(range(len(clear)), key=lambda n: clear[n].range_m)
            self._set(planned + _TRIED_DEG[best], speed / 2.0, 1)
        elif by > turn_to(planned, self.command.course_deg):
            self._set(planned + by, speed, 1)

    def _circle(self, circle: Circle, own: State, other: Seen | None) -> None:
        side = _SIDE[circle.turn]
        self._set(own.heading_deg + side * 120.0, self._speed(), side)
        self.is_done = True


def _is_behind(aim: Seen, own: State) -> bool:
    """Whether a place that was steered for has been passed."""
    sine, cosine = sin_cos(own.heading_deg)
    ahead_m = aim.east_m * sine + aim.north_m * cosine
    return ahead_m < 0.0 and aim.range_m < 3.0 * own.speed_mps


_Conn = Callable[..., None]
_CONN: dict[type, _Conn] = {
    Route: Helm._route,
    Close: Helm._close,
    Shadow: Helm._shadow,
    CrossAhead: Helm._cross_ahead,
    Pass: Helm._pass,
    Open: Helm._open,
    GiveWay: Helm._give_way,
    Circle: Helm._circle,
}
