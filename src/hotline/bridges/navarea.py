"""NAVAREA-shaped text: a navigational warning as its coordinator could send it, in a fixed order.

    1. EXERCISE EXERCISE EXERCISE, or ACTUAL, or NOT SAID YET for a draft
    2. series and number
    3. general area
    4. key subject, with the S-124 type code where one fits
    5. times, UTC
    6. position, in degrees and minutes to 0.001
    7. heights and depths
    8. what is asked of others
    9. contact
    10. cancellation

The order follows the message elements of the joint manual on maritime safety information; a number stands for the same
element in every text, said or not. Only a NAVAREA coordinator makes a warning of it: without a number in the notice it
says NUMBER NOT ASSIGNED. What is lost: positions are rounded to 0.001 minute (under 1 m), times widened to whole
minutes; text is English in the letters of a telex, and whatever they cannot spell stands as "?".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from hotline import v1
from hotline.bridges.civil import navigational, replaced
from hotline.bridges.labels import label
from hotline.bridges.moments import dtg, overall, up_to_minute
from hotline.bridges.positions import nautical, nmi, point
from hotline.bridges.s124 import TYPE_DETAILS
from hotline.bridges.told import Held, Told, hazard_notice
from hotline.bridges.wording import craft, daily_words

NOT_STATED = "NOT STATED"
NOT_ASSIGNED = "NUMBER NOT ASSIGNED"
_ENDS = ("ActivityCancel", "ActivityEnd", "Retraction")
# What the manual writes instead of words that say too much or too little.
_SUBJECT: Mapping[v1.ActivityKind.ValueType, str] = {
    v1.ACTIVITY_KIND_LIVE_FIRE: "FIRING EXERCISE",
    v1.ACTIVITY_KIND_EXERCISE: "MILITARY EXERCISE WITHOUT FIRING",
    v1.ACTIVITY_KIND_LAUNCH: "HAZARDOUS OPERATIONS, ROCKET LAUNCHING",
    v1.ACTIVITY_KIND_DIVING: "DIVING OPERATIONS",
    v1.ACTIVITY_KIND_DISABLED_VESSEL: "VESSEL DISABLED OR RESTRICTED IN ABILITY TO MANOEUVRE",
}
_SPELLED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-?:().,'=/+ ")


def navarea(told: Told, held: Held) -> str:
    """The text, one element a line.

    Raises:
        BridgeError: BRIDGE_NO_FORM for what belongs to no activity, BRIDGE_EARLIER_MISSING.
    """
    notice = hazard_notice(told, held, "NAVAREA")
    elements = _ending(told, held, notice) if told.type in _ENDS else _warning(told, held, notice)
    numbered = [f"{number}. {_line(words)}." for number, words in enumerate(elements, start=1)]
    return "\n".join(["DRAFT FOR THE COORDINATOR, NOT A NAVIGATIONAL WARNING", *numbered]) + "\n"


def telex(text: str) -> str:
    """Capitals, figures and signs that a telex has; marks above letters go, and what is left over is "?"."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each)).upper()
    return "".join(each if each in _SPELLED else "?" for each in plain)


def subject(kind: v1.ActivityKind.ValueType) -> str:
    """What is done, as the manual words it."""
    return _SUBJECT.get(kind) or telex(label(v1.ActivityKind.DESCRIPTOR, kind, "en"))


def _line(words: str) -> str:
    return telex(words).rstrip(".")


def _warning(told: Told, held: Held, notice: v1.ActivityNotice) -> list[str]:
    return [
        _mark(told),
        navigational(notice) or NOT_ASSIGNED,
        _general_area(notice.area),
        _key_subject(notice),
        _times(notice.schedule),
        place(notice.area),
        heights(notice.area.band),
        _asked(notice),
        f"CONTACT {notice.contact_post}",
        _cancellation(told, held, notice),
    ]


def _ending(told: Told, held: Held, notice: v1.ActivityNotice) -> list[str]:
    """An activity that is over or will not be: the same ten elements, with what no longer holds left out."""
    word = {"ActivityCancel": "CANCELLED", "ActivityEnd": "COMPLETED", "Retraction": "SENT IN ERROR"}[told.type]
    number = replaced(told, held, navigational)
    return [
        _mark(told),
        NOT_ASSIGNED,
        _general_area(notice.area),
        f"{_key_subject(notice)}, {word}",
        dtg(told.at_ns),
        place(notice.area),
        NOT_STATED,
        NOT_STATED,
        f"CONTACT {notice.contact_post}",
        f"CANCEL {number} AND THIS MSG" if number else f"CANCEL WARNING OF {notice.designation} AND THIS MSG",
    ]


def _mark(told: Told) -> str:
    marks = {v1.KIND_EXERCISE: "EXERCISE EXERCISE EXERCISE", v1.KIND_ACTUAL: "ACTUAL"}
    return marks.get(told.header.kind, "NOT SAID YET")


def _general_area(area: v1.Area) -> str:
    return area.named_water.name if area.WhichOneof("geometry") == "named_water" else "BY COORDINATES ONLY"


def _key_subject(notice: v1.ActivityNotice) -> str:
    details = TYPE_DETAILS.get(notice.kind)
    code = f" (S-124 {details.code})" if details else ""
    return f"{subject(notice.kind)}{code}, {notice.designation}"


def _times(schedule: v1.Schedule) -> str:
    span = overall(schedule)
    words = f"{dtg(span.start_ns)} TO {dtg(up_to_minute(span.end_ns))}"
    daily = ", ".join(daily_words(each).replace("-", " TO ") for each in schedule.daily)
    return f"{words}, DAILY {daily}" if daily else words


def place(area: v1.Area) -> str:
    """Where, in words that need no chart."""
    kind = area.WhichOneof("geometry")
    if kind == "circle":
        return f"WITHIN {nmi(area.circle.radius_m)} OF {nautical(point(area.circle.centre))}"
    if kind == "polygon":
        return f"AREA BOUNDED BY {', '.join(nautical(point(corner)) for corner in area.polygon.corners)}"
    if kind == "corridor":
        line = ", ".join(nautical(point(each)) for each in area.corridor.line)
        return f"WITHIN {nmi(area.corridor.width_m / 2)} OF LINE JOINING {line}"
    return f"{area.named_water.name}, NO COORDINATES"


def heights(band: v1.VerticalBand) -> str:
    """From below to above, metres from mean sea level."""
    if not (band.HasField("lower_m") or band.HasField("upper_m")):
        return NOT_STATED
    lower = _level(band.lower_m) if band.HasField("lower_m") else NOT_STATED
    upper = _level(band.upper_m) if band.HasField("upper_m") else NOT_STATED
    return f"FROM {lower} TO {upper}"


def _level(height_m: int) -> str:
    if height_m == 0:
        return "SEA LEVEL"
    return f"{height_m} M ABOVE SEA LEVEL" if height_m > 0 else f"{-height_m} M BELOW SEA LEVEL"


def _asked(notice: v1.ActivityNotice) -> str:
    if not notice.HasField("exclusion_radius_m"):
        return NOT_STATED
    unit = craft(notice.unit, "en") if notice.HasField("unit") else "UNITS ENGAGED"
    return f"VESSELS REQUESTED TO KEEP {nmi(notice.exclusion_radius_m)} CLEAR OF {unit}"


def _cancellation(told: Told, held: Held, notice: v1.ActivityNotice) -> str:
    until = dtg(up_to_minute(overall(notice.schedule).end_ns))
    number = replaced(told, held, navigational)
    return f"CANCEL {number}, CANCEL THIS MSG {until}" if number else f"CANCEL THIS MSG {until}"
