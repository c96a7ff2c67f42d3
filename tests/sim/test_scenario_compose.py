from __future__ import annotations

import pytest
from google.protobuf import json_format

from hotline.geo.geodesy import range_m
from hotline.protocol.instant import to_timestamp
from hotline.protocol.rules import broken_rules
from hotline.v1 import activity_pb2, common_pb2, incident_pb2, observation_pb2
from hotline_sim.scenario import Scenario, loads
from hotline_sim.scenario.compose import acknowledgement, body, texts
from hotline_sim.scenario.readings import DigestRef
from hotline_sim.scenario.story import Step, Words

MINUTE = 60_000


@pytest.fixture
def scenario(toowoomba_text: str) -> Scenario:
    return loads(toowoomba_text.encode())


def no_digest(ref: DigestRef) -> bytes:
    raise AssertionError(f"nothing is referred to here: {ref}")


def test_a_notice_in_the_fields_own_units(scenario: Scenario) -> None:
    notice = body(scenario, "m1", MINUTE, no_digest)
    assert isinstance(notice, activity_pb2.ActivityNotice)
    assert (notice.exclusion_radius_m, notice.area.circle.radius_m) == (5556, 5556)
    assert notice.kind == activity_pb2.ACTIVITY_KIND_DIVING
    assert (notice.unit.name, notice.unit.kind) == ("HMAS Toowoomba", common_pb2.CRAFT_KIND_WARSHIP)
    assert notice.schedule.overall.until == to_timestamp(scenario.utc_ns(60 * MINUTE))
    assert getattr(notice.schedule.overall, "from") == to_timestamp(scenario.utc_ns(MINUTE))


def test_an_observation_measures_at_the_moment_it_is_written(scenario: Scenario) -> None:
    asked: list[DigestRef] = []

    def digest_of(ref: DigestRef) -> bytes:
        asked.append(ref)
        return bytes([7]) * 32

    early, late = (body(scenario, "m2", at_ms, digest_of) for at_ms in (17 * MINUTE, 20 * MINUTE))
    assert isinstance(early, observation_pb2.Observation)
    assert isinstance(late, observation_pb2.Observation)
    tracks = scenario.tracks
    true_m = range_m(tracks["toowoomba"].position(20 * MINUTE), tracks["ningbo"].position(20 * MINUTE))
    assert late.range_m == round(true_m)
    assert late.range_m < early.range_m
    assert late.observed_at == to_timestamp(scenario.utc_ns(20 * MINUTE))
    assert late.subject == bytes([7]) * 32
    assert asked[0] == DigestRef("m1", "CHN:fleet-watch", "DONE")


def test_measured_positions_lie_on_the_grid(scenario: Scenario) -> None:
    flash = body(scenario, "m3", 21 * MINUTE + 333, no_digest)
    assert isinstance(flash, incident_pb2.IncidentFlash)
    assert flash.position.latitude_deg == round(flash.position.latitude_deg, 5)
    assert flash.next_report_by == to_timestamp(scenario.utc_ns(51 * MINUTE + 333))
    assert flash.HasField("harm")
    assert not flash.harm


def test_every_body_is_the_same_whenever_it_is_composed(scenario: Scenario) -> None:
    for message in scenario.messages:
        one, again = (body(scenario, message, 30 * MINUTE, lambda _: bytes(32)) for _ in range(2))
        assert one.SerializeToString(deterministic=True) == again.SerializeToString(deterministic=True)
        assert broken_rules(one) == []


AREA = """\
        polygon:
          corners:
            - 31.0 N, 128.0 E
            - {latitude: 31.5 deg, longitude: 128.0 deg, uncertainty: 0.1 nmi}
            - 31.0 N, 128.5 E
        band: {lower: -20 m, upper: 0 m}
"""


def test_forms_beyond_the_bundled_scenario(toowoomba_text: str) -> None:
    """Signed heights, counts, a corner by its coordinates with an uncertainty, a daily window."""
    lines = {
        "        circle:\n          centre: {measure: position, of: toowoomba}\n          radius: 3 nmi\n": AREA,
        "      unit: toowoomba\n": "      unit: {kind: AUXILIARY, name: Boat 3}\n"
        "      forces: [{kind: WARSHIP, count_min: 1, count_max: 2}]\n",
        "until: T+01:00:00}\n": "until: T+01:00:00}\n        daily: [{from: 2 h, length: 90 min}]\n",
    }
    text = toowoomba_text
    for old, new in lines.items():
        assert old in text
        text = text.replace(old, new, 1)
    notice = body(loads(text.encode()), "m1", MINUTE, no_digest)
    said = json_format.MessageToDict(notice, preserving_proto_field_name=True)
    assert said["area"]["band"] == {"lower_m": -20, "upper_m": 0}
    assert said["area"]["polygon"]["corners"][1] == {"latitude_deg": 31.5, "longitude_deg": 128.0, "uncertainty_m": 185}
    assert said["unit"] == {"kind": "CRAFT_KIND_AUXILIARY", "name": "Boat 3"}
    assert said["forces"] == [{"kind": "CRAFT_KIND_WARSHIP", "count_min": 1, "count_max": 2}]
    assert said["schedule"]["daily"] == [{"from": "7200s", "length": "5400s"}]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"stage": "READ"}, {"read": {}}),
        ({"stage": "PASSED", "remark": "the ship"}, {"passed": {"to": "the ship"}}),
        ({"stage": "DECIDED", "value": "ACCEPTED"}, {"decision": {"value": "VALUE_ACCEPTED"}}),
        (
            {"stage": "DECIDED", "value": "DEFERRED", "until": "T+00:10:00"},
            {"decision": {"value": "VALUE_DEFERRED", "deferred_until": "2023-11-14T02:10:00Z"}},
        ),
        (
            {"stage": "DONE", "value": "UNABLE", "remark": "no contact"},
            {"compliance": {"value": "VALUE_UNABLE", "remark": "no contact"}},
        ),
        (
            {
                "stage": "UNDERSTOOD",
                "remark": "保持3海里以外",
                "language": "zh",
                "readback": {"exclusion_radius_m": "5556"},
            },
            {
                "readback": {
                    "fields": [{"path": "exclusion_radius_m", "value": "5556"}],
                    "words": {"language": "zh", "text": "保持3海里以外", "role": "ROLE_AUTHENTIC"},
                }
            },
        ),
    ],
)
def test_steps_become_acknowledgements(scenario: Scenario, step: dict[str, object], said: dict[str, object]) -> None:
    ack = acknowledgement(scenario, Step.model_validate({"by": "chn-watch-1", **step}), bytes([1]) * 32)
    assert ack.subject == bytes([1]) * 32
    assert broken_rules(ack) == []
    found = json_format.MessageToDict(ack, preserving_proto_field_name=True)
    del found["subject"]
    assert found == said


def test_texts_name_the_authentic_one_first() -> None:
    said = texts(Words.model_validate({"en": "Keep clear", "zh": "请避让", "authentic": "zh"}))
    assert [(text.language, text.role) for text in said] == [
        ("zh", common_pb2.Text.ROLE_AUTHENTIC),
        ("en", common_pb2.Text.ROLE_TRANSLATION),
    ]
    assert len(texts(Words.model_validate({"en": "Keep clear", "authentic": "en"}))) == 1
