"""The scenario as a whole: read-only, typed, in SI units and whole milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import chain, combinations, islice
from typing import Any

from pydantic import Field, StrictBool

from hotline.geo.cpa import RelativeSegment
from hotline.geo.track import ArriveAt, Leg, SpeedTo, StopFor, Track, make_track, relative_tracks
from hotline_sim.draw import Stream
from hotline_sim.motion.hull import Hull
from hotline_sim.scenario.cast import Dispute, Meta, SourceEntry, Unit, Waypoint
from hotline_sim.scenario.conduct import AgreedConduct
from hotline_sim.scenario.crew import Bearer, Parameter, Variant
from hotline_sim.scenario.delays import Delay, DelayRef
from hotline_sim.scenario.expect import Expectation, ExpectClosestApproach, Measure, UnitPair
from hotline_sim.scenario.fields import Name, PartyId, PostId
from hotline_sim.scenario.handling import AircraftMotion
from hotline_sim.scenario.injects import Inject
from hotline_sim.scenario.line import Link, Outage
from hotline_sim.scenario.orders import Order, Word
from hotline_sim.scenario.posts import AnswersFor, Party, Post
from hotline_sim.scenario.provenance import Block
from hotline_sim.scenario.story import Answer, Event, Message, Step

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Scenario(Block):
    """One encounter: what is on record, who takes part, what is said when, and what must come true."""

    meta: Meta
    sources: tuple[SourceEntry, ...]
    disputed: tuple[Dispute, ...] = ()
    parties: Mapping[PartyId, Party] = Field(default_factory=dict, description="members of alliances only")
    posts: Mapping[PostId, Post] = Field(min_length=2)
    answers_for: tuple[AnswersFor, ...] = ()
    units: Mapping[Name, Unit] = Field(default_factory=dict)
    delays: Mapping[Name, Delay] = Field(default_factory=dict)
    hotline: StrictBool = Field(default=True, description="no: there is no line, and no message is said over it")
    bearers: Mapping[Name, Bearer] = Field(default_factory=dict)
    network: tuple[Link, ...]
    outages: tuple[Outage, ...] = ()
    messages: Mapping[Name, Message]
    events: tuple[Event, ...]
    answers: tuple[Answer, ...] = ()
    words: Mapping[Name, Word] = Field(default_factory=dict)
    orders: Mapping[Name, Order] = Field(default_factory=dict)
    injects: Mapping[Name, Inject] = Field(default_factory=dict)
    conduct: tuple[AgreedConduct, ...] = ()
    parameters: Mapping[Name, Parameter] = Field(default_factory=dict)
    variants: Mapping[Name, Variant] = Field(default_factory=dict)
    expectations: tuple[Expectation, ...]

    @cached_property
    def tracks(self) -> Mapping[str, Track]:
        """The prescribed ways, by unit. The loader has made sure that every one covers the whole scenario."""
        return {name: track_of(unit) for name, unit in self.units.items() if unit.track}

    @cached_property
    def sailing(self) -> frozenset[str]:
        """The units of the closed loop, which go as their people decide."""
        return frozenset(name for name, unit in self.units.items() if unit.motion is not None)

    @cached_property
    def is_closed_loop(self) -> bool:
        """Whether people's words, orders or sensors have a part in it."""
        seen = any(unit.sensors or unit.motion for unit in self.units.values())
        return bool(self.words or self.orders or self.injects or seen)

    def pace(self, who: str, time_ms: int) -> float:
        """How long a post's or a crew's people take at a moment, as a share of their usual time."""
        held = self.posts.get(who) or (self.units[who].crew if who in self.units else None)
        shifts = held.shifts if held else ()
        return next((shift.takes for shift in shifts if shift.holds(time_ms)), 1.0)

    @cached_property
    def pairs(self) -> tuple[UnitPair, ...]:
        """The pairs of units whose closest approach it is about: those it expects one of; else the first two units of
        different parties, or the first two.
        """
        asked = [e.closest_approach for e in self.expectations if isinstance(e, ExpectClosestApproach)]
        if asked:
            return tuple(dict.fromkeys(asked))
        every = list(combinations(self.units, 2))
        apart = (pair for pair in every if self.units[pair[0]].party != self.units[pair[1]].party)
        return tuple(islice(chain(apart, every), 1))

    def measure_of(self, pair: UnitPair) -> Measure:
        """How the closest approach of two units is measured: as the first expectation about them says; where none does,
        through the air if one of them flies by its model.
        """
        found = (e for e in self.expectations if isinstance(e, ExpectClosestApproach) and e.closest_approach == pair)
        flies = any(isinstance(self.units[unit].motion, AircraftMotion) for unit in pair)
        return next((expected.measured for expected in found), "slant" if flies else "centres")

    def length_of(self, unit: str) -> float:
        """A unit's length, metres; 0 where none is given."""
        motion = self.units[unit].motion
        return (motion.length_m or 0.0) if motion is not None else 0.0

    def hull_of(self, unit: str) -> Hull | None:
        """A unit's length and beam, where both are given."""
        motion = self.units[unit].motion
        beam_m = getattr(motion, "beam_m", None)
        return Hull(motion.length_m, beam_m) if motion is not None and motion.length_m and beam_m else None

    @cached_property
    def links(self) -> Mapping[tuple[str, str], Link]:
        """The way from each post's node to every other's. The loader has made sure that there is one."""
        return {pair: link for link in self.network for pair in link.pairs()}

    def relative_motion(self, own: str, other: str) -> tuple[RelativeSegment, ...]:
        """One unit as seen from another from T+0 to the scenario's end."""
        return tuple(relative_tracks(self.tracks[own], self.tracks[other], self.meta.duration_ms))

    def delay_ms(self, delay: DelayRef, stream: Stream) -> int:
        """Draw a delay given by name, as a plain duration or in place."""
        if isinstance(delay, int):
            return delay
        return (self.delays[delay] if isinstance(delay, str) else delay).draw_ms(stream)

    def step_delay(self, answer: Answer, step: Step) -> DelayRef:
        """How long an officer takes for a step: what it says, else the post's reaction for its stage."""
        return self.posts[answer.post].reaction[step.stage] if step.after is None else step.after

    def may_answer_for(self, post: str, silent: str, type_name: str) -> bool:
        """Whether a post's acknowledgement of a message of this type counts for another."""
        rules = (rule for rule in self.answers_for if (rule.post, rule.for_post) == (post, silent))
        return any(not rule.types or type_name in rule.types for rule in rules)

    def utc_ns(self, time_ms: int) -> int:
        """UTC of a scenario time, nanoseconds since the Unix epoch."""
        return self.meta.start_utc_ns + time_ms * 1_000_000


def track_of(unit: Unit) -> Track:
    """A unit's track. Raises `hotline.geo.track.TrackError`, whose `leg` is the waypoint's index."""
    first, *others = unit.track
    if first.at is None:
        raise ValueError("the loader refuses a track that does not begin with a position")
    return make_track(first.at, first.time_ms or 0, [_leg(waypoint) for waypoint in others])


def _leg(waypoint: Waypoint) -> Leg:
    match waypoint:
        case Waypoint(at=at, speed_mps=float(speed_mps)) if at is not None:
            return SpeedTo(at, speed_mps)
        case Waypoint(at=at, time_ms=int(time_ms)) if at is not None:
            return ArriveAt(at, time_ms)
        case Waypoint(stopped_ms=int(stopped_ms)):
            return StopFor(stopped_ms)
    raise ValueError("the loader refuses a later waypoint without speed, time or stop")


def json_schema() -> dict[str, Any]:
    """JSON Schema of scenario files, for editors that check while one types."""
    return {"$schema": SCHEMA_DIALECT, **Scenario.model_json_schema()}
