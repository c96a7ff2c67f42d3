"""The ladder: who says which value of which stage, and what stands when several were said."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from google.protobuf.message import Message
from tests.kit import START_NS, A, notice
from tests.unit.protocol.handmade import ack, answer, fact, observation, readback

from hotline import v1
from hotline.protocol.ladder import SPEAKER_OF, VALUES, Fact, Speaker, spoken, standing, subject_of
from hotline.protocol.timers import DECIDED, DELIVERED, DONE, PASSED, PRESENTED, READ, UNDERSTOOD

SUBJECT = bytes([7]) * 32


@pytest.mark.parametrize(
    ("stage", "says"),
    [
        (v1.Read(), (READ, "READ", "")),
        (readback(), (UNDERSTOOD, "READBACK", "three miles")),
        (answer(SUBJECT), (UNDERSTOOD, "CONFIRMED", "")),
        (
            v1.ReadbackAnswer(readback=SUBJECT, verdict=v1.ReadbackAnswer.VERDICT_CORRECTED, correction="four"),
            (UNDERSTOOD, "CORRECTED", "four"),
        ),
        (v1.Passed(to="fleet"), (PASSED, "PASSED", "fleet")),
        (v1.Decision(value=v1.Decision.VALUE_DECLINED, reason="no"), (DECIDED, "DECLINED", "no")),
        (v1.Compliance(value=v1.Compliance.VALUE_IN_PROGRESS, remark="turning"), (DONE, "IN_PROGRESS", "turning")),
    ],
)
def test_what_an_acknowledgement_says(stage: Message, says: tuple[int, str, str]) -> None:
    assert spoken(ack(SUBJECT, stage)) == says


def coded(enum: str, names: list[str]) -> set[str]:
    return {name.removeprefix(enum) for name in names} - {"UNSPECIFIED"}


def test_every_value_that_can_be_said_has_a_row() -> None:
    said = {stage: {row.value for row in VALUES if row.stage == stage} for stage in v1.Stage.values() if stage}
    assert said == {
        DELIVERED: {"RECEIVED", "REFUSED"},
        PRESENTED: {"PRESENTED", "UNSTAFFED"},
        READ: {"READ"},
        UNDERSTOOD: {"READBACK"} | coded("VERDICT_", v1.ReadbackAnswer.Verdict.keys()),
        PASSED: {"PASSED"},
        DECIDED: coded("VALUE_", v1.Decision.Value.keys()),
        DONE: coded("VALUE_", v1.Compliance.Value.keys()),
    }
    assert len(SPEAKER_OF) == len(VALUES)


def test_nodes_say_the_first_two_stages_and_senders_answer_readbacks() -> None:
    by_speaker = {speaker: {row.stage for row in VALUES if row.speaker is speaker} for speaker in Speaker}
    assert by_speaker[Speaker.NODE] == {DELIVERED, PRESENTED}
    assert by_speaker[Speaker.OFFICER] == {READ, UNDERSTOOD, PASSED, DECIDED, DONE}
    assert {row.value for row in VALUES if row.speaker is Speaker.SENDER} == {"CONFIRMED", "CORRECTED"}


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        (ack(SUBJECT), SUBJECT),
        (observation(SUBJECT), SUBJECT),
        (v1.Retraction(subject=SUBJECT, reason="in error"), SUBJECT),
        (notice(), b""),
    ],
)
def test_what_a_body_is_about(body: Message, subject: bytes) -> None:
    assert subject_of(body) == subject


def said(stage: v1.Stage.ValueType, value: str, place: int) -> Fact:
    return fact(stage, value, statement=bytes([place]) * 32, place=place, said_at_ns=START_NS - place)


@pytest.mark.parametrize(
    ("facts", "stands"),
    [
        ([], ""),
        ([said(READ, "READ", 1)], ""),
        ([said(DECIDED, "DEFERRED", 1), said(DECIDED, "ACCEPTED", 2), said(READ, "READ", 3)], "ACCEPTED"),
        ([said(DECIDED, "ACCEPTED", 1), said(DECIDED, "DECLINED", 2), said(DECIDED, "DEFERRED", 3)], "DEFERRED"),
    ],
    ids=["nothing", "another stage", "a decision after DEFERRED", "the newest word"],
)
def test_the_newest_word_in_its_own_log_stands(facts: list[Fact], stands: str) -> None:
    for order in permutations(facts):
        found = standing(order, DECIDED)
        assert (found.value if found else "") == stands


def stands(*facts: Fact) -> str:
    """The value these come to, the same in every order."""
    found = {word.value if word else "" for word in (standing(order, facts[0].stage) for order in permutations(facts))}
    assert len(found) == 1
    return found.pop()


READBACK = said(UNDERSTOOD, "READBACK", 9)


def answered(value: str, place: int, readback: Fact = READBACK) -> Fact:
    return replace(said(UNDERSTOOD, value, place), speaker=A, answers=readback.statement)


def test_the_senders_answer_stands_in_the_place_of_the_readback() -> None:
    assert stands(READBACK, answered("CONFIRMED", 2)) == "CONFIRMED"
    assert stands(READBACK, answered("CORRECTED", 2), answered("CONFIRMED", 3)) == "CONFIRMED"


def test_a_new_readback_after_a_correction_stands() -> None:
    again = said(UNDERSTOOD, "READBACK", 11)
    assert stands(READBACK, answered("CORRECTED", 20), again) == "READBACK"
    assert stands(READBACK, answered("CORRECTED", 20), again, answered("CONFIRMED", 21, again)) == "CONFIRMED"


def test_an_answer_counts_while_the_readback_does() -> None:
    void = replace(READBACK, void="WITHDRAWN")
    assert stands(void, answered("CONFIRMED", 2)) == ""


def test_an_addressees_own_word_outranks_that_of_who_answers_for_it() -> None:
    """REQ-ROLE-4."""
    own = said(DECIDED, "DEFERRED", 1)
    for_it = replace(said(DECIDED, "ACCEPTED", 7), speaker=A)
    assert stands(for_it) == "ACCEPTED"
    assert stands(for_it, own) == "DEFERRED"
    assert (for_it.voice, own.voice) == (A, own.post)


def test_the_next_epoch_comes_after_the_one_before() -> None:
    assert stands(said(DONE, "DONE", 9), replace(said(DONE, "UNABLE", 1), place=(2, 1))) == "UNABLE"


def test_what_was_shown_takes_the_place_of_nobody_on_watch() -> None:
    """REQ-ACK-11."""
    shown = fact(PRESENTED, "PRESENTED", by="bridge", said_at_ns=START_NS + 2)
    assert stands(fact(PRESENTED, "UNSTAFFED"), shown) == "PRESENTED"
    assert stands(fact(PRESENTED, "UNSTAFFED")) == "UNSTAFFED"


def test_of_what_nodes_said_the_earliest_stands() -> None:
    facts = [
        fact(PRESENTED, "PRESENTED", by="bridge", said_at_ns=START_NS + 2),
        fact(PRESENTED, "PRESENTED", by="ops", said_at_ns=START_NS + 1),
        fact(PRESENTED, "PRESENTED", by="plot", said_at_ns=START_NS + 3),
    ]
    assert {found.by for order in permutations(facts) if (found := standing(order, PRESENTED))} == {"ops"}


def test_a_node_that_contradicts_itself_stands_the_same_for_everybody() -> None:
    facts = [fact(DELIVERED, "RECEIVED"), fact(DELIVERED, "REFUSED:TOO_LARGE")]
    assert len({standing(order, DELIVERED) for order in permutations(facts)}) == 1


def test_a_reason_in_a_code_is_told_where_there_are_no_words() -> None:
    decision = v1.Decision(value=v1.Decision.VALUE_DECLINED, reason_code=v1.Decision.REASON_NO_MEANS)
    assert spoken(v1.Acknowledgement(decision=decision)) == (v1.STAGE_DECIDED, "DECLINED", "NO_MEANS")
    decision.reason = "no ship near"
    assert spoken(v1.Acknowledgement(decision=decision))[2] == "no ship near"
