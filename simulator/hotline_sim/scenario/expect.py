"""What must come true in a run. Any expectation may name the failure that is shown when it does."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StrictBool, StrictInt, Tag

from hotline_sim.scenario.fields import (
    AlertCode,
    FailureCode,
    InjectRef,
    Length,
    Line,
    Medium,
    MessageRef,
    OrderRef,
    PartyId,
    PositiveDuration,
    PostRef,
    ScenarioTime,
    Stage,
    UnitRef,
    WordRef,
    by_key,
)
from hotline_sim.scenario.provenance import Block, Sourced

UnitPair: TypeAlias = tuple[UnitRef, UnitRef]
Becomes: TypeAlias = Literal["ENTERED", "LAUNCHED", "FELL", "GONE"]
Measure: TypeAlias = Literal["centres", "hulls", "slant"]
Verdict: TypeAlias = Literal["IN_TIME", "LATE", "EXPIRED", "MOOT", "WAITING", "SAID", "NONE"]
StepWord: TypeAlias = Literal["QUERY", "ALTERNATE_POST", "OTHER_CHANNEL", "NEXT_LEVEL"]
SilenceWord: TypeAlias = Literal[
    "FORKED",
    "RADIO_SILENCE",
    "SUSPENDED",
    "PEER_DOWN",
    "PEER_SILENT",
    "CLOSED",
    "UNSTAFFED",
    "NO_ANSWER",
    "NONE",
]
LineState: TypeAlias = Literal["FORKED", "RADIO_SILENCE", "DOWN", "SILENT", "DEGRADED", "OPEN"]


class _Expected(Block):
    failure: FailureCode | None = Field(default=None, description="what it shows when it comes true")
    inject: InjectRef | None = Field(default=None, description="the inject that players are to answer so")
    within_ms: PositiveDuration | None = Field(default=None, alias="within", description="deadline, from the inject on")


class ExpectStage(_Expected):
    """A stage of a message at an addressee ends with this verdict.

    SAID is a stage that was said and not waited for, NONE one of which nothing was asked or said.
    """

    message: MessageRef
    addressee: PostRef
    stage: Stage
    verdict: Verdict
    value: Line | None = Field(default=None, description="what was said, e.g. DECLINED")
    before_closest_approach: StrictBool | None = None
    said_before_ms: ScenarioTime | None = Field(default=None, alias="said_before")
    said_after_ms: ScenarioTime | None = Field(default=None, alias="said_after")


class ExpectClosestApproach(_Expected, Sourced):
    """Two units' closest approach is `range`, give or take `tolerance`, between centres or hulls."""

    closest_approach: UnitPair
    range_m: Length = Field(alias="range")
    tolerance_m: Length = Field(alias="tolerance")
    measured: Measure = Field(
        default="centres", description="hulls: of ships whose length and beam are given; slant: through the air"
    )


class ExpectContradiction(_Expected):
    """What an addressee said about a message is contradicted by an observation."""

    contradicted: MessageRef
    addressee: PostRef
    stage: Stage
    observation: MessageRef


class ExpectStep(_Expected):
    """A silent addressee was asked again, or gone round: `taken` times in all (at least once if left out)."""

    step: StepWord
    message: MessageRef
    addressee: PostRef
    target: PostRef | None = Field(default=None, description="post turned to")
    taken: StrictInt | None = Field(default=None, ge=0)
    by_ms: ScenarioTime | None = Field(default=None, alias="by")


class ExpectSilence(_Expected):
    """The word with which the sender's node says at a moment why nothing comes from an addressee."""

    silence: SilenceWord
    message: MessageRef
    addressee: PostRef
    at_ms: ScenarioTime = Field(alias="at")


class ExpectMark(_Expected):
    """A message, or a stage of an addressee, is marked at the end, as the sender or `seen_by` sees it."""

    mark: AlertCode
    message: MessageRef
    addressee: PostRef | None = None
    stage: Stage | None = None
    seen_by: PostRef | None = None


class ExpectClaim(_Expected):
    """Something was said by other means about a message, as one side claims it."""

    claim: Stage
    message: MessageRef
    addressee: PostRef
    by: PostRef
    medium: Medium


class ExpectLine(_Expected):
    """How a post's line to a peer stands at a moment."""

    line: LineState
    peer: PostRef
    seen_by: PostRef
    at_ms: ScenarioTime = Field(alias="at")


class ExpectSuspended(_Expected):
    """Whether a party is known not to answer dialogue, at a post and a moment."""

    suspended: StrictBool
    party: PartyId
    seen_by: PostRef
    at_ms: ScenarioTime = Field(alias="at")


class ExpectAlert(_Expected):
    """A post's watch was alarmed, about a message where one is named."""

    alert: AlertCode
    post: PostRef
    message: MessageRef | None = None


class _ExpectDeed(_Expected):
    """Something beside the line came to pass, or did not; by a moment, or after one, where these are given."""

    happens: StrictBool = True
    by_ms: ScenarioTime | None = Field(default=None, alias="by")
    not_before_ms: ScenarioTime | None = Field(default=None, alias="not_before")


class ExpectWord(_ExpectDeed):
    """Words beside the line were said, heard, or given up unheard."""

    word: WordRef
    reaches: Literal["SAID", "HEARD", "UNHEARD"] = "HEARD"


class ExpectOrder(_ExpectDeed):
    """An order was given, came to the crew, was taken up, refused, or carried out."""

    order: OrderRef
    reaches: Literal["GIVEN", "HEARD", "OBEYED", "REFUSED", "DONE", "USED"] = "OBEYED"


class ExpectUnit(_ExpectDeed, Sourced):
    """A unit entered the picture, was launched, fell, or is gone from the picture."""

    unit: UnitRef
    is_: Becomes = Field(alias="is")


class ExpectContact(_ExpectDeed):
    """A unit had another as a contact."""

    contact: UnitRef
    of: UnitRef = Field(description="the unit whose sensors show it")
    is_: Literal["DETECTED", "CLASSIFIED"] = Field(default="DETECTED", alias="is")


Expectation: TypeAlias = Annotated[
    Annotated[ExpectClosestApproach, Tag("<closest_approach>")]
    | Annotated[ExpectContradiction, Tag("<contradicted>")]
    | Annotated[ExpectStep, Tag("<step>")]
    | Annotated[ExpectSilence, Tag("<silence>")]
    | Annotated[ExpectMark, Tag("<mark>")]
    | Annotated[ExpectClaim, Tag("<claim>")]
    | Annotated[ExpectLine, Tag("<line>")]
    | Annotated[ExpectSuspended, Tag("<suspended>")]
    | Annotated[ExpectAlert, Tag("<alert>")]
    | Annotated[ExpectWord, Tag("<word>")]
    | Annotated[ExpectOrder, Tag("<order>")]
    | Annotated[ExpectContact, Tag("<contact>")]
    | Annotated[ExpectUnit, Tag("<unit>")]
    | Annotated[ExpectStage, Tag("<message>")],
    by_key(
        *("closest_approach", "contradicted", "step", "silence", "mark", "claim"),
        *("line", "suspended", "alert", "word", "order", "contact", "unit", "message"),
    ),
]


def moment_of(expected: Expectation) -> int | None:
    """The moment at which something is expected, milliseconds after the start; None for what is judged at the end."""
    if isinstance(expected, ExpectSilence | ExpectLine | ExpectSuspended):
        return expected.at_ms
    return None
