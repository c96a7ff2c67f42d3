"""What nobody steers: drifting and ballistic objects.

Sources:
    A balloon or a wreck drifts with the wind or current around it, as parcel trajectories do, e.g. A. Stohl,
        Atmospheric Environment 32 (1998): its velocity is that of the air, without lag.
    A ballistic object is a point mass on a Kepler ellipse over a sphere that does not turn, from surface to surface,
        e.g. R. R. Bate, D. D. Mueller, J. E. White, Fundamentals of Astrodynamics (1971), chapter 6. Powered flight
        and drag are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from hotline_sim.motion.arith import DEGREES, sin_cos
from hotline_sim.motion.state import Command, Phase, State

_MU = 3.986_004_418e14  # Earth's gravitational parameter, m3/s2 (WGS 84)
_EARTH_M = 6_371_008.8  # mean radius
_ROUNDED = 0.001  # m/s: a speed is that of the wind, but for the grid that states are kept on


@dataclass(frozen=True)
class Wind:
    """A wind or current from a scenario time on: where it sets, how fast, and how fast it lifts."""

    from_s: float
    sets_deg: float
    speed_mps: float
    lifts_mps: float = 0.0


@dataclass(frozen=True)
class Drift:
    """An object that goes with the wind or current of the moment, in order of `from_s`."""

    winds: tuple[Wind, ...]

    @property
    def step_s(self) -> float:
        """Longest step."""
        return 10.0

    @property
    def slows_mps2(self) -> float:
        """Nobody slows it down."""
        return 1.0

    def advance(self, state: State, command: Command, seconds: float, at_s: float) -> None:
        """One step; commands are not heard."""
        wind = self._wind(at_s)
        if wind is None:
            state.speed_mps = state.climb_mps = 0.0
            return
        state.heading_deg, state.speed_mps, state.climb_mps = wind.sets_deg, wind.speed_mps, wind.lifts_mps
        state.altitude_m += wind.lifts_mps * seconds
        state.go(wind.sets_deg, wind.speed_mps * seconds)
        state.settle()

    def is_steady(self, state: State, command: Command, at_s: float) -> bool:
        """Whether it goes with the wind of the moment already."""
        wind = self._wind(at_s) or Wind(0.0, state.heading_deg, 0.0)
        off = (state.speed_mps - wind.speed_mps, state.climb_mps - wind.lifts_mps)
        return state.heading_deg == wind.sets_deg and max(map(abs, off)) < _ROUNDED

    def changes_s(self, at_s: float) -> float | None:
        """When the next wind sets in."""
        return next((wind.from_s for wind in self.winds if wind.from_s > at_s), None)

    def phase(self, state: State, at_s: float) -> Phase | None:
        """Nothing becomes of it by itself."""
        return None

    def _wind(self, at_s: float) -> Wind | None:
        return next((wind for wind in reversed(self.winds) if wind.from_s <= at_s), None)


@dataclass(frozen=True)
class Ballistic:
    """An object thrown over a distance, `apogee_m` high at its highest, from `launch_s` on."""

    range_m: float
    apogee_m: float
    launch_s: float

    @property
    def step_s(self) -> float:
        """Longest step."""
        return 1.0

    @cached_property
    def _start(self) -> tuple[float, float]:
        """Horizontal and vertical speed at the surface, from the ellipse through both ends and the apogee."""
        farthest = _EARTH_M + self.apogee_m
        sine, cosine = sin_cos(self.range_m / _EARTH_M * DEGREES / 2.0)
        eccentricity = (farthest - _EARTH_M) / (farthest - _EARTH_M * cosine)
        parameter = farthest * (1.0 - eccentricity)
        return math.sqrt(_MU * parameter) / _EARTH_M, math.sqrt(_MU / parameter) * eccentricity * sine

    @property
    def slows_mps2(self) -> float:
        """Nobody slows it down."""
        return 1.0

    def advance(self, state: State, command: Command, seconds: float, at_s: float) -> None:
        """One step of the two-body problem; it lies still before its launch and after its fall."""
        if at_s + seconds <= self.launch_s:
            return
        if at_s <= self.launch_s:
            state.speed_mps, state.climb_mps = self._start
        elif state.altitude_m <= 0.0:
            return
        radius, was_m = _EARTH_M + state.altitude_m, state.altitude_m
        state.climb_mps += (state.speed_mps**2 / radius - _MU / radius**2) * seconds
        state.altitude_m += state.climb_mps * seconds
        ground_m = state.speed_mps * _EARTH_M / radius * seconds
        state.speed_mps *= radius / (_EARTH_M + state.altitude_m)  # angular momentum is kept
        if state.altitude_m <= 0.0:
            ground_m *= was_m / (was_m - state.altitude_m)
            state.altitude_m = state.speed_mps = state.climb_mps = 0.0
        state.go(state.heading_deg, ground_m)
        state.settle()

    def is_steady(self, state: State, command: Command, at_s: float) -> bool:
        """Before its launch and after its fall."""
        return self.phase(state, at_s) != "LAUNCHED"

    def changes_s(self, at_s: float) -> float | None:
        """Its launch."""
        return self.launch_s if at_s < self.launch_s else None

    def phase(self, state: State, at_s: float) -> Phase | None:
        """Launched, and fallen again."""
        if at_s < self.launch_s:
            return None
        return "FELL" if at_s > self.launch_s and state.altitude_m <= 0.0 else "LAUNCHED"
