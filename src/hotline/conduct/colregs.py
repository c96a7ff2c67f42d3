"""COLREGs 7, 8 and 13 to 17 as indicators: for each encounter, what it was and what each vessel did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from hotline.conduct.encounters import Encounter, Kind, encounters
from hotline.conduct.facts import Facts, Unit
from hotline.conduct.indicator import Indicator, Input
from hotline.conduct.pair import Pair, Span, bow_crossings, pair_of, turn_deg
from hotline.geo.many import Floats

_KEEPS_CLEAR = {Kind.A_OVERTAKES: "a", Kind.A_GIVES_WAY: "a", Kind.B_OVERTAKES: "b", Kind.B_GIVES_WAY: "b"}
_OVERTAKING = frozenset({Kind.A_OVERTAKES, Kind.B_OVERTAKES})
_STEADY_MS = 30_000

Did: TypeAlias = "Mapping[str, Manoeuvre]"  # by which of the pair


@dataclass(frozen=True, slots=True, eq=False)
class Manoeuvre:
    """What one vessel did between the beginning of risk and the closest approach.

    Attributes:
        unit: the vessel.
        time_ms: the times.
        turned_deg: alteration since the beginning, starboard positive.
        speed_ratio: speed as a share of that at the beginning.
    """

    unit: Unit
    time_ms: Floats
    turned_deg: Floats
    speed_ratio: Floats

    @property
    def largest_deg(self) -> float:
        """The largest alteration, starboard positive."""
        return float(self.turned_deg[np.argmax(np.abs(self.turned_deg))])

    @property
    def speed_change(self) -> float:
        """The largest change of speed as a share, slower negative."""
        return float(self.speed_ratio[np.argmax(np.abs(self.speed_ratio - 1.0))]) - 1.0

    def first_ms(self, alteration_deg: float, speed_change: float) -> int | None:
        """When an alteration or a change of speed first was as large as this."""
        large = (np.abs(self.turned_deg) >= alteration_deg) | (np.abs(self.speed_ratio - 1.0) >= speed_change)
        found = np.flatnonzero(large)
        return int(self.time_ms[found[0]]) if found.size else None

    def series(self, small_deg: float, large_deg: float) -> int:
        """How many separate alterations there were that were small; 0 if one was large."""
        held, count = 0.0, 0
        for turned in self._settled():
            if abs(turned - held) >= large_deg:
                return 0
            if abs(turned - held) >= small_deg:
                count, held = count + 1, turned
        return count

    def _settled(self) -> Iterator[float]:
        """Alterations at the times since which the course has been steady for half a minute."""
        since = np.searchsorted(self.time_ms, self.time_ms - _STEADY_MS, side="left")
        steady = (np.abs(self.turned_deg - self.turned_deg[since]) < 1.0) & (
            self.time_ms - self.time_ms[0] >= _STEADY_MS
        )
        yield from self.turned_deg[steady].tolist()


def colregs(facts: Facts) -> Iterator[Indicator]:
    """Every indicator of the rules of the road between two vessels."""
    for a, b in facts.pairs():
        pair = pair_of(a, b) if a.is_ship and b.is_ship else None
        for encounter in encounters(pair, facts.settings) if pair else ():
            yield from _of(facts, encounter)


def manoeuvre(pair: Pair, which: str, first: int, last: int) -> Manoeuvre:
    """What vessel ``a`` or ``b`` of a pair did from one index to another."""
    unit, course, speed = (
        (pair.a, pair.a_course_deg, pair.a_speed_mps) if which == "a" else (pair.b, pair.b_course_deg, pair.b_speed_mps)
    )
    part = slice(first, last + 1)
    turned = np.nan_to_num(turn_deg(course[part] - course[first]))
    return Manoeuvre(unit, pair.time_ms[part].astype(float), turned, speed[part] / max(float(speed[first]), 0.1))


def _of(facts: Facts, met: Encounter) -> Iterator[Indicator]:
    did = {which: manoeuvre(met.pair, which, met.start, met.closest) for which in ("a", "b")}
    yield _risk(facts, met)
    if met.kind is Kind.HEAD_ON:
        yield _head_on(facts, met, did)
        keep_clear = ["a", "b"]
    elif met.kind is Kind.NO_RULE:
        return
    else:
        yield (_overtaking if met.kind in _OVERTAKING else _crossing)(facts, met)
        keep_clear = [_KEEPS_CLEAR[met.kind]]
    for which in keep_clear:
        yield from _gives_way(facts, met, did[which], which)
    for stands, other in (("a", "b"), ("b", "a")):
        if stands not in keep_clear:
            yield from _stands_on(facts, met, did[stands], did[other])


def _risk(facts: Facts, met: Encounter) -> Indicator:
    pair, i = met.pair, met.start
    held = f"{pair.cpa.range_m[i]:.0f} m in {pair.cpa.time_s[i] / 60:.1f} min"
    return _indicator(
        facts, met, "R07", f"risk of collision: {_kind(met)}", "a", Input("closest if held", held, "computed")
    )


def _kind(met: Encounter) -> str:
    a, b = met.pair.a.name, met.pair.b.name
    return {
        Kind.A_OVERTAKES: f"{a} comes up with {b} from abaft the beam",
        Kind.B_OVERTAKES: f"{b} comes up with {a} from abaft the beam",
        Kind.HEAD_ON: f"{a} and {b} head-on",
        Kind.A_GIVES_WAY: f"{a} and {b} crossing, {b} on the starboard side of {a}",
        Kind.B_GIVES_WAY: f"{a} and {b} crossing, {a} on the starboard side of {b}",
        Kind.NO_RULE: f"{a} and {b} in a position of which rules 13 to 15 say nothing",
    }[met.kind]


def _head_on(facts: Facts, met: Encounter, did: Did) -> Indicator:
    least = facts.settings.number("R14", "alteration")
    words = "; ".join(f"{one.unit.name}: {_sense(one.largest_deg, least)}" for one in did.values())
    return _indicator(facts, met, "R14", f"head-on: {words}", "a", *(_input(one) for one in did.values()))


def _overtaking(facts: Facts, met: Encounter) -> Indicator:
    which = _KEEPS_CLEAR[met.kind]
    unit, other = _named(met, which)
    return _indicator(facts, met, "R13", f"{unit.name} overtakes {other.name} and keeps clear until past", which)


def _crossing(facts: Facts, met: Encounter) -> Indicator:
    which = _KEEPS_CLEAR[met.kind]
    unit, other = _named(met, which)
    title = f"{unit.name} has {other.name} on her own starboard side and passes {_passes(met, which)}"
    return _indicator(facts, met, "R15", title, which)


def _passes(met: Encounter, which: str) -> str:
    """Where the vessel that gives way crosses the other's line of course during the encounter."""
    seen = (met.pair.from_b_deg if which == "a" else met.pair.from_a_deg)[met.start : met.end + 1]
    crossings = np.flatnonzero(bow_crossings(seen))
    if crossings.size:
        return f"ahead of her, at {met.pair.range_m[met.start + int(crossings[0])]:.0f} m"
    return "astern of her" if abs(seen[-1]) > 90.0 else "neither ahead nor astern of her in the time known"


