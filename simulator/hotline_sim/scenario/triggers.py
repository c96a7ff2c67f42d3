"""When something happens: a time, a range, a stage of a message, a contact, words, an order, a risk of collision."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, Tag

from hotline_sim.scenario.expect import Becomes, UnitPair
from hotline_sim.scenario.fields import (
    InjectRef,
    MessageRef,
    OrderRef,
    PositiveDuration,
    PositiveLength,
    PostRef,
    ScenarioTime,
    Stage,
    UnitRef,
    WordRef,
    by_key,
)
from hotline_sim.scenario.provenance import Block


class AtTime(Block):
    """The scenario's clock reaches a time."""

    time_ms: ScenarioTime = Field(alias="time")


class AtRange(Block):
    """The range between two units passes a distance, for the first time in that sense."""

    range_between: UnitPair
    falls_below_m: PositiveLength | None = Field(default=None, alias="falls_below")
    rises_above_m: PositiveLength | None = Field(default=None, alias="rises_above")


class AtStage(Block):
    """A stage of a message is reached by a post, as far as the post that now acts has learned."""

    message: MessageRef
    reaches: Stage
    by: PostRef


class AtClosestApproach(Block):
    """Two units pass their closest point of approach: of the whole scenario where their tracks are prescribed.

    In the closed loop, where nobody knows what is still to come: the first time they open again after they have closed,
    inside `within` if it is given.
    """

    closest_approach: UnitPair
    within_m: PositiveLength | None = Field(default=None, alias="within")


class AtContact(Block):
    """A unit has another as a contact: detected, or classified; or the range it reads passes a distance after that."""

    contact: UnitRef
    by: UnitRef
    is_: Literal["DETECTED", "CLASSIFIED"] = Field(default="DETECTED", alias="is")
    falls_below_m: PositiveLength | None = Field(default=None, alias="falls_below")
    rises_above_m: PositiveLength | None = Field(default=None, alias="rises_above")


class AtWord(Block):
    """Words beside the line were said, were heard, or were given up unheard."""

    word: WordRef
    reaches: Literal["SAID", "HEARD", "UNHEARD"] = "HEARD"


class AtOrder(Block):
    """An order was given, came to the crew, was taken up or refused by it, or was carried out."""

    order: OrderRef
    reaches: Literal["GIVEN", "HEARD", "OBEYED", "REFUSED", "DONE"] = "OBEYED"


class AtInject(Block):
    """Exercise control has brought in an inject."""

    inject: InjectRef


class AtUnit(Block):
    """A unit enters the picture, is launched or has fallen (ballistic ones), or is gone from the picture."""

    unit: UnitRef
    is_: Becomes = Field(alias="is")


class AtRisk(Block):
    """Two units would pass within `cpa` of each other, in at most `within`, if both held course and speed."""

    risk: UnitPair
    cpa_m: PositiveLength = Field(alias="cpa")
    within_ms: PositiveDuration = Field(alias="within")


Trigger: TypeAlias = Annotated[
    Annotated[AtTime, Tag("<time>")]
    | Annotated[AtRange, Tag("<range_between>")]
    | Annotated[AtStage, Tag("<message>")]
    | Annotated[AtContact, Tag("<contact>")]
    | Annotated[AtWord, Tag("<word>")]
    | Annotated[AtOrder, Tag("<order>")]
    | Annotated[AtInject, Tag("<inject>")]
    | Annotated[AtUnit, Tag("<unit>")]
    | Annotated[AtRisk, Tag("<risk>")]
    | Annotated[AtClosestApproach, Tag("<closest_approach>")],
    by_key(
        *("time", "range_between", "message", "contact", "word"),
        *("order", "inject", "unit", "risk", "closest_approach"),
    ),
]
Condition: TypeAlias = Annotated[
    Annotated[AtStage, Tag("<message>")]
    | Annotated[AtContact, Tag("<contact>")]
    | Annotated[AtWord, Tag("<word>")]
    | Annotated[AtOrder, Tag("<order>")]
    | Annotated[AtInject, Tag("<inject>")]
    | Annotated[AtUnit, Tag("<unit>")],
    by_key("message", "contact", "word", "order", "inject", "unit"),
]
