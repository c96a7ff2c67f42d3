from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration
from tests.unit.conduct.scene import MIN_MS, found, said, stamp, unit

from hotline import v1
from hotline.conduct.facts import Answer, Flag
from hotline.conduct.rules import Settings

OWN = unit("own", "AAA", [(0, 0, 0), (60, 0, 1)])
RUN = unit("other", "BBB", [(0, -9000, 0), (60, 9000, 0)])


def flash(kind: v1.IncidentKind.ValueType, **more: object) -> v1.IncidentFlash:
    body = v1.IncidentFlash(kind=kind, observed_at=stamp(5), own_unit=v1.Craft(name="own"), **more)  # type: ignore[arg-type]
    body.other_unit.name = "other"
    return body


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (v1.INCIDENT_KIND_FIRE_CONTROL_RADAR, "N01"),
        (v1.INCIDENT_KIND_LASER, "N02"),
        (v1.INCIDENT_KIND_ILLUMINATION, "N03"),
        (v1.INCIDENT_KIND_FLARE_OR_CHAFF, "N04"),
        (v1.INCIDENT_KIND_DIRECT_RUN, "N05"),
        (v1.INCIDENT_KIND_INSIDE_FORMATION, "N07"),
        (v1.INCIDENT_KIND_CROSSING_AHEAD, "N08"),
        (v1.INCIDENT_KIND_INTERFERENCE, "N13"),
    ],
)
def test_a_report_stands_beside_what_the_other_side_says(kind: v1.IncidentKind.ValueType, rule: str) -> None:
    report = said("m1", flash(kind, range_m=900), 6, "AAA:desk")
    denial = said("m2", v1.IncidentUpdate(), 9, "BBB:desk", thread="m1", words="it did not happen")
    (shown,) = found(OWN, RUN, of=rule, said=(report, denial))
    assert (shown.unit, shown.other, shown.message, shown.from_ms) == ("other", "own", "m1", 5 * MIN_MS)
    assert shown.least_range_m == 900 and "reported by AAA:desk" in shown.title
    assert [(given.value, given.whose) for given in shown.inputs] == [
        ("words of m1", "AAA:desk"),
        ("it did not happen", "BBB:desk"),
    ]


def test_other_incidents_are_no_indicators() -> None:
    assert not found(OWN, of="N", said=(said("m1", flash(v1.INCIDENT_KIND_PASSAGE), 6, "AAA:desk"),))


def test_one_person_in_an_emergency_reports_as_well() -> None:
    body = v1.BreakGlassFlash(flash=flash(v1.INCIDENT_KIND_LASER), reason="nobody else")
    assert [each.rule for each in found(OWN, said=(said("m1", body, 6, "AAA:desk"),))] == ["N02"]


@pytest.mark.parametrize("body", [flash(v1.INCIDENT_KIND_DISTRESS), v1.DistressRelay()])
def test_distress_suspends_what_begins_later(body: v1.IncidentFlash | v1.DistressRelay) -> None:
    laser = flash(v1.INCIDENT_KIND_LASER)
    later = flash(v1.INCIDENT_KIND_LASER)
    later.observed_at.CopyFrom(stamp(30))
    statements = (
        said("m1", laser, 6, "AAA:desk"),
        said("m2", body, 20, "BBB:desk"),
        said("m3", later, 31, "AAA:desk"),
    )
    assert [(each.rule, each.message) for each in found(OWN, said=statements)] == [("N02", "m1"), ("N17", "m2")]


def test_distress_that_is_taken_back_suspends_no_longer() -> None:
    late = flash(v1.INCIDENT_KIND_LASER)
    late.observed_at.CopyFrom(stamp(30))
    statements = (
        said("m1", flash(v1.INCIDENT_KIND_DISTRESS), 10, "BBB:desk"),
        said("m2", v1.Retraction(), 20, "AAA:desk", thread="m1"),
        said("m3", v1.Retraction(), 25, "BBB:desk", thread="m1"),
        said("m4", late, 31, "AAA:desk"),
    )
    distress, laser = found(OWN, said=statements)
    assert (distress.rule, distress.until_ms, laser.rule) == ("N17", 25 * MIN_MS, "N02")


def notice(begins: float, until: float, kind: v1.ActivityKind.ValueType, **more: object) -> v1.ActivityNotice:
    body = v1.ActivityNotice(kind=kind, **more)  # type: ignore[arg-type]
    getattr(body.schedule.overall, "from").CopyFrom(stamp(begins))
    body.schedule.overall.until.CopyFrom(stamp(until))
    return body


def radius(begins: float = 0, until: float = 60) -> v1.ActivityNotice:
    return notice(begins, until, v1.ACTIVITY_KIND_DIVING, unit=v1.Craft(name="own"), exclusion_radius_m=3000)


READ = Answer("BBB:desk", "READ", 2 * MIN_MS)


def test_entering_a_radius_that_was_acknowledged() -> None:
    (entry,) = found(OWN, RUN, of="N09", said=(said("m1", radius(), 1, "AAA:desk", READ),))
    assert (entry.unit, entry.other, entry.message) == ("other", "own", "m1")
    assert entry.from_ms == pytest.approx(20 * MIN_MS, abs=5) and entry.until_ms == pytest.approx(40 * MIN_MS, abs=5)
    assert entry.least_range_m == pytest.approx(0, abs=1)
    assert entry.parameters["radius"] == "3000 m" and "after BBB:desk said READ" in entry.title


