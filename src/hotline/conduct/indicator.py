"""What a rule shows, as a value. It names its inputs and whose data they are; it judges nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Input:
    """A value an indicator rests on, and whose data it is."""

    what: str
    value: str
    whose: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """What a rule shows about one unit.

    Attributes:
        rule: id of the rule, as in `hotline.conduct.rules.rules`.
        name, name_zh: the rule in words.
        title: what is indicated, in words.
        unit: the unit it is about; empty where a report names none that is known.
        other: the other unit of an encounter; empty without one.
        message: statement that it rests on; empty without one.
        from_ms, until_ms: time over which it held, as the tracks count it; `until_ms` is None if it held to the end.
        least_range_m: smallest range of the two units in that time, whole metres; None without two.
        inputs: values and whose they are.
        parameters: values that a channel may set otherwise, each with where it comes from.
    """

    rule: str
    name: str
    name_zh: str
    title: str
    unit: str
    other: str
    message: str
    from_ms: int
    until_ms: int | None
    least_range_m: int | None
    inputs: tuple[Input, ...]
    parameters: Mapping[str, str]
