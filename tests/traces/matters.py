"""Incidents and activities, in the words of traces."""

from __future__ import annotations

import re

from tests.traces.saying import Saying, Speaker, reference, says
from tests.traces.words import Options, quoted, span_ns

from hotline import v1
from hotline.protocol.instant import to_timestamp

_FLASH = {"precedence": v1.PRECEDENCE_FLASH}


def _place() -> v1.Position:
    return v1.Position(latitude_deg=30.0, longitude_deg=125.0)


def _incident(speaker: Speaker, kind: str | None, options: Options) -> v1.IncidentFlash:
    body = v1.IncidentFlash(
        kind=v1.IncidentKind.Value(f"INCIDENT_KIND_{kind or 'CLOSE_APPROACH'}"),
        observed_at=to_timestamp(speaker.utc_ns),
        position=_place(),
        own_unit=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP, name="own unit"),
        intention=v1.INTENTION_KEEP_COURSE_AND_SPEED,
        next_report_by=to_timestamp(speaker.utc_ns + span_ns("10 min")),
        contact_post=speaker.post,
    )
    if other := options.take("other"):
        body.other_unit.kind = v1.CraftKind.Value(f"CRAFT_KIND_{other.split()[0]}")
        body.other_unit.name = quoted(other)
    if metres := options.take("range"):
        body.range_m = int(metres.removesuffix(" m"))
    return body


@says(r"flash(?: (?P<kind>[A-Z_]+))?")
def _flash(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    return Saying(_incident(speaker, words["kind"], options), header=_FLASH)


@says(r"break-glass flash(?: (?P<kind>[A-Z_]+))? (?P<why>\".*\")")
def _break_glass(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    told = _incident(speaker, words["kind"], options)
    return Saying(v1.BreakGlassFlash(flash=told, reason=quoted(words["why"])), header=_FLASH)


@says(r"account of (?P<ref>\S+) (?P<words>\".*\")")
def _account(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    told = v1.Fact(claim=quoted(words["words"]), confidence=v1.Fact.CONFIDENCE_CONFIRMED, source="own radar")
    return Saying(v1.IncidentUpdate(facts=[told]), speaker.find(words["ref"]))


@says(r"close of (?P<ref>\S+)")
def _close(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    return Saying(v1.IncidentClose(), speaker.find(words["ref"]))


def _activity(speaker: Speaker, words: re.Match[str], options: Options) -> v1.ActivityNotice:
    from_ns = speaker.utc_ns + (span_ns(words["lead"]) if words["lead"] else 0)
    radius_m = int(options.take("radius", "5556 m").removesuffix(" m"))
    body = v1.ActivityNotice(
        designation=quoted(options.take("named"), "an activity"),
        kind=v1.ActivityKind.Value(f"ACTIVITY_KIND_{words['kind']}"),
        contact_post=speaker.post,
        exclusion_radius_m=radius_m,
    )
    if ships := options.take("ships"):
        body.forces.add(kind=v1.CRAFT_KIND_WARSHIP, count_min=int(ships), count_max=int(ships))
    body.area.circle.centre.CopyFrom(_place())
    body.area.circle.radius_m = radius_m
    if body.kind == v1.ACTIVITY_KIND_LAUNCH:
        body.hazard_areas.add().CopyFrom(body.area)
    getattr(body.schedule.overall, "from").CopyFrom(to_timestamp(from_ns))
    body.schedule.overall.until.CopyFrom(to_timestamp(from_ns + span_ns(options.take("lasting", "2 h"))))
    return body


@says(r"notice of (?P<kind>[A-Z_]+)(?: in (?P<lead>.+))?")
def _notice(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    return Saying(_activity(speaker, words, options))


@says(r"update of (?P<ref>\S+): (?P<kind>[A-Z_]+)(?: in (?P<lead>.+))?")
def _update(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    replaced = speaker.find(words["ref"])
    body = v1.ActivityUpdate(notice=_activity(speaker, words, options), reason="as it is planned now")
    return Saying(body, replaced, reference(replaced, v1.Reference.ROLE_UPDATES))


@says(r"cancel of (?P<ref>\S+)")
def _cancel(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    ended = speaker.find(words["ref"])
    return Saying(v1.ActivityCancel(reason="not planned any more"), ended, reference(ended, v1.Reference.ROLE_CANCELS))


@says(r"start of (?P<ref>\S+)")
def _start(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    return Saying(v1.ActivityStart(started_at=to_timestamp(speaker.utc_ns)), speaker.find(words["ref"]))


@says(r"end of (?P<ref>\S+)")
def _end(speaker: Speaker, words: re.Match[str], options: Options) -> Saying:
    return Saying(v1.ActivityEnd(ended_at=to_timestamp(speaker.utc_ns), area_clear=True), speaker.find(words["ref"]))
