"""What a statement says in plain lines of one language, for forms that carry words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from google.protobuf.descriptor import EnumDescriptor

from hotline import v1
from hotline.bridges.labels import label, phrase, titled
from hotline.bridges.moments import dtg, ns_of, overall, up_to_minute, utc
from hotline.bridges.positions import nautical, nmi, point
from hotline.bridges.told import Held, Told, notice_meant

Lines = Iterator[str]


def code(enum: EnumDescriptor, number: int) -> str:
    """``LIVE_FIRE``: a code without the prefix of its enumeration."""
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return enum.values_by_number[number].name.removeprefix(prefix)


def flash_in(told: Told) -> v1.IncidentFlash | None:
    """The flash that a statement is or carries."""
    if isinstance(told.body, v1.BreakGlassFlash):
        return told.body.flash
    return told.body if isinstance(told.body, v1.IncidentFlash) else None


def event(told: Told, held: Held, language: str) -> str:
    """What it is about, in a few words: the label of its kind."""
    notice, flash = notice_meant(told, held), flash_in(told)
    if notice is not None:
        return label(v1.ActivityKind.DESCRIPTOR, notice.kind, language)
    if flash is not None:
        return label(v1.IncidentKind.DESCRIPTOR, flash.kind, language)
    return phrase(_EVENT[told.type], language)


_EVENT: Mapping[str, str] = {
    "IncidentUpdate": "incident_update",
    "IncidentClose": "incident_close",
    "Retraction": "retracted",
}

_STANDING: Mapping[str, str] = {
    "ActivityUpdate": "update",
    "ActivityCancel": "cancelled",
    "ActivityStart": "started",
    "ActivityEnd": "ended",
    "Retraction": "retracted",
    "BreakGlassFlash": "single",
}


def headline(told: Told, held: Held, language: str) -> str:
    """One line: the mark of an exercise or a draft, the event, its designation, and how it stands now."""
    marks = [phrase("exercise", language)] if told.header.kind == v1.KIND_EXERCISE else []
    marks += [phrase("draft", language)] if told.is_draft else []
    notice = notice_meant(told, held)
    what = event(told, held, language)
    what = titled(what, notice.designation, language) if notice is not None else what
    standing = _STANDING.get(told.type)
    standing_words = phrase(standing, language) if standing else ""
    return " - ".join([*marks, what, *([standing_words] if standing_words and standing_words != what else [])])


def lines(told: Told, held: Held, language: str) -> list[str]:
    """What a statement says, a line for each field that is said, and the remarks of its header."""
    writer = _WRITERS.get(type(told.body))
    found = list(writer(told.body, language)) if writer else []
    if told.type in ("ActivityCancel", "ActivityStart", "ActivityEnd") and (notice := notice_meant(told, held)):
        found += _notice(notice, language)
    return found + list(_remarks(told.header, language))


def craft(unit: v1.Craft, language: str) -> str:
    """``warship HMAS Toowoomba 156 (AUS)``."""
    named = [label(v1.CraftKind.DESCRIPTOR, unit.kind, language), unit.name, unit.number]
    party = f" ({unit.party})" if unit.party else ""
    return " ".join(part for part in named if part) + party


def area_words(area: v1.Area) -> str:
    """The whole area in one line, as sailors write it; the words are the same in every language."""
    shape = area.WhichOneof("geometry")
    if shape == "circle":
        words = f"{nmi(area.circle.radius_m)} / {nautical(point(area.circle.centre))}"
    elif shape == "polygon":
        words = ", ".join(nautical(point(corner)) for corner in area.polygon.corners)
    elif shape == "corridor":
        words = f"{nmi(area.corridor.width_m)} | {' - '.join(nautical(point(each)) for each in area.corridor.line)}"
    else:
        words = f"{area.named_water.name} [{area.named_water.language}]"
    return f"{words}; {band}" if (band := band_words(area.band)) else words


def band_words(band: v1.VerticalBand) -> str:
    """``-50 M .. 300 M MSL``; empty where neither limit is said."""
    if not (band.HasField("lower_m") or band.HasField("upper_m")):
        return ""
    lower = f"{band.lower_m} M" if band.HasField("lower_m") else "?"
    upper = f"{band.upper_m} M" if band.HasField("upper_m") else "?"
    return f"{lower} .. {upper} MSL"


def schedule_words(schedule: v1.Schedule, language: str) -> str:
    """``210100Z NOV 26 - 251100Z NOV 26, daily 0100Z-0900Z``."""
    span = overall(schedule)
    words = f"{dtg(span.start_ns)} - {dtg(span.end_ns)}"
    return ", ".join([words, *(f"{phrase('daily', language)} {daily_words(each)}" for each in schedule.daily)])


def daily_words(window: v1.DailyWindow) -> str:
    """``0100Z-0900Z``; a window of a whole day ends at the hour it begins."""
    start_ns = getattr(window, "from").ToNanoseconds()
    end_ns = up_to_minute(start_ns + window.length.ToNanoseconds())
    return f"{utc(start_ns):%H%M}Z-{utc(end_ns):%H%M}Z"


def asked(told: Told, held: Held, language: str) -> list[str]:
    """What is asked of the other side; nothing where nothing is, or no longer."""
    flash = flash_in(told)
    if flash is not None:
        return [label(v1.RequestedAction.DESCRIPTOR, each, language) for each in flash.requested]
    notice = notice_meant(told, held)
    if notice is None or told.type in ("ActivityCancel", "ActivityEnd", "Retraction"):
        return []
    radius_m = notice.exclusion_radius_m
    return [_line("keep_clear", language, nmi(radius_m))] if radius_m else []


def _line(name: str, language: str, words: str) -> str:
    return titled(phrase(name, language), words, language)


def _notice(notice: v1.ActivityNotice, language: str) -> Lines:
    yield _line("time", language, schedule_words(notice.schedule, language))
    yield _line("area", language, area_words(notice.area))
    if notice.forces:
        yield _line("forces", language, "; ".join(_force(each, language) for each in notice.forces))
    if notice.HasField("unit"):
        yield _line("unit", language, craft(notice.unit, language))
    if notice.HasField("uncrewed"):
        yield _line("uncrewed", language, notice.uncrewed.authority)
    if notice.civil_warning:
        yield _line("civil", language, notice.civil_warning)
    yield _line("contact", language, notice.contact_post)


def _force(force: v1.Force, language: str) -> str:
    count = f"{force.count_min}-{force.count_max}" if force.count_min != force.count_max else f"{force.count_max}"
    return f"{count} {label(v1.CraftKind.DESCRIPTOR, force.kind, language)}"


def _update(body: v1.ActivityUpdate, language: str) -> Lines:
    if body.reason:
        yield _line("reason", language, body.reason)
    yield from _notice(body.notice, language)


def _reason(body: v1.ActivityCancel | v1.Retraction, language: str) -> Lines:
    yield _line("reason", language, body.reason)


def _started(body: v1.ActivityStart, language: str) -> Lines:
    yield _line("started", language, dtg(ns_of(body.started_at)))


def _ended(body: v1.ActivityEnd, language: str) -> Lines:
    yield _line("ended", language, dtg(ns_of(body.ended_at)))
    if body.HasField("area_clear"):
        yield _line("area", language, phrase("clear" if body.area_clear else "not_clear", language))


def _flash(flash: v1.IncidentFlash, language: str) -> Lines:
    yield _line("time", language, dtg(ns_of(flash.observed_at)))
    yield _line("area", language, nautical(point(flash.position)))
    yield _line("unit", language, craft(flash.own_unit, language))
    if flash.HasField("other_unit"):
        yield _line("other", language, craft(flash.other_unit, language))
    yield from _range_and_harm(flash, language)
    yield _line("intention", language, label(v1.Intention.DESCRIPTOR, flash.intention, language))
    yield from (label(v1.NotIntended.DESCRIPTOR, each, language) for each in flash.not_intended)
    yield _line("next", language, dtg(ns_of(flash.next_report_by)))
    yield _line("contact", language, flash.contact_post)


def _break_glass(body: v1.BreakGlassFlash, language: str) -> Lines:
    yield _line("single", language, body.reason)
    yield from _flash(body.flash, language)


def _incident_update(body: v1.IncidentUpdate, language: str) -> Lines:
    yield from (_fact(each, language) for each in body.facts)
    yield from _range_and_harm(body, language)
    if body.HasField("next_report_by"):
        yield _line("next", language, dtg(ns_of(body.next_report_by)))


def _incident_close(body: v1.IncidentClose, language: str) -> Lines:
    yield from (_fact(each, language) for each in body.agreed)
    yield from (_line("open_points", language, each) for each in body.open_points)


def _fact(fact: v1.Fact, language: str) -> str:
    return f"{fact.claim} ({label(v1.Fact.Confidence.DESCRIPTOR, fact.confidence, language)}; {fact.source})"


def _range_and_harm(body: v1.IncidentFlash | v1.IncidentUpdate, language: str) -> Lines:
    if body.HasField("range_m"):
        yield _line("range", language, nmi(body.range_m))
    harm = ("yes" if body.harm else "no") if body.HasField("harm") else "unknown"
    yield _line("harm", language, phrase(harm, language))


def _remarks(header: v1.StatementHeader, language: str) -> Lines:
    """Every text with its language; those of another language than this one's too, for each is what somebody wrote."""
    for text in header.texts:
        informative = text.role == v1.Text.ROLE_TRANSLATION
        mark = f" ({phrase('informative', language)})" if informative else ""
        yield titled(f"{phrase('remark', language)} [{text.language}]{mark}", text.text, language)


_WRITERS: Mapping[type, Callable[[Any, str], Lines]] = {
    v1.ActivityNotice: _notice,
    v1.ActivityUpdate: _update,
    v1.ActivityCancel: _reason,
    v1.ActivityStart: _started,
    v1.ActivityEnd: _ended,
    v1.IncidentFlash: _flash,
    v1.BreakGlassFlash: _break_glass,
    v1.IncidentUpdate: _incident_update,
    v1.IncidentClose: _incident_close,
    v1.Retraction: _reason,
}