@pytest.mark.parametrize(
    "statement",
    [
        said("m1", radius(), 1, "AAA:desk"),
        said("m1", radius(), 1, "AAA:desk", Answer("BBB:desk", "READ", 30 * MIN_MS)),
        said("m1", radius(until=10), 1, "AAA:desk", READ),
        said("m1", radius(begins=25), 1, "AAA:desk", READ),
        said("m1", radius(), 1, "AAA:desk", READ, to=("CCC:desk",)),
    ],
)
def test_no_indicator_without_acknowledgement_in_time(statement: object) -> None:
    assert not found(OWN, RUN, of="N09", said=(statement,))


def hail() -> v1.EncounterSignal:
    return v1.EncounterSignal(code="SL2", speaker=v1.Craft(name="own"), meant_for=v1.Craft(name="other"))


def test_a_hail_without_an_answer() -> None:
    (never,) = found(OWN, RUN, of="N10", said=(said("m1", hail(), 10, "AAA:desk"),))
    assert (never.unit, never.other, never.from_ms, never.until_ms) == ("other", "own", 16 * MIN_MS, None)
    late = said("m1", hail(), 10, "AAA:desk", Answer("BBB:desk", "READ", 17 * MIN_MS))
    assert found(OWN, RUN, of="N10", said=(late,))[0].until_ms == 17 * MIN_MS
    in_time = said("m1", hail(), 10, "AAA:desk", Answer("BBB:desk", "READ", 12 * MIN_MS))
    assert not found(OWN, RUN, of="N10", said=(in_time,))
    assert not found(OWN, RUN, of="N10", said=(said("m1", v1.EncounterSignal(code="RU6"), 10, "AAA:desk"),))
    assert not found(OWN, RUN, of="N10", now=15, said=(said("m1", hail(), 10, "AAA:desk"),))


def agreement() -> v1.Agreement:
    found = v1.Agreement()
    found.notice_periods.add(kind=v1.ACTIVITY_KIND_EXERCISE, period=Duration(seconds=1800))
    found.silence.add(precedence=v1.PRECEDENCE_FLASH, queries=2, query_wait=Duration(seconds=60))
    return found


def test_what_the_agreement_fixes_comes_from_there() -> None:
    settings = Settings.from_agreement(agreement())
    (hailed,) = found(OWN, RUN, of="N10", settings=settings, said=(said("m1", hail(), 10, "AAA:desk"),))
    assert hailed.from_ms == 12 * MIN_MS and hailed.parameters == {"wait": "60 s, agreement", "calls": "2, agreement"}
    exercise = notice(20, 60, v1.ACTIVITY_KIND_EXERCISE)
    (late,) = found(of="N11", settings=settings, said=(said("m1", exercise, 1, "AAA:desk"),))
    assert late.parameters == {"period": "0.5 h, agreement"} and "notice of exercise 19 min" in late.title
    assert not found(of="N11", settings=settings, said=(said("m1", notice(40, 60, exercise.kind), 1, "AAA:desk"),))


def test_a_notice_of_what_is_dangerous_needs_time_without_an_agreement_too() -> None:
    fire = said("m1", notice(20, 60, v1.ACTIVITY_KIND_LIVE_FIRE, civil_warning="NAVAREA XI 1/26"), 1, "AAA:desk")
    (late,) = found(of="N11", said=(fire,))
    assert late.parameters == {"period": "24 h, default (P)"} and late.inputs[1].value == "NAVAREA XI 1/26"
    assert not found(of="N11", said=(said("m1", notice(20, 60, v1.ACTIVITY_KIND_TRANSIT), 1, "AAA:desk"),))


def test_a_notice_that_comes_after_the_beginning_says_so() -> None:
    fire = said("m1", notice(5, 60, v1.ACTIVITY_KIND_LIVE_FIRE), 37, "AAA:desk")
    (late,) = found(of="N11", said=(fire,))
    assert late.title == "notice of live fire 32 min after its beginning"
    assert (late.from_ms, late.until_ms) == (5 * MIN_MS, 37 * MIN_MS)


def test_jamming_announced() -> None:
    (shown,) = found(of="N13", said=(said("m1", notice(20, 60, v1.ACTIVITY_KIND_JAMMING), 1, "AAA:desk"),))
    assert shown.from_ms == 20 * MIN_MS


def test_uncrewed_craft_and_who_controls_them() -> None:
    drone = unit("drone", "AAA", [(10, 0, 0), (60, 9000, 0)], v1.CRAFT_KIND_UNCREWED)
    (shown,) = found(drone, of="N18")
    assert (shown.unit, shown.from_ms, shown.until_ms) == ("drone", 10 * MIN_MS, None)
    control = v1.UncrewedControl(authority="the ship")
    told = notice(5, 60, v1.ACTIVITY_KIND_UNCREWED_OPERATIONS, uncrewed=control)
    assert not found(drone, of="N18", said=(said("m1", told, 1, "AAA:desk"),))
    assert found(drone, of="N18", said=(said("m1", told, 20, "AAA:desk"),))
    assert found(drone, of="N18", said=(said("m1", told, 1, "BBB:desk"),))


def test_what_only_a_person_can_flag() -> None:
    shouting = Flag("N12", "other", 3 * MIN_MS, "an umpire", "shouting")
    shown = found(RUN, flags=(shouting, Flag("N16", "other", 4 * MIN_MS, "CHN", "a threat")))
    assert [(each.rule, each.inputs[0].whose) for each in shown] == [("N12", "an umpire"), ("N16", "CHN")]
    assert {each.title for each in shown} == {"flagged by a person"}
