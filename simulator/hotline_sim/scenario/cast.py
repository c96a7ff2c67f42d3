"""Who and what takes part: the record, posts with their officers, units with their tracks, links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, StrictBool, StrictInt, StringConstraints, model_validator

from hotline_sim.scenario.delays import DelayRef
from hotline_sim.scenario.fields import (
    CraftKind,
    Date,
    Line,
    Name,
    Place,
    PositiveDuration,
    PostRef,
    Ratio,
    ScenarioTime,
    Speed,
    Stage,
    UtcNs,
    refuse,
)
from hotline_sim.scenario.problems import Code
from hotline_sim.scenario.provenance import Block, Sourced

FailureCode = Annotated[str, StringConstraints(pattern=r"^F([1-9]|1[0-4])$")]


class Meta(Sourced):
    """What is replayed, and the scenario's clock."""

    id: Name
    title: Line
    title_zh: Line
    summary: Line
    incident_date: Date = Field(description="day of the real event, local to it")
    start_utc_ns: UtcNs = Field(alias="start", description="UTC instant of T+00:00:00")
    duration_ms: PositiveDuration = Field(alias="duration")
    seed: StrictInt = Field(ge=0, description="seed of every draw unless the run gives another")
    failure_codes: tuple[FailureCode, ...] = Field(description="failures the real event showed, F1 to F14")


class SourceEntry(Block):
    """A source that values may be taken from."""

    tag: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]+-[A-Z0-9-]+$")]
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


class Label(Block):
    """A name in the channel's two languages."""

    en: Line
    zh: Line


class Officer(Block):
    """A person of a post's roster, by pseudonym."""

    name: Name
    role: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,39}$")]


class Post(Sourced):
    """A watch station. `reaction`: how long its officers take for a stage unless an answer says so."""

    party: Line
    label: Label
    staffed: StrictBool
    officers: tuple[Officer, ...] = Field(min_length=1)
    reaction: Mapping[Stage, DelayRef] = Field(default_factory=dict)


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
    """A ship or aircraft and the way it takes, from T+0 to the scenario's end."""

    party: Line
    kind: CraftKind
    name: Line
    number: Line
    ship_class: Line = Field(alias="class")
    track: tuple[Waypoint, ...] = Field(min_length=1)


class Link(Sourced):
    """The way from one post's node to another's: each transmission takes `delay`, a share `loss` is lost."""

    from_post: PostRef = Field(alias="from")
    to_post: PostRef = Field(alias="to")
    delay: DelayRef
    loss: Ratio
