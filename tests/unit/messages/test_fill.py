"""Filling any message from words, and saying what is wrong with words that do not fit."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from hotline import v1
from hotline.messages.fill import Special, fill
from hotline.messages.problems import FieldError, Finding, Reason


def filled(target: Message, words: object, special: Special | None = None) -> dict[str, Any]:
    findings = fill(target, words, (), special) if special else fill(target, words)
    assert findings == []
    return json_format.MessageToDict(target, preserving_proto_field_name=True)


def found(target: Message, words: object) -> list[tuple[str, str]]:
    return [(str(finding.code), str(finding)) for finding in fill(target, words)]


@pytest.mark.parametrize("name", ["exclusion_radius", "exclusion_radius_m"])
@pytest.mark.parametrize(("text", "metres"), [("3 nmi", 5556), ("5556 m", 5556), ("3 km", 3000), ("100 yd", 91)])
def test_a_number_carries_its_unit_and_is_rounded_to_the_fields_whole_units(name: str, text: str, metres: int) -> None:
    assert filled(v1.ActivityNotice(), {name: text}) == {"exclusion_radius_m": metres}


def test_nested_messages_lists_enums_and_short_forms() -> None:
    words = {
        "kind": "SONAR",
        "observed_at": "2026-11-21T13:58:00Z",
        "position": "31.2 S, 128.3 W",
        "own_unit": {"kind": "WARSHIP", "name": "HMAS Example"},
        "harm": False,
        "requested": ["OPEN_RANGE", "STOP_SONAR"],
    }
    assert filled(v1.IncidentFlash(), words) == {
        "kind": "INCIDENT_KIND_SONAR",
        "observed_at": "2026-11-21T13:58:00Z",
        "position": {"latitude_deg": -31.2, "longitude_deg": -128.3},
        "own_unit": {"kind": "CRAFT_KIND_WARSHIP", "name": "HMAS Example"},
        "harm": False,
        "requested": ["REQUESTED_ACTION_OPEN_RANGE", "REQUESTED_ACTION_STOP_SONAR"],
    }


def test_a_position_with_more_than_its_coordinates_goes_by_its_fields() -> None:
    words = {"latitude": "31.5 deg", "longitude_deg": "-128 deg", "uncertainty": "0.1 nmi"}
    assert filled(v1.Position(), words) == {"latitude_deg": 31.5, "longitude_deg": -128.0, "uncertainty_m": 185}


def test_spans_counts_and_digests() -> None:
    notice = {"schedule": {"daily": [{"from": "2 h", "length": "90 min"}]}, "forces": [{"count_max": 2}]}
    assert filled(v1.ActivityNotice(), notice) == {
        "schedule": {"daily": [{"from": "7200s", "length": "5400s"}]},
        "forces": [{"count_max": 2}],
    }
    answer = v1.Acknowledgement()
    assert fill(answer, {"subject": "ab" * 32, "read": {}}) == []
    assert (answer.subject, answer.WhichOneof("stage")) == (b"\xab" * 32, "read")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ({"exclusion_radius": 5556}, Reason.BARE_NUMBER, "exclusion_radius: needs a unit (nmi, m, km, yd, ft): 5556"),
        ({"exclusion_radius": "3"}, Reason.BARE_NUMBER, "needs a unit"),
        ({"exclusion_radius": "3 kn"}, Reason.WRONG_UNIT, "needs a unit of length"),
        ({"exclusion_radius": "three nmi"}, Reason.BAD_QUANTITY, "not a number with a unit"),
        ({"exclusion_radius": "99999999 km"}, Reason.BAD_VALUE, "exclusion_radius: "),
        ({"exclusion_radius": "-3 nmi"}, Reason.BAD_VALUE, "exclusion_radius: "),
        ({"depth": "3 m"}, Reason.UNKNOWN_KEY, "depth: no such field; there are designation, kind, area"),
        ({3: "3 m"}, Reason.UNKNOWN_KEY, "no such field"),
        ({"kind": "SWIMMING"}, Reason.BAD_VALUE, "kind: not one of TRANSIT, EXERCISE"),
        ({"kind": "UNSPECIFIED"}, Reason.BAD_VALUE, "not one of"),
        ({"kind": 5}, Reason.BAD_VALUE, "not one of"),
        ({"designation": 5}, Reason.BAD_VALUE, "designation: needs text"),
        ({"designation": None}, Reason.BAD_VALUE, "needs text"),
        ({"forces": {"kind": "WARSHIP"}}, Reason.BAD_VALUE, "forces: needs a list"),
        ({"forces": [{"count_max": "two"}]}, Reason.BAD_VALUE, "forces[0].count_max: needs a whole number"),
        ({"forces": [{"count_max": True}]}, Reason.BAD_VALUE, "needs a whole number"),
        ({"forces": [{}, {"crew": 3}]}, Reason.UNKNOWN_KEY, "forces[1].crew: no such field"),
        ({"unit": "a boat"}, Reason.BAD_VALUE, "unit: needs the fields of hotline.v1.Craft"),
        ({"area": {"circle": {"centre": "somewhere"}}}, Reason.BAD_QUANTITY, "area.circle.centre: not a position"),
        ({"area": {"circle": {"centre": "95 N, 10 E"}}}, Reason.BAD_QUANTITY, "out of range"),
        ({"schedule": {"overall": {"from": "tomorrow"}}}, Reason.BAD_VALUE, "schedule.overall.from: not a UTC time"),
        ({"schedule": {"daily": [{"from": "2"}]}}, Reason.BARE_NUMBER, "schedule.daily[0].from: needs a unit"),
    ],
)
def test_what_does_not_fit_is_told_with_its_path(words: object, code: Reason, said: str) -> None:
    ((found_code, text),) = found(v1.ActivityNotice(), words)
    assert found_code == code
    assert said in text


@pytest.mark.parametrize("words", [None, "words", 3, ["a"]])
def test_a_message_needs_fields(words: object) -> None:
    assert found(v1.ActivityEnd(), words) == [("BAD_VALUE", "needs the fields of hotline.v1.ActivityEnd")]


@pytest.mark.parametrize("digits", ["xyz", "abc", "", "ab cd", 12])
def test_a_digest_is_pairs_of_hexadecimal_digits(digits: object) -> None:
    ((code, _),) = found(v1.Acknowledgement(), {"subject": digits})
    assert code == "BAD_VALUE"


def test_only_one_of_several_forms_and_no_field_twice() -> None:
    area = {"circle": {"radius": "1 nmi"}, "polygon": {"corners": []}}
    ((code, text),) = found(v1.Area(), area)
    assert code == "DUPLICATE_KEY"
    assert "polygon: only one of polygon, circle, corridor, named_water" in text
    ((code, text),) = found(v1.ActivityNotice(), {"exclusion_radius": "1 nmi", "exclusion_radius_m": "2 nmi"})
    assert code == "DUPLICATE_KEY"
    assert "given as exclusion_radius too" in text


def test_every_problem_is_told_and_what_fits_is_filled() -> None:
    target = v1.ActivityNotice()
    findings = fill(target, {"kind": "X", "designation": "divers", "exclusion_radius": "3"}, ("body",))
    assert [finding.path for finding in findings] == [("body", "kind"), ("body", "exclusion_radius")]
    assert target.designation == "divers"


def known_craft(target: Message, raw: object) -> bool:
    if raw != "ningbo":
        return False
    assert isinstance(target, v1.Craft)
    target.name = "Ningbo"
    return True


def measured(field: FieldDescriptor, raw: object) -> float | None:
    return 123.4 if field.name == "range_m" and raw == "measured" else None


def refused(target: Message, raw: object) -> bool:
    raise FieldError("NO_CLOCK", f"no clock for {raw}")


def test_special_forms_are_asked_first_and_may_decline() -> None:
    special = Special({"hotline.v1.Craft": known_craft}, measured)
    words = {"own_unit": "ningbo", "other_unit": {"name": "other"}, "range": "measured"}
    flash = {"own_unit": {"name": "Ningbo"}, "other_unit": {"name": "other"}, "range_m": 123}
    assert filled(v1.IncidentFlash(), words, special) == flash
    assert filled(v1.IncidentFlash(), {"range": "1 km"}, special) == {"range_m": 1000}


def test_a_special_form_names_its_own_problem() -> None:
    special = Special({"google.protobuf.Timestamp": refused})
    findings = fill(v1.ActivityStart(), {"started_at": "now"}, (), special)
    assert findings == [Finding(("started_at",), "NO_CLOCK", "no clock for now")]


def test_a_span_finer_than_a_millisecond_is_none() -> None:
    ((code, _),) = found(v1.DailyWindow(), {"from": "0.0001 s"})
    assert code == "BAD_QUANTITY"
    assert filled(v1.DailyWindow(), {"from": "1500 ms"}) == {"from": "1.500s"}
    assert Duration(seconds=1, nanos=500_000_000).ToMilliseconds() == 1500
