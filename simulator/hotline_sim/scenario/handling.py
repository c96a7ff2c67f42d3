"""How a unit of the closed loop moves: its model with figures from trials, and where it starts.

Figures that are not given for a ship are the limits of IMO resolution MSC.137(76), 5.3, for a ship of her length: they
bound what a sea-going ship does, and a scenario that knows better says so.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from hotline_sim.motion.aircraft import Aircraft
from hotline_sim.motion.ship import Ship
from hotline_sim.motion.state import Handling, State
from hotline_sim.motion.thrown import Ballistic, Drift, Wind
from hotline_sim.scenario.fields import (
    Angle,
    Place,
    PositiveDuration,
    PositiveLength,
    Ratio,
    ScenarioTime,
    Speed,
    refuse,
)
from hotline_sim.scenario.problems import Code
from hotline_sim.scenario.provenance import Sourced

_ADVANCE_L, _DIAMETER_L, _STOPS_L = 4.5, 5.0, 15.0  # MSC.137(76), 5.3, in ship lengths
_LOSES_WAY = 0.6
_ASTERN = 0.5


class Start(Sourced):
    """Where a unit is when it joins the picture, where it heads and how fast it goes. Speed left out: it lies still."""

    at: Place
    course_deg: Angle = Field(default=0.0, alias="course")
    speed_mps: Speed | None = Field(default=None, alias="speed")
    altitude_m: PositiveLength | None = Field(default=None, alias="altitude")
    depth_m: PositiveLength | None = Field(default=None, alias="depth")
    joins_ms: ScenarioTime = Field(default=0, alias="joins", description="left out: at T+00:00:00")

    def state(self) -> State:
        """The state it starts in."""
        height_m = self.altitude_m if self.altitude_m is not None else -(self.depth_m or 0.0)
        return State(self.at.lat_deg, self.at.lon_deg, height_m, self.course_deg, self.speed_mps or 0.0)


class _Hull(Sourced):
    """What ships and submarines have in common: figures from trials."""

    length_m: PositiveLength = Field(alias="length")
    beam_m: PositiveLength | None = Field(default=None, alias="beam")
    top_mps: Speed = Field(alias="top_speed")
    diameter_m: PositiveLength | None = Field(default=None, alias="tactical_diameter")
    advance_m: PositiveLength | None = Field(default=None, alias="advance")
    stops_in_m: PositiveLength | None = Field(default=None, alias="stopping_distance")
    astern: Ratio = Field(default=_ASTERN, gt=0, description="thrust astern as a share of thrust ahead")
    speed_in_turn: Ratio = Field(default=_LOSES_WAY, gt=0, description="share of her speed left in a steady turn")

    def _ship(self, dives_mps: float) -> Ship:
        return Ship(
            top_mps=self.top_mps,
            diameter_m=self.diameter_m or _DIAMETER_L * self.length_m,
            advance_m=self.advance_m or _ADVANCE_L * self.length_m,
            stops_in_m=self.stops_in_m or _STOPS_L * self.length_m,
            astern=self.astern,
            speed_in_turn=self.speed_in_turn,
            dives_mps=dives_mps,
        )


class ShipMotion(_Hull):
    """A surface ship: Nomoto's yaw equation and quadratic resistance (`hotline_sim.motion.ship`)."""

    model: Literal["ship"]

    def handling(self) -> Handling:
        """The model of motion."""
        return self._ship(0.0)


class SubmarineMotion(_Hull):
    """A submarine: a ship that also changes depth, at most at `dives_at`."""

    model: Literal["submarine"]
    dives_mps: Speed = Field(alias="dives_at")

    def handling(self) -> Handling:
        """The model of motion."""
        return self._ship(self.dives_mps)


class AircraftMotion(Sourced):
    """An aircraft, crewed or not: coordinated turns (`hotline_sim.motion.aircraft`)."""

    model: Literal["aircraft"]
    length_m: PositiveLength | None = Field(default=None, alias="length")
    least_mps: Speed = Field(alias="least_speed")
    top_mps: Speed = Field(alias="top_speed")
    bank_deg: Angle = Field(alias="bank", gt=0, lt=85)
    banks_in_ms: PositiveDuration = Field(alias="banks_in", description="from level to the steepest bank")
    climbs_mps: Speed = Field(alias="climbs_at")
    sinks_mps: Speed = Field(alias="sinks_at")
    speeds_up_in_ms: PositiveDuration = Field(alias="speeds_up_in", description="from least to top speed")

    def handling(self) -> Handling:
        """The model of motion."""
        return Aircraft(
            least_mps=self.least_mps,
            top_mps=self.top_mps,
            bank_deg=self.bank_deg,
            banks_in_s=self.banks_in_ms / 1000,
            climbs_mps=self.climbs_mps,
            sinks_mps=self.sinks_mps,
            speeds_up_in_s=self.speeds_up_in_ms / 1000,
        )


class WindFrom(Sourced):
    """The wind, or the current, from a moment on: where it sets towards, how fast, and how fast it lifts or sinks."""

    from_ms: ScenarioTime = Field(alias="from")
    sets_deg: Angle = Field(alias="sets")
    speed_mps: Speed = Field(alias="speed")
    lifts_mps: Speed | None = Field(default=None, alias="lifts")
    sinks_mps: Speed | None = Field(default=None, alias="sinks")


class DriftMotion(Sourced):
    """A balloon, a wreck or a craft without power, that drifts (`hotline_sim.motion.thrown`)."""

    model: Literal["drifting"]
    length_m: PositiveLength | None = Field(default=None, alias="length")
    winds: tuple[WindFrom, ...] = Field(min_length=1)

    def handling(self) -> Handling:
        """The model of motion."""
        return Drift(tuple(map(_wind, self.winds)))

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [wind.from_ms for wind in self.winds]
        if times != sorted(set(times)):
            raise refuse(Code.BAD_VALUE, "the winds must be given in order of time")
        return self


class BallisticMotion(Sourced):
    """A missile or rocket without power, thrown on the course of its start (`hotline_sim.motion.thrown`)."""

    model: Literal["ballistic"]
    length_m: PositiveLength | None = Field(default=None, alias="length")
    launch_ms: ScenarioTime = Field(alias="launch")
    range_m: PositiveLength = Field(alias="range")
    apogee_m: PositiveLength = Field(alias="apogee")

    def handling(self) -> Handling:
        """The model of motion."""
        return Ballistic(self.range_m, self.apogee_m, self.launch_ms / 1000)


Motion: TypeAlias = Annotated[
    Annotated[ShipMotion, Tag("<ship>")]
    | Annotated[SubmarineMotion, Tag("<submarine>")]
    | Annotated[AircraftMotion, Tag("<aircraft>")]
    | Annotated[DriftMotion, Tag("<drifting>")]
    | Annotated[BallisticMotion, Tag("<ballistic>")],
    Discriminator(
        lambda value: f"<{value.get('model') if isinstance(value, dict) else getattr(value, 'model', None)}>",
        custom_error_type="SCENARIO_BAD_VALUE",
        custom_error_message="model must be ship, submarine, aircraft, drifting or ballistic",
    ),
]


def _wind(wind: WindFrom) -> Wind:
    return Wind(wind.from_ms / 1000, wind.sets_deg, wind.speed_mps, (wind.lifts_mps or 0.0) - (wind.sinks_mps or 0.0))
