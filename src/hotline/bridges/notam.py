"""NOTAM-shaped text (ICAO format: Q line, items A to G) of an activity.

Number, and with it N, R or C, come from the notice's `civil_warning` where that is a NOTAM's number; a series is never
made up, and without one the text begins NOTAMN alone. The flight information region is not in our messages: the caller
gives it. What is lost:

- Positions are rounded to whole seconds (about 15 m); the Q line's circle, in whole minutes and miles, holds the area.
- Times are widened to whole minutes, heights outwards to whole feet; depths show as SFC.
- Only EXERCISE (QWE), LIVE_FIRE and LAUNCH (QWM) have a subject code; everything else is QXX, plain language.
- English capitals of a telex; what they cannot spell stands as "?".
- A body of water by name has no centre: refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from hotline import v1
from hotline.bridges.civil import notam_number, replaced
from hotline.bridges.moments import NS_PER_DAY, NS_PER_S, overall, up_to_minute, utc
from hotline.bridges.navarea import subject, telex
from hotline.bridges.positions import Disc, aeronautical, enclosing, feet, nmi, on_whole_minute, point, whole_minutes
from hotline.bridges.told import BridgeError, Held, Told, hazard_notice, no_form, notice_in
from hotline.geo.geodesy import range_m
from hotline.geo.units import convert

REGION = re.compile(r"[A-Z]{4}")
_Q_RADIUS_MAX_NMI = 999
_LEVEL_MAX = 999
_SUBJECT_CODE: Mapping[v1.ActivityKind.ValueType, str] = {
    v1.ACTIVITY_KIND_EXERCISE: "WE",
    v1.ACTIVITY_KIND_LIVE_FIRE: "WM",
    v1.ACTIVITY_KIND_LAUNCH: "WM",
}
_TAKES_PLACE, _CANCELLED, _PLAIN = "LW", "CN", "XX"


def notam(told: Told, held: Held, region: str) -> str:
    """The text of a NOTAM.

    Args:
        told: an ActivityNotice, ActivityUpdate, ActivityCancel, ActivityEnd or Retraction of one.
        held: what it builds on.
        region: four letters of the flight information region.

    Raises:
        BridgeError: BRIDGE_NO_FORM, BRIDGE_EARLIER_MISSING, BRIDGE_AREA, BRIDGE_REGION.
    """
    if not REGION.fullmatch(region):
        raise BridgeError("BRIDGE_REGION", f"a flight information region has four letters, such as ZSHA: {region!r}")
    notice = hazard_notice(told, held, "NOTAM")
    disc = enclosing(notice.area)
    if disc is None:
        raise no_form(told, "NOTAM", "its area is a body of water by name, which has no centre")
    ends = notice_in(told) is None
    return (
        "\n".join(
            [
                _heading(told, held, notice),
                _q_line(notice, region, disc, ends),
                _a_b_c(told, notice, region, ends),
                *([] if ends else _daily(notice.schedule)),
                "E) " + "\n".join(telex(each) for each in _text(told, notice, ends)),
                *([] if ends else [_f_g(notice.area.band)]),
            ]
        )
        + "\n"
    )


def _heading(told: Told, held: Held, notice: v1.ActivityNotice) -> str:
    old = replaced(told, held, notam_number)
    own = notam_number(notice) if notice_in(told) is not None else ""
    kind = "C" if notice_in(told) is None else "R" if old else "N"
    return " ".join(part for part in (own, f"NOTAM{kind}", old) if part)


def _q_line(notice: v1.ActivityNotice, region: str, disc: Disc, ends: bool) -> str:
    code = _SUBJECT_CODE.get(notice.kind, _PLAIN)
    condition = _CANCELLED if ends else _TAKES_PLACE if code != _PLAIN else _PLAIN
    centre = on_whole_minute(disc.centre)
    radius_m = disc.radius_m + range_m(centre, disc.centre)
    radius_nmi = max(1, math.ceil(convert(radius_m, "m", "nmi")))
    if radius_nmi > _Q_RADIUS_MAX_NMI:
        raise BridgeError("BRIDGE_AREA", f"a NOTAM's circle is {_Q_RADIUS_MAX_NMI} NM at most, not {radius_nmi}")
    lower, upper = _levels(notice.area.band)
    fields = (region, f"Q{code}{condition}", "IV", "BO", "W", lower, upper, f"{whole_minutes(centre)}{radius_nmi:03d}")
    return f"Q) {'/'.join(fields)}"


def _a_b_c(told: Told, notice: v1.ActivityNotice, region: str, ends: bool) -> str:
    span = overall(notice.schedule)
    start_ns = told.at_ns if ends else span.start_ns
    # An end takes effect when it is said; C) of the NOTAM that it ends stays where it was, or is already past.
    end_ns = max(span.end_ns, start_ns + NS_PER_S)
    return f"A) {region} B) {_stamp(start_ns)} C) {_stamp(up_to_minute(end_ns))}"


def _stamp(utc_ns: int) -> str:
    return f"{utc(utc_ns):%y%m%d%H%M}"


def _daily(schedule: v1.Schedule) -> Iterator[str]:
    """Item D: ``DAILY 0100-0900, DAILY 1300-1500``; none where the activity goes on throughout."""
    hours = [_hours(each) for each in schedule.daily]
    if hours:
        yield f"D) {', '.join(f'DAILY {each}' for each in hours)}"


def _hours(window: v1.DailyWindow) -> str:
    start_ns = getattr(window, "from").ToNanoseconds()
    length_ns = window.length.ToNanoseconds()
    if length_ns == NS_PER_DAY:
        return "0000-2359"
    start, end = utc(start_ns), utc(up_to_minute(start_ns + length_ns))
    return f"{start:%H%M}-{end:%H%M}"


def _text(told: Told, notice: v1.ActivityNotice, ends: bool) -> Iterator[str]:
    if told.header.kind == v1.KIND_EXERCISE:
        yield "EXERCISE EXERCISE EXERCISE."
    yield f"{subject(notice.kind)}, {notice.designation}, {'CANCELLED' if ends else 'WILL TAKE PLACE'}."
    yield f"{_place(notice.area)}."
    if not ends and notice.HasField("exclusion_radius_m"):
        yield f"REQUESTED TO KEEP {nmi(notice.exclusion_radius_m)} CLEAR OF UNITS ENGAGED."
    yield f"CONTACT {notice.contact_post}."


def _place(area: v1.Area) -> str:
    kind = area.WhichOneof("geometry")
    if kind == "circle":
        return f"WI {nmi(area.circle.radius_m)} RADIUS OF {aeronautical(point(area.circle.centre))}"
    if kind == "polygon":
        corners = [*area.polygon.corners, area.polygon.corners[0]]
        return f"AREA BOUNDED BY {' - '.join(aeronautical(point(corner)) for corner in corners)}"
    line = " - ".join(aeronautical(point(each)) for each in area.corridor.line)
    return f"WI {nmi(area.corridor.width_m / 2)} EITHER SIDE OF LINE {line}"


def _levels(band: v1.VerticalBand) -> tuple[str, str]:
    """Flight levels of the Q line, hundreds of feet: 000 and 999 where a limit is not said."""
    lower = max(0, math.floor(feet(band.lower_m) / 100)) if band.HasField("lower_m") else 0
    upper = max(0, math.ceil(feet(band.upper_m) / 100)) if band.HasField("upper_m") else _LEVEL_MAX
    return f"{min(lower, _LEVEL_MAX):03d}", f"{min(upper, _LEVEL_MAX):03d}"


def _f_g(band: v1.VerticalBand) -> str:
    lower = feet(band.lower_m) if band.HasField("lower_m") else 0.0
    low = f"{math.floor(lower)}FT AMSL" if lower > 0.0 else "SFC"
    if not band.HasField("upper_m"):
        return f"F) {low} G) UNL"
    upper = feet(band.upper_m)
    return f"F) {low} G) {f'{math.ceil(upper)}FT AMSL' if upper > 0.0 else 'SFC'}"
