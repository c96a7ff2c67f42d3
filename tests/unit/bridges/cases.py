"""Statements for the bridges, each as a real case could read, with digests that follow from their names."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from hotline import v1
from hotline.bridges.told import Told

AUS, CHN, JPN = "AUS:fleet-watch", "CHN:fleet-watch", "JPN:fleet-watch"
# 14 November 2023, 05:00:00Z
START_S = 1_699_938_000
HOUR_S = 3600
DAY_S = 24 * HOUR_S


def at(seconds: float) -> Timestamp:
    """An instant by its distance from the start."""
    stamp = Timestamp()
    stamp.FromNanoseconds(round((START_S + seconds) * 1_000_000_000))
    return stamp


def digest(name: str) -> bytes:
    """The digest that a statement of this name has."""
    return sha256(name.encode()).digest()


def told(name: str, body: Message, after_s: float = 0, post: str = AUS, **header: Any) -> Told:
    """A statement on an actual channel, sealed some seconds after the start."""
    made = v1.StatementHeader(
        **{
            "channel": "pacific-watch",
            "kind": v1.KIND_ACTUAL,
            "from_post": post,
            "action": [CHN if post == AUS else AUS],
            "precedence": v1.PRECEDENCE_IMMEDIATE,
            "composed_at": at(after_s),
            **header,
        }
    )
    return Told(digest(name), made, body, at(after_s).ToNanoseconds())


def naming(name: str, role: v1.Reference.Role.ValueType) -> dict[str, Any]:
    """Header of a statement in the thread of another one, which it names."""
    return {"thread": digest(name), "references": [v1.Reference(digest=digest(name), role=role)]}


def updating(name: str) -> dict[str, Any]:
    """Header of an update."""
    return naming(name, v1.Reference.ROLE_UPDATES)


def cancelling(name: str) -> dict[str, Any]:
    """Header of a cancel."""
    return naming(name, v1.Reference.ROLE_CANCELS)


def place(latitude_deg: float, longitude_deg: float, uncertainty_m: int | None = None) -> v1.Position:
    """A position."""
    return v1.Position(latitude_deg=latitude_deg, longitude_deg=longitude_deg, uncertainty_m=uncertainty_m)


def circle(latitude_deg: float, longitude_deg: float, radius_m: int) -> v1.Area:
    """A circle."""
    return v1.Area(circle=v1.Circle(centre=place(latitude_deg, longitude_deg), radius_m=radius_m))


def polygon(*corners: tuple[float, float]) -> v1.Area:
    """A polygon by latitude and longitude."""
    return v1.Area(polygon=v1.Polygon(corners=[place(*corner) for corner in corners]))


def corridor(width_m: int, *line: tuple[float, float]) -> v1.Area:
    """A corridor by latitude and longitude."""
    return v1.Area(corridor=v1.Corridor(line=[place(*each) for each in line], width_m=width_m))


def named(name: str, language: str = "en") -> v1.Area:
    """A body of water by name."""
    return v1.Area(named_water=v1.NamedWater(name=name, language=language))


def schedule(from_s: float, until_s: float, *daily_h: tuple[float, float]) -> v1.Schedule:
    """From first to last, and daily windows as hour and length in hours."""
    made = v1.Schedule(daily=[_daily(*each) for each in daily_h])
    getattr(made.overall, "from").CopyFrom(at(from_s))
    made.overall.until.CopyFrom(at(until_s))
    return made


def _daily(from_h: float, length_h: float) -> v1.DailyWindow:
    window = v1.DailyWindow(length=Duration(seconds=round(length_h * HOUR_S)))
    getattr(window, "from").FromSeconds(round(from_h * HOUR_S))
    return window


def ship(name: str = "HMAS Toowoomba", number: str = "156", party: str = "AUS") -> v1.Craft:
    """A warship."""
    return v1.Craft(kind=v1.CRAFT_KIND_WARSHIP, name=name, number=number, party=party)


def divers(**changed: Any) -> v1.ActivityNotice:
    """Divers clearing a propeller inside Japan's zone, 3 nmi asked for."""
    return v1.ActivityNotice(
        **{
            "designation": "Propeller clearance",
            "kind": v1.ACTIVITY_KIND_DIVING,
            "area": circle(30.0, 125.0, 5556),
            "schedule": schedule(600, 4 * HOUR_S),
            "unit": ship(),
            "exclusion_radius_m": 5556,
            "contact_post": AUS,
            **changed,
        }
    )


def live_fire(**changed: Any) -> v1.ActivityNotice:
    """Gunnery by day and night for five days, surface to 45,000 feet."""
    area = polygon((32.5, 126.1), (32.5, 127.0), (31.9, 127.0), (31.9, 126.1))
    area.band.CopyFrom(v1.VerticalBand(lower_m=0, upper_m=13716))
    return v1.ActivityNotice(
        **{
            "designation": "MARAUDER 23",
            "kind": v1.ACTIVITY_KIND_LIVE_FIRE,
            "area": area,
            "schedule": schedule(4 * DAY_S + HOUR_S + 30, 8 * DAY_S + HOUR_S / 2, (1, 8), (22, 4)),
            "forces": [v1.Force(kind=v1.CRAFT_KIND_WARSHIP, count_min=2, count_max=4)],
            "contact_post": AUS,
            **changed,
        }
    )


def flash(**changed: Any) -> v1.IncidentFlash:
    """Sonar near divers."""
    return v1.IncidentFlash(
        **{
            "kind": v1.INCIDENT_KIND_SONAR,
            "observed_at": at(-60),
            "position": place(30.01, 125.02, 500),
            "own_unit": ship(),
            "other_unit": ship("Ningbo", "139", "CHN"),
            "range_m": 2400,
            "intention": v1.INTENTION_RECOVER_PERSONS_OR_CRAFT,
            "not_intended": [v1.NOT_INTENDED_ATTACK, v1.NOT_INTENDED_CLAIM],
            "requested": [v1.REQUESTED_ACTION_STOP_SONAR, v1.REQUESTED_ACTION_OPEN_RANGE],
            "next_report_by": at(1800),
            "contact_post": AUS,
            **changed,
        }
    )


def texts(english: str, chinese: str) -> list[v1.Text]:
    """An authentic English text and its translation."""
    return [
        v1.Text(language="en", text=english, role=v1.Text.ROLE_AUTHENTIC),
        v1.Text(language="zh", text=chinese, role=v1.Text.ROLE_TRANSLATION),
    ]
