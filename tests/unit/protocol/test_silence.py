"""The procedure that follows a silence, as a function of what was done already (spec 07, REQ-SILENCE-1 to 6)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.kit import A, B, C

from hotline import v1
from hotline.protocol.instant import NS_PER_S
from hotline.protocol.silence import (
    ALTERNATE_POST,
    ENDS,
    NEXT_LEVEL,
    NOT_ANSWERED,
    OTHER_CHANNEL,
    QUERY,
    STEPS,
    WORDS,
    Case,
    Presence,
    Rule,
    Step,
    Taken,
    Way,
    next_step,
    statement_of,
    way_of,
    ways_round,
    word_of,
)

BEGUN = 100 * NS_PER_S
RULE = Rule(query_wait_ns=60 * NS_PER_S, queries=3, step_wait_ns=300 * NS_PER_S)
AIR, STAFF = Way(ALTERNATE_POST, "CHN:air-watch"), Way(NEXT_LEVEL, "CHN:general-staff")
OTHER, QUERIED = Way(OTHER_CHANNEL), Way(QUERY, B)
CASE = Case(B, BEGUN, RULE, (AIR, OTHER, STAFF))
SILENT_RADIO = Presence(radio_silence_until_ns=1)
SUBJECT = bytes([7]) * 32


def after(*taken: tuple[Way, int], case: Case = CASE) -> tuple[Way, int, int] | None:
    """The next step and its time in seconds after the first deadline, when these were taken at these times."""
    done = tuple(Taken(way, BEGUN + at_s * NS_PER_S) for way, at_s in taken)
    step = next_step(replace(case, taken=done))
    return None if step is None else (step.way, (step.due_ns - BEGUN) // NS_PER_S, step.number)


ASKED = ((QUERIED, 0), (QUERIED, 60), (QUERIED, 180))


def test_a_post_is_asked_at_once_and_then_after_waits_that_double() -> None:
    assert after() == (QUERIED, 0, 1)
    assert after(*ASKED[:1]) == (QUERIED, 60, 2)
    assert after(*ASKED[:2]) == (QUERIED, 60 + 120, 3)


def test_then_one_way_round_follows_another() -> None:
    assert after(*ASKED) == (AIR, 180 + 240, 0)
    assert after(*ASKED, (AIR, 420)) == (OTHER, 720, 0)
    assert after(*ASKED, (AIR, 420), (OTHER, 720)) == (STAFF, 1020, 0)
    assert after(*ASKED, (AIR, 420), (OTHER, 720), (STAFF, 1020)) == (Way(NOT_ANSWERED), 1320, 0)


def test_waits_run_from_when_a_step_was_taken() -> None:
    """A node that was down when it was due took it later."""
    assert after((QUERIED, 500)) == (QUERIED, 560, 2)
    assert after(*ASKED, (AIR, 1000)) == (OTHER, 1300, 0)


def test_a_post_without_ways_round_is_asked_and_that_is_all() -> None:
    alone = replace(CASE, ways=())
    assert after(*ASKED, case=alone) == (Way(NOT_ANSWERED), 420, 0)


def test_one_query_is_enough_where_no_more_are_agreed() -> None:
    once = replace(CASE, rule=replace(RULE, queries=1))
    assert after(*ASKED[:1], case=once) == (AIR, 60, 0)


def test_while_it_keeps_radio_silence_the_first_way_round_comes_at_once() -> None:
    """REQ-SILENCE-5."""
    mute = replace(CASE, presence=SILENT_RADIO)
    assert after(case=mute) == (AIR, 0, 0)
    assert after(*ASKED[:2], case=mute) == (AIR, 60, 0)
    assert after(*ASKED, case=mute) == (AIR, 180, 0)
    assert after((AIR, 0), case=mute) == (OTHER, 300, 0)
    assert after(case=replace(mute, ways=())) == (Way(NOT_ANSWERED), 0, 0)


def test_after_a_way_round_nobody_is_asked_again() -> None:
    assert after((AIR, 0)) == (OTHER, 300, 0)
    assert after(*ASKED[:1], (AIR, 10), (OTHER, 310)) == (STAFF, 610, 0)


def test_a_directory_that_changes_makes_nothing_go_twice() -> None:
    another = Way(ALTERNATE_POST, "CHN:second-watch")
    changed = replace(CASE, ways=(another, AIR, OTHER, STAFF))
    assert after(*ASKED, (AIR, 420), case=changed) == (OTHER, 720, 0)
    assert after(*ASKED, (another, 420), case=CASE) == (AIR, 720, 0)


@pytest.mark.parametrize("reason", sorted(ENDS))
def test_what_has_ended_has_no_next_step(reason: str) -> None:
    assert after(case=replace(CASE, ended=reason)) is None


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step(QUERIED, 0, 2, 3), "ask again (2 of 3)"),
        (Step(AIR, 0), "turn to CHN:air-watch"),
        (Step(OTHER, 0), "use another channel"),
        (Step(STAFF, 0), "turn to CHN:general-staff"),
        (Step(Way(NOT_ANSWERED), 0), "tell the watch that nobody answered"),
    ],
)
def test_steps_in_plain_words(step: Step, words: str) -> None:
    assert step.words == words


def test_every_step_has_a_row_in_its_order() -> None:
    assert [row.step for row in STEPS] == [QUERY, ALTERNATE_POST, OTHER_CHANNEL, NEXT_LEVEL, NOT_ANSWERED]
    assert [f"STEP_{row.step}" for row in STEPS[1:4]] == v1.Escalated.Step.keys()[1:]


# -- ways round --------------------------------------------------------------------------------------------------------


def test_ways_round_are_those_of_the_directory_in_order() -> None:
    card = [v1.OtherChannel(medium=v1.MEDIUM_VHF, address="channel 16")]
    post = v1.Post(id=B, alternates=["CHN:one", "CHN:two"], superior="CHN:staff", other_channels=card)
    assert ways_round(post, A, lambda _: True) == (
        Way(ALTERNATE_POST, "CHN:one"),
        Way(ALTERNATE_POST, "CHN:two"),
        OTHER,
        Way(NEXT_LEVEL, "CHN:staff"),
    )


@pytest.mark.parametrize(
    ("post", "found"),
    [
        (v1.Post(id=B), ()),
        (v1.Post(id=B, alternates=[C], superior=C), (Way(ALTERNATE_POST, C),)),
        (v1.Post(id=B, alternates=[A, B, "CHN:gone"], superior=A), ()),
    ],
    ids=["none", "a superior that is an alternate", "ourselves, itself, and who has left"],
)
def test_ways_that_lead_nowhere_are_left_out(post: v1.Post, found: tuple[Way, ...]) -> None:
    assert ways_round(post, A, {A, B, C}.__contains__) == found


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.threat("suppression / unanswered call", defence="FB", measure="causes of silence with their word")
@pytest.mark.parametrize(
    ("presence", "word"),
    [
        (Presence(forked=True, down=True), "FORKED"),
        (Presence(radio_silence_until_ns=1, down=True, suspended=True), "RADIO_SILENCE"),
        (Presence(suspended=True, down=True), "SUSPENDED"),
        (Presence(down=True, silent=True, staffed=False), "PEER_DOWN"),
        (Presence(silent=True, closed=True), "PEER_SILENT"),
        (Presence(closed=True, staffed=False), "CLOSED"),
        (Presence(staffed=False), "UNSTAFFED"),
        (Presence(staffed=True), "NO_ANSWER"),
        (Presence(), "NO_ANSWER"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_the_first_word_that_fits(presence: Presence, word: str) -> None:
    """REQ-SILENCE-6."""
    assert word_of(presence) == word


def test_each_word_is_one_and_has_its_meaning() -> None:
    assert len({row.word for row in WORDS}) == len({row.meaning for row in WORDS}) == len(WORDS)


# -- what is sealed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "to", "asks"),
    [
        (Step(QUERIED, 0, 2, 3), B, v1.STAGE_UNSPECIFIED),
        (Step(AIR, 0), AIR.target, v1.STAGE_READ),
        (Step(OTHER, 0), B, v1.STAGE_READ),
        (Step(STAFF, 0), STAFF.target, v1.STAGE_READ),
    ],
)
def test_what_a_step_says_and_to_whom(step: Step, to: str, asks: v1.Stage.ValueType) -> None:
    body, action, asked = statement_of(step, SUBJECT, B, v1.STAGE_READ)
    assert (action, asked, way_of(body)) == (to, asks, step.way)
    if isinstance(body, v1.QueryAck):
        assert (body.subject, body.post, body.stage, body.number) == (SUBJECT, B, v1.STAGE_READ, 2)
    else:
        assert (body.original, body.silent_post, body.stage) == (SUBJECT, B, v1.STAGE_READ)


def test_a_rule_is_read_from_its_signed_form() -> None:
    signed = v1.SilenceRule(precedence=v1.PRECEDENCE_FLASH, queries=3)
    signed.query_wait.seconds, signed.step_wait.seconds = 60, 300
    assert Rule.of(signed) == RULE
