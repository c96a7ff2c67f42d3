"""What units of different parties do close to each other: N05, N06, N07, N08, N14 and N15 from their tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from hotline import v1
from hotline.conduct.facts import Facts, Said, Unit, party_of
from hotline.conduct.indicator import Indicator, Input
from hotline.conduct.pair import Bools, Pair, Span, bow_crossings, pair_of, spans
from hotline.conduct.samples import Samples
from hotline.geo.geodesy import Position
from hotline.geo.many import Floats
from hotline.geo.units import convert

_UNDER_WAY_MPS = 1.0
_FORMATION_SIGNALS = ("RU4", "RU5", "RU6")
_SUBMARINE_SIGNALS = ("RU7", "RU8")
_FORMATION_STEP_MS = 10_000


def near(facts: Facts) -> Iterator[Indicator]:
    """Every indicator of two units of different parties, then those of formations."""
    for a, b in facts.pairs():
        pair = pair_of(a, b) if a.party != b.party else None
        for seen in (pair, pair.seen_from_b()) if pair else ():
            for rule in (_direct_run, _over_or_near, _crossing_ahead, _submarine, _civil_aircraft):
                yield from rule(facts, seen)
    yield from _formations(facts)


def _direct_run(facts: Facts, pair: Pair) -> Iterator[Indicator]:
    """N05, of `a` at `b`."""
    if not (pair.a.is_aircraft and pair.b.is_ship):
        return
    number = facts.settings.number
    held = (
        (np.abs(pair.from_a_deg) <= number("N05", "bearing"))
        & (pair.range_m <= number("N05", "range"))
        & (pair.a_speed_mps >= number("N05", "speed"))
        & _within(-pair.rise_m, number("N05", "height"))
    )
    for span in spans(held):
        seconds = (pair.time_ms[span.last] - pair.time_ms[span.first]) / 1000
        if seconds * 1000 >= number("N05", "lasting"):
            yield _of(facts, pair, span, "N05", f"{pair.a.name} heads for {pair.b.name} for {seconds:.0f} s")


def _over_or_near(facts: Facts, pair: Pair) -> Iterator[Indicator]:
    """N06, of aircraft `a` at a ship, or at what flies, of two with people in them the faster."""
    both_fly = pair.a.is_aircraft and pair.b.flies
    told_by_other = both_fly and pair.b.is_aircraft and _is_slower(pair)
    if not (both_fly or (pair.a.is_aircraft and pair.b.is_ship)) or told_by_other:
        return
    yield from _closer(facts, pair, "N06", lambda: f"{pair.a.name} close to {pair.b.name}")


def _is_slower(pair: Pair) -> bool:
    """One of two aircraft is told about once: as the faster, and of two as fast the first by id."""
    a, b = float(pair.a_speed_mps.max()), float(pair.b_speed_mps.max())
    return (a, pair.b.id) < (b, pair.a.id)


def _civil_aircraft(facts: Facts, pair: Pair) -> Iterator[Indicator]:
    """N15, of military `a` at civil `b`."""
    if (pair.a.kind, pair.b.kind) == (v1.CRAFT_KIND_MILITARY_AIRCRAFT, v1.CRAFT_KIND_CIVIL_AIRCRAFT):
        yield from _closer(facts, pair, "N15", lambda: f"{pair.a.name} close to {pair.b.name}, a civil aircraft")


def _closer(facts: Facts, pair: Pair, rule: str, title: Callable[[], str]) -> Iterator[Indicator]:
    """While the range and the difference of height are below a rule's."""
    number = facts.settings.number
    for span in spans((pair.range_m < number(rule, "range")) & _within(pair.rise_m, number(rule, "height"))):
        yield _of(facts, pair, span, rule, title())


def _crossing_ahead(facts: Facts, pair: Pair) -> Iterator[Indicator]:
    """N08, of `a` across the bow of `b`."""
    if not (pair.a.is_ship and pair.b.is_ship):
        return
    range_m, after_ms = (facts.settings.number("N08", name) for name in ("range", "after"))
    for i in np.flatnonzero(bow_crossings(pair.from_b_deg)):
        under_way = min(pair.a_speed_mps[i], pair.b_speed_mps[i]) >= _UNDER_WAY_MPS
        if not under_way or pair.range_m[i] >= range_m:
            continue
        then = pair.a_speed_mps[(pair.time_ms >= pair.time_ms[i]) & (pair.time_ms <= pair.time_ms[i] + after_ms)]
        loss = 1.0 - float(then.min()) / float(pair.a_speed_mps[i])
        yard = convert(float(pair.range_m[i]), "m", "yd")
        title = f"{pair.a.name} crosses ahead of {pair.b.name} at {pair.range_m[i]:.0f} m ({yard:.0f} yd)"
        speed = Input(f"speed lost by {pair.a.name} afterwards", f"{loss:.0%}", "computed")
        yield _of(facts, pair, Span(int(i), int(i)), "N08", title, speed)


