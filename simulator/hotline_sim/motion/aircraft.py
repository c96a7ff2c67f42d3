"""Aircraft: coordinated turns, with limits of bank, climb and change of speed.

Sources:
    B. Etkin, L. D. Reid, Dynamics of Flight (3rd edition, 1996): in a coordinated level turn the rate of turn is
        ``g tan(bank) / speed``.
    Climb and speed follow their commands at limited rates, as point-mass models for air traffic do, e.g. EUROCONTROL's
        BADA user manual. Load factor beyond the turn's, wind and stall are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from hotline_sim.motion.arith import DEGREES, arctan_deg, sin_cos, turn_to
from hotline_sim.motion.state import HELD_MPS, STRAIGHT_DEG, Command, Phase, State

GRAVITY_MPS2 = 9.80665
_TURN_IN_S = 3.0  # an error of course is flown off in about this time
_LEVEL_IN_S = 4.0
_LEVEL_M = 1.0


@dataclass(frozen=True)
class Aircraft:
    """An aircraft's handling.

    Attributes:
        least_mps, top_mps: speeds between which it flies.
        bank_deg: steepest bank.
        banks_in_s: time from level to that.
        climbs_mps, sinks_mps: fastest climb and descent.
        speeds_up_in_s: time from least to top speed, and back.
    """

    least_mps: float
    top_mps: float
    bank_deg: float
    banks_in_s: float
    climbs_mps: float
    sinks_mps: float
    speeds_up_in_s: float

    @property
    def step_s(self) -> float:
        """Longest step while it manoeuvres."""
        return 0.5

    @property
    def slows_mps2(self) -> float:
        """How fast it slows down."""
        return (self.top_mps - self.least_mps) / self.speeds_up_in_s

    def advance(self, state: State, command: Command, seconds: float, at_s: float) -> None:
        """One step."""
        wanted_mps = min(max(command.speed_mps, self.least_mps), self.top_mps)
        was_deg, was_mps = state.heading_deg, state.speed_mps
        turned_deg = self._turn(state, command, seconds, at_s)
        most_mps = (self.top_mps - self.least_mps) / self.speeds_up_in_s * seconds
        state.speed_mps += min(max(wanted_mps - was_mps, -most_mps), most_mps)
        self._climb(state, command, seconds)
        state.heading_deg = was_deg + turned_deg
        state.go(was_deg + turned_deg / 2.0, (was_mps + state.speed_mps) / 2.0 * seconds)
        state.settle()

    def is_steady(self, state: State, command: Command, at_s: float) -> bool:
        """Level, on course and at speed."""
        wanted_mps = min(max(command.speed_mps, self.least_mps), self.top_mps)
        level = command.altitude_m is None or abs(command.altitude_m - state.altitude_m) < _LEVEL_M
        return (
            level
            and abs(state.bank_deg) < STRAIGHT_DEG
            and abs(turn_to(state.heading_deg, command.course_deg)) < STRAIGHT_DEG
            and abs(state.speed_mps - wanted_mps) < HELD_MPS
        )

    def changes_s(self, at_s: float) -> float | None:
        """Never: it is steered."""
        return None

    def phase(self, state: State, at_s: float) -> Phase | None:
        """Nothing becomes of it by itself."""
        return None

    def _turn(self, state: State, command: Command, seconds: float, at_s: float) -> float:
        """Bank towards the turn that is wanted; degrees turned."""
        if self.is_steady(state, command, at_s):
            state.bank_deg = state.turn_dps = 0.0
            return turn_to(state.heading_deg, command.course_deg)
        error_deg = turn_to(state.heading_deg, command.course_deg)
        if command.side * error_deg < 0.0 and abs(error_deg) > 2.0 * STRAIGHT_DEG:
            error_deg += 360.0 * command.side
        wanted_dps = error_deg / _TURN_IN_S
        wanted_deg = arctan_deg(wanted_dps / DEGREES * state.speed_mps / GRAVITY_MPS2)
        wanted_deg = min(max(wanted_deg, -self.bank_deg), self.bank_deg)
        most_deg = self.bank_deg / self.banks_in_s * seconds
        state.bank_deg += min(max(wanted_deg - state.bank_deg, -most_deg), most_deg)
        sine, cosine = sin_cos(state.bank_deg)
        was_dps = state.turn_dps
        state.turn_dps = GRAVITY_MPS2 * sine / cosine / max(state.speed_mps, 1.0) * DEGREES
        return (was_dps + state.turn_dps) / 2.0 * seconds

    def _climb(self, state: State, command: Command, seconds: float) -> None:
        error_m = 0.0 if command.altitude_m is None else command.altitude_m - state.altitude_m
        state.climb_mps = min(max(error_m / _LEVEL_IN_S, -self.sinks_mps), self.climbs_mps)
        state.altitude_m += state.climb_mps * seconds
