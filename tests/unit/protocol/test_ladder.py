"""The ladder: who says which value of which stage, and what stands when several were said."""

from __future__ import annotations

from itertools import permutations

import pytest
from google.protobuf.message import Message
from tests.kit import START_NS, notice
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
    ("body", "subject"), [(ack(SUBJECT), SUBJECT), (observation(SUBJECT), SUBJECT), (notice(), b"")]
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


def test_the_senders_answer_outranks_the_readback() -> None:
    facts = [said(UNDERSTOOD, "READBACK", 9), said(UNDERSTOOD, "CONFIRMED", 2)]
    assert {found.value for order in permutations(facts) if (found := standing(order, UNDERSTOOD))} == {"CONFIRMED"}


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
