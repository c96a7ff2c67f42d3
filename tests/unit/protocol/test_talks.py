"""Calls and clarifications: what a thread of asking and answering comes to, whatever order it is looked at."""

from __future__ import annotations

from itertools import permutations

from google.protobuf.message import Message
from tests.kit import START_NS, A, B, C
from tests.unit.protocol.handmade import officer, said

from hotline import v1
from hotline.protocol.instant import to_timestamp
from hotline.protocol.matters import Event, Matter, matter
from hotline.protocol.talks import CALL, CLARIFICATION

HOUR_NS = 3_600 * 10**9
ONE, TWO, THREE = (to_timestamp(START_NS + n * HOUR_NS) for n in (1, 2, 3))
CALL_REQUEST = v1.CallRequest(
    level=v1.LEVEL_NATIONAL, topic="the encounter", proposed_at=[ONE, TWO], language="en", medium=v1.MEDIUM_TELEPHONE
)


def words(text: str) -> v1.Words:
    return v1.Words(texts=[v1.Text(language="en", text=text, role=v1.Text.ROLE_AUTHENTIC)])


ASKED = v1.ClarificationRequest(cause=words("five ships"), questions=[words("why?"), words("until when?")])
REQUEST = Event(said(CALL_REQUEST, action=[B]), (1, 1))
QUESTIONS = Event(said(ASKED, action=[B]), (1, 1))


def event(body: Message, sequence: int, post: str, seen: tuple[bytes, ...] = ()) -> Event:
    return Event(said(body, officer("cy", post), post=post, seen=seen), (1, sequence))


def response(at: object, sequence: int, post: str = B, *, counter: bool = False, seen: tuple[bytes, ...] = ()) -> Event:
    body = v1.CallResponse(request=REQUEST.said.digest, at=at, counter=counter)  # type: ignore[arg-type]  # a timestamp
    return event(body, sequence, post, seen)


def reply(sequence: int, *questions: int, post: str = B) -> Event:
    answers = [v1.ClarificationAnswer(question=n, none=v1.ClarificationAnswer.NO_ANSWER_NOT_KNOWN) for n in questions]
    return event(v1.ClarificationReply(request=QUESTIONS.said.digest, answers=answers), sequence, post)


def fold(first: Event, *later: Event) -> Matter:
    found = [matter(first, order) for order in permutations(later)]
    assert all(other == found[0] for other in found)
    return found[0]


def test_a_call_is_asked_agreed_or_countered() -> None:
    """REQ-MSG-11."""
    assert fold(REQUEST).state == "ASKED"
    assert fold(REQUEST, response(TWO, 1)).state == "AGREED"
    assert fold(REQUEST, response(THREE, 1, counter=True)).state == "COUNTERED"
    assert fold(REQUEST, response(THREE, 1, counter=True), response(THREE, 2, A)).state == "AGREED"


def test_the_newest_word_of_a_post_stands() -> None:
    first, second = response(THREE, 1, counter=True), response(ONE, 2)
    assert fold(REQUEST, first, second).state == "AGREED"
    assert fold(REQUEST, response(ONE, 1), response(THREE, 2, counter=True)).state == "COUNTERED"


def test_a_counter_proposal_that_has_seen_the_agreement_opens_it_again() -> None:
    agreed = response(ONE, 1)
    assert fold(REQUEST, agreed, response(THREE, 2, A, counter=True)).state == "AGREED", "the two crossed"
    again = response(THREE, 2, A, counter=True, seen=(agreed.said.digest,))
    assert fold(REQUEST, agreed, again).state == "COUNTERED"


def test_an_instant_that_nobody_else_proposed_agrees_to_nothing() -> None:
    """REQ-MSG-11."""
    alone = response(THREE, 1)
    assert fold(REQUEST, alone) == Matter("ASKED", {alone.said.digest: ("NO_EFFECT",)})
    own = response(ONE, 2, A)
    assert fold(REQUEST, own).state == "ASKED", "the asking side cannot agree with itself"


def test_others_take_no_part_in_a_call() -> None:
    assert fold(REQUEST, response(ONE, 1, C)) == Matter("ASKED", {})


def test_a_clarification_is_answered_question_by_question() -> None:
    """REQ-MSG-12."""
    assert fold(QUESTIONS).state == "ASKED"
    assert fold(QUESTIONS, reply(1, 2)).state == "ANSWERED_IN_PART"
    assert fold(QUESTIONS, reply(1, 2), reply(2, 1)).state == "ANSWERED"
    assert fold(QUESTIONS, reply(1, 1, 2)).state == "ANSWERED"


def test_answers_to_no_question_and_by_others_do_nothing() -> None:
    """Only posts that were asked answer (REQ-MSG-12)."""
    beside = reply(1, 3)
    assert fold(QUESTIONS, beside) == Matter("ASKED", {beside.said.digest: ("NO_EFFECT",)})
    assert fold(QUESTIONS, reply(1, 1, 2, post=C), reply(2, 1, 2, post=A)).state == "ASKED"


def test_every_state_of_the_tables_is_reached_by_its_own_types() -> None:
    for table, name in ((CALL, "CallRe"), (CLARIFICATION, "ClarificationRe")):
        assert all(event.startswith(name) for _, event in table)
        assert {state for state, _ in table} - {"NONE"} <= set(table.values())
