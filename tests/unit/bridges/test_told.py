"""What a statement builds on: found, missing, or another post's."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.bridges.cases import AUS, CHN, at, cancelling, digest, divers, flash, told, updating

from hotline import v1
from hotline.bridges.told import BridgeError, Held, hazard_notice, notice_meant, predecessor, subject

NOTICE = told("notice", divers(civil_warning="NAVAREA XI 1/23"))
UPDATE = told("update", v1.ActivityUpdate(notice=divers(designation="Later")), 60, **updating("notice"))
START = told("start", v1.ActivityStart(started_at=at(700)), 700, thread=NOTICE.digest)
HELD = Held.of(NOTICE, UPDATE, START)


def code(work: Any, *arguments: Any) -> str:
    with pytest.raises(BridgeError) as raised:
        work(*arguments)
    return raised.value.code


def test_a_start_speaks_of_the_newest_notice_sealed_before_it() -> None:
    assert subject(START, HELD) == UPDATE
    early = told("early", v1.ActivityStart(started_at=at(30)), 30, thread=NOTICE.digest)
    assert subject(early, HELD) == NOTICE
    found = notice_meant(START, HELD)
    assert found is not None and found.designation == "Later"


def test_what_is_not_at_hand_is_said() -> None:
    assert code(subject, START, Held.of(START)) == "BRIDGE_EARLIER_MISSING"
    assert code(predecessor, UPDATE, Held.of(UPDATE)) == "BRIDGE_EARLIER_MISSING"
    taking_back = told("back", v1.Retraction(subject=digest("elsewhere"), reason="wrong"))
    assert code(notice_meant, taking_back, HELD) == "BRIDGE_EARLIER_MISSING"


def test_nobody_ends_or_starts_what_another_post_announced() -> None:
    for body, header in (
        (v1.ActivityCancel(reason="no"), cancelling("notice")),
        (v1.Retraction(subject=NOTICE.digest, reason="no"), {}),
        (v1.ActivityStart(started_at=at(0)), {"thread": NOTICE.digest}),
    ):
        foreign = told("foreign", body, 90, CHN, **header)
        assert code(notice_meant, foreign, HELD) == "BRIDGE_NO_FORM"


def test_an_incident_has_no_notice() -> None:
    lone = told("flash", flash())
    assert notice_meant(lone, HELD) is None
    assert code(hazard_notice, lone, HELD, "NAVAREA") == "BRIDGE_NO_FORM"
    assert notice_meant(told("back", v1.Retraction(subject=lone.digest, reason="no")), Held.of(lone)) is None


def test_taking_back_a_cancel_warns_of_nothing_by_itself() -> None:
    cancel = told("cancel", v1.ActivityCancel(reason="weather"), 80, **cancelling("notice"))
    back = told("back", v1.Retraction(subject=cancel.digest, reason="wrong"), 90, thread=NOTICE.digest)
    assert code(hazard_notice, back, Held.of(NOTICE, cancel), "NAVAREA") == "BRIDGE_NO_FORM"
    never = told("never", v1.Retraction(subject=NOTICE.digest, reason="wrong"), 90, thread=NOTICE.digest)
    assert hazard_notice(never, HELD, "NAVAREA") == NOTICE.body


def test_a_draft_is_nobody_s() -> None:
    assert NOTICE.header.from_post == AUS
    assert not NOTICE.is_draft
    assert NOTICE.thread == NOTICE.digest and UPDATE.thread == NOTICE.digest
