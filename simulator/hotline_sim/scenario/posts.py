"""Who is on the line: parties, posts with officers, hours and whom to turn to, and when a watch floor is manned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Discriminator, Field, StrictBool, StringConstraints, Tag, model_validator

from hotline_sim.scenario.delays import DelayRef
from hotline_sim.scenario.fields import (
    Factor,
    Function,
    Language,
    Level,
    Line,
    Medium,
    Name,
    PartyId,
    PostRef,
    ScenarioTime,
    Stage,
    TimeOfDay,
    TypeName,
    refuse,
)
from hotline_sim.scenario.problems import Code
from hotline_sim.scenario.provenance import Block, Sourced

_DAY_S = 86_400


class Label(Block):
    """A name in the channel's two languages."""

    en: Line
    zh: Line


class Officer(Block):
    """A person of a post's roster, by pseudonym."""

    name: Name
    role: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,39}$")]


class Span(Block):
    """From a moment of the scenario up to, and without, another."""

    from_ms: ScenarioTime = Field(alias="from")
    until_ms: ScenarioTime = Field(alias="until")

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.until_ms <= self.from_ms:
            raise refuse(Code.BAD_VALUE, "ends before it begins")
        return self

    def holds(self, time_ms: int) -> bool:
        """Whether a moment lies in it."""
        return self.from_ms <= time_ms < self.until_ms


class Shift(Sourced, Span):
    """A watch in which everything that people do takes longer, or less: `takes` is a share of the usual time."""

    takes: Factor


class Hours(Block):
    """Hours of the day, UTC, at which a post is staffed by arrangement; past midnight if `until` is the earlier one."""

    from_s: TimeOfDay = Field(alias="from")
    until_s: TimeOfDay = Field(alias="until")

    @model_validator(mode="after")
    def _is_a_part_of_the_day(self) -> Self:
        if self.from_s == self.until_s:
            raise refuse(Code.BAD_VALUE, "begins when it ends; a post that is always there has no hours")
        return self

    @property
    def length_s(self) -> int:
        """How long it is, in seconds."""
        return (self.until_s - self.from_s) % _DAY_S


class OtherWay(Block):
    """Another way to reach a post, for people."""

    medium: Medium
    address: Line


def _manning(value: object) -> str:
    return "<windows>" if isinstance(value, list | tuple) else "<always>"


Manning = Annotated[
    Annotated[StrictBool, Tag("<always>")] | Annotated[tuple[Span, ...], Tag("<windows>")], Discriminator(_manning)
]


class Post(Sourced):
    """A watch station.

    `hours` are what its directory says; `staffed` is whether anybody is there: always, never, or in some spans of the
    scenario. `reaction`: how long its officers take for a stage unless an answer says so.
    """

    party: Line
    label: Label
    function: Function = "OPERATING"
    level: Level = "OPERATING"
    hours: tuple[Hours, ...] = Field(default=(), max_length=8)
    alternates: tuple[PostRef, ...] = Field(default=(), max_length=8)
    superior: PostRef | None = None
    other_channels: tuple[OtherWay, ...] = Field(default=(), max_length=8)
    staffed: Manning
    officers: tuple[Officer, ...] = Field(min_length=1)
    reaction: Mapping[Stage, DelayRef] = Field(default_factory=dict)
    languages: tuple[Language, ...] = Field(default=(), description="what its officers read; every one if left out")
    translation: DelayRef = Field(default=0, description="what reading a message in no such language takes besides")
    shifts: tuple[Shift, ...] = ()

    @property
    def manned(self) -> tuple[Span, ...] | None:
        """When somebody is there; None for always."""
        if isinstance(self.staffed, bool):
            return None if self.staffed else ()
        return self.staffed

    def is_manned(self, time_ms: int) -> bool:
        """Whether somebody is there at a moment of the scenario."""
        return self.manned is None or any(span.holds(time_ms) for span in self.manned)


class Party(Sourced):
    """A member of an alliance that speaks for itself; the alliance is a party with posts of its own."""

    member_of: PartyId


class AnswersFor(Sourced):
    """A post that may acknowledge what is addressed to another, for some types or for every one."""

    post: PostRef
    for_post: PostRef = Field(alias="for")
    types: tuple[TypeName, ...] = ()


def party_of(post: str) -> str:
    """``NATO/DEU`` of ``NATO/DEU:north-sea-watch``."""
    return post.rpartition(":")[0]
