"""Where a craft is and how it moves now, and what it is told to do. Plain floats, quantised after every step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from hotline_sim.motion.arith import moved, quantised, sin_cos

MM = 1000.0  # lengths and speeds are kept on a grid of 1 mm, 1 mm/s
MDEG = 1_000_000.0  # angles on one of 1e-6 deg
Phase: TypeAlias = Literal["LAUNCHED", "FELL"]
STRAIGHT_DEG = 0.5  # a course is held when within this
HELD_MPS = 0.05


@dataclass(slots=True)
class State:
    """Position, attitude and motion of a craft.

    Attributes:
        lat_deg, lon_deg: WGS 84.
        altitude_m: above mean sea level; negative below it.
        heading_deg: where it heads and goes, true, [0, 360); set and leeway are left out.
        speed_mps: through the water or air, taken as over the ground.
        turn_dps: rate of turn, degrees a second, starboard positive.
        bank_deg: of an aircraft, starboard positive.
        climb_mps: rate of climb.
    """

    lat_deg: float
    lon_deg: float
    altitude_m: float = 0.0
    heading_deg: float = 0.0
    speed_mps: float = 0.0
    turn_dps: float = 0.0
    bank_deg: float = 0.0
    climb_mps: float = 0.0

    def go(self, course_deg: float, distance_m: float) -> None:
        """Move over the ground."""
        sine, cosine = sin_cos(course_deg)
        self.lat_deg, self.lon_deg = moved(self.lat_deg, self.lon_deg, distance_m * sine, distance_m * cosine)

    def settle(self) -> None:
        """Round to the grid that makes every machine agree."""
        self.heading_deg = quantised(self.heading_deg % 360.0, MDEG) % 360.0
        self.speed_mps = quantised(self.speed_mps, MM)
        self.turn_dps = quantised(self.turn_dps, MDEG)
        self.bank_deg = quantised(self.bank_deg, MDEG)
        self.climb_mps = quantised(self.climb_mps, MM)
        self.altitude_m = quantised(self.altitude_m, MM)


@dataclass(slots=True)
class Command:
    """What the helm and the engines are set to.

    Attributes:
        course_deg: true course to steer.
        speed_mps: speed to make.
        altitude_m: altitude to hold; None to stay.
        side: -1 to turn to port, +1 to starboard, 0 by the shorter way.
        hard: slow down with the engines astern, not only by letting the way come off.
    """

    course_deg: float
    speed_mps: float
    altitude_m: float | None = None
    side: int = 0
    hard: bool = False


class Handling(Protocol):
    """A model of motion."""

    @property
    def step_s(self) -> float:
        """Longest step that keeps the model true while it manoeuvres, seconds."""

    @property
    def slows_mps2(self) -> float:
        """About how fast it loses speed when its engines are eased, m/s2."""

    def advance(self, state: State, command: Command, seconds: float, at_s: float) -> None:
        """Move a craft on by `seconds` from the scenario time `at_s`."""

    def is_steady(self, state: State, command: Command, at_s: float) -> bool:
        """Whether it goes straight on, or lies still, from a scenario time on, so that a step may be long."""

    def changes_s(self, at_s: float) -> float | None:
        """The next scenario time at which it changes by itself (a launch, another wind), which no step may pass."""

    def phase(self, state: State, at_s: float) -> Phase | None:
        """What has become of it by itself; None where nothing can."""
