"""GeoJSON (RFC 7946) of the areas and positions in a statement.

A FeatureCollection: the area of an activity, or the positions of an incident or an observation, each with the circle
of its uncertainty where that is said. What the form has no place for:

- Circles and corridors: polygons that hold them, with the largest excess in the properties (`approximation`).
- A body of water by name: a Feature without geometry; no names are looked up, for they are contested.
- Heights and depths: in the properties, in metres from mean sea level.
- Time: in the properties; a map without a clock shows an activity that is over like one to come.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hotline import v1
from hotline.bridges.labels import LANGUAGES
from hotline.bridges.moments import iso, occurrences, overall
from hotline.bridges.positions import Disc, point
from hotline.bridges.shapes import Shape, circle, shape_of
from hotline.bridges.told import Held, Told, no_form, notice_meant
from hotline.bridges.wording import code, event, flash_in

Feature = dict[str, Any]

# Two scalars in a list of their own: a coordinate or a span reads better on one line.
_PAIR = re.compile(r"\[\s+([^][{}\s,]+),\s+([^][{}\s,]+)\s+\]")

# How an activity stands after a statement of these types.
_STATE = {
    "ActivityNotice": "PLANNED",
    "ActivityUpdate": "PLANNED",
    "ActivityCancel": "CANCELLED",
    "ActivityStart": "BEGUN",
    "ActivityEnd": "OVER",
    "Retraction": "RETRACTED",
}


def geojson(told: Told, held: Held) -> str:
    """A FeatureCollection.

    Raises:
        BridgeError: BRIDGE_NO_FORM for a statement without a place, BRIDGE_EARLIER_MISSING, BRIDGE_AREA.
    """
    features = list(_features(told, held))
    if not features:
        raise no_form(told, "GeoJSON", "it names no place")
    collection = {"type": "FeatureCollection", "features": features}
    return _PAIR.sub(r"[\1, \2]", json.dumps(collection, ensure_ascii=False, indent=1)) + "\n"


def _features(told: Told, held: Held) -> Iterator[Feature]:
    notice = notice_meant(told, held)
    if notice is not None:
        yield _area(told, held, notice)
        return
    places = _PLACES.get(type(told.body))
    if places is not None:
        for name, position, more in places(told.body):
            yield from _position(told, held, position, {"role": name, **more})


def _common(told: Told, held: Held) -> dict[str, Any]:
    has_label = flash_in(told) is not None or notice_meant(told, held) is not None
    return {
        "message": told.type,
        "digest": told.digest.hex(),
        "post": told.header.from_post,
        "exercise": None if told.is_draft else told.header.kind == v1.KIND_EXERCISE,
        "draft": told.is_draft,
        "said_at": iso(told.at_ns),
        **({"label": {language: event(told, held, language) for language in LANGUAGES}} if has_label else {}),
    }


def _area(told: Told, held: Held, notice: v1.ActivityNotice) -> Feature:
    shape, whole = shape_of(notice.area), overall(notice.schedule)
    properties: dict[str, Any] = {
        **_common(told, held),
        "role": "area",
        "state": _STATE[told.type],
        "kind": code(v1.ActivityKind.DESCRIPTOR, notice.kind),
        "designation": notice.designation,
        "from": iso(whole.start_ns),
        "until": iso(whole.end_ns),
        "contact_post": notice.contact_post,
    }
    if notice.schedule.daily:
        properties["active"] = [[iso(span.start_ns), iso(span.end_ns)] for span in occurrences(notice.schedule)]
    if notice.HasField("exclusion_radius_m"):
        properties["exclusion_radius_m"] = notice.exclusion_radius_m
    properties |= {
        name: getattr(notice.area.band, name) for name in ("lower_m", "upper_m") if notice.area.band.HasField(name)
    }
    return _feature(_geometry(shape), properties | _as_signed(notice.area, shape))


def _as_signed(area: v1.Area, shape: Shape | None) -> dict[str, Any]:
    """The area's own numbers where the polygon is not what was signed."""
    kind = area.WhichOneof("geometry")
    if kind == "circle":
        centre = area.circle.centre
        signed = {"centre": [centre.longitude_deg, centre.latitude_deg], "radius_m": area.circle.radius_m}
    elif kind == "corridor":
        line = [[each.longitude_deg, each.latitude_deg] for each in area.corridor.line]
        signed = {"line": line, "width_m": area.corridor.width_m, "ends": "round"}
    elif kind == "named_water":
        return {"named_water": area.named_water.name, "name_language": area.named_water.language}
    else:
        signed = {"edges_off_geodesic_m": round(shape.edge_m, 1) if shape else 0.0}
        return {**signed, **({"edges_cross": True} if shape and shape.crossing else {})}
    excess_m = round(shape.over_m + 0.05, 1) if shape else 0.0
    return {"approximation": {"of": kind, "holds_it": True, "over_at_most_m": excess_m, **signed}}


def _position(told: Told, held: Held, position: v1.Position, more: Mapping[str, Any]) -> Iterator[Feature]:
    properties = {**_common(told, held), **more}
    where = [position.longitude_deg, position.latitude_deg]
    yield _feature({"type": "Point", "coordinates": where}, properties)
    if position.uncertainty_m:
        shape = circle(Disc(point(position), position.uncertainty_m))
        area = v1.Area(circle=v1.Circle(centre=position, radius_m=position.uncertainty_m))
        about = {**properties, "role": f"{more['role']}-uncertainty", **_as_signed(area, shape)}
        yield _feature(_geometry(shape), about)


def _geometry(shape: Shape | None) -> dict[str, Any] | None:
    if shape is None:
        return None
    polygons = [[[list(place) for place in ring] for ring in rings] for rings in shape.polygons]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _feature(geometry: dict[str, Any] | None, properties: Mapping[str, Any]) -> Feature:
    return {"type": "Feature", "geometry": geometry, "properties": dict(properties)}


Place = tuple[str, v1.Position, dict[str, Any]]


def _of_flash(flash: v1.IncidentFlash) -> Iterator[Place]:
    kind = code(v1.IncidentKind.DESCRIPTOR, flash.kind)
    yield "incident", flash.position, {"kind": kind, "observed_at": iso(flash.observed_at.ToNanoseconds())}


def _of_break_glass(body: v1.BreakGlassFlash) -> Iterator[Place]:
    yield from _of_flash(body.flash)


def _of_update(body: v1.IncidentUpdate) -> Iterator[Place]:
    if body.HasField("position"):
        yield "incident", body.position, {}


def _of_observation(body: v1.Observation) -> Iterator[Place]:
    if body.HasField("position"):
        finding = code(v1.Observation.Finding.DESCRIPTOR, body.finding)
        yield "observed", body.position, {"finding": finding, "observed_at": iso(body.observed_at.ToNanoseconds())}


_PLACES: Mapping[type, Callable[[Any], Iterator[Place]]] = {
    v1.IncidentFlash: _of_flash,
    v1.BreakGlassFlash: _of_break_glass,
    v1.IncidentUpdate: _of_update,
    v1.Observation: _of_observation,
}
