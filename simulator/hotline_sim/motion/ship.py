"""Ships: Nomoto's first-order yaw equation with a surge equation of quadratic resistance.

Sources:
    K. Nomoto, T. Taguchi, K. Honda, S. Hirano, "On the steering qualities of ships", International Shipbuilding
        Progress 4 (1957): ``T r' + r = K d`` for a rudder angle d; K and T scale with speed and length.
    T. I. Fossen, Handbook of Marine Craft Hydrodynamics and Motion Control (2011), chapters 6 and 7: surge decoupled
        from sway and yaw with resistance that grows with the square of speed.
    IMO resolution MSC.137(76) (2002), 5.3: advance at most 4.5 L, tactical diameter at most 5 L, track reach of a full
        astern stop at most 15 L. These limits are what a scenario gets that gives no trial figures.

The parameters follow from trial figures: the steady turn has half the tactical diameter as its radius R, and a ship put
hard over runs on for a lag before she turns, so that ``advance = lag + R`` and ``T = lag / speed``. Drift angle,
heel, current and the time the rudder takes are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from hotline_sim.motion.arith import DEGREES, quantised, turn_to
from hotline_sim.motion.state import HELD_MPS, STRAIGHT_DEG, Command, Phase, State

_FULL_RUDDER_DEG = 15.0  # error of course from which the rudder is put hard over
_COARSE = 1_000_000.0
_EASING, _LEAST_EASED = 0.2, 0.25  # engines go astern in proportion to the speed that is to come off
_TURNING = 0.2  # share of full rate of turn above which the engines are left alone


@dataclass(frozen=True)
class Ship:
    """A ship's handling, from what her trials show.

    Attributes:
        top_mps: her top speed.
        diameter_m: tactical diameter, hard over.
        advance_m: how far she goes on in the old direction until she has turned by 90 degrees.
        stops_in_m: track reach of a full astern stop from top speed.
        astern: thrust astern as a share of thrust ahead.
        speed_in_turn: share of her speed that is left in a steady turn, hard over.
        dives_mps: rate of change of depth; 0 for a surface ship.
    """

    top_mps: float
    diameter_m: float
    advance_m: float
    stops_in_m: float
    astern: float = 0.5
    speed_in_turn: float = 0.6
    dives_mps: float = 0.0

    @property
    def step_s(self) -> float:
        """Longest step while she manoeuvres."""
        return 1.0

    @cached_property
    def _radius_m(self) -> float:
        return self.diameter_m / 2.0

    @cached_property
    def _lag_m(self) -> float:
        return max(self.advance_m - self._radius_m, 0.1 * self._radius_m)

    @cached_property
    def _thrust_mps2(self) -> float:
        """Full thrust by mass, so that a full astern stop takes the track reach:

        ``u du/ds = -a (astern + (u/top)^2)`` gives ``a = top^2 / (2 s) ln(1 + 1 / astern)``.
        """
        exact = self.top_mps**2 / (2.0 * self.stops_in_m) * math.log(1.0 + 1.0 / self.astern)
        return quantised(exact, _COARSE)

    @property
    def slows_mps2(self) -> float:
        """About how fast she loses her way, engines eased astern."""
        return self._thrust_mps2 * self.astern / 2.0

    def advance(self, state: State, command: Command, seconds: float, at_s: float) -> None:
        """One step. Raises nothing; see `hotline_sim.motion.state.Handling`."""
        was_deg, was_mps = state.heading_deg, state.speed_mps
        if self.is_steady(state, command, at_s):
            state.turn_dps, state.heading_deg, state.speed_mps = 0.0, command.course_deg, command.speed_mps
            state.go(command.course_deg, command.speed_mps * seconds)
        else:
            turned_deg = self._yaw(state, command, seconds)
            self._surge(state, command, seconds)
            state.heading_deg = was_deg + turned_deg
            state.go(was_deg + turned_deg / 2.0, (was_mps + state.speed_mps) / 2.0 * seconds)
        if self.dives_mps and command.altitude_m is not None:
            most_m = self.dives_mps * seconds
            state.altitude_m += min(max(command.altitude_m - state.altitude_m, -most_m), most_m)
        state.settle()

    def is_steady(self, state: State, command: Command, at_s: float) -> bool:
        """On course and at speed."""
        return (
            abs(state.turn_dps) < 0.02
            and abs(turn_to(state.heading_deg, command.course_deg)) < STRAIGHT_DEG
            and abs(state.speed_mps - command.speed_mps) < HELD_MPS
            and (not self.dives_mps or command.altitude_m in (None, state.altitude_m))
        )

    def changes_s(self, at_s: float) -> float | None:
        """Never: it is steered."""
        return None

    def phase(self, state: State, at_s: float) -> Phase | None:
        """Nothing becomes of it by itself."""
        return None

    def _yaw(self, state: State, command: Command, seconds: float) -> float:
        """Rate of turn by Nomoto's equation under a helmsman who meets her in time; degrees turned."""
        speed = max(state.speed_mps, 0.0)
        full_dps, lag_s = speed / self._radius_m * DEGREES, self._lag_m / max(speed, 0.1)
        error_deg = turn_to(state.heading_deg, command.course_deg)
        if command.side * error_deg < 0.0 and abs(error_deg) > 2.0 * STRAIGHT_DEG:
            error_deg += 360.0 * command.side
        rudder = min(max((error_deg - state.turn_dps * lag_s) / _FULL_RUDDER_DEG, -1.0), 1.0)
        share, was_dps = seconds / lag_s, state.turn_dps
        state.turn_dps = (was_dps + share * rudder * full_dps) / (1.0 + share)
        return (was_dps + state.turn_dps) / 2.0 * seconds

    def _surge(self, state: State, command: Command, seconds: float) -> None:
        """Speed under thrust and resistance, which a turn increases."""
        speed, wanted = state.speed_mps, command.speed_mps
        full_dps = speed / self._radius_m * DEGREES
        tightness = min(abs(state.turn_dps) / full_dps, 1.0) if full_dps > 0.0 else 0.0
        resistance = (speed / self.top_mps) ** 2 * (1.0 + (1.0 / self.speed_in_turn**2 - 1.0) * tightness * tightness)
        thrust = self._thrust(speed, wanted, tightness, command.hard)
        changed = speed + self._thrust_mps2 * (thrust - resistance) * seconds
        passes = (speed - wanted) * (changed - wanted) <= 0.0 and tightness < _TURNING
        state.speed_mps = wanted if passes else max(changed, 0.0)

    def _thrust(self, speed: float, wanted: float, tightness: float, hard: bool) -> float:
        if speed > wanted + HELD_MPS:
            eased = min(max((speed - wanted) / (_EASING * self.top_mps), _LEAST_EASED), 1.0)
            return -self.astern if hard or wanted == 0.0 else -self.astern * eased
        if tightness >= _TURNING:
            return (wanted / self.top_mps) ** 2
        return 1.0 if speed < wanted - HELD_MPS else (wanted / self.top_mps) ** 2
