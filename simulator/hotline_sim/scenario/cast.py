"""What is replayed and what moves in it: the record with its disputed points, units with their tracks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from hotline_sim.scenario.crew import Control, Crew, Sensor
from hotline_sim.scenario.fields import (
    CraftKind,
    Date,
    FailureCode,
    Line,
    Name,
    Place,
    PositiveDuration,
    ScenarioTime,
    SourceTag,
    Speed,
    UtcNs,
    refuse,
)
from hotline_sim.scenario.handling import Motion, Start
from hotline_sim.scenario.problems import Code
from hotline_sim.scenario.provenance import Block, Sourced


class Meta(Sourced):
    """What is replayed, and the scenario's clock. A scenario is of a real event, or made up and says so."""

    id: Name
    title: Line
    title_zh: Line
    summary: Line
    incident_date: Date | None = Field(default=None, description="day of the real event, local to it")
    synthetic: StrictBool = Field(default=False, description="yes if there was no such event")
    start_utc_ns: UtcNs = Field(alias="start", description="UTC instant of T+00:00:00")
    duration_ms: PositiveDuration = Field(alias="duration")
    seed: StrictInt = Field(ge=0, description="seed of every draw unless the run gives another")
    failures: Mapping[FailureCode, Line] = Field(
        default_factory=dict, description="failures it is about, F1 to F14, each with what the protocol makes of it"
    )

    variant: Name | None = Field(
        default=None, description="set when a variant of the file is loaded; not written by hand"
    )

    @model_validator(mode="after")
    def _real_or_made_up(self) -> Self:
        if self.synthetic == (self.incident_date is not None):
            raise refuse(Code.MISSING_KEY, "needs either incident_date or `synthetic: yes`")
        return self

    @property
    def failure_codes(self) -> tuple[str, ...]:
        """The codes alone, in the file's order."""
        return tuple(self.failures)

    @property
    def day(self) -> str:
        """``2023-11-14``, or ``synthetic``."""
        return self.incident_date or "synthetic"


class SourceEntry(Block):
    """A source that values may be taken from."""

    tag: SourceTag
    where: Line
    trust: Line = Field(description="whose claim it is and how it reached us")


class Account(Sourced):
    """What one side says about a disputed point."""

    by: Line
    says: Line


class Dispute(Block):
    """A point on which accounts differ; every account is kept."""

    point: Line
    accounts: tuple[Account, ...] = Field(min_length=2)


class Waypoint(Sourced):
    """A point of a track: the first says where a unit starts, each later one how it goes on.

    ``at`` alone (first point only), ``at`` with ``speed``, ``at`` with ``time`` of arrival, or ``stopped``
    for a while.
    """

    at: Place | None = None
    speed_mps: Speed | None = Field(default=None, alias="speed")
    time_ms: ScenarioTime | None = Field(default=None, alias="time")
    stopped_ms: PositiveDuration | None = Field(default=None, alias="stopped")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        ways = [self.speed_mps, self.time_ms, self.stopped_ms]
        if sum(way is not None for way in ways) > 1 or (self.at is None) == (self.stopped_ms is None):
            raise refuse(Code.BAD_TRACK, "a waypoint is `at` with `speed` or `time`, or `stopped` without `at`")
        return self


class Unit(Sourced):
    """A ship, an aircraft or another craft.

    Either its `track` is prescribed, from T+0 to the scenario's end; or it has a `motion` and a `start`, and what
    becomes of it is decided by its people and their orders.
    """

    party: Line
    kind: CraftKind
    name: Line
    number: Line
    ship_class: Line = Field(alias="class")
    track: tuple[Waypoint, ...] = Field(default=(), min_length=1)
    motion: Motion | None = None
    start: Start | None = None
    crew: Crew | None = None
    sensors: tuple[Sensor, ...] = ()
    control: Control | None = None
