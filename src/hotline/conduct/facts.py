"""What indicators are computed from: units with their motion, and what was said, each with whose data it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import TypeAlias

import numpy as np
from google.protobuf.message import Message

from hotline import v1
from hotline.conduct.indicator import Indicator, Input
from hotline.conduct.rules import Settings, rules
from hotline.conduct.samples import Samples

CraftKind: TypeAlias = v1.CraftKind.ValueType

SHIPS = frozenset(
    {v1.CRAFT_KIND_WARSHIP, v1.CRAFT_KIND_AUXILIARY, v1.CRAFT_KIND_LAW_ENFORCEMENT_VESSEL, v1.CRAFT_KIND_CIVIL_VESSEL}
)
_MAY_FLY = frozenset({v1.CRAFT_KIND_UNCREWED, v1.CRAFT_KIND_LIGHTER_THAN_AIR})
AIRCRAFT = frozenset({v1.CRAFT_KIND_MILITARY_AIRCRAFT, v1.CRAFT_KIND_CIVIL_AIRCRAFT})


@dataclass(frozen=True, slots=True)
class Unit:
    """A ship or aircraft. `party`: as its posts name it, e.g. ``AUS``. `whose`: whose data its motion is."""

    id: str
    name: str
    party: str
    kind: CraftKind
    samples: Samples
    whose: str

    @property
    def is_ship(self) -> bool:
        """A vessel on the surface with people in it."""
        return self.kind in SHIPS

    @property
    def is_aircraft(self) -> bool:
        """An aircraft with people in it."""
        return self.kind in AIRCRAFT

    @property
    def flies(self) -> bool:
        """An aircraft, or a craft without people that is known to have been in the air."""
        high = bool(np.nanmax(self.samples.altitude_m, initial=0.0) > 0.0)
        return self.is_aircraft or (self.kind in _MAY_FLY and high)

    @property
    def tracks(self) -> Input:
        """Its motion as an input."""
        return Input("track", self.name, self.whose)


@dataclass(frozen=True, slots=True)
class Answer:
    """An officer's word on a statement, or what was said by other means: its stage and value, when, by which post."""

    post: str
    word: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Said:
    """A statement of the channel.

    Attributes:
        message: what it is called where the indicators are read, e.g. ``m1``.
        body: its body.
        from_post: who says it.
        to: posts it is addressed to.
        thread: first message of its matter; its own name if it is that.
        words: its text, in the authentic language.
        at_ms: when it was sealed.
        answers: what officers of its addressees said, in order of time.
    """

    message: str
    body: Message
    from_post: str
    to: tuple[str, ...]
    thread: str
    words: str
    at_ms: int
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """What a person flags: nothing of it is computed."""

    rule: str
    unit: str
    at_ms: int
    by: str
    words: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known.

    Attributes:
        units: by id.
        said: statements, by time.
        flags: a person's flags.
        settings: values of the parameters.
        now_ms: time up to which anything is known.
        epoch_utc_ns: UTC of time 0, nanoseconds.
    """

    units: Mapping[str, Unit]
    now_ms: int
    said: tuple[Said, ...] = ()
    flags: tuple[Flag, ...] = ()
    settings: Settings = field(default_factory=Settings)
    epoch_utc_ns: int = 0

    def time_ms(self, utc_ns: int) -> int:
        """Time of a UTC instant, as the tracks count it."""
        return (utc_ns - self.epoch_utc_ns) // 1_000_000

    def unit_of(self, craft: v1.Craft) -> Unit | None:
        """The unit that a statement names."""
        return next((unit for unit in self.units.values() if craft.name and craft.name == unit.name), None)

    def pairs(self) -> Iterator[tuple[Unit, Unit]]:
        """Every two units."""
        yield from combinations(self.units.values(), 2)

    def accounts(self, about: Said) -> Iterator[Input]:
        """What each post said in the same matter, the statement itself first."""
        for said in (about, *(said for said in self.said if said.thread == about.thread and said is not about)):
            yield Input(f"account, {said.message}", said.words or said.body.DESCRIPTOR.name, said.from_post)

    def indicator(
        self,
        rule: str,
        title: str,
        unit: str,
        from_ms: int,
        until_ms: int | None,
        *,
        inputs: tuple[Input, ...],
        other: str = "",
        message: str = "",
        least_range_m: float | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Indicator:
        """An indicator with the rule's names and the parameters that hold, unless others are given."""
        name = rules()[rule].name
        return Indicator(
            rule=rule,
            name=name.en,
            name_zh=name.zh,
            title=title,
            unit=unit,
            other=other,
            message=message,
            from_ms=from_ms,
            until_ms=until_ms,
            least_range_m=None if least_range_m is None else round(least_range_m),
            inputs=inputs,
            parameters=self.settings.shown(rule) if parameters is None else parameters,
        )


def party_of(post: str) -> str:
    """The party of a post: ``AUS`` of ``AUS:fleet-watch``."""
    return post.rpartition(":")[0]
