"""What happens: messages, the events that send them, and the officers' answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from hotline_sim.scenario.delays import DelayRef
from hotline_sim.scenario.fields import (
    Line,
    MessageRef,
    Name,
    PostRef,
    Precedence,
    ReferenceRole,
    ScenarioTime,
    Stage,
    TypeName,
    refuse,
)
from hotline_sim.scenario.problems import Code
from hotline_sim.scenario.provenance import Block, Sourced
from hotline_sim.scenario.triggers import Condition, Trigger


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Signers: TypeAlias = Annotated[
    tuple[Name, ...],
    BeforeValidator(_as_list, json_schema_input_type=Name | tuple[Name, ...]),
    Field(min_length=1),
]


class Words(Block):
    """Remarks in the two languages; `authentic` says which binds its author."""

    en: Line | None = None
    zh: Line | None = None
    authentic: Literal["en", "zh"]

    @model_validator(mode="after")
    def _authentic_text_given(self) -> Self:
        if (self.en if self.authentic == "en" else self.zh) is None:
            raise refuse(Code.MISSING_KEY, f"the authentic text ({self.authentic}) is missing")
        return self


class ReferenceTo(Block):
    """An earlier message of the scenario, and why it is named."""

    message: MessageRef
    role: ReferenceRole


class Message(Sourced):
    """A statement of the scenario. `body` holds the fields of `type`; `compose` says how they are written."""

    from_post: PostRef = Field(alias="from")
    by: Signers = Field(description="officers of the post who sign: one, or a list")
    action: tuple[PostRef, ...] = Field(alias="to", min_length=1)
    info: tuple[PostRef, ...] = ()
    precedence: Precedence
    type: TypeName
    stage_requested: Stage
    reply_by_ms: ScenarioTime | None = Field(default=None, alias="reply_by", description="limit of the stage asked for")
    counterfactual: StrictBool = Field(description="yes if no such message was sent in the real event")
    thread: MessageRef | None = Field(default=None, description="first message of the matter")
    references: tuple[ReferenceTo, ...] = ()
    text: Words
    body: Mapping[str, Any]


class Event(Sourced):
    """When something happens, all of `only_if` is known and none of `unless`, a message is sent after a while."""

    when: Trigger
    only_if: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    after: DelayRef = 0
    send: MessageRef


class Step(Block):
    """One stage of an answer, signed by an officer `after` a while from the step before it.

    `value` belongs to DECIDED and DONE, and to UNDERSTOOD where the sender answers a readback; `remark` is the reason,
    the limits, to whom it was passed, the words of a readback or what was meant; `until` belongs to DEFERRED;
    `readback` to UNDERSTOOD: the critical fields as the reader entered them. A step that `withdraws` takes back what
    the post last said for the stage, with the remark as its reason.
    """

    stage: Stage
    by: Name
    value: Line | None = None
    remark: Line | None = None
    until_ms: ScenarioTime | None = Field(default=None, alias="until")
    language: Literal["en", "zh"] = "en"
    readback: Mapping[str, Line] = Field(default_factory=dict)
    withdraws: StrictBool = False
    after: DelayRef | None = Field(default=None, description="else the post's reaction for this stage")
    once: Condition | None = Field(default=None, description="what must have happened before its time begins to run")

    @model_validator(mode="after")
    def _gives_a_reason(self) -> Self:
        if self.withdraws and (self.remark is None or self.value is not None):
            raise refuse(Code.MISSING_KEY, "what is withdrawn needs a remark that says why, and has no value")
        return self


class Answer(Sourced):
    """What one post does with a message.

    The first step counts from when an addressee is shown the message. With `readback_of` it is the sender who answers
    a readback, from when that comes. With `escalated` it is a post that was turned to because an addressee was silent,
    from when it is shown that: one that answers for the silent post acknowledges the message, any other the escalation.
    """

    message: MessageRef
    post: PostRef
    readback_of: PostRef | None = None
    escalated: StrictBool = False
    steps: tuple[Step, ...]