def _submarine(facts: Facts, pair: Pair) -> Iterator[Indicator]:
    """N14, of submarine `a` near ship `b`."""
    if pair.a.kind != v1.CRAFT_KIND_SUBMARINE or not pair.b.is_ship:
        return
    for span in spans(pair.range_m < facts.settings.number("N14", "range")):
        if not any(_announces(facts, said, pair, span) for said in facts.said):
            yield _of(facts, pair, span, "N14", f"{pair.a.name} near {pair.b.name}, not announced")


def _announces(facts: Facts, said: Said, pair: Pair, span: Span) -> bool:
    """Whether a statement of the submarine's party, sealed by then, tells of submarines."""
    if party_of(said.from_post) != pair.a.party or said.at_ms > pair.time_ms[span.first]:
        return False
    match said.body:
        case v1.EncounterSignal(code=code):
            return code in _SUBMARINE_SIGNALS
        case v1.ActivityNotice(forces=forces, unit=unit):
            return v1.CRAFT_KIND_SUBMARINE in {unit.kind, *(force.kind for force in forces)}
    return False


def _formations(facts: Facts) -> Iterator[Indicator]:
    """N07: single ships inside the outline of a formation that signalled, from then on."""
    for said in facts.said:
        signal = said.body
        if not isinstance(signal, v1.EncounterSignal) or signal.code not in _FORMATION_SIGNALS:
            continue
        speaker = facts.unit_of(signal.speaker)
        for other in facts.units.values():
            if speaker and other.is_ship and other.party != speaker.party:
                yield from _inside(facts, said, speaker, other)


def _inside(facts: Facts, said: Said, speaker: Unit, other: Unit) -> Iterator[Indicator]:
    fleet = [unit for unit in facts.units.values() if unit.is_ship and unit.party == speaker.party]
    from_ms = max(said.at_ms, *(unit.samples.start_ms for unit in (*fleet, other)))
    until_ms = min(unit.samples.end_ms for unit in (*fleet, other))
    times = np.arange(from_ms, until_ms + 1, _FORMATION_STEP_MS, dtype=np.int64)
    if len(fleet) < 3 or not times.size:
        return
    spread_m = facts.settings.number("N07", "spread")
    moved = [unit.samples.resampled(times) for unit in (speaker, *(u for u in fleet if u is not speaker), other)]
    held = np.array([_surrounded(moved, index, spread_m) for index in range(len(times))])
    for span in spans(held):
        yield facts.indicator(
            "N07",
            f"{other.name} inside the formation of {speaker.name}",
            other.id,
            int(times[span.first]),
            int(times[span.last]) if span.last + 1 < len(times) else None,
            other=speaker.id,
            message=said.message,
            inputs=(Input("signal", str(getattr(said.body, "code", "")), said.from_post), speaker.tracks, other.tracks),
        )


def _surrounded(moved: list[Samples], index: int, spread_m: float) -> bool:
    """Whether the last unit lies inside the outline of the others that are near the first: they surround it if no
    half-plane through it holds them all, so no gap between neighbouring bearings reaches half a turn."""
    *fleet, other = moved
    speaker = Position(float(fleet[0].lat_deg[index]), float(fleet[0].lon_deg[index]))
    origin = Position(float(other.lat_deg[index]), float(other.lon_deg[index]))
    near = [each for each in fleet if np.hypot(*_xy(each, index, speaker)) <= spread_m]
    bearings = sorted(float(np.degrees(np.arctan2(*_xy(each, index, origin)))) for each in near)
    gaps = [(b - a) % 360.0 for a, b in zip(bearings, [*bearings[1:], *bearings[:1]], strict=True)]
    return len(near) >= 3 and max(gaps) < 180.0


def _xy(samples: Samples, index: int, origin: Position) -> Floats:
    part = samples.part(int(samples.time_ms[index]), int(samples.time_ms[index]))
    assert part is not None, "the index is one of the samples"
    return np.asarray(part.local_xy(origin)[0])


def _within(height_m: Floats, limit_m: float) -> Bools:
    """Where a difference of height is below a limit, or not known."""
    return np.isnan(height_m) | (np.abs(height_m) < limit_m)


def _of(facts: Facts, pair: Pair, span: Span, rule: str, title: str, *inputs: Input) -> Indicator:
    closest = pair.closest(span)
    rise_m = pair.rise_m[closest]
    heights = () if np.isnan(rise_m) else (Input("difference of height then", f"{abs(rise_m):.0f} m", "computed"),)
    return facts.indicator(
        rule,
        title,
        pair.a.id,
        int(pair.time_ms[span.first]),
        int(pair.time_ms[span.last]) if span.last + 1 < len(pair.time_ms) else None,
        other=pair.b.id,
        least_range_m=pair.least_range_m(span),
        inputs=(*inputs, *heights, pair.a.tracks, pair.b.tracks),
    )