def _gives_way(facts: Facts, met: Encounter, one: Manoeuvre, which: str) -> Iterator[Indicator]:
    number = facts.settings.number
    acted_ms = one.first_ms(number("R16", "alteration"), number("R16", "speed_change"))
    before_ms = 0 if acted_ms is None else int(met.pair.time_ms[met.closest]) - acted_ms
    title = f"{one.unit.name}, who keeps clear, acts {before_ms // 1000} s before the closest approach"
    if acted_ms is None:
        title = f"{one.unit.name}, who keeps clear, takes no substantial action until the closest approach"
    if acted_ms is None or before_ms < number("R16", "early"):
        yield _indicator(facts, met, "R16", title, which, _input(one))
    series = one.series(number("R08", "small"), number("R08", "alteration"))
    if series >= number("R08", "series"):
        title = f"{one.unit.name}, who keeps clear, alters course {series} times, each time little"
        yield _indicator(facts, met, "R08", title, which, _input(one))


def _stands_on(facts: Facts, met: Encounter, one: Manoeuvre, other: Manoeuvre) -> Iterator[Indicator]:
    alteration, change = (facts.settings.number("R17", name) for name in ("alteration", "speed_change"))
    first_ms = one.first_ms(alteration, change)
    if first_ms is None:
        return
    other_ms = other.first_ms(alteration, change)
    before = other_ms is not None and other_ms <= first_ms
    to_port = one.largest_deg <= -alteration and met.kind not in _OVERTAKING
    order = "after" if before else "before"
    title = f"{one.unit.name}, who stands on, alters course or speed, {order} {other.unit.name} does"
    which = "a" if one.unit is met.pair.a else "b"
    port = ", to port for a vessel on her own port side" if to_port else ""
    yield _indicator(facts, met, "R17", title + port, which, _input(one), _input(other), from_ms=first_ms)


def _indicator(
    facts: Facts, met: Encounter, rule: str, title: str, which: str, *inputs: Input, from_ms: int | None = None
) -> Indicator:
    """Of an encounter: from the beginning of risk, unless another moment is given, until the vessels are clear."""
    unit, other = _named(met, which)
    pair = met.pair
    return facts.indicator(
        rule,
        title,
        unit.id,
        int(pair.time_ms[met.start]) if from_ms is None else from_ms,
        int(pair.time_ms[met.end]) if met.end + 1 < len(pair.time_ms) else None,
        other=other.id,
        least_range_m=pair.least_range_m(Span(met.start, met.end)),
        inputs=(*inputs, unit.tracks, other.tracks),
    )


def _named(met: Encounter, which: str) -> tuple[Unit, Unit]:
    """The vessel ``a`` or ``b``, then the other."""
    return (met.pair.a, met.pair.b) if which == "a" else (met.pair.b, met.pair.a)


def _input(one: Manoeuvre) -> Input:
    words = f"{_sense(one.largest_deg, 1.0)}, speed {one.speed_change:+.0%}"
    return Input(f"largest alteration of {one.unit.name} until the closest approach", words, "computed")


def _sense(turned_deg: float, least_deg: float) -> str:
    if abs(turned_deg) < least_deg:
        return "no alteration of course"
    return f"{abs(turned_deg):.0f} deg to {'starboard' if turned_deg > 0 else 'port'}"
