"""Encounters of two power-driven vessels: when there is risk of collision, of which kind, and who keeps clear.

The kind is decided at the beginning of risk and holds until the vessels are past and clear (COLREGs rule 13(d)). What
vessels show or signal of their status (rule 18) is not in a track, so every vessel counts as power-driven.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hotline.conduct.pair import Bools, Pair, Span, turn_deg
from hotline.conduct.rules import Settings
from hotline.geo.many import Floats

_BEAM_DEG = 90.0
_RATE_OVER_MS = 60_000
_CLEAR_FOR_MS = 60_000


class Kind(StrEnum):
    """How `a` and `b` of a pair meet."""

    A_OVERTAKES = "A_OVERTAKES"
    B_OVERTAKES = "B_OVERTAKES"
    HEAD_ON = "HEAD_ON"
    A_GIVES_WAY = "A_GIVES_WAY"
    B_GIVES_WAY = "B_GIVES_WAY"
    NO_RULE = "NO_RULE"


@dataclass(frozen=True, slots=True)
class Angles:
    """Where each of two vessels sees the other from her bow, in [-180, 180) degrees, starboard positive."""

    from_a_deg: float
    from_b_deg: float

    @property
    def from_reciprocal_deg(self) -> float:
        """How far the courses are from being reciprocal."""
        return abs(_turn(self.from_a_deg - self.from_b_deg))


@dataclass(frozen=True, slots=True)
class Encounter:
    """Two vessels with risk of collision: from its beginning to the closest approach, and until they are clear."""

    pair: Pair
    kind: Kind
    start: int
    closest: int
    end: int


def risk_of_collision(pair: Pair, settings: Settings) -> Bools:
    """Rule 7 at each time of a pair."""
    range_m, time_s = settings.number("R07", "range"), settings.number("R07", "time") / 1000
    ahead = (pair.cpa.time_s > 0.0) & (pair.cpa.time_s <= time_s)
    steady = bearing_rate_deg(pair) < settings.number("R07", "bearing_rate")
    near = pair.range_m < settings.number("R07", "bearing_range")
    return ahead & ((pair.cpa.range_m < range_m) | (steady & near))


def bearing_rate_deg(pair: Pair) -> Floats:
    """Change of the compass bearing over the last minute, in degrees a minute; infinite while no minute is known."""
    before = np.searchsorted(pair.time_ms, pair.time_ms - _RATE_OVER_MS, side="right") - 1
    known = before >= 0
    minutes = (pair.time_ms - pair.time_ms[before]) / 60_000
    change = np.abs(turn_deg(pair.bearing_deg - pair.bearing_deg[before]))
    return np.where(known, change / np.where(known, minutes, 1.0), np.inf)


def classify(angles: Angles, settings: Settings) -> Kind:
    """Rules 13 to 15 for vessels that close with risk of collision."""
    abaft = _BEAM_DEG + settings.number("R13", "abaft")
    a_astern, b_astern = abs(angles.from_b_deg) > abaft, abs(angles.from_a_deg) > abaft
    if a_astern != b_astern:
        return Kind.A_OVERTAKES if a_astern else Kind.B_OVERTAKES
    if a_astern:
        return Kind.NO_RULE
    ahead = settings.number("R14", "ahead")
    nearly = max(abs(angles.from_a_deg), abs(angles.from_b_deg)) <= ahead
    if nearly and angles.from_reciprocal_deg <= settings.number("R14", "reciprocal"):
        return Kind.HEAD_ON
    a_sees_starboard, b_sees_starboard = angles.from_a_deg > 0.0, angles.from_b_deg > 0.0
    if a_sees_starboard == b_sees_starboard:
        return Kind.NO_RULE
    return Kind.A_GIVES_WAY if a_sees_starboard else Kind.B_GIVES_WAY


def encounters(pair: Pair, settings: Settings) -> Iterator[Encounter]:
    """Every encounter of two vessels under way, in order of time."""
    under_way = ~(np.isnan(pair.a_course_deg) | np.isnan(pair.b_course_deg))
    risk = risk_of_collision(pair, settings) & under_way
    start = _next(risk, 0)
    while start is not None:
        end = _clear(pair, start)
        angles = Angles(float(pair.from_a_deg[start]), float(pair.from_b_deg[start]))
        yield Encounter(pair, classify(angles, settings), start, pair.closest(Span(start, end)), end)
        start = _next(risk, end + 1)


def _next(held: Bools, after: int) -> int | None:
    found = np.flatnonzero(held[after:])
    return after + int(found[0]) if found.size else None


def _clear(pair: Pair, start: int) -> int:
    """The first time from `start` on since which the range has been opening for a minute; else the last."""
    times = pair.time_ms[start:]
    closing = pair.cpa.time_s[start:] > 0.0
    since = np.maximum.accumulate(np.where(closing, times, times[0]))
    found = np.flatnonzero(times - since >= _CLEAR_FOR_MS)
    return start + int(found[0]) if found.size else len(pair.time_ms) - 1


def _turn(angle_deg: float) -> float:
    return (angle_deg + 180.0) % 360.0 - 180.0
