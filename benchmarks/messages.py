"""The message that is sent in every benchmark: an activity notice of ordinary size."""

from __future__ import annotations

from hotline import v1
from hotline.protocol.instant import NS_PER_S, Instant, to_timestamp


def notice(now: Instant, post: str) -> v1.ActivityNotice:
    """A notice by a post, of an hour from now on."""
    body = v1.ActivityNotice(
        designation="Divers down, clearing propellers",
        kind=v1.ACTIVITY_KIND_DIVING,
        unit=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP, name="unit", number="150", party="AAA"),
        exclusion_radius_m=5556,
        contact_post=post,
    )
    body.area.circle.centre.latitude_deg, body.area.circle.centre.longitude_deg = 31.2, 128.3
    body.area.circle.radius_m = 5556
    getattr(body.schedule.overall, "from").CopyFrom(to_timestamp(now.utc_ns))
    body.schedule.overall.until.CopyFrom(to_timestamp(now.later(3600 * NS_PER_S).utc_ns))
    return body
