"""Areas that messages of a run speak of, as outlines on the Earth."""

from __future__ import annotations

import math
from collections.abc import Iterator

from google.protobuf.message import Message

from hotline import v1
from hotline.geo.geodesy import Offset, Position, at_offset
from hotline.protocol.statements import BODY_OF
from hotline_sim.outcome import Picture

_CORNERS = 72  # of a circle
_FIELDS = ("area", "area_affected", "hazard_areas")


def areas(picture: Picture) -> Iterator[tuple[str, list[Position]]]:
    """Message and outline of every circle and polygon that was said; corridors and named waters have none here."""
    for message in picture.messages:
        view = picture.run.message(message.id)
        if view is None or not view.sequence:
            continue
        body = BODY_OF[view.statement.body_type].FromString(view.statement.body)
        for area in (each for field, each in _said(body) if field in _FIELDS):
            if corners := list(_outline(area)):
                yield message.id, corners


def _said(body: Message) -> Iterator[tuple[str, v1.Area]]:
    """Each area among the fields of a body, with the name of the field."""
    for field, value in body.ListFields():
        for each in (value,) if isinstance(value, v1.Area) else value if field.is_repeated else ():
            if isinstance(each, v1.Area):
                yield field.name, each


def _outline(area: v1.Area) -> Iterator[Position]:
    if area.HasField("circle"):
        centre = Position(area.circle.centre.latitude_deg, area.circle.centre.longitude_deg)
        turns = (2 * math.pi * n / _CORNERS for n in range(_CORNERS))
        radius_m = float(area.circle.radius_m)
        yield from (at_offset(centre, Offset(radius_m * math.sin(a), radius_m * math.cos(a))) for a in turns)
    elif area.HasField("polygon"):
        yield from (Position(corner.latitude_deg, corner.longitude_deg) for corner in area.polygon.corners)
