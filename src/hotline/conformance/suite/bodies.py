"""Bodies of the suite's statements."""

from __future__ import annotations

from hotline import v1
from hotline.protocol.instant import NS_PER_S, Instant, to_timestamp

_HOUR_NS = 3600 * NS_PER_S


def position() -> v1.Position:
    """Somewhere at sea."""
    return v1.Position(latitude_deg=30.0, longitude_deg=126.0)


def window(now: Instant, from_h: float = 1, until_h: float = 2) -> v1.Window:
    """From and until so many hours from now."""
    first, last = (to_timestamp(now.utc_ns + round(hours * _HOUR_NS)) for hours in (from_h, until_h))
    return v1.Window(**{"from": first, "until": last})


def notice(now: Instant, contact: str, from_h: float = 1) -> v1.ActivityNotice:
    """Divers are down; one person signs it."""
    return v1.ActivityNotice(
        designation="conformance divers",
        kind=v1.ACTIVITY_KIND_DIVING,
        area=v1.Area(circle=v1.Circle(centre=position(), radius_m=5556)),
        schedule=v1.Schedule(overall=window(now, from_h, from_h + 1)),
        contact_post=contact,
        exclusion_radius_m=5556,
    )


def flash(now: Instant, contact: str) -> v1.IncidentFlash:
    """Something has happened; two persons sign it."""
    return v1.IncidentFlash(
        kind=v1.INCIDENT_KIND_SONAR,
        observed_at=to_timestamp(now.utc_ns),
        position=position(),
        own_unit=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP, name="own unit"),
        intention=v1.INTENTION_KEEP_COURSE_AND_SPEED,
        next_report_by=to_timestamp(now.utc_ns + _HOUR_NS),
        contact_post=contact,
    )
