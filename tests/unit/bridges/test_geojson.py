"""GeoJSON, held against the `geojson` library and its own rules."""

from __future__ import annotations

import json
from typing import Any

import geojson as library
import pytest
from tests.unit.bridges import golden
from tests.unit.bridges.cases import at, cancelling, corridor, digest, divers, flash, named, place, polygon, ship, told

from hotline import v1
from hotline.bridges.geojson import geojson
from hotline.bridges.told import BridgeError, Held, Told

AREAS = {
    "circle": divers(),
    "corridor": divers(area=corridor(9260, (12, 45), (14, 50))),
    "polygon": divers(area=polygon((10, 179), (10, -179), (8, -179), (8, 179))),
    "water": divers(area=named("东海", "zh")),
}


def features(told: Told, *held: Told) -> list[dict[str, Any]]:
    """What is written, once the library has found it valid."""
    text = geojson(told, Held.of(told, *held))
    read = library.loads(text)
    assert isinstance(read, library.FeatureCollection) and read.is_valid, list(read.errors())
    found: list[dict[str, Any]] = json.loads(text)["features"]
    return found


@pytest.mark.parametrize("name", AREAS)
def test_every_kind_of_area_is_valid(name: str) -> None:
    (found,) = features(told(name, AREAS[name]))
    kind = found["geometry"] and found["geometry"]["type"]
    assert kind == {"polygon": "MultiPolygon", "water": None}.get(name, "Polygon")
    assert found["properties"]["role"] == "area"


def test_how_exact_a_shape_is_stands_beside_it() -> None:
    (round_one,) = features(told("circle", AREAS["circle"]))
    about = round_one["properties"]["approximation"]
    assert (about["of"], about["radius_m"], about["centre"]) == ("circle", 5556, [125.0, 30.0])
    assert 0 < about["over_at_most_m"] <= 0.0021 * 5556 + 0.1
    (strip,) = features(told("corridor", AREAS["corridor"]))
    assert strip["properties"]["approximation"]["ends"] == "round"
    (straight,) = features(told("polygon", AREAS["polygon"]))
    assert straight["properties"]["edges_off_geodesic_m"] > 100
    (water,) = features(told("water", AREAS["water"]))
    assert water["properties"]["named_water"] == "东海"
    (bow,) = features(told("bow", divers(area=polygon((10, 10), (11, 11), (10, 11), (11, 10)))))
    assert bow["properties"]["edges_cross"]


def test_a_cancelled_area_says_so_and_heights_are_in_metres() -> None:
    notice = golden.FIRING
    (planned,) = features(notice)
    assert (planned["properties"]["lower_m"], planned["properties"]["upper_m"]) == (0, 13716)
    assert len(planned["properties"]["active"]) == 9
    cancel = told("cancel", v1.ActivityCancel(reason="weather"), 60, **cancelling("firing"))
    (off,) = features(cancel, notice)
    assert off["properties"]["state"] == "CANCELLED" and off["geometry"] == planned["geometry"]


def test_an_incident_is_a_point_and_its_uncertainty() -> None:
    incident, around = features(told("flash", flash()))
    assert incident["geometry"] == {"type": "Point", "coordinates": [125.02, 30.01]}
    assert [each["properties"]["role"] for each in (incident, around)] == ["incident", "incident-uncertainty"]
    assert incident["properties"]["label"]["zh"] == "潜水员或舰体附近的主动声呐"
    alone = v1.BreakGlassFlash(flash=flash(position=place(1, 2)), reason="alone on watch")
    (sharp,) = features(told("alone", alone))
    assert sharp["properties"]["kind"] == "SONAR"


def test_an_observation_and_an_update_have_places_too() -> None:
    seen = v1.Observation(
        subject=digest("x"),
        finding=v1.Observation.FINDING_CONTRADICTS,
        observed_at=at(0),
        observed=ship(),
        position=place(1, 2),
        sensor=v1.Observation.SENSOR_RADAR,
    )
    (found,) = features(told("seen", seen))
    assert (found["properties"]["role"], found["properties"]["finding"]) == ("observed", "CONTRADICTS")
    (moved,) = features(golden.MORE)
    assert moved["geometry"]["coordinates"] == [125.01, 30.02]


def test_what_has_no_place_is_refused() -> None:
    for body in (v1.FreeText(subject="hello"), v1.IncidentUpdate(), v1.Observation()):
        with pytest.raises(BridgeError) as raised:
            features(told("nowhere", body))
        assert raised.value.code == "BRIDGE_NO_FORM"


def test_the_kind_of_a_draft_is_not_known() -> None:
    draft = Told(digest("draft"), v1.StatementHeader(composed_at=at(0)), divers())
    (found,) = features(draft)
    assert found["properties"]["exercise"] is None and found["properties"]["draft"]
