"""What statements show, alone or beside the tracks: N01 to N05, N07 to N13, N16 to N18."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from hotline import v1
from hotline.conduct.facts import Answer, Facts, Said, Unit, party_of
from hotline.conduct.indicator import Indicator, Input
from hotline.conduct.pair import Pair, pair_of
from hotline.geo.cpa import Sense, closest_approach, crossings

# Which rule a kind of incident is a report about.
_RULES: Mapping[int, str] = MappingProxyType(
    {
        v1.INCIDENT_KIND_FIRE_CONTROL_RADAR: "N01",
        v1.INCIDENT_KIND_LASER: "N02",
        v1.INCIDENT_KIND_ILLUMINATION: "N03",
        v1.INCIDENT_KIND_FLARE_OR_CHAFF: "N04",
        v1.INCIDENT_KIND_DIRECT_RUN: "N05",
        v1.INCIDENT_KIND_INSIDE_FORMATION: "N07",
        v1.INCIDENT_KIND_CROSSING_AHEAD: "N08",
        v1.INCIDENT_KIND_INTERFERENCE: "N13",
        v1.INCIDENT_KIND_DISTRESS: "N17",
    }
)
# Activities that need a notice though an agreement has no period for them.
_DANGEROUS = frozenset({v1.ACTIVITY_KIND_LIVE_FIRE, v1.ACTIVITY_KIND_LAUNCH, v1.ACTIVITY_KIND_JAMMING})


def told(facts: Facts) -> Iterator[Indicator]:
    """Every indicator that needs a statement."""
    for said in facts.said:
        match said.body:
            case v1.IncidentFlash() as flash:
                yield from _incident(facts, said, flash)
            case v1.BreakGlassFlash(flash=flash):
                yield from _incident(facts, said, flash)
            case v1.DistressRelay():
                yield _distress(facts, said)
            case v1.EncounterSignal() as signal:
                yield from _hail(facts, said, signal)
            case v1.ActivityNotice() as notice:
                yield from _notice(facts, said, notice)
    for unit in facts.units.values():
        yield from _uncrewed(facts, unit)
    for flag in facts.flags:
        by = Input("flag", flag.words, flag.by)
        yield facts.indicator(flag.rule, "flagged by a person", flag.unit, flag.at_ms, None, inputs=(by,))


def _incident(facts: Facts, said: Said, flash: v1.IncidentFlash) -> Iterator[Indicator]:
    """N01 to N05, N07, N08, N13: what is reported, with every account of the same matter."""
    rule = _RULES.get(flash.kind)
    if rule == "N17":
        yield _distress(facts, said)
    elif rule is not None:
        at_ms = facts.time_ms(flash.observed_at.ToNanoseconds())
        own, other = facts.unit_of(flash.own_unit), facts.unit_of(flash.other_unit)
        what = v1.IncidentKind.Name(flash.kind).removeprefix("INCIDENT_KIND_").replace("_", " ").lower()
        by = f" by {flash.other_unit.name}" if flash.other_unit.name else ""
        yield facts.indicator(
            rule,
            f"{what}{by}, reported by {said.from_post}",
            other.id if other else "",
            at_ms,
            at_ms,
            other=own.id if own else "",
            message=said.message,
            least_range_m=flash.range_m if flash.HasField("range_m") else None,
            inputs=tuple(facts.accounts(said)),
        )


def _distress(facts: Facts, said: Said) -> Indicator:
    """N17, until it is taken back or closed in the same matter by who reported it."""
    ended_ms = min((each.at_ms for each in facts.said if _ends(each, said)), default=None)
    title = f"distress reported by {said.from_post}; no other indicator begins meanwhile"
    return facts.indicator(
        "N17", title, "", said.at_ms, ended_ms, message=said.message, inputs=tuple(facts.accounts(said))
    )


def _ends(later: Said, said: Said) -> bool:
    same = (later.thread, later.from_post) == (said.thread, said.from_post) and later.at_ms > said.at_ms
    return same and isinstance(later.body, v1.Retraction | v1.IncidentClose)


def _hail(facts: Facts, said: Said, signal: v1.EncounterSignal) -> Iterator[Indicator]:
    """N10: a signal meant for a unit, and no answer of those addressed in time."""
    number = facts.settings.number
    limit_ms = round(number("N10", "calls") * number("N10", "wait"))
    first = said.answers[0] if said.answers else None
    until_ms = first.at_ms if first else facts.now_ms
    if not signal.HasField("meant_for") or until_ms - said.at_ms <= limit_ms:
        return
    meant, speaker = facts.unit_of(signal.meant_for), facts.unit_of(signal.speaker)
    answer = f"{first.word} by {first.post} after {(first.at_ms - said.at_ms) // 1000} s" if first else "none"
    yield facts.indicator(
        "N10",
        f"{signal.code} to {signal.meant_for.name}: no answer within {limit_ms // 1000} s",
        meant.id if meant else "",
        said.at_ms + limit_ms,
        first.at_ms if first else None,
        other=speaker.id if speaker else "",
        message=said.message,
        inputs=(Input("signal", signal.code, said.from_post), Input("answer", answer, " ".join(said.to))),
    )


def _notice(facts: Facts, said: Said, notice: v1.ActivityNotice) -> Iterator[Indicator]:
    """N09, N11 and N13 of a notice."""
    begins_ms = facts.time_ms(getattr(notice.schedule.overall, "from").ToNanoseconds())
    yield from _late(facts, said, notice, begins_ms)
    if notice.kind == v1.ACTIVITY_KIND_JAMMING:
        title = f"jamming announced by {said.from_post}"
        yield facts.indicator(
            "N13", title, "", begins_ms, None, message=said.message, inputs=tuple(facts.accounts(said))
        )
    own = facts.unit_of(notice.unit) if notice.HasField("exclusion_radius_m") else None
    for post in said.to if own else ():
        for unit in facts.units.values():
            pair = pair_of(own, unit) if own and unit.party == party_of(post) else None
            if pair:
                yield from _entries(facts, said, notice, post, pair)


def _late(facts: Facts, said: Said, notice: v1.ActivityNotice, begins_ms: int) -> Iterator[Indicator]:
    """N11."""
    agreed_ms = facts.settings.notice_periods_ms.get(notice.kind)
    if agreed_ms is None and notice.kind not in _DANGEROUS:
        return
    setting = facts.settings.of("N11", "period")
    period_ms = setting.number if agreed_ms is None else agreed_ms
    if begins_ms - said.at_ms >= period_ms:
        return
    kind = v1.ActivityKind.Name(notice.kind).removeprefix("ACTIVITY_KIND_").replace("_", " ").lower()
    lead_ms = begins_ms - said.at_ms
    lead = f"{abs(lead_ms) / 60_000:.0f} min {'before' if lead_ms > 0 else 'after'} its beginning"
    shown = str(setting) if agreed_ms is None else f"{agreed_ms / 3_600_000:g} h, agreement"
    yield facts.indicator(
        "N11",
        f"notice of {kind} {lead}",
        "",
        min(said.at_ms, begins_ms),
        max(said.at_ms, begins_ms),
        message=said.message,
        inputs=(
            Input("sealed", lead, said.from_post),
            Input("public warning named", notice.civil_warning or "none", said.from_post),
        ),
        parameters={"period": shown},
    )


def _entries(facts: Facts, said: Said, notice: v1.ActivityNotice, post: str, pair: Pair) -> Iterator[Indicator]:
    """N09 for each time the other unit enters the radius after its post acknowledged it."""
    window, radius_m = notice.schedule.overall, notice.exclusion_radius_m
    begins_ms = facts.time_ms(getattr(window, "from").ToNanoseconds())
    ends_ms = min(facts.time_ms(window.until.ToNanoseconds()), facts.now_ms + 1)
    passes = [(_millis(crossing.time_ms), crossing.sense) for crossing in crossings(pair.segments, radius_m)]
    for entered_ms in (at_ms for at_ms, sense in passes if sense is Sense.CLOSING):
        answer = _last(said, post, entered_ms)
        if answer is not None and begins_ms <= entered_ms < ends_ms:
            left_ms = next((at for at, sense in passes if sense is Sense.OPENING and at > entered_ms), None)
            yield _entry(facts, said, radius_m, answer, pair, entered_ms, left_ms)


def _entry(
    facts: Facts, said: Said, radius_m: int, answer: Answer, pair: Pair, entered_ms: int, left_ms: int | None
) -> Indicator:
    inside = (
        each for each in pair.segments if each.end_ms > entered_ms and (left_ms is None or each.start_ms < left_ms)
    )
    closest = closest_approach(inside)
    return facts.indicator(
        "N09",
        f"{pair.b.name} inside the radius asked for, after {answer.post} said {answer.word}",
        pair.b.id,
        entered_ms,
        left_ms,
        other=pair.a.id,
        message=said.message,
        least_range_m=min(closest.range_m, radius_m) if closest else radius_m,
        inputs=(
            Input("radius and time window", f"{radius_m} m, notice {said.message}", said.from_post),
            Input("acknowledgement", f"{answer.word}, answer to {said.message}", answer.post),
            pair.a.tracks,
            pair.b.tracks,
        ),
        parameters={"radius": f"{radius_m} m", "acknowledged by": "any stage that an officer signs"},
    )


def _last(said: Said, post: str, by_ms: int) -> Answer | None:
    """The last word an officer of the post signed before a moment."""
    return max(
        (answer for answer in said.answers if answer.post == post and answer.at_ms < by_ms),
        key=lambda answer: answer.at_ms,
        default=None,
    )


def _uncrewed(facts: Facts, unit: Unit) -> Iterator[Indicator]:
    """N18."""
    if unit.kind != v1.CRAFT_KIND_UNCREWED or any(_declares(facts, said, unit) for said in facts.said):
        return
    yield facts.indicator(
        "N18",
        f"nobody has said who controls {unit.name}, and what it does when the link is lost",
        unit.id,
        unit.samples.start_ms,
        None,
        inputs=(unit.tracks, Input("notices with control of uncrewed craft", "none that holds", unit.party)),
    )


def _declares(facts: Facts, said: Said, unit: Unit) -> bool:
    """Whether a notice of the unit's party, sealed before it moves, gives its control and holds then."""
    notice = said.body
    if not isinstance(notice, v1.ActivityNotice) or not notice.HasField("uncrewed"):
        return False
    holds = facts.time_ms(notice.schedule.overall.until.ToNanoseconds()) > unit.samples.start_ms
    return party_of(said.from_post) == unit.party and said.at_ms <= unit.samples.start_ms and holds


def _millis(time_ms: float) -> int:
    """The first whole millisecond past a crossing."""
    return -int(-time_ms // 1)
