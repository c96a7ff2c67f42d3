"""Who acts aboard and ashore: crews with their chain and languages, sensors, control of uncrewed craft, bearers."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field, StrictInt

from hotline_sim.scenario.delays import DelayRef
from hotline_sim.scenario.fields import (
    Angle,
    BearerRef,
    Language,
    Length,
    Medium,
    PositiveLength,
    PostRef,
    Ratio,
)
from hotline_sim.scenario.posts import Shift, Span
from hotline_sim.scenario.provenance import Block, Sourced

SensorKind: TypeAlias = Literal["VISUAL", "RADAR", "AIS_OR_ADSB", "SONAR", "ESM"]


class Crew(Sourced):
    """The people who handle a unit.

    Attributes:
        post: the post they report to and take orders from; None for a craft on its own.
        by: what carries reports and orders; None: they are there at once, as by voice in one room.
        languages: what they understand.
        translation: what it takes them to understand another language; None: they do not.
        reaction: from an order heard, or a decision of their own, to the helm.
        obeys: share of their post's orders that they carry out.
        mishears: share of words that have to be said once more.
    """

    post: PostRef | None = None
    by: BearerRef | None = None
    languages: tuple[Language, ...] = ("en",)
    translation: DelayRef | None = None
    reaction: DelayRef = 0
    obeys: Ratio = 1.0
    mishears: Ratio = 0.0
    shifts: tuple[Shift, ...] = ()


class Sensor(Sourced):
    """What a unit sees others with.

    A unit that comes within `range` is detected after a while, and classified after another. The range and the bearing
    that are read are off by an error that is drawn once for each contact, normal with these standard deviations.
    """

    kind: SensorKind
    range_m: PositiveLength = Field(alias="range")
    range_error_m: Length = Field(default=0.0, alias="range_error")
    bearing_error_deg: Angle = Field(default=0.0, alias="bearing_error")
    detects_after: DelayRef = 0
    classifies_after: DelayRef = 0


class LinkLoss(Sourced, Span):
    """The control link of an uncrewed craft is lost for a while."""


class Control(Sourced):
    """How an uncrewed craft is steered from afar, and what it does by itself when the link is lost."""

    lag: DelayRef = 0
    outages: tuple[LinkLoss, ...] = ()
    lost_after: DelayRef = 0
    lost_link: Literal["keep", "stop", "circle", "return"] = "keep"


class Bearer(Sourced):
    """A way to speak beside the line, such as VHF channel 16, a telephone or an embassy.

    Words take `takes` to arrive. A share `heard` of attempts is heard; what is not is said `tries` times in all,
    `again_after` apart.
    """

    medium: Medium
    takes: DelayRef = 0
    heard: Ratio = 1.0
    tries: StrictInt = Field(default=1, ge=1, le=20)
    again_after: DelayRef = 0


class Variant(Block):
    """The same scenario with some values set otherwise: with a line or without, with another watch.

    `set` maps dotted paths of this file to new values; `expectations` take the place of the file's where given.
    """

    label: str
    label_zh: str
    set: dict[str, object] = Field(default_factory=dict)
    expectations: tuple[object, ...] | None = None


class Parameter(Block):
    """A value of the file that planners vary, by name; `from` and `to` are values of its kind."""

    path: str
    label: str
    label_zh: str
    from_value: str = Field(alias="from")
    to_value: str = Field(alias="to")
