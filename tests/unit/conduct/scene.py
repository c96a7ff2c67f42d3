"""Units and statements for the tests of single rules. Everything moves in straight legs near 20 N, 120 E."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from hotline import v1
from hotline.conduct.facts import Answer, Facts, Said, Unit
from hotline.conduct.indicator import Indicator
from hotline.conduct.indicators import indicators
from hotline.conduct.samples import Samples
from hotline.geo.geodesy import Offset, Position, at_offset
from hotline.geo.track import ArriveAt, Leg, StopFor, make_track

ORIGIN = Position(20.0, 120.0)
MIN_MS = 60_000
KNOT = 1852 / 3600


def place(east_m: float, north_m: float) -> Position:
    return at_offset(ORIGIN, Offset(east_m, north_m))


def unit(
    name: str,
    party: str,
    points: Iterable[tuple[float, float, float]],
    kind: v1.CraftKind.ValueType = v1.CRAFT_KIND_WARSHIP,
    altitude_m: float = float("nan"),
) -> Unit:
    """A unit that runs through points (minute, metres east, metres north)."""
    (minute, east, north), *others = points
    legs: list[Leg] = []
    at, now = place(east, north), round(minute * MIN_MS)
    for then, x, y in others:
        to, then_ms = place(x, y), round(then * MIN_MS)
        legs.append(StopFor(then_ms - now) if to == at else ArriveAt(to, then_ms))
        at, now = to, then_ms
    found = Samples.from_track(make_track(place(east, north), round(minute * MIN_MS), legs), MIN_MS)
    high = Samples(
        found.time_ms, found.lat_deg, found.lon_deg, np.full(len(found), altitude_m), found.course_deg, found.speed_mps
    )
    return Unit(name, name, party, kind, high, "the test")


def stamp(minute: float) -> Timestamp:
    return Timestamp(seconds=round(minute * 60))


def said(message: str, body: Message, minute: float, from_post: str, *answers: Answer, **more: Any) -> Said:
    given: dict[str, Any] = {"to": ("BBB:desk",), "thread": message, "words": f"words of {message}"} | more
    return Said(message, body, from_post, at_ms=round(minute * MIN_MS), answers=answers, **given)


def found(*units: Unit, of: str = "", now: float = 60, **more: Any) -> list[Indicator]:
    facts = Facts({each.id: each for each in units}, round(now * MIN_MS), **more)
    return [each for each in indicators(facts) if each.rule.startswith(of)]
