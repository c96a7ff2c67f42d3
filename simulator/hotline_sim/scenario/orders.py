"""What units are told to do, and what is said beside the line.

An order has an author, the crew itself or a post; a trigger; and a deed. Words go from a unit or a post to another over
a bearer: a report, a hail on channel 16, a telephone call, a note through an embassy.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, cast

from pydantic import Field, StrictBool, StringConstraints, Tag

from hotline_sim.scenario.delays import DelayRef
from hotline_sim.scenario.fields import (
    Angle,
    BearerRef,
    Language,
    Length,
    Line,
    Place,
    PositiveLength,
    PostRef,
    Ratio,
    Speed,
    UnitRef,
    by_key,
)
from hotline_sim.scenario.provenance import Block, Sourced
from hotline_sim.scenario.triggers import Condition, Trigger

Side: TypeAlias = Literal["port", "starboard"]


class _Going(Block):
    """How fast, and how high or deep; left out: as it is."""

    speed_mps: Speed | None = Field(default=None, alias="speed")
    altitude_m: PositiveLength | None = Field(default=None, alias="altitude")
    depth_m: Length | None = Field(default=None, alias="depth")


class _About(_Going):
    """With regard to another unit."""

    unit: UnitRef


class Steer(_Going):
    """Go on a course; without one, on the present one. `turn`: by which side."""

    course_deg: Angle | None = Field(default=None, alias="course")
    turn: Side | None = None


class Alter(_Going):
    """Turn by an angle to one side of the present course."""

    by_deg: Angle = Field(alias="by")
    turn: Side


class Route(_Going):
    """Go from point to point, then on."""

    to: tuple[Place, ...] = Field(min_length=1)


class Stop(Block):
    """Take all way off, with engines astern."""


class Close(_About):
    """Close to a range, then keep it."""

    to_m: Length = Field(alias="to")


class Shadow(_About):
    """Keep a place seen from another unit: a bearing from its bow, and a range."""

    bearing_deg: Angle = Field(alias="bearing")
    range_m: PositiveLength = Field(alias="range")


class CrossAhead(_About):
    """Cross the other's bow at a distance ahead of it, and go on."""

    at_m: Length = Field(alias="at")


class Pass(_About):
    """Pass through a place beside the other, and go on: ahead of it, above it, and so on, at a distance."""

    side: Literal["port", "starboard", "ahead", "astern", "above", "below"]
    at_m: Length = Field(alias="at")


class Open(_About):
    """Turn away and open to a range, then hold that course."""

    to_m: PositiveLength = Field(alias="to")


class TurnAway(_About):
    """Turn away until the other is right astern, and hold that course."""


class GiveWay(_About):
    """Keep clear: alter to starboard as far as a distance needs, slow down where no course does; then resume."""

    to_m: PositiveLength = Field(alias="to")


class Circle(_Going):
    """Circle where it is."""

    turn: Side = "starboard"


class Resume(Block):
    """Go back to the course and speed it had before the first order about another unit."""


class Leave(Block):
    """Leave the picture at once: nobody sees it, steers it or measures a range to it from then on."""

    how: Literal["LANDED", "MOORED", "DOWN", "OUT_OF_AREA"]


class Use(Block):
    """Something is used, with or against another unit; it moves nothing."""

    what: Literal[
        "WEAPON",
        "WARNING_SHOT",
        "FIRE_CONTROL_RADAR",
        "SONAR",
        "LASER",
        "FLARES",
        "FUEL",
        "WATER_CANNON",
        "OTHER",
    ]
    against: UnitRef | None = None


class _Deed(Block):
    pass


class DoSteer(_Deed):
    """See `Steer`."""

    steer: Steer


class DoAlter(_Deed):
    """See `Alter`."""

    alter: Alter


class DoRoute(_Deed):
    """See `Route`."""

    route: Route


class DoStop(_Deed):
    """See `Stop`."""

    stop: Stop


class DoClose(_Deed):
    """See `Close`."""

    close: Close


class DoShadow(_Deed):
    """See `Shadow`."""

    shadow: Shadow


class DoCrossAhead(_Deed):
    """See `CrossAhead`."""

    cross_ahead: CrossAhead


class DoPass(_Deed):
    """See `Pass`."""

    pass_: Pass = Field(alias="pass")


class DoOpen(_Deed):
    """See `Open`."""

    open: Open


class DoTurnAway(_Deed):
    """See `TurnAway`."""

    turn_away: TurnAway


class DoGiveWay(_Deed):
    """See `GiveWay`."""

    give_way: GiveWay


class DoCircle(_Deed):
    """See `Circle`."""

    circle: Circle


class DoResume(_Deed):
    """See `Resume`."""

    resume: Resume


class DoLeave(_Deed):
    """See `Leave`."""

    leave: Leave


class DoUse(_Deed):
    """See `Use`."""

    use: Use


Deed: TypeAlias = Annotated[
    Annotated[DoSteer, Tag("<steer>")]
    | Annotated[DoAlter, Tag("<alter>")]
    | Annotated[DoRoute, Tag("<route>")]
    | Annotated[DoStop, Tag("<stop>")]
    | Annotated[DoClose, Tag("<close>")]
    | Annotated[DoShadow, Tag("<shadow>")]
    | Annotated[DoCrossAhead, Tag("<cross_ahead>")]
    | Annotated[DoPass, Tag("<pass>")]
    | Annotated[DoOpen, Tag("<open>")]
    | Annotated[DoTurnAway, Tag("<turn_away>")]
    | Annotated[DoGiveWay, Tag("<give_way>")]
    | Annotated[DoCircle, Tag("<circle>")]
    | Annotated[DoResume, Tag("<resume>")]
    | Annotated[DoLeave, Tag("<leave>")]
    | Annotated[DoUse, Tag("<use>")],
    by_key(
        *("steer", "alter", "route", "stop", "close", "shadow", "cross_ahead", "pass"),
        *("open", "turn_away", "give_way", "circle", "resume", "leave", "use"),
    ),
]
Behaviour: TypeAlias = (
    Steer
    | Alter
    | Route
    | Stop
    | Close
    | Shadow
    | CrossAhead
    | Pass
    | Open
    | TurnAway
    | GiveWay
    | Circle
    | Resume
    | Leave
    | Use
)
# A unit or a post, by its name in this file; which of the two is seen from the colon.
Party: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9/:-]{0,80}$")]


class _Prompted(Sourced):
    """Something that people do when something has happened, all of `only_if` holds and none of `unless`."""

    when: Trigger
    only_if: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    after: DelayRef = 0
    chance: Ratio = 1.0


class Order(_Prompted):
    """Somebody tells a unit to do something: its crew by itself, or the post it belongs to.

    `after` is the author's time to decide; a crew's decision that needs leave names the post that gives it in
    `approved_by`, which costs a report, that post's reaction for DECIDED, and the way back.
    """

    to: UnitRef
    by: Party
    approved_by: PostRef | None = None
    do: Deed

    @property
    def behaviour(self) -> Behaviour:
        """What is to be done."""
        return cast(Behaviour, next(value for _, value in self.do))

    @property
    def verb(self) -> str:
        """The key of the deed: ``cross_ahead``."""
        return next(field.alias or name for name, field in type(self.do).model_fields.items())


class Word(_Prompted):
    """Something said beside the line, from a unit or post to another, over a bearer."""

    from_party: Party = Field(alias="from")
    to: Party
    by: BearerRef | None = None
    says: Line
    says_zh: Line | None = None
    language: Language = "en"
    counterfactual: StrictBool = False
