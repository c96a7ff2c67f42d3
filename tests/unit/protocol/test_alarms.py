"""What a statement alarms the watch with, at the post that says it and at every other."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message
from tests.kit import START_NS, A, B, C, Net, flash, notice
from tests.unit.protocol.books import book_of
from tests.unit.protocol.handmade import ack, channel, entry, officer

from hotline import v1
from hotline.protocol.alarms import alarms, answer_alarms
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert
from hotline.protocol.instant import to_timestamp
from hotline.protocol.line import PeerTest

NOTICE = entry(notice())


def told(*entries: Entry) -> list[Alert]:
    """Alerts for the last of these, when the others are held."""
    book, _ = book_of(entries)
    return list(alarms(book.entries[entries[-1].digest], book))


def retraction(subject: bytes, post: str = A) -> Entry:
    body = v1.Retraction(subject=subject, reason="sent during a drill")
    return entry(body, post=post, sequence=2, precedence=v1.PRECEDENCE_FLASH)


@pytest.mark.threat("officer key compromise", defence="2P", measure="single-handed incidents alarmed at both ends")
def test_one_person_alone_is_alarmed_at_every_end() -> None:
    """REQ-RETRACT-2."""
    net = Net(A, B, C)
    said = net.say(A, v1.BreakGlassFlash(flash=flash(), reason="alone on watch"), precedence="FLASH").digest
    for post in (A, B, C):
        (alert,) = (told for told in net.desks[post].told if isinstance(told, Alert))
        assert (alert.code, alert.digest, alert.post) == ("BREAK_GLASS", said, A)
        assert alert.detail == "released by officer-1 (watch-officer) alone: alone on watch"
        assert net.view(post, said).matter_state == "OPEN"


def test_what_is_taken_back_is_alarmed_with_its_reason() -> None:
    (alert,) = told(NOTICE, retraction(NOTICE.digest))
    assert (alert.code, alert.digest, alert.post) == ("RETRACTED", NOTICE.digest, A)
    assert alert.detail == f"{A} takes back {NOTICE.digest.hex()[:12]}: sent during a drill"


def test_a_retraction_that_overtook_its_subject_is_alarmed_at_once() -> None:
    assert [alert.code for alert in told(retraction(NOTICE.digest))] == ["RETRACTED"]


def test_a_retraction_of_what_another_said_is_none() -> None:
    assert told(NOTICE, retraction(NOTICE.digest, B)) == []


def line_says(status: v1.ChannelStatus.Status.ValueType) -> Message:
    body = v1.ChannelStatus(status=status, reason="by order")
    getattr(body, "from").CopyFrom(to_timestamp(START_NS))
    return body


@pytest.mark.parametrize("status", [v1.ChannelStatus.STATUS_SUSPENDED, v1.ChannelStatus.STATUS_RESTORED])
def test_what_a_post_below_the_level_says_is_alarmed_as_such(status: v1.ChannelStatus.Status.ValueType) -> None:
    """REQ-ROLE-2."""
    net = Net(A, B)
    net.say(A, line_says(status))
    (alert,) = (told for told in net.desks[B].told if isinstance(told, Alert))
    assert (alert.code, alert.detail) == ("LEVEL_LACKING", f"{A} lacks the level for a ChannelStatus")


def test_radio_silence_is_alarmed_with_its_times() -> None:
    body = v1.RadioSilence(until=to_timestamp(START_NS + 3_600_000_000_000))
    getattr(body, "from").CopyFrom(to_timestamp(START_NS))
    (alert,) = told(entry(body))
    assert alert.detail == f"radio silence of {A} from 2023-11-14T22:13:20Z until 2023-11-14T23:13:20Z"
    body.ClearField("until")
    assert told(entry(body))[0].detail == f"radio silence of {A} ends at 2023-11-14T22:13:20Z"


@pytest.mark.parametrize(
    "quiet", [NOTICE, entry(ack(NOTICE.digest)), entry(notice(), officer("dee")), entry(v1.ChannelTest(serial=1))]
)
def test_nothing_else_is_alarmed_here(quiet: Entry) -> None:
    assert told(quiet) == []


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        (("", False), ("FAILED", True), ["TEST_FAILED"]),
        (("FAILED", True), ("FAILED", True), []),
        (("", True), ("FAILED", True), ["TEST_FAILED"]),
        (("", False), ("PASSED", False), []),
        (("", True), ("PASSED", False), ["TEST_PASSED"]),
        (("FAILED", True), ("PASSED", True), []),
    ],
)
def test_a_test_is_told_when_it_fails_and_when_it_is_answered_after_that(
    before: tuple[str, bool], after: tuple[str, bool], codes: list[str]
) -> None:
    test = entry(v1.ChannelTest(serial=1), channel().nodes[A], precedence=v1.PRECEDENCE_ROUTINE)
    found = list(answer_alarms(test, B, PeerTest(*before), PeerTest(*after)))
    assert [(alert.code, alert.digest, alert.post) for alert in found] == [(code, test.digest, B) for code in codes]
