"""iCalendar, read back by the `icalendar` library and, with its recurrences expanded, by `dateutil`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from icalendar import Calendar
from tests.unit.bridges.cases import (
    AUS,
    CHN,
    DAY_S,
    HOUR_S,
    JPN,
    at,
    cancelling,
    digest,
    divers,
    flash,
    live_fire,
    schedule,
    texts,
    told,
    updating,
)

from hotline import v1
from hotline.bridges.calendar import calendar
from hotline.bridges.moments import occurrences, utc
from hotline.bridges.told import BridgeError, Held, Told

FIRING = told("firing", live_fire(), texts=texts("Keep clear, please.", "请避让。"))
CALL = told(
    "call",
    v1.CallRequest(
        level=v1.LEVEL_THEATRE,
        topic="Sonar near divers",
        proposed_at=[at(DAY_S), at(2 * DAY_S)],
        language="en",
        medium=v1.MEDIUM_TELEPHONE,
    ),
)


def events(*held: Told, thread: bytes | None = None) -> list[Any]:
    """Every event, once the library has read the calendar without complaint and writes it again as it was."""
    text = calendar(Held.of(*held), thread)
    assert text.endswith("\r\n") and all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    read = Calendar.from_ical(text)
    assert read.errors == [] and read.to_ical().decode() == text
    assert "METHOD" not in read and read["VERSION"] == "2.0"
    found = list(read.walk("VEVENT"))
    assert all(event.errors == [] for event in found)
    assert len({str(event["UID"]) for event in found}) == len(found)
    return found


def standing(found: list[Any]) -> list[tuple[datetime, str]]:
    return sorted((event["DTSTART"].dt, str(event["STATUS"])) for event in found)


def spans(event: Any) -> list[tuple[datetime, datetime]]:
    """Every span of an event, expanded by dateutil."""
    start, length = event["DTSTART"].dt, event["DTEND"].dt - event["DTSTART"].dt
    if "RRULE" not in event:
        return [(start, start + length)]
    rule = rrulestr(event["RRULE"].to_ical().decode(), dtstart=start)
    return [(each, each + length) for each in rule]


def test_daily_hours_expand_to_every_time_at_which_the_activity_is_active() -> None:
    body = FIRING.body
    assert isinstance(body, v1.ActivityNotice)
    wanted = [(utc(span.start_ns), utc(span.end_ns)) for span in occurrences(body.schedule)]
    found = sorted(span for event in events(FIRING) for span in spans(event))
    assert len(wanted) == 9 and found == wanted


def test_an_event_says_what_it_is_in_both_languages_and_blocks_nobody() -> None:
    (event,) = events(told("divers", divers()))
    assert str(event["SUMMARY"]) == "Divers down: Propeller clearance / 潜水作业：Propeller clearance"
    assert "Requested to keep outside: 3.00 NM (5556 M)" in event["DESCRIPTION"]
    assert "请保持在以下距离以外：3.00 NM (5556 M)" in event["DESCRIPTION"]
    assert (str(event["CLASS"]), str(event["TRANSP"]), int(event["SEQUENCE"])) == ("CONFIDENTIAL", "TRANSPARENT", 0)
    assert (event["GEO"].latitude, event["GEO"].longitude) == (30.0, 125.0)
    assert event["DTSTAMP"].dt == datetime(2023, 11, 14, 5, tzinfo=UTC)
    assert str(event["X-HOTLINE-STATEMENT"]) == digest("divers").hex()
    (drill,) = events(told("drill", divers(), kind=v1.KIND_EXERCISE))
    assert str(drill["SUMMARY"]).startswith("EXERCISE EXERCISE EXERCISE")
    assert "演习 演习 演习" in drill["SUMMARY"] and str(drill["X-HOTLINE-KIND"]) == "EXERCISE"


def test_an_update_keeps_its_uids_and_strikes_out_what_is_gone() -> None:
    shorter = live_fire(schedule=schedule(5 * DAY_S, 6 * DAY_S))
    update = told("update", v1.ActivityUpdate(notice=shorter, reason="Weather"), 60, **updating("firing"))
    before, after = events(FIRING), events(FIRING, update)
    assert {str(event["UID"]) for event in after} == {str(event["UID"]) for event in before}
    assert [str(event["STATUS"]) for event in after] == ["CONFIRMED"] + ["CANCELLED"] * 3
    assert {int(event["SEQUENCE"]) for event in after} == {1}
    assert "请避让。" in before[0]["DESCRIPTION"] and "Weather" in after[0]["DESCRIPTION"]


def test_a_cancel_stays_in_the_calendar_and_counts_from_its_own_post_only() -> None:
    cancel = told("cancel", v1.ActivityCancel(reason="Weather"), 60, **cancelling("firing"))
    found = events(FIRING, cancel)
    assert {(str(event["STATUS"]), int(event["SEQUENCE"])) for event in found} == {("CANCELLED", 1)}
    foreign = told("foreign", v1.ActivityCancel(reason="No"), 60, CHN, **cancelling("firing"))
    assert {str(event["STATUS"]) for event in events(FIRING, foreign)} == {"CONFIRMED"}


def test_a_notice_taken_back_never_was_and_a_cancel_taken_back_leaves_it_open() -> None:
    cancel = told("cancel", v1.ActivityCancel(reason="Weather"), 60, **cancelling("firing"))
    for taken_back, status in ((FIRING, "CANCELLED"), (cancel, "TENTATIVE")):
        back = told("back", v1.Retraction(subject=taken_back.digest, reason="Wrong"), 90, thread=FIRING.digest)
        held = (FIRING, back) if taken_back is FIRING else (FIRING, cancel, back)
        assert {str(event["STATUS"]) for event in events(*held)} == {status}
        foreign = told("back", v1.Retraction(subject=taken_back.digest, reason="Wrong"), 90, CHN, thread=FIRING.digest)
        assert status not in {str(event["STATUS"]) for event in events(*held[:-1], foreign)}


def test_a_draft_is_tentative() -> None:
    draft = Told(digest("draft"), v1.StatementHeader(composed_at=at(0)), divers())
    (event,) = events(draft)
    assert (str(event["STATUS"]), str(event["X-HOTLINE-KIND"])) == ("TENTATIVE", "DRAFT")


def answer(at_s: float, counter: bool = False) -> Told:
    body = v1.CallResponse(request=CALL.digest, at=at(at_s), counter=counter, address="+61 2 5550 0000")
    return told("answer", body, 600, CHN, thread=CALL.digest)


def day(number: int) -> datetime:
    return datetime(2023, 11, 14, 5, tzinfo=UTC) + timedelta(days=number)


def test_a_call_is_tentative_until_somebody_says_yes() -> None:
    assert standing(events(CALL)) == [(day(1), "TENTATIVE"), (day(2), "TENTATIVE")]
    agreed = events(CALL, answer(2 * DAY_S))
    assert standing(agreed) == [(day(1), "CANCELLED"), (day(2), "CONFIRMED")]
    assert "DTEND" not in agreed[1] and str(agreed[1]["LOCATION"]) == "+61 2 5550 0000"
    assert "Call: Sonar near divers" in agreed[1]["DESCRIPTION"] and "战区级" in agreed[1]["DESCRIPTION"]


def test_a_counter_proposal_is_one_more_instant() -> None:
    found = events(CALL, answer(3 * DAY_S, counter=True))
    assert standing(found) == [(day(1), "CANCELLED"), (day(2), "CANCELLED"), (day(3), "TENTATIVE")]
    assert "counter-proposal" in found[2]["SUMMARY"]


def decline(post: str, value: v1.Decision.Value.ValueType = v1.Decision.VALUE_DECLINED) -> Told:
    body = v1.Acknowledgement(subject=CALL.digest, decision=v1.Decision(value=value, reason="No proper atmosphere"))
    return told(f"decline {post}", body, 700, post, thread=CALL.digest)


def test_a_call_is_off_when_everybody_asked_declines_or_it_is_taken_back() -> None:
    assert {status for _, status in standing(events(CALL, decline(CHN)))} == {"CANCELLED"}
    assert {status for _, status in standing(events(CALL, decline(CHN, v1.Decision.VALUE_ACCEPTED)))} == {"TENTATIVE"}
    both = told("call", CALL.body, action=[CHN, JPN])
    assert {status for _, status in standing(events(both, decline(CHN)))} == {"TENTATIVE"}
    assert {status for _, status in standing(events(both, decline(CHN), decline(JPN)))} == {"CANCELLED"}
    back = told("back", v1.Retraction(subject=CALL.digest, reason="Wrong"), 60, AUS, thread=CALL.digest)
    assert {status for _, status in standing(events(CALL, back))} == {"CANCELLED"}
    (first, _) = events(told("call", CALL.body, kind=v1.KIND_EXERCISE))
    assert str(first["SUMMARY"]).startswith("EXERCISE EXERCISE EXERCISE / 演习 演习 演习 - Call / 应约通话")


def test_one_thread_alone_and_nothing_at_all() -> None:
    assert len(events(FIRING, CALL)) == len(events(FIRING)) + 2
    assert len(events(FIRING, CALL, thread=CALL.digest)) == 2
    with pytest.raises(BridgeError) as raised:
        calendar(Held.of(told("flash", flash())))
    assert raised.value.code == "BRIDGE_NO_FORM"
    never = told("never", divers(schedule=schedule(0, HOUR_S, (12, 1))))
    with pytest.raises(BridgeError):
        calendar(Held.of(never))
